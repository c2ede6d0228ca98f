// What Django Q's document says of scheduled tasks, clicked through on the real admin, by the ids of the specification.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { AdminUnderTest } from "../admin-under-test.ts";
import type { ScheduleInfo } from "../../../src/client/schedule/info.ts";
import { Schedules } from "../../../src/client/schedules.ts";
import { failed, succeeded } from "../../../src/testing/store/examples.ts";
import { cell, choose, desk, dueSince, field, heads, row, rows, save, schedule } from "./desk.ts";

const { sit, sitAs } = desk();
const hour = 3_600_000;
const delayed = process.env["QUERN_TEST_LONG"] === "1" ? 1_000 : 150;
const patience = { timeout: 25_000, interval: 100 };

describe("scheduled tasks", () => {
  it("S02 S15 one is made, found, changed and deleted, and each of it is in the audit", async () => {
    const { page, goto } = await sit("/scheduled");
    await page.getByText("No schedules yet.").waitFor();
    await page.getByRole("link", { name: "New scheduled task" }).first().click();
    await field(page, "Name").fill("nightly");
    await field(page, "Func").fill("math.add");
    await field(page, "Input").fill('{ "a": 1 }');
    await save(page);
    await row(page, "nightly").waitFor();
    await expect
      .poll(() => heads(page))
      .toEqual(["Id", "Name", "Func", "Type", "Repeats", "Queue", "Next run", "Last run", "Success"]);
    await page.getByRole("link", { name: "nightly" }).click();
    await field(page, "Repeats").fill("24");
    await save(page);
    await row(page, "24 left").waitFor();
    await choose(page, "nightly", "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete 1 scheduled task" }).click();
    await page.getByText("No schedules yet.").waitFor();
    await goto("audit");
    for (const action of ["schedule.create", "schedule.update", "schedule.delete"])
      await row(page, action).waitFor();
  });

  it("S28 the page and the application have one and the same schedule: made by either, read and changed by both", async () => {
    const { page, under, goto } = await sit("/scheduled/new");
    const schedules = new Schedules(under.client);
    await field(page, "Name").fill("morning");
    await field(page, "Func").fill("math.add");
    await field(page, "Input").fill('{ "a": 41 }');
    await field(page, "Queue").fill("long");
    await field(page, "Type").selectOption({ label: "Cron" });
    await field(page, "Cron").fill("30 7 * * 1-5");
    await field(page, "Time zone").fill("Europe/Amsterdam");
    await field(page, "Repeats").fill("12");
    await field(page, "Note").fill("asked for by sales");
    await save(page);
    await row(page, "morning").waitFor();
    const made = (await schedules.get("morning"))!;
    expect(made).toMatchObject({
      func: "math.add",
      input: { a: 41 },
      queue: "long",
      type: "cron",
      cron: "30 7 * * 1-5",
      timeZone: "Europe/Amsterdam",
      repeats: 12,
      note: "asked for by sales",
      status: "active",
      declared: null,
    });
    const shown = async (head: string): Promise<string | null> =>
      (await cell(page, "math.add", head)).textContent();
    const asIn = async ({ name, func, words, queue, nextRun }: ScheduleInfo): Promise<void> => {
      await expect
        .poll(async () => [
          await shown("Name"),
          await shown("Func"),
          await shown("Type"),
          await shown("Queue"),
        ])
        .toEqual([name, func, words, queue]);
      const next = (await cell(page, "math.add", "Next run")).locator("time");
      expect(Date.parse((await next.getAttribute("datetime"))!)).toBe(nextRun!.getTime());
    };
    await asIn(made);
    const changed = await schedules.update("morning", { cron: "0 9 * * *", name: "later", queue: "short" });
    await page.reload();
    await row(page, "later").waitFor();
    await asIn(changed);
    await page.getByRole("link", { name: "later" }).click();
    for (const [label, value] of [
      ["Name", "later"],
      ["Func", "math.add"],
      ["Queue", "short"],
      ["Cron", "0 9 * * *"],
      ["Time zone", "Europe/Amsterdam"],
      ["Repeats", "12"],
      ["Note", "asked for by sales"],
    ] as const)
      await expect.poll(() => field(page, label).inputValue()).toBe(value);
    await goto("scheduled");
    await choose(page, "later", "Delete");
    await page.getByRole("dialog").getByRole("button", { name: "Delete 1 scheduled task" }).click();
    await page.getByText("No schedules yet.").waitFor();
    expect(await schedules.get(made.id)).toBe(null);
  });

  it("S15 who saves second is told by whom, and what stands now", async () => {
    let id = "";
    const { page, under } = await sit("/scheduled", {}, {}, async (admin) => {
      id = await schedule(admin, { name: "shared" });
    });
    await page.getByRole("link", { name: "shared" }).click();
    await field(page, "Repeats").fill("9");
    const { version } = (await under.get<{ version: string }>(`/api/models/schedule/${id}`)).json;
    await under.ask("PATCH", `/api/models/schedule/${id}`, {
      body: {
        values: {
          func: "math.add",
          input: '{"a":1}',
          type: "daily",
          timeZone: "UTC",
          name: "shared",
          repeats: 5,
        },
      },
      headers: { "if-match": JSON.stringify(version) },
    });
    await save(page);
    const dialog = page.getByRole("dialog", { name: "Someone saved this meanwhile" });
    await dialog.getByText(/^debug saved this/).waitFor();
    await dialog.getByText("5", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Use what is chosen" }).click();
    await save(page);
    await row(page, "9 left").waitFor();
  });

  it("S15 what was not touched stays as it stands: a schedule that fired while its form was open goes on from there", async () => {
    const { page, under } = await sit("/scheduled", {}, {}, (admin) => hourly(admin, "counted", 24));
    await page.getByRole("link", { name: "counted", exact: true }).click();
    await field(page, "Note").fill("asked for by sales");
    await under.fire();
    const [{ id } = { id: "" }] = await under.list("schedule");
    const fired = await (await under.store()).schedule(id);
    await save(page);
    await row(page, "23 left").waitFor();
    const { repeats, nextRun, revision } = fired!;
    const note = "asked for by sales";
    expect(await (await under.store()).schedule(id)).toMatchObject({ repeats, nextRun, revision, note });
  });

  it("S16 hourly with repeats 24 has run 24 times and no more", async () => {
    const { page, under } = await sit("/scheduled", {}, {}, (admin) => hourly(admin, "day", 24));
    await row(page, "24 left").waitFor();
    for (let run = 0; run < 26; run++) await under.fire();
    await page.reload();
    await row(page, "0 finished").waitFor();
    await page.getByRole("link", { name: "day", exact: true }).click();
    await page.getByRole("tab", { name: "Runs" }).click();
    await rows(page).nth(23).waitFor();
    await expect.poll(() => rows(page).count()).toBe(24);
  });

  it.each([
    ["S17", 3, ["3 left", "2 left", "1 left", "0 finished", "0 finished"]],
    ["S18 D9", -1, ["-1 forever", "-2 forever", "-3 forever", "-4 forever"]],
  ])("%s repeats %i counts down as one looks", async (_, repeats, shown) => {
    const { page, under } = await sit("/scheduled", {}, {}, (admin) => hourly(admin, "counted", repeats));
    for (const words of shown) {
      await row(page, words).waitFor();
      await under.fire();
      await page.reload();
    }
  });

  it("S19 S21 a once with a negative count is gone after its run, one with a positive count stays as finished", async () => {
    const { page, under } = await sit("/scheduled", {}, {}, async (admin) => {
      for (const name of ["goes-1", "goes-2"])
        await schedule(admin, { name, type: "once", repeats: -1, nextRun: Date.now() - 1 });
      await schedule(admin, { name: "stays", type: "once", repeats: 5, nextRun: Date.now() - 1 });
    });
    await rows(page).nth(2).waitFor();
    expect(await under.fire()).toHaveLength(3);
    await page.reload();
    await row(page, "0 finished").waitFor();
    await expect.poll(() => rows(page).count()).toBe(1);
    expect(await under.fire()).toEqual([]);
  });

  it(`S20 ${delayed} delayed actions as schedules of their own: each runs once, and none of them is left`, async () => {
    const { page, goto, work } = await sit("/scheduled", {}, {}, async (admin) => {
      const schedules = new Schedules(admin.client);
      const firstRun = new Date(Date.now() - 1);
      for (let index = 0; index < delayed; index++)
        await schedules.create("math.add", { a: index }, { type: "once", repeats: -1, firstRun });
    });
    const all = delayed.toLocaleString("en");
    await page.getByText(`1–100 of ${all}`).waitFor();
    await work("quiet-mill");
    await page.reload();
    await expect
      .poll(async () => {
        await goto("scheduled");
        await rows(page).first().or(page.getByText("No schedules yet.")).first().waitFor();
        return page.getByText("No schedules yet.").count();
      }, patience)
      .toBe(1);
    await expect
      .poll(async () => {
        await goto("successful?columns=input");
        await rows(page).first().waitFor();
        return page.getByText(`1–100 of ${all}`).count();
      }, patience)
      .toBe(1);
    await goto("queued");
    await page.getByText("The queue is empty.").waitFor();
  });

  it("S22 D8 zero in the form pauses and keeps the count; resume goes on with it; paused and finished look different", async () => {
    const { page, under } = await sit("/scheduled", {}, {}, async (admin) => {
      await schedule(admin, { name: "counted", repeats: 7, nextRun: Date.now() + hour });
      await schedule(admin, { name: "over", type: "once", repeats: 1, nextRun: Date.now() - 1 });
      await admin.fire();
    });
    await page.getByRole("link", { name: "counted" }).click();
    await field(page, "Repeats").fill("0");
    await save(page);
    await row(page, "0 paused (7 kept)").waitFor();
    await row(page, "0 finished").waitFor();
    expect(await (await cell(page, "counted", "Next run")).textContent()).toBe("–");
    expect(await under.fire()).toEqual([]);
    // The key that pauses resumes as well.
    await row(page, "counted").getByRole("link").first().focus();
    await page.keyboard.press("p");
    const dialog = page.getByRole("dialog").getByRole("button", { name: /^Resume 1/ });
    await dialog.or(row(page, "7 left")).first().waitFor();
    if (await dialog.isVisible()) await dialog.click();
    await row(page, "7 left").waitFor();
  });

  it("S23 a once that has run is run again, at once and once only", async () => {
    const { page, under } = await sit("/scheduled", {}, {}, async (admin) => {
      await schedule(admin, { name: "again", type: "once", repeats: 1, nextRun: Date.now() - 1 });
      await admin.fire();
    });
    await row(page, "0 finished").waitFor();
    await page.getByRole("link", { name: "again" }).click();
    await field(page, "Repeats").fill("1");
    const when = "It has run. Choose a new time, or Now to run it at once.";
    await page.getByRole("complementary", { name: "Next runs" }).getByText(when).waitFor();
    await save(page);
    await page.getByRole("alert").getByText(when).waitFor();
    await page.getByRole("button", { name: "Now", exact: true }).click();
    await save(page);
    await row(page, "1 left").waitFor();
    expect(await under.fire()).toHaveLength(1);
    expect(await under.fire()).toEqual([]);
  });

  it("S24 D5 a changed cron shows its old and its new next run, and the new one is what the list shows", async () => {
    const { page } = await sit("/scheduled", {}, {}, (admin) =>
      schedule(admin, { name: "morning", type: "cron", cron: "0 7 * * *", nextRun: null }),
    );
    const shown = async (): Promise<string | null> =>
      (await cell(page, "morning", "Next run")).locator("time").getAttribute("datetime");
    await row(page, "morning").waitFor();
    const before = await shown();
    await page.getByRole("link", { name: "morning" }).click();
    const preview = page.getByRole("complementary", { name: "Next runs" });
    await preview.getByRole("listitem").nth(9).waitFor();
    expect(await preview.locator("del").count()).toBe(0);
    await field(page, "Cron").fill("30 8 * * *");
    await preview.locator("del").waitFor();
    expect(await preview.locator("del").textContent()).toContain("07:00");
    expect(await preview.locator("ins").textContent()).toContain("08:30");
    const first = await preview.locator("time").first().getAttribute("datetime");
    await save(page);
    await row(page, "08:30").waitFor();
    expect([await shown(), (await shown()) === before]).toEqual([first, false]);
  });

  it("S25 S26 D11 the last run is a link that says how it went, and the runs outlive their tasks", async () => {
    const { page, under } = await sit("/scheduled", {}, {}, (admin) => schedule(admin, { name: "linked" }));
    const success = async (): Promise<string> =>
      (await (await cell(page, "linked", "Success")).textContent()) ?? "";
    await row(page, "linked").waitFor();
    await expect.poll(() => success()).toBe("–");
    const store = await under.store();
    await runNow(page);
    const [first] = await under.claim();
    await store.finish([succeeded(first!)]);
    await page.reload();
    await row(page, "succeeded")
      .getByRole("link", { name: `[${first!.name}]` })
      .click();
    await page.getByRole("heading", { name: first!.name }).waitFor();
    await page.goBack();
    await runNow(page);
    const [second] = await under.claim();
    await store.finish([failed(second!)]);
    await page.reload();
    await row(page, "failed").waitFor();
    await store.deleteTasks([first!.id, second!.id]);
    await page.reload();
    await row(page, "linked").waitFor();
    await expect.poll(() => success()).toBe("–");
    await page.getByRole("link", { name: "linked" }).click();
    await page.getByRole("tab", { name: "Runs" }).click();
    await page.getByText("not stored").nth(1).waitFor();
  });

  it("S27 where successes are not stored, the lists say what that means", async () => {
    const { page, goto } = await sit("/scheduled", {}, { saveLimit: -1 }, (admin) =>
      schedule(admin, { name: "one" }),
    );
    await page.getByText("last run and success show failures only").waitFor();
    await goto("successful");
    await page.getByText("Successful tasks are not stored.").first().waitFor();
  });

  it("D4 one that can't be read says so in the list, and the others run", async () => {
    const { page, goto, work } = await sit("/scheduled", {}, {}, async (admin) => {
      const due = { type: "once", repeats: 1 };
      const past = Date.now() - 60_000;
      const id = await schedule(admin, { name: "broken", ...due, nextRun: past });
      const whole = await schedule(admin, { name: "whole", ...due, nextRun: past });
      const store = await admin.store();
      const read = (await store.schedule(id))!;
      await store.saveSchedule({ ...read, definition: "{", nextRun: past, version: read.version + 1 }, read);
      await dueSince(admin, whole, past + 1);
    });
    await row(page, "broken").getByText("can't be read").waitFor();
    await row(page, "whole").getByText("1 left").waitFor();
    await work("quiet-mill");
    await page.getByRole("button", { name: "State", exact: true }).first().click();
    await page.getByRole("dialog").getByLabel("Invalid").check();
    await page.keyboard.press("Escape");
    await row(page, "whole").waitFor({ state: "detached" });
    await row(page, "broken").waitFor();
    await goto("successful");
    await row(page, "math.add").waitFor();
    expect(await (await cell(page, "math.add", "Group")).textContent()).toBe("whole");
    await expect.poll(() => rows(page).count()).toBe(1);
    await goto("scheduled");
    await row(page, "0 finished").getByText("whole").waitFor();
    await row(page, "broken").getByRole("link").first().click();
    await page.getByRole("heading", { name: "broken" }).waitFor();
  });

  it.each([
    ["D6", "Intended date key", "not an identifier!", "intended"],
    ["D7", "Func", "no.such", "registered"],
    ["D7", "Input", '{ "a": ', "JSON"],
  ])("%s a wrong %s is refused at its field", async (_, label, value, says) => {
    const { page } = await sit("/scheduled/new");
    await field(page, "Func").fill("math.add");
    await field(page, label).fill(value);
    await save(page);
    const alert = page.getByRole("alert");
    await alert.getByRole("link", { name: label }).waitFor();
    expect((await alert.textContent())?.toLowerCase()).toContain(says === "JSON" ? "line 1" : says);
  });

  it("D12 a viewer's page of a schedule is plain text: nothing to save, nothing to press", async () => {
    const { page } = await sitAs({ role: "viewer" }, "/scheduled", (admin) =>
      new Schedules(admin.client).create("math.add", { a: 1 }, { type: "daily", name: "seen" }),
    );
    await page.getByRole("link", { name: "seen" }).click();
    await page.getByRole("tab", { name: "Summary" }).waitFor();
    expect(await page.getByRole("button", { name: /Save|Run now|Delete/ }).count()).toBe(0);
    expect(await page.getByRole("main").locator("form").count()).toBe(0);
  });
});

/** The answer, not only the click: what comes next looks at what it did. */
async function runNow(page: Page): Promise<void> {
  const answered = page.waitForResponse(/actions\/run$/);
  await choose(page, "linked", "Run now");
  expect((await answered).status()).toBe(200);
}

/** One that nobody has looked at for 30 hours, and that makes up for all of them. */
async function hourly(admin: AdminUnderTest, name: string, repeats: number): Promise<void> {
  const first = Date.now() - 30 * hour;
  const id = await schedule(admin, { name, type: "hourly", repeats, missed: "all", nextRun: first });
  await dueSince(admin, id, first);
}
