// What Django Q's document says of queued tasks, clicked through on the real admin, by the ids of the specification.
import { describe, expect, it } from "vitest";
import { claimBy } from "../../../src/testing/store/examples.ts";
import { add } from "../admin-under-test.ts";
import { cell, choose, confirm, desk, field, forge, row, rows, save, sent } from "./desk.ts";

const { sit, sitAs } = desk();

describe("queued tasks", () => {
  it("S30 ready, due later, picked up and unreadable: all that is in the queue is listed, and found by its state", async () => {
    const { page } = await sit("/queued", {}, {}, async (admin) => {
      await admin.enqueue(add, { a: 1 }, { name: "held" });
      await admin.claim();
      await admin.enqueue(add, { a: 1 }, { name: "waits" });
      await admin.enqueue(add, { a: 1 }, { name: "later", delay: "1h" });
      await forge(admin, await admin.enqueue(add, { a: 1 }, { name: "forged" }));
    });
    await rows(page).nth(3).waitFor();
    for (const name of ["held", "waits", "later"]) await row(page, name).waitFor();
    expect(await (await cell(page, "*BadSignature", "Func")).textContent()).toBe("–");
    expect(await row(page, "forged").count()).toBe(0);
    for (const name of ["waits", "later", "*BadSignature"])
      expect(await (await cell(page, name, "Lock")).textContent()).toBe("–");
    for (const [state, found] of [
      ["Due later", ["later"]],
      ["Picked up", ["held"]],
      ["Ready", ["*BadSignature", "waits"]],
    ] as const) {
      await page.getByRole("button", { name: "State", exact: true }).first().click();
      await page.getByRole("dialog").getByLabel(state, { exact: true }).check();
      await page.keyboard.press("Escape");
      await page.getByText(`1–${found.length} of ${found.length}`, { exact: true }).waitFor();
      for (const name of found) await row(page, name).waitFor();
      await page.getByRole("button", { name: "Remove the filter State" }).click();
      await page.getByText("1–4 of 4").waitFor();
    }
  });

  it("an empty queue says which clusters listen by now", async () => {
    const { page, work } = await sit("/queued");
    await page.getByText("No cluster is running: npx quern cluster.").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await work("quiet-mill");
    await page.getByText("Listening: quiet-mill").waitFor();
  });

  it("S31 the lock says who picked it up when and until when; what a dead cluster held is taken by another", async () => {
    const short = { lease: "600ms", renew: "200ms" } as const;
    const { page, goto, work } = await sit("/queued", {}, short, async (admin) => {
      const store = await admin.store();
      const claim = (owner: string, leaseMs: number) =>
        store.claim(claimBy(owner, { lanes: [{ queue: "default", limit: 1 }], leaseMs }));
      await admin.enqueue(add, { a: 1 }, { name: "held" });
      await claim("living", 600_000);
      await admin.enqueue(add, { a: 1 }, { name: "lost", retry: 2 });
      await claim("dead", 1);
    });
    await rows(page).nth(1).waitFor();
    const clock = /^\d\d:\d\d:\d\d by living · expires in (?:9 min|10 min)/;
    expect(await (await cell(page, "held", "Lock")).textContent()).toMatch(clock);
    expect(await (await cell(page, "lost", "Lock")).textContent()).toMatch(
      /^\d\d:\d\d:\d\d by dead · expired .* ago, will be taken again$/,
    );
    await work("second-mill");
    await goto("successful?columns=name,attempts,cluster");
    await row(page, "lost").waitFor();
    expect(await (await cell(page, "lost", "Attempts")).textContent()).toMatch(/^2/);
    await page.getByRole("link", { name: "lost" }).click();
    await page.getByRole("tab", { name: "Attempts" }).click();
    const attempts = page.getByRole("tabpanel").locator("tbody");
    await attempts.getByText("lost", { exact: true }).first().waitFor();
    await attempts.getByText("success", { exact: true }).first().waitFor();
    await goto("queued");
    await row(page, "held").getByText("by living").waitFor();
    await expect.poll(() => rows(page).count()).toBe(1);
  });

  it("S32 D14 at one's own machine a queued task is found, edited and deleted; one that is held is not edited", async () => {
    const { page } = await sit("/queued", {}, {}, async (admin) => {
      await admin.enqueue(add, { a: 1 }, { name: "held" });
      await admin.claim();
      await admin.enqueue(add, { a: 1 }, { name: "waits" });
    });
    await page.getByRole("searchbox").fill("wait");
    await page.getByText("1–1 of 1").waitFor();
    await row(page, "waits").getByRole("link").first().click();
    await field(page, "Priority").fill("7");
    await save(page);
    await choose(page, "waits", "Delete");
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Delete 1/ })
      .click();
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
    await page.getByRole("button", { name: "Clear search and filters" }).click();
    await row(page, "held").getByRole("link").first().click();
    await page.getByText(/is held until/).waitFor();
  });

  it("S32 with debug off an admin reads the queue: no form, no deletion, and what his browser sends all the same is refused", async () => {
    const { page, under } = await sitAs({ role: "admin" }, "/queued", (admin) =>
      admin.enqueue(add, { a: 1 }, { name: "waits" }),
    );
    await row(page, "waits").locator("[data-row-menu]").click();
    await page.getByRole("menuitem", { name: "Cancel" }).waitFor();
    expect(await page.getByRole("menuitem", { name: /^(Delete|Edit|Release)/ }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await row(page, "waits").getByRole("link").first().click();
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    expect(await page.getByRole("main").locator("form").count()).toBe(0);
    const id = page.url().replace(/.*\//, "");
    expect(await sent(page, "PATCH", `queued/${id}`, { values: { priority: 7 } })).toBe(403);
    const body = { operation: "operation-1", ids: [id] };
    expect(await sent(page, "POST", "queued/actions/delete", body)).toBe(403);
    expect(await (await under.store()).task(id)).toMatchObject({ priority: 0, state: "ready" });
  });

  it("S32 with debug off the grants alone make the difference: edited and deleted, but for what is held", async () => {
    const account = { role: "admin" as const, grants: ["queued.change", "queued.delete"] };
    const { page, under } = await sitAs(account, "/queued", async (admin) => {
      await admin.enqueue(add, { a: 1 }, { name: "held" });
      await admin.claim();
      await admin.enqueue(add, { a: 1 }, { name: "waits" });
    });
    const link = row(page, "waits").getByRole("link").first();
    const id = ((await link.getAttribute("href")) ?? "").replace(/.*\//, "");
    await link.click();
    await field(page, "Priority").fill("7");
    await save(page);
    await row(page, "waits").waitFor();
    const store = await under.store();
    expect(await store.task(id)).toMatchObject({ priority: 7, state: "ready" });
    await row(page, "held").getByRole("link").first().click();
    await page.getByText(/is held until/).waitFor();
    expect(await page.getByRole("button", { name: /^Save/ }).count()).toBe(0);
    await page.goBack();
    await choose(page, "waits", "Delete");
    await confirm(page, /^Delete 1/);
    await row(page, "waits").waitFor({ state: "detached" });
    expect(await store.task(id)).toBe(null);
    await row(page, "held").locator("[data-row-menu]").click();
    await page.getByRole("menuitem", { name: "Cancel" }).waitFor();
    expect(await page.getByRole("menuitem", { name: /^Release/ }).count()).toBe(0);
  });

  it("D10 a queue is paused from a task in it, and the overview says so", async () => {
    const { page, goto } = await sit("/queued", {}, {}, (admin) =>
      admin.enqueue(add, { a: 1 }, { name: "waits" }),
    );
    await row(page, "waits").locator("[data-row-menu]").click();
    await page.getByRole("menuitem", { name: /^Pause/ }).click();
    const answered = page.waitForResponse(/actions\/pause-queue$/);
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^Pause/ })
      .click();
    await answered;
    await goto("");
    await page.getByText("The queue default is paused.").first().waitFor();
  });

  it("the bytes of what can't be read are shown to who may see them, when asked for", async () => {
    const { page } = await sit("/queued", {}, {}, async (admin) => {
      await forge(admin, await admin.enqueue(add, { a: 1 }, { name: "forged" }));
    });
    await row(page, "*BadSignature").getByRole("link").first().click();
    await page.getByRole("button", { name: "Show the bytes" }).click();
    await page.getByText("as base64").waitFor();
  });
});
