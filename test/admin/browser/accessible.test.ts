// Every page and every thing that lies over one: axe finds nothing, light, dark and on a phone.
import { describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { axe, browserTest, narrowest, phone, tooWideBy } from "./browser.ts";
import { makeWorld, type World } from "./fixtures/world.ts";

const { open } = browserTest();

const failed = (world: World): string => world.rows["failure"]?.[1]?.id ?? "";

const pages: [string, (world: World) => string, string][] = [
  ["overview", () => "", "Succeeded"],
  ["successful", () => "successful", "1–12 of 12"],
  ["failed", () => "failed?outcome=timeout&outcome=failed", "Failed tasks"],
  ["scheduled", () => "scheduled", "New schedule"],
  ["queued", () => "queued", "Queued tasks"],
  ["running", () => "running", "Running tasks"],
  ["clusters", () => "clusters", "web-1"],
  ["audit", () => "audit", "deploy-bot"],
  ["task", (world) => `tasks/${failed(world)}`, "Caused by"],
  ["attempts", (world) => `tasks/${failed(world)}?tab=attempts`, "Caused by"],
  ["log", (world) => `tasks/${failed(world)}?tab=log`, "gave up"],
  ["timeline", (world) => `tasks/${failed(world)}?tab=timeline`, "Picked up"],
  ["raw", (world) => `tasks/${failed(world)}?tab=raw`, "Raw"],
  ["schedule", () => "scheduled/1", "Next runs"],
  ["history", () => "scheduled/1?tab=history", "refused"],
  ["new schedule", () => "scheduled/new", "Next runs"],
  ["not found", () => "nowhere", "no such page"],
];

describe("axe finds nothing, and nothing scrolls sideways, on the page", () => {
  it.each(pages)("%s", async (_, pathIn, words) => {
    const world = makeWorld({ few: true });
    const { page } = await open(pathIn(world), { world });
    await page.getByText(words).first().waitFor();
    await inAllLooks(page);
  });

  it.each([
    ["login", makeWorld({ loggedIn: false }), "Password"],
    ["closed", makeWorld({ closed: true }), "The admin is closed here"],
    ["empty overview", makeWorld({ empty: true }), "Nothing was ever queued"],
  ] as const)("%s", async (_, world, words) => {
    const { page } = await open("", { world });
    await page.getByText(words).first().waitFor();
    await inAllLooks(page);
  });
});

async function inAllLooks(page: Page): Promise<void> {
  expect(await axe(page)).toEqual([]);
  expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await axe(page, { only: ["color-contrast"] })).toEqual([]);
  await page.setViewportSize(phone);
  expect(await axe(page)).toEqual([]);
  expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  await page.setViewportSize(narrowest);
  expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
}

const overlays: [string, string, (page: Page) => Promise<void>][] = [
  ["a row's menu", "failed", (page) => page.locator("[data-row-menu]").nth(1).click()],
  ["a filter", "failed", (page) => page.getByRole("button", { name: "Group", exact: true }).first().click()],
  [
    "a time filter",
    "failed",
    (page) => page.getByRole("button", { name: "Stopped", exact: true }).first().click(),
  ],
  ["the columns", "failed", (page) => page.getByRole("button", { name: "Columns" }).click()],
  ["the keys", "failed", (page) => page.keyboard.press("?")],
  [
    "a confirmation",
    "failed",
    async (page) => {
      await page.getByRole("checkbox").nth(1).click();
      await page.getByRole("button", { name: "Delete" }).click();
    },
  ],
  [
    "an action that asks",
    "scheduled",
    async (page) => {
      await page.getByRole("row", { name: "spring clean" }).locator("[data-row-menu]").click();
      await page.getByRole("menuitem", { name: "Resume" }).click();
      await page.getByLabel("Missed slots").waitFor();
    },
  ],
];

describe("axe finds nothing while this is open", () => {
  it.each(overlays)("%s", async (_, path, act) => {
    const { page } = await open(path, { world: makeWorld({ few: true }) });
    await page.getByRole("row").nth(2).waitFor();
    await act(page);
    await page.locator('[role="dialog"], [role="menu"]').waitFor();
    // A menu is no landmark and lies in none: that is what a menu is.
    const without = (await page.getByRole("menu").count()) > 0 ? ["region"] : [];
    expect(await axe(page, { without })).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await axe(page, { only: ["color-contrast"] })).toEqual([]);
  });

  it.each([
    ["the navigation", (page: Page) => page.getByRole("button", { name: "Open the navigation" }).click()],
    ["the filters", (page: Page) => page.getByRole("button", { name: "Filters" }).click()],
    ["a card's actions", (page: Page) => page.locator("[data-row-menu]").first().click()],
  ])("on a phone: %s", async (_, act) => {
    const { page } = await open("failed", { size: phone, world: makeWorld({ few: true }) });
    await page.getByRole("listitem").first().waitFor();
    await act(page);
    await page.getByRole("dialog").waitFor();
    expect(await axe(page)).toEqual([]);
  });

  it("on a phone everything one can press is 44 px high or has room around it", async () => {
    const { page } = await open("failed", { size: phone, world: makeWorld({ few: true }) });
    await page.getByRole("listitem").first().waitFor();
    const small = await page
      .locator("button:visible, a:visible:not([href^=\\#]), select:visible")
      .evaluateAll((elements) =>
        elements
          .filter(
            (element) =>
              element.getBoundingClientRect().height < 44 && element.getBoundingClientRect().height > 1,
          )
          .map((element) => `${element.tagName} ${element.className} ${element.textContent}`),
      );
    expect(small).toEqual([]);
  });
});

describe("where the system gives the colours", () => {
  it("what is chosen shows: boxes, rows, the page one is on, the tab, and what has the focus", async () => {
    const { page } = await open("failed", { world: makeWorld({ few: true }) });
    await page.emulateMedia({ forcedColors: "active" });
    await page.getByRole("row").nth(2).waitFor();
    const outlined = (selector: string): Promise<boolean> =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          return outlineStyle !== "none" && outlineWidth !== "0px";
        });
    await page.getByRole("checkbox").nth(1).click();
    const box = page.getByRole("checkbox", { checked: true });
    expect(await box.evaluate((element) => getComputedStyle(element).appearance)).toBe("auto");
    expect(await outlined("tbody tr[data-selected]")).toBe(true);
    expect(await outlined("tbody tr:not([data-selected])")).toBe(false);
    expect(await outlined('nav a[aria-current="page"]')).toBe(true);
    await page.getByRole("searchbox").focus();
    expect(await outlined("input[type=search]")).toBe(true);
    await page.locator("tbody a").nth(1).click();
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    expect(await outlined('[role="tab"][aria-selected="true"]')).toBe(true);
    expect(await outlined('[role="tab"][aria-selected="false"]')).toBe(false);
  });
});
