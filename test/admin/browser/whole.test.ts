// The web app on the admin's own server, under its own headers: every page of every model, and what people do most.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { serveAdmin, type AdminServer } from "../../../src/cli/admin-server.ts";
import { encodeError } from "../../../src/core/codec.ts";
import { add, AdminUnderTest, mail } from "../admin-under-test.ts";
import { axe, narrowest, phone, tooWideBy, watchedPages, wide } from "./browser.ts";
import { hostile } from "./fixtures/rows.ts";

let under: AdminUnderTest;
let server: AdminServer;
let failedId: string;

beforeAll(async () => {
  under = new AdminUnderTest();
  server = await serveAdmin(under.admin, { host: "127.0.0.1", port: 0 });
  const failure = (error: Error) => ({ outcome: "failed" as const, result: encodeError(error) });
  for (const words of hostile.filter((one) => !/[\u0000-\u001f\u2028\u2029]/.test(one) && one.length < 256)) {
    await under.ended(mail, { to: words }, { group: words, name: words }, failure(new Error(words)));
    await under.ended(mail, { to: words }, { group: words }, {});
    await under.enqueue(add, { a: 1 }, { group: words, delay: "1h" });
  }
  const cause = new Error("the socket was closed");
  failedId = await under.ended(
    add,
    { a: 1 },
    { name: "broken-mill" },
    failure(new Error("no answer", { cause })),
  );
});

const open = watchedPages(() => server.address.replace(/\/$/, ""));

afterAll(async () => {
  await server.close();
  await under.close();
});

const rows = (page: Page) => page.locator("tbody tr");

/** All rules once, and in the other looks what looks can break. */
async function isAccessible(page: Page): Promise<void> {
  expect(await axe(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await axe(page, { only: ["color-contrast"] })).toEqual([]);
  await page.setViewportSize(phone);
  expect(await axe(page, { only: ["color-contrast", "target-size", "scrollable-region-focusable"] })).toEqual(
    [],
  );
  await page.setViewportSize(narrowest);
  expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(wide);
}

const lists = ["successful", "failed", "scheduled", "queued", "running", "clusters", "audit"];

describe("on its own server", () => {
  it.each(lists)("the list %s is there, and axe finds nothing: light, dark, on a phone", async (path) => {
    const page = await open(`/${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await rows(page)
      .first()
      .or(page.getByRole("main").getByRole("heading", { level: 2 }))
      .first()
      .waitFor();
    await isAccessible(page);
  });

  it("the first list can be used after few requests and bytes", async () => {
    const page = await open("/failed");
    const fetched = await page.waitForFunction(() => {
      if (document.querySelector("tbody tr input[type=checkbox]") === null) return undefined;
      const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
      return (entries as PerformanceResourceTiming[]).map(({ encodedBodySize: bytes, name }) => ({
        name,
        bytes,
      }));
    });
    const requests = await fetched.jsonValue();
    const bytes = requests!.reduce((sum, one) => sum + one.bytes, 0);
    // The budget of the first load and that of a page of rows; of what may come while it is idle, the overlays.
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThanOrEqual(200_000 + 60_000 + 60_000);
    const api = requests!.filter(({ name }) => name.includes("/api/"));
    expect(api.filter(({ name }) => name.includes("/models/"))).toHaveLength(1);
    expect(api.length).toBeLessThanOrEqual(8);
    expect(requests!.length).toBeLessThanOrEqual(30);
  });

  it("the overview counts what there is", async () => {
    const page = await open("/");
    await page.getByRole("heading", { name: "Throughput" }).waitFor();
    await page.getByText("Nothing has ended in the last hour.").waitFor();
    await isAccessible(page);
  });

  it("an address that is none has a page with the way back, and the status of one", async () => {
    const page = await open("/nowhere");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await isAccessible(page);
    await page.getByRole("link", { name: "Go to the overview" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    for (const [path, words] of [
      ["nowhere", 'id="app"'],
      ["nowhere.js", "There is no page under this address."],
    ] as const) {
      const answer = await fetch(server.address + path);
      expect([answer.status, (await answer.text()).includes(words)]).toEqual([404, true]);
    }
  });

  it("the form of a schedule, new and made", async () => {
    const page = await open("/scheduled/new");
    await page.getByRole("complementary", { name: "Next runs" }).getByRole("listitem").nth(9).waitFor();
    await isAccessible(page);
  });

  it("every tab of a task opens", async () => {
    const page = await open(`/tasks/${failedId}`);
    await page.getByRole("heading", { name: "broken-mill" }).waitFor();
    await page.getByText("the socket was closed").waitFor();
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await page.getByRole("tabpanel").waitFor();
      await isAccessible(page);
    }
  });

  it("what would like to be code stands there as text", async () => {
    const page = await open("/failed?columns=name,group,func,queue,result,input");
    await rows(page).nth(3).waitFor();
    const made = await page.evaluate(() => ({
      pwned: (window as unknown as { pwned?: number }).pwned,
      elements: document.querySelectorAll("#app script, #app iframe, #app style, #app img, #app [onerror]")
        .length,
    }));
    expect(made).toEqual({ pwned: undefined, elements: 0 });
  });

  it("a search and a mistake in one", async () => {
    const page = await open("/failed?q=broken-mill");
    await page.getByText("1–1 of 1").waitFor();
    await page.getByRole("searchbox").fill("nosuchfield:x");
    await page.getByRole("alert").waitFor();
    expect(await page.locator("mark").count()).toBe(1);
  });

  it("a failed task is resubmitted and stands in the queue; another is deleted, after a question", async () => {
    const page = await open("/failed?q=broken-mill");
    await rows(page).first().locator("[data-row-menu]").click();
    await page.getByRole("menuitem", { name: "Resubmit", exact: true }).click();
    const dialog = page.getByRole("dialog").filter({ hasText: "Resubmit" });
    await dialog.or(page.getByRole("heading", { name: "Nothing matches" })).waitFor();
    if (await dialog.isVisible()) await dialog.getByRole("button", { name: /^Resubmit 1/ }).click();
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
    await page.goto(`${server.address}failed`);
    await page.getByRole("checkbox").nth(1).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Delete 1/ })
      .click();
    await page.getByText("Delete: 1 failed task").waitFor();
  });

  it("a schedule is made with its preview, found in the list, changed, and its history tells so", async () => {
    const page = await open("/scheduled/new");
    await page.getByLabel("Name", { exact: false }).first().fill("weekly sum");
    await page.getByLabel("Func", { exact: false }).first().fill("math.add");
    await page.getByLabel("Input", { exact: false }).first().fill('{ "a": 1 }');
    const preview = page.getByRole("complementary", { name: "Next runs" });
    await preview.getByRole("listitem").nth(9).waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("link", { name: "weekly sum" }).click();
    await page.getByLabel("Repeats", { exact: false }).first().fill("24");
    await page.getByRole("button", { name: "Save and continue editing" }).click();
    await page
      .getByText(/: saved$/)
      .nth(1)
      .waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("24", { exact: true }).waitFor();
  });

  it("new rows are told by the stream", async () => {
    const page = await open("/failed");
    await page.getByText("Live", { exact: true }).waitFor();
    await rows(page).first().waitFor();
    await under.ended(
      add,
      { a: 2 },
      { name: "late-comer" },
      { outcome: "failed", result: encodeError(new Error("late")) },
    );
    await page.getByRole("button", { name: /^1 new/ }).click();
    await page.getByRole("link", { name: "late-comer" }).waitFor();
  });
});
