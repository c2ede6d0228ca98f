// What Django Q's document says of successful and failed tasks, clicked through on the real admin, by the ids of the specification.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { failureAdmin } from "../../../src/admin/index.ts";
import { task } from "../../../src/client/registry.ts";
import { encodeError } from "../../../src/core/codec.ts";
import { failed, released, succeeded } from "../../../src/testing/store/examples.ts";
import { add, type AdminUnderTest, mail } from "../admin-under-test.ts";

import { cell, choose, confirm, desk, forge, heads, row, rows, schedule, sent } from "./desk.ts";

const { sit, sitAs } = desk();
const failure = (error: unknown, outcome: "failed" | "timeout" | "crashed" = "failed") => ({
  outcome,
  result: encodeError(error),
});
const fail = (
  admin: AdminUnderTest,
  name: string,
  error: unknown = new Error("no answer"),
  input: object = { a: 1 },
) => admin.ended(add, input, { name, group: "orders" }, failure(error));
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

const navigation = (page: Page): Promise<string[]> =>
  page.getByRole("navigation", { name: "Pages" }).getByRole("link").allTextContents();

describe("the model admin", () => {
  it("S01 S02 S08 its lists stand in the navigation with the columns of Django Q, and a changed registration shows", async () => {
    const { under, page, goto } = await sit("/successful", {}, {}, async (admin) => {
      await admin.ended(add, { a: 1 }, { name: "well-done" });
      await fail(admin, "gone-wrong");
    });
    await row(page, "well-done").waitFor();
    const names = (await navigation(page)).map((one) => one.replace(/[\d,+]+$/, ""));
    expect(names.slice(0, 5)).toEqual([
      "Overview",
      "Successful tasks",
      "Failed tasks",
      "Scheduled tasks",
      "Queued tasks",
    ]);
    await expect
      .poll(() => heads(page))
      .toEqual(["Name", "Group", "Func", "Queue", "Started", "Stopped", "Time taken"]);
    await goto("failed");
    await row(page, "gone-wrong").waitFor();
    await expect
      .poll(() => heads(page))
      .toEqual(["Name", "Group", "Func", "Queue", "Started", "Stopped", "Result"]);
    under.admin.register("failure", { ...failureAdmin, columns: ["name", "attempts"] });
    await page.reload();
    await row(page, "gone-wrong").waitFor();
    await expect.poll(() => heads(page)).toEqual(["Name", "Attempts"]);
  });

  it("S29 where the broker can't be browsed the queue is not in the navigation, and its address says why", async () => {
    const { page } = await sit("/queued", {}, {}, async (admin) => {
      const store = await admin.store();
      Object.defineProperty(store, "capabilities", { value: { ...store.capabilities, browse: false } });
    });
    await page
      .getByText(/browse/i)
      .first()
      .waitFor();
    expect((await navigation(page)).join()).not.toContain("Queued");
  });

  it("S03 D1 D12 a viewer sees and changes nothing", async () => {
    const { page } = await sitAs({ role: "viewer" }, "/failed", (admin) => fail(admin, "gone-wrong"));
    await row(page, "gone-wrong").waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await page.getByRole("link", { name: "gone-wrong" }).click();
    await page.getByText("no answer").first().waitFor();
    expect(await page.getByRole("button", { name: /Resubmit|Delete|Save/ }).count()).toBe(0);
    expect((await navigation(page)).join()).not.toContain("Audit");
    const body = { operation: "operation-1", ids: ["x"] };
    expect(await sent(page, "POST", "failure/actions/delete", body)).toBe(403);
  });
});

describe("ended tasks", () => {
  it("S04 S09 S11 S14 a cluster works: each task is in one of the two lists, by how it ended", async () => {
    const throws = task("thing.throws", async () => {
      throw new Error("no answer");
    });
    const hangs = task("thing.hangs", { timeout: "50ms" }, (_: null, { signal }) => aborted(signal));
    const { page, goto, work } = await sit(
      "/queued",
      {},
      { tasks: [add, mail, throws, hangs] },
      async (admin) => {
        // A process that dies is not to be had in this one: of this attempt the store is told as of one that did.
        await admin.ended(add, { a: 1 }, { name: "died" }, failure(new Error("its worker died"), "crashed"));
        await admin.enqueue(add, { a: 1 }, { name: "well-done" });
        await admin.enqueue(throws, null, { name: "thrown" });
        await admin.enqueue(hangs, null, { name: "too-slow" });
        await admin.enqueue(add, { a: 1 }, { name: "called-off", delay: "1h" });
        await forge(admin, await admin.enqueue(mail, { to: "x" }, { name: "forged" }));
      },
    );
    await choose(page, "called-off", "Cancel");
    await confirm(page, /^Cancel 1/);
    await row(page, "called-off").waitFor({ state: "detached" });
    await work("quiet-mill");
    await page.getByText("left the list").nth(3).waitFor();
    await goto("successful");
    await row(page, "well-done").waitFor();
    await expect.poll(() => rows(page).count()).toBe(1);
    await goto("failed?columns=name,outcome,result");
    await rows(page).nth(4).waitFor();
    for (const [name, outcome] of [
      ["died", "crashed"],
      ["thrown", "failed"],
      ["too-slow", "timeout"],
      ["called-off", "cancelled"],
      ["forged", "quarantined"],
    ] as const)
      expect([name, await (await cell(page, name, "How it ended")).textContent()]).toEqual([name, outcome]);
    await row(page, "forged")
      .getByText(/^\*BadSignature: the signature of task/)
      .waitFor();
    await expect.poll(() => rows(page).count()).toBe(5);
    await page.getByRole("button", { name: "How it ended", exact: true }).first().click();
    await page.getByRole("dialog").getByLabel("Timeout", { exact: true }).check();
    await page.keyboard.press("Escape");
    await row(page, "died").waitFor({ state: "detached" });
    await row(page, "too-slow").waitFor();
  });

  it("S05 all of a task is on its page, and it is deleted after a question; its page then says by whom", async () => {
    const { page } = await sit("/successful", {}, {}, (admin) =>
      admin.ended(mail, { to: "ada@example.org" }, { name: "well-done", group: "orders" }),
    );
    await page.getByRole("link", { name: "well-done" }).click();
    for (const words of ["mail.send", "orders", "ada@example.org"])
      await page.getByText(words).first().waitFor();
    for (const label of [
      "Task id",
      "State",
      "Func",
      "Group",
      "Queue",
      "Started",
      "Stopped",
      "Time taken",
      "Attempts",
    ])
      await page.getByRole("term").filter({ hasText: label }).first().waitFor();
    const address = page.url();
    await page.getByRole("main").getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Delete 1/ })
      .click();
    // Whoever deletes goes on with the list; who comes to its address is told what became of it.
    await page.waitForURL(/\/successful$/);
    await page.goto(address);
    await page.getByRole("heading", { name: "Deleted by debug." }).waitFor();
  });

  it("S06 D14 the group filter offers a few values and finds tasks of a schedule by its name", async () => {
    const { page } = await sit("/successful", {}, {}, async (admin) => {
      for (let index = 0; index < 25; index++) await admin.ended(add, { a: 1 }, { group: `group-${index}` });
      await schedule(admin, { name: "nightly", nextRun: Date.now() - 1, type: "once", repeats: 1 });
      await admin.fire();
      const [task] = await admin.claim();
      await (await admin.store()).finish([succeeded(task!, { started: Date.now(), stopped: Date.now() })]);
    });
    await rows(page).nth(25).waitFor();
    await page.getByRole("button", { name: "Group", exact: true }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("checkbox").first().waitFor();
    expect(await dialog.getByRole("checkbox").count()).toBeLessThanOrEqual(20);
    await dialog.getByRole("textbox").or(dialog.getByRole("searchbox")).first().fill("night");
    await dialog.getByLabel("nightly").check();
    await page.keyboard.press("Escape");
    await page.getByText("1–1 of 1").waitFor();
  });

  it("S07 a search looks in name, func and group, and not in the result", async () => {
    const { page } = await sit("/successful", {}, {}, async (admin) => {
      await admin.ended(add, { a: 1 }, { name: "alpha-one", group: "spring" }, { result: '"treasure"' });
      await admin.ended(mail, { to: "x" }, { name: "beta-two", group: "autumn" });
    });
    await rows(page).nth(1).waitFor();
    for (const [words, found] of [
      ["lpha", 1],
      ["mail.s", 1],
      ["autum", 1],
      ["treasure", 0],
    ] as const) {
      await page.getByRole("searchbox").fill(words);
      if (found === 0) await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
      else await page.getByText("1–1 of 1").waitFor();
      await page.getByRole("button", { name: "Clear the search" }).click();
      await page.getByText("1–2 of 2").waitFor();
    }
  });

  it("S10 the banner names the limit, and the list holds what it left", async () => {
    const { page } = await sit("/successful", {}, { saveLimit: 5 }, async (admin) => {
      for (let index = 0; index < 9; index++)
        await admin.ended(
          add,
          { a: index },
          { name: `run-${index}` },
          { started: index, stopped: index + 1 },
        );
      await (await admin.store()).prune({
        saveLimit: 5,
        per: null,
        failuresBefore: null,
        attemptsBefore: 0,
        clustersBefore: 0,
        limit: 100,
      });
    });
    await page.getByText("newest 5").waitFor();
    await expect.poll(() => rows(page).count()).toBe(5);
  });

  it("S12 whatever was thrown can be read: its start in the list, all of it with causes on its page", async () => {
    const { page } = await sit("/failed", {}, {}, async (admin) => {
      await fail(
        admin,
        "an-error",
        new Error("the card was declined", { cause: new Error("402 from the bank") }),
      );
      await fail(admin, "a-string", "just a string");
    });
    await row(page, "the card was declined").waitFor();
    await row(page, "just a string").waitFor();
    await page.getByRole("link", { name: "an-error" }).click();
    await page.getByText("Caused by").waitFor();
    await page.getByText("402 from the bank").waitFor();
  });

  it("S13 D2 a failure is resubmitted from its menu: it goes, the queue has it with its input, and the two know each other", async () => {
    const { page, goto } = await sit("/failed", {}, {}, (admin) => fail(admin, "gone-wrong"));
    await row(page, "gone-wrong").waitFor();
    const answered = page.waitForResponse(/actions\/resubmit$/);
    await choose(page, "gone-wrong", "Resubmit");
    const dialog = page.getByRole("dialog").getByRole("button", { name: /^Resubmit 1/ });
    await dialog.or(page.getByText("No failed tasks.")).first().waitFor();
    if (await dialog.isVisible()) await dialog.click();
    expect((await answered).status()).toBe(200);
    await page.getByText("No failed tasks.").waitFor();
    await goto("queued");
    await row(page, "math.add").waitFor();
    expect(await (await cell(page, "math.add", "Group")).textContent()).toBe("orders");
  });

  it("D3 all that match are deleted in the background, after their number was typed, and a strip shows how far it is", async () => {
    const { page } = await sit("/failed?limit=25", {}, {}, async (admin) => {
      for (let index = 0; index < 30; index++) await fail(admin, `wrong-${index}`);
    });
    await page.getByText("1–25 of 30").waitFor();
    await page.getByRole("checkbox", { name: "Select all on this page" }).click();
    await page.getByRole("button", { name: "Select all 30 matching" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    const typed = page.getByLabel("Type 30 to go on");
    const button = page.getByRole("dialog").getByRole("button", { name: "Delete 30 failed tasks" });
    await button.waitFor();
    await typed.fill("30");
    await button.click();
    await page.getByRole("region", { name: "Operations under way" }).getByText("Done: 30").waitFor();
    await page.getByText("No failed tasks.").waitFor();
  });

  it("D13 each attempt keeps its own error, time and worker, and time taken is that of the last", async () => {
    const { page } = await sit("/failed?columns=name,took,result", {}, {}, async (admin) => {
      const id = await admin.enqueue(add, { a: 1 }, { name: "twice" });
      const store = await admin.store();
      const now = Date.now();
      for (const [words, started, stopped, worker] of [
        ["first error", now - 60_000, now - 52_000, "1 slow-mill"],
        ["second error", now - 1_000, now - 750, "2 quick-mill"],
      ] as const) {
        const picked = (await admin.claim()).find((one) => one.id === id)!;
        const error = encodeError(new Error(words));
        const told = { started, stopped, worker, error };
        await store.finish([
          words === "first error"
            ? { ...released(picked, { delayMs: 0 }), ...told, outcome: "failed" }
            : failed(picked, { ...told, result: error }),
        ]);
      }
    });
    await row(page, "second error").waitFor();
    expect(await (await cell(page, "twice", "Time taken")).textContent()).toBe("250 ms");
    await page.getByRole("link", { name: "twice" }).click();
    await page.getByRole("tab", { name: "Attempts" }).click();
    const attempts = page.getByRole("tabpanel").locator("tbody");
    await attempts.getByText("first error").waitFor();
    const words = (await attempts.allInnerTexts()).join("\n");
    expect(words.indexOf("slow-mill")).toBeLessThan(words.indexOf("first error"));
    expect(words.indexOf("first error")).toBeLessThan(words.indexOf("quick-mill"));
    expect(words.indexOf("quick-mill")).toBeLessThan(words.indexOf("second error"));
    await attempts.getByText("8.0 s", { exact: true }).waitFor();
    await attempts.getByText("250 ms", { exact: true }).waitFor();
  });

  it("3.3 a whole task id opens that task, whichever list it is typed into", async () => {
    let id = "";
    const { page } = await sit("/failed", {}, {}, async (admin) => {
      id = await admin.ended(add, { a: 1 }, { name: "elsewhere" });
    });
    await page.getByRole("searchbox").fill(id);
    await page.getByRole("searchbox").press("Enter");
    await page.getByRole("heading", { name: "elsewhere" }).waitFor();
  });
});
