// Everything by keyboard: the shortcuts, the focus that is seen and kept, and where they must not act.
import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";

const { open } = browserTest();

async function openList(path = "failed"): Promise<Page> {
  const { page } = await open(path);
  await page.getByRole("row").nth(2).waitFor();
  return page;
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent ?? "");
const nameIn = async (page: Page, row: number): Promise<string> =>
  (await page.getByRole("row").nth(row).getByRole("link").first().textContent()) ?? "";

it("j and k walk the rows, x selects, Shift x takes the rows between, Escape lets go", async () => {
  const page = await openList();
  await page.keyboard.press("j");
  expect(await focused(page)).toBe(await nameIn(page, 1));
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  expect(await focused(page)).toBe(await nameIn(page, 1));
  await page.keyboard.press("x");
  await page.getByText("1 selected").waitFor();
  for (let step = 0; step < 3; step++) await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await page.getByText("4 selected").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("4 selected").waitFor({ state: "detached" });
});

it("Enter opens the row with the focus, u comes back to the list as it was", async () => {
  const page = await openList("failed?queue=mail");
  await page.keyboard.press("j");
  const name = await focused(page);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
  await page.keyboard.press("u");
  await page.waitForURL(/\/(failed\?queue=mail|tasks)/);
});

it("a takes the page, Shift a all that match, d asks before it deletes", async () => {
  const page = await openList("successful");
  await page.keyboard.press("a");
  await page.getByText("100 selected").waitFor();
  await page.keyboard.press("Shift+A");
  await page.getByText("1,000+ selected").waitFor();
  await page.keyboard.press("d");
  await page.getByRole("dialog", { name: /Delete/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

it("a key that is held down, or pressed twice, does a deed once", async () => {
  const page = await openList("scheduled");
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url().split("/").at(-1) ?? "");
  });
  await page.keyboard.press("j");
  for (let time = 0; time < 3; time++) await page.keyboard.down("!");
  await page.keyboard.up("!");
  await page.keyboard.press("!");
  await page.getByText(/Run now.*1 schedule/i).waitFor();
  expect(sent).toEqual(["run"]);
});

it("one task is deleted by keys alone: a dialog let go of gives the focus back to its row, and holds it while it is open", async () => {
  const page = await openList();
  await page.keyboard.press("j");
  const name = await focused(page);
  const next = await nameIn(page, 2);
  await page.keyboard.press("d");
  const dialog = page.getByRole("dialog", { name: /^Delete/ });
  await dialog.waitFor();
  for (let stop = 0; stop < 8; stop++) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction((name) => document.activeElement?.textContent === name, name);
  await page.keyboard.press("d");
  await dialog.waitFor();
  const deed = dialog.getByRole("button", { name: /^Delete 1/ });
  await deed.focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("link", { name, exact: true }).waitFor({ state: "detached" });
  // And goes on from there: the next row has taken its place.
  await page.waitForFunction((name) => document.activeElement?.textContent === name, next);
});

it("who comes back from a row, or loads the page anew, stands where he was, on the row he opened", async () => {
  const page = await openList();
  const top = () => page.evaluate(() => document.querySelector("table")?.parentElement?.scrollTop ?? 0);
  const link = page.getByRole("row").nth(60).getByRole("link").first();
  const name = (await link.textContent()) ?? "";
  await link.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => new Promise((done) => requestAnimationFrame(() => done(true))));
  const left = await top();
  expect(left).toBeGreaterThan(500);
  await link.press("Enter");
  await page.getByRole("heading", { name }).waitFor();
  await page.goBack();
  await page.waitForFunction((name) => document.activeElement?.textContent === name, name);
  expect(await top()).toBe(left);
  await page.reload();
  await page.getByRole("row").nth(60).waitFor();
  await expect.poll(top).toBe(left);
});

it("from a row's page j and k go on to the rows beside it, and Back leads to the list, on the last of them", async () => {
  const page = await openList("successful");
  const [first, second, third] = await Promise.all([1, 2, 3].map((row) => nameIn(page, row)));
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: second! }).waitFor();
  expect(await page.getByText("2 of 100").count()).toBe(1);
  await page.keyboard.press("j");
  await page.getByRole("heading", { name: third! }).waitFor();
  await page.getByRole("button", { name: "The one before" }).click();
  await page.getByRole("heading", { name: second! }).waitFor();
  await page.keyboard.press("k");
  await page.getByRole("heading", { name: first! }).waitFor();
  expect(await page.getByRole("button", { name: "The one before" }).isDisabled()).toBe(true);
  await page.goBack();
  await page.waitForFunction((name) => document.activeElement?.textContent === name, first);
});

it("the period goes to what can be done with the selection", async () => {
  const page = await openList();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press(".");
  await page.waitForFunction(() => document.activeElement?.textContent === "Resubmit");
});

it("the period opens the menu of the row, arrows walk it, Escape brings the focus back", async () => {
  const page = await openList();
  await page.keyboard.press("j");
  await page.keyboard.press(".");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.matches("[data-row-menu]"));
});

it("a filter that Escape has closed opens again at once, by key and by press; the press that closes it does not", async () => {
  const page = await openList();
  const dialog = page.getByRole("dialog");
  const chip = page.getByRole("button", { name: "Group", exact: true }).first();
  await chip.focus();
  for (const again of [() => page.keyboard.press("Enter"), () => chip.click()]) {
    await again();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }
  await chip.click();
  await dialog.waitFor();
  await chip.click();
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-haspopup") === "dialog");
});

it("g and a letter go to a page; ? shows all keys; t changes the looks; brackets page", async () => {
  const page = await openList("successful");
  await page.keyboard.press("]");
  await page.getByText("101–200").waitFor();
  await page.keyboard.press("[");
  await page.getByText("1–100").waitFor();
  await page.keyboard.press("t");
  expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "All shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("heading", { name: "Failed tasks" }).waitFor();
});

it("in the search box letters are letters; / goes there and Escape leaves", async () => {
  const page = await openList();
  await page.keyboard.press("/");
  await page.keyboard.type("xjad");
  expect(await page.getByRole("searchbox").inputValue()).toBe("xjad");
  expect(await page.getByText("selected").count()).toBe(0);
});

it("the first Tab offers to skip to the page, and each stop on the way is seen", async () => {
  const page = await openList();
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Skip to the page");
  for (let step = 0; step < 20; step++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return true;
      const boxes = [element, element.parentElement, element.closest("[class*=box]")].filter(
        (one) => one !== null,
      );
      return boxes.some((one) => {
        const { outlineStyle, boxShadow } = getComputedStyle(one);
        return outlineStyle !== "none" || boxShadow !== "none";
      });
    });
    expect(seen).toBe(true);
  }
});

it("shortcuts can be switched off", async () => {
  const page = await openList();
  await page.getByRole("button", { name: /anna/ }).click();
  await page.getByRole("menuitemcheckbox", { name: "Keyboard shortcuts" }).click();
  await page.getByRole("menu").waitFor({ state: "detached" });
  await page.keyboard.press("a");
  expect(await page.getByText("selected").count()).toBe(0);
});
