// Texts that would like to be markup or code, in every field there is: they stand on the pages as text, and nothing of them runs.
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { browserTest } from "./browser.ts";
import { makeWorld } from "./fixtures/world.ts";
import { hostile } from "./fixtures/rows.ts";

const { open, server } = browserTest();

it.each([
  "successful",
  "failed?columns=name,group,func,queue,error,worker,input,tags,outcome",
  "scheduled",
  "queued",
  "running",
  "clusters",
  "audit",
])("the list %s", async (path) => {
  const { page } = await open(path, { world: makeWorld({ hostile: true }) });
  await page.locator("tbody tr").first().waitFor();
  await nothingRan(page);
});

it("every tab of a task", async () => {
  const world = makeWorld({ hostile: true });
  const { page } = await open(`tasks/${world.rows["failure"]?.[0]?.id}`, { world });
  const tabs = page.getByRole("tab");
  await tabs.first().waitFor();
  for (const tab of await tabs.all()) {
    await tab.click();
    await nothingRan(page);
  }
});

it("the form and the history of a schedule, and the label of the admin", async () => {
  const { page } = await open("scheduled/1", { world: makeWorld({ hostile: true }) });
  await page.getByLabel("Name").waitFor();
  await nothingRan(page);
  await page.getByRole("tab", { name: "History" }).click();
  await nothingRan(page);
});

it.each(hostile.slice(0, 9))("what stands in the address: %s", async (words) => {
  const { page } = await open(`failed?q=${encodeURIComponent(words)}&queue=${encodeURIComponent(words)}`, {
    world: makeWorld(),
  });
  await page.getByRole("searchbox").waitFor();
  await nothingRan(page);
});

async function nothingRan(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  const made = await page.evaluate(() => ({
    pwned: (window as unknown as { pwned?: number }).pwned,
    elements: document.querySelectorAll(
      '#app script, #app iframe, #app style, #app img, #app [onerror], #app [onload], #app [onmouseover], [srcdoc], [href^="javascript:"]',
    ).length,
  }));
  expect(made).toEqual({ pwned: undefined, elements: 0 });
  expect(page.url().startsWith(server().url)).toBe(true);
}

it("the overview of a browser whose language Intl refuses", async () => {
  const { page } = await open("");
  await page.addInitScript(() => {
    if (!location.search.includes("posix")) return; // The page is shared with the tests behind this one.
    Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true });
    Object.defineProperty(navigator, "languages", { value: ["en-US@posix"] });
  });
  await page.goto(`${page.url()}?posix`);
  await page.locator(".uplot canvas").first().waitFor();
  await nothingRan(page);
});
