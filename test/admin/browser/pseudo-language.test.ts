// In a language of marks every word on the main pages is of the message file, of the server, or of the browser's own for dates and numbers.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { watchedPages } from "./browser.ts";
import { buildMarked, textsIn, unmarked } from "./fixtures/pseudo-language.ts";
import { type FixtureServer, serveFixtures } from "./fixtures/server.ts";
import { makeWorld, type World } from "./fixtures/world.ts";

let app: Awaited<ReturnType<typeof buildMarked>>;
let server: FixtureServer;
beforeAll(async () => {
  app = await buildMarked();
  server = await serveFixtures(makeWorld(), "/admin/", { built: app.built });
});
afterAll(async () => {
  await server.close();
  app.remove();
});
const openPage = watchedPages(() => server.url);

async function open(path: string, world: World): Promise<Page> {
  server.use(world);
  const page = await openPage(server.base + path);
  await page.getByText("⟦").first().waitFor();
  await page.locator("main h1, form, h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[class*="_skeleton_"]') === null);
  return page;
}

/** What is data, whatever it says, or for machines. A key's name is its message, taken apart. */
const dataIn = 'pre, code, kbd, svg, script, style, noscript, [class*="_tree_"]';

/** What people see or hear. */
const wordsOn = (page: Page): Promise<string[]> =>
  page.evaluate((data) => {
    const words: string[] = [document.title];
    const attributes = [
      "aria-label",
      "aria-description",
      "aria-valuetext",
      "title",
      "placeholder",
      "alt",
      "data-tip",
    ];
    for (const element of document.querySelectorAll("body, body *")) {
      for (const name of attributes) words.push(element.getAttribute(name) ?? "");
      if (element.closest(data) === null)
        for (const node of element.childNodes)
          if (node.nodeType === Node.TEXT_NODE) words.push(node.nodeValue ?? "");
    }
    return [...new Set(words.filter((text) => text.trim() !== ""))];
  }, dataIn);

async function found(page: Page, world: World): Promise<string[]> {
  const told = textsIn(world.answered);
  const words = await wordsOn(page);
  expect(words.filter((text) => text.includes("⟦")).length).toBeGreaterThan(0);
  return words.map((text) => unmarked(text, told)).filter((rest) => rest !== "");
}

const failed = (world: World): string => world.rows["failure"]?.[1]?.id ?? "";

it.each<[string, (world: World) => string]>([
  ["overview", () => ""],
  ["successful", () => "successful"],
  ["failed", () => "failed?outcome=timeout&outcome=failed&q=a"],
  ["scheduled", () => "scheduled"],
  ["queued", () => "queued"],
  ["running", () => "running"],
  ["clusters", () => "clusters"],
  ["audit", () => "audit"],
  ["task", (world) => `tasks/${failed(world)}`],
  ["attempts", (world) => `tasks/${failed(world)}?tab=attempts`],
  ["log", (world) => `tasks/${failed(world)}?tab=log`],
  ["timeline", (world) => `tasks/${failed(world)}?tab=timeline`],
  ["raw", (world) => `tasks/${failed(world)}?tab=raw`],
  ["schedule", () => "scheduled/1"],
  ["history", () => "scheduled/1?tab=history"],
  ["new schedule", () => "scheduled/new"],
  ["not found", () => "nowhere"],
])("%s", async (_, pathIn) => {
  const world = makeWorld({ few: true });
  expect(await found(await open(pathIn(world), world), world)).toEqual([]);
});

it.each([
  ["login", makeWorld({ loggedIn: false })],
  ["closed", makeWorld({ closed: true })],
  ["empty overview", makeWorld({ empty: true })],
])("%s", async (_, world) => {
  expect(await found(await open("", world), world)).toEqual([]);
});

it.each<[string, string, (page: Page) => Promise<void>]>([
  ["a row's menu", "failed", (page) => page.locator("[data-row-menu]").nth(1).click()],
  ["a filter", "failed", (page) => page.getByRole("button", { name: "Group" }).first().click()],
  ["a time filter", "failed", (page) => page.getByRole("button", { name: "Stopped" }).first().click()],
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
])("%s", async (_, path, act) => {
  const world = makeWorld({ few: true });
  const page = await open(path, world);
  await page.getByRole("row").nth(2).waitFor();
  await act(page);
  await page.locator('[role="dialog"], [role="menu"]').waitFor();
  expect(await found(page, world)).toEqual([]);
});
