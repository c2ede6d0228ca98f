// quern.schedules: what is made, shown, changed, paused, previewed, run by hand and deleted.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Quern, type ScheduleInfo, schedule, task } from "../../src/index.ts";
import { engines, withQuern } from "../cluster/memory-quern.ts";
import { audited, fire, storeOf } from "./schedule-run.ts";

const digest = task(
  "mail.digest",
  { input: z.object({ to: z.string(), day: z.string().optional() }) },
  async ({ to, day }, { scheduledFor, group }) => `${to} ${day} ${scheduledFor?.toISOString()} ${group}`,
);
const tick = task("tick", { queue: "ticks" }, (_: void) => "tock");
const broken = task("broken", { retry: 1 }, (_: void) => {
  throw new Error("no luck");
});
const tasks = [digest, tick, broken];

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const ago = (ms: number): Date => new Date(Date.now() - ms);
const ahead = (ms: number): Date => new Date(Date.now() + ms);
const at = (text: string): Date => new Date(text);

describe.each(engines)("on %s", (database) => {
  const withSchedules = (work: (quern: Quern) => Promise<void>, more = {}): Promise<void> =>
    withQuern({ tasks, database, timeZone: "Europe/Amsterdam", sync: true, ...more }, work);

  it("a schedule is shown as it was made, with its defaults and in words", () =>
    withSchedules(async (quern) => {
      const before = Date.now();
      const made = await quern.schedules.create(
        digest,
        { to: "ops" },
        {
          name: "digest",
          type: "daily",
          firstRun: at("2020-01-01T06:00:00Z"),
          priority: 3,
          tags: ["a"],
          hook: tick,
        },
      );
      expect(made).toMatchObject({
        name: "digest",
        func: "mail.digest",
        queue: "default",
        group: "digest",
        input: { to: "ops" },
        type: "daily",
        minutes: null,
        cron: null,
        timeZone: "Europe/Amsterdam",
        firstRun: at("2020-01-01T06:00:00Z"),
        end: null,
        words: "Every day at 07:00, Europe/Amsterdam",
        repeats: -1,
        status: "active",
        lastRun: null,
        success: null,
        missed: "one",
        missedAfterMs: 60_000,
        intendedDateKey: null,
        keepRuns: 100,
        options: { priority: 3, tags: ["a"], hook: "tick" },
        error: null,
        held: false,
        unreadable: null,
        declared: null,
        version: 1,
      });
      expect(made.nextRun?.getTime()).toBeGreaterThanOrEqual(before);
      expect(made.nextRun?.getTime()).toBeLessThan(Date.now() + dayMs + hourMs);
      expect(await quern.schedules.get("digest")).toEqual(made);
      expect(await quern.schedules.get(made.id)).toEqual(made);
      expect(await quern.schedules.get("nobody")).toBeNull();
    }));

  it("without a first run it begins now; a cron waits for its next time", () =>
    withSchedules(async (quern) => {
      const before = Date.now();
      const daily = await quern.schedules.create(tick, undefined, { type: "daily" });
      expect(daily.nextRun).toEqual(daily.firstRun);
      expect(daily.nextRun?.getTime()).toBeGreaterThanOrEqual(before);
      expect(daily).toMatchObject({ name: null, group: daily.id, queue: "ticks" });
      expect(await fire(quern, daily.id)).not.toBeNull();
      expect((await quern.schedules.get(daily.id))?.nextRun?.getTime()).toBeGreaterThan(
        Date.now() + 22 * hourMs,
      );

      const cron = await quern.schedules.create(tick, undefined, { cron: "0 0 1 1 *" });
      expect(cron).toMatchObject({ type: "cron", firstRun: null });
      expect(cron.nextRun?.getTime()).toBeGreaterThanOrEqual(before);
    }));

  it("a once in the past is due at once, whatever missed says, and the others begin from now on", () =>
    withSchedules(async (quern) => {
      const before = Date.now();
      const once = await quern.schedules.create(tick, undefined, {
        name: "once",
        type: "once",
        firstRun: ago(dayMs),
        missed: "none",
        repeats: 1,
      });
      expect(once.nextRun?.getTime()).toBeGreaterThanOrEqual(before);
      expect(await fire(quern, "once")).not.toBeNull();
      expect(await quern.schedules.get("once")).toMatchObject({
        status: "finished",
        repeats: 0,
        nextRun: null,
      });

      const hourly = await quern.schedules.create(tick, undefined, {
        type: "hourly",
        firstRun: ago(90 * 60_000),
      });
      expect(Math.abs((hourly.nextRun?.getTime() ?? 0) - ahead(30 * 60_000).getTime())).toBeLessThan(10_000);
    }));

  it("a first run of just now runs now, once: an edit of its other times does not bring it again", () =>
    withSchedules(async (quern) => {
      const firstRun = ago(20);
      const made = await quern.schedules.create(tick, undefined, { name: "now", type: "daily", firstRun });
      expect(made.nextRun).toEqual(firstRun);
      expect(await quern.schedules.preview({ type: "daily", firstRun }, 1)).toEqual([firstRun]);
      expect(await fire(quern, "now")).not.toBeNull();
      expect((await quern.schedules.get("now"))?.nextRun?.getTime()).toBe(firstRun.getTime() + dayMs);
      const edited = await quern.schedules.update("now", { type: "weekly" });
      expect(edited.nextRun?.getTime()).toBe(firstRun.getTime() + 7 * dayMs);
      const again = await quern.schedules.update("now", { firstRun: ago(10) });
      expect(again.nextRun).toEqual(again.firstRun);
    }));

  it("a task has its schedule, slot, group and intended date", () =>
    withSchedules(async (quern) => {
      const made = await quern.schedules.create(
        digest,
        { to: "ops" },
        { name: "digest", type: "once", repeats: 1, intendedDateKey: "day" },
      );
      const id = await fire(quern, "digest");
      const slot = made.nextRun?.toISOString();
      expect(await quern.tasks.get(String(id))).toMatchObject({
        func: "mail.digest",
        group: "digest",
        schedule: made.id,
        input: { to: "ops", day: slot },
      });
      await quern.enqueue(tick); // Runs what is ready.
      const handle = await quern.schedules.runNow("digest");
      expect(await handle.result()).toMatch(/^ops \S+Z \S+Z digest$/);
    }));

  it("a call's own group, queue and other options go to its tasks", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(tick, undefined, {
        name: "tick",
        type: "hourly",
        group: "mine",
        queue: "fast",
        priority: 7,
        tags: ["x"],
        unique: "only one",
      });
      const id = await fire(quern, "tick");
      const shown = await quern.tasks.get(String(id));
      expect(shown).toMatchObject({ group: "mine", queue: "fast", priority: 7, tags: ["x"] });
    }));

  it("lists filter and go on where a page ended", () =>
    withSchedules(async (quern) => {
      for (const name of ["one", "two", "three"])
        await quern.schedules.create(tick, undefined, { name, type: "hourly" });
      await quern.schedules.create(digest, { to: "x" }, { name: "four", type: "hourly" });
      await quern.schedules.pause("two");
      const names = ({ schedules }: { schedules: ScheduleInfo[] }): (string | null)[] =>
        schedules.map(({ name }) => name);
      const first = await quern.schedules.list({}, { limit: 3 });
      expect(names(first)).toEqual(["one", "two", "three"]);
      const second = await quern.schedules.list({}, { limit: 3, after: String(first.next) });
      expect([names(second), second.next]).toEqual([["four"], null]);
      expect(names(await quern.schedules.list({ status: "paused" }))).toEqual(["two"]);
      expect(names(await quern.schedules.list({ func: "tick", search: "t T" }))).toEqual([
        "one",
        "two",
        "three",
      ]);
      expect(await quern.schedules.count({ queue: "default" })).toBe(1);
    }));

  it("last run and success are those of the newest run", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(broken, undefined, { name: "broken", type: "daily" });
      expect(await quern.schedules.get("broken")).toMatchObject({ lastRun: null, success: null });
      const handle = await quern.schedules.runNow("broken");
      expect(await quern.schedules.get("broken")).toMatchObject({
        success: false,
        lastRun: { kind: "manual", task: handle.id, outcome: "failed", success: false },
      });
      const [listed] = (await quern.schedules.list()).schedules;
      expect(listed?.success).toBe(false);
    }));

  it("history shows slots and runs by hand, the newest first", () =>
    withSchedules(async (quern) => {
      const { nextRun } = await quern.schedules.create(tick, undefined, { name: "tick", type: "daily" });
      const slot = await fire(quern, "tick");
      const manual = await quern.schedules.runNow("tick");
      const history = await quern.schedules.history("tick");
      expect(history).toMatchObject([
        { kind: "manual", task: manual.id, outcome: "success", success: true },
        { kind: "slot", task: slot, slot: nextRun, outcome: "success" },
      ]);
      expect(history[0]?.stopped).toBeInstanceOf(Date);
      expect(await quern.schedules.history("tick", { limit: 1 })).toHaveLength(1);
    }));

  it("run now leaves count and next run alone, also of a paused schedule", () =>
    withSchedules(async (quern) => {
      const { nextRun } = await quern.schedules.create(tick, undefined, {
        name: "tick",
        type: "daily",
        firstRun: ahead(hourMs),
        repeats: 5,
      });
      await quern.schedules.pause("tick");
      const handle = await quern.schedules.runNow("tick", { by: "ann" });
      expect(await handle.result()).toBe("tock");
      expect(await quern.schedules.get("tick")).toMatchObject({
        status: "paused",
        pausedRepeats: 5,
        nextRun,
      });
      expect((await audited(quern)).at(-1)).toMatchObject({ who: "ann", action: "schedule.run" });
    }));

  it("pause keeps the count and resume restores it, each once", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(tick, undefined, {
        name: "tick",
        type: "hourly",
        firstRun: ahead(hourMs),
        repeats: 7,
      });
      expect(await quern.schedules.pause("tick", { by: "ann" })).toBe(true);
      expect(await quern.schedules.pause("tick")).toBe(false);
      expect(await quern.schedules.get("tick")).toMatchObject({
        status: "paused",
        repeats: 0,
        pausedRepeats: 7,
      });
      expect(await quern.schedules.resume("tick", { by: "bob" })).toBe(true);
      expect(await quern.schedules.resume("tick")).toBe(false);
      expect(await quern.schedules.get("tick")).toMatchObject({
        status: "active",
        repeats: 7,
        pausedRepeats: null,
      });
      expect(await audited(quern)).toMatchObject([
        { who: "api", action: "schedule.create", after: { name: "tick", repeats: 7, type: "hourly" } },
        { who: "ann", action: "schedule.pause", before: { repeats: 7 }, after: { repeats: 0 } },
        { who: "bob", action: "schedule.resume", before: { repeats: 0 }, after: { repeats: 7 } },
      ]);
    }));

  it("resume makes up for what passed as it is told, and an edit forgets that", () =>
    withSchedules(async (quern) => {
      const store = await storeOf(quern);
      for (const [name, missed, due] of [
        ["all", "all", 4],
        ["one", "one", 1],
        ["left", undefined, 0],
      ] as const) {
        const first = Date.now() - 3.5 * hourMs;
        await quern.schedules.create(tick, undefined, { name, type: "hourly", firstRun: new Date(first) });
        const row = (await store.schedule(name))!;
        const paused = { ...row, version: 2, repeats: 0, pausedRepeats: -1, nextRun: first };
        expect(await store.saveSchedule(paused, row)).toBe("saved");
        await quern.schedules.resume(name, missed === undefined ? {} : { missed });
        const coming = await quern.schedules.preview(name, 10);
        expect([name, coming.filter((run) => run.getTime() < Date.now()).length]).toEqual([name, due]);
        expect((await quern.schedules.update(name, { note: "looked at" })).note).toBe("looked at");
        expect((await store.schedule(name))?.definition).not.toContain("catchUp");
      }
      await expect(quern.schedules.resume("one", { missed: "some" as never })).rejects.toThrow(/missed/);
    }));

  it("a note is kept, changed and taken away, and found nowhere but where it stands", () =>
    withSchedules(async (quern) => {
      const made = await quern.schedules.create(tick, undefined, { type: "hourly", note: "for ann" });
      expect(made.note).toBe("for ann");
      expect((await quern.schedules.update(made.id, { priority: 3 })).note).toBe("for ann");
      expect((await quern.schedules.update(made.id, { note: null })).note).toBe(null);
      await expect(quern.schedules.update(made.id, { note: "a\nb" })).rejects.toThrow(/note/);
    }));

  it("repeats 0 makes a paused schedule, and pauses one that runs", () =>
    withSchedules(async (quern) => {
      const made = await quern.schedules.create(tick, undefined, {
        name: "tick",
        type: "hourly",
        repeats: 0,
      });
      expect(made.status).toBe("paused");
      await quern.schedules.resume("tick");
      expect(await quern.schedules.get("tick")).toMatchObject({ status: "active", repeats: -1 });
      await quern.schedules.update("tick", { repeats: 4 });
      expect(await quern.schedules.update("tick", { repeats: 0 })).toMatchObject({
        status: "paused",
        pausedRepeats: 4,
      });
      expect(await quern.schedules.update("tick", { repeats: 2 })).toMatchObject({
        status: "active",
        repeats: 2,
      });
    }));

  it("an edit of its times works out the next run anew; another edit leaves it", () =>
    withSchedules(async (quern) => {
      const store = await storeOf(quern);
      const revision = async (): Promise<number | undefined> => (await store.schedule("tick"))?.revision;
      await quern.schedules.create(tick, undefined, { name: "tick", type: "daily" });
      await fire(quern, "tick");
      const before = await quern.schedules.get("tick");
      const renamed = await quern.schedules.update("tick", {
        tags: ["b"],
        missed: "all",
        keepRuns: 5,
        input: undefined,
      });
      expect(renamed).toMatchObject({
        nextRun: before?.nextRun,
        repeats: -2,
        version: 2,
        missed: "all",
        keepRuns: 5,
      });
      expect(await revision()).toBe(1);

      const cron = await quern.schedules.update("tick", { cron: "0 12 * * *" }, { by: "ann" });
      expect(cron).toMatchObject({
        type: "cron",
        cron: "0 12 * * *",
        words: "At 12:00, Europe/Amsterdam",
        repeats: -2,
      });
      expect(await revision()).toBe(2);
      expect((await audited(quern)).at(-1)).toMatchObject({
        who: "ann",
        action: "schedule.update",
        before: { type: "daily", cron: null },
        after: { type: "cron", cron: "0 12 * * *" },
      });

      const minutes = await quern.schedules.update("tick", { minutes: 5 });
      expect(minutes).toMatchObject({ type: "minutes", minutes: 5, cron: null, words: "Every 5 minutes" });
      const hourly = await quern.schedules.update("tick", {
        type: "hourly",
        timeZone: "Asia/Kolkata",
        end: ahead(dayMs),
      });
      expect(hourly).toMatchObject({ type: "hourly", minutes: null, timeZone: "Asia/Kolkata" });
      const endless = await quern.schedules.update("tick", { end: null, tags: null, timeZone: null });
      expect(endless).toMatchObject({ end: null, options: {}, timeZone: "Europe/Amsterdam" });
      expect(await revision()).toBe(5);
    }));

  it("a save clears what held it", () =>
    withSchedules(async (quern) => {
      const { id } = await quern.schedules.create(tick, undefined, { name: "tick", type: "daily" });
      await (await storeOf(quern)).failSchedule(id, 1, "it was bad", true);
      expect(await quern.schedules.get("tick")).toMatchObject({ error: "it was bad", held: true });
      expect(await quern.schedules.update("tick", { tags: ["mended"] })).toMatchObject({
        error: null,
        held: false,
      });
    }));

  it("a finished schedule goes on with new repeats, and not without", () =>
    withSchedules(async (quern) => {
      const { firstRun } = await quern.schedules.create(tick, undefined, {
        ...{ name: "tick", type: "daily", repeats: 1 },
      });
      await fire(quern, "tick");
      expect(await quern.schedules.update("tick", { type: "hourly" })).toMatchObject({
        status: "finished",
        nextRun: null,
      });
      const began = Date.now();
      const again = await quern.schedules.update("tick", { repeats: 3 });
      expect(again).toMatchObject({ status: "active", repeats: 3 });
      const hours = ((again.nextRun?.getTime() ?? 0) - (firstRun?.getTime() ?? 0)) / hourMs;
      expect([0, 1]).toContain(hours); // Its first slot from now on: the very first, when all of this took no millisecond.
      expect(again.nextRun?.getTime()).toBeGreaterThanOrEqual(began);
      expect((await storeOf(quern).then((store) => store.schedule("tick")))?.revision).toBe(3);
    }));

  it("an update of an older version is refused; one without a version is made to what stands", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(tick, undefined, { name: "tick", type: "daily" });
      await quern.schedules.update("tick", { tags: ["a"] }, { version: 1 });
      await expect(quern.schedules.update("tick", { tags: ["b"] }, { version: 1 })).rejects.toMatchObject({
        code: "QUERN_STALE_SCHEDULE",
        message: expect.stringContaining("it is at version 2. You gave version 1."),
      });
      // Firing is no save: it does not make a form stale.
      await fire(quern, "tick");
      await quern.schedules.update("tick", { tags: ["c"] }, { version: 2 });

      const priorities = Array.from({ length: 8 }, (_, index) => index);
      await Promise.all(priorities.map((priority) => quern.schedules.update("tick", { priority })));
      expect(await quern.schedules.get("tick")).toMatchObject({ version: 11, options: { tags: ["c"] } });
    }));

  it("a name belongs to one schedule, and what is not there is said with what was meant", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(tick, undefined, { name: "digest", type: "daily" });
      const other = await quern.schedules.create(tick, undefined, { type: "daily" });
      const taken = { code: "QUERN_SCHEDULE_NAME_TAKEN" };
      await expect(
        quern.schedules.create(tick, undefined, { name: "digest", type: "daily" }),
      ).rejects.toMatchObject(taken);
      await expect(quern.schedules.update(other.id, { name: "digest" })).rejects.toMatchObject(taken);
      for (const act of [
        quern.schedules.pause("digset"),
        quern.schedules.update("digset", {}),
        quern.schedules.runNow("digset"),
        quern.schedules.preview("digset"),
        quern.schedules.history("digset"),
      ]) {
        await expect(act).rejects.toMatchObject({
          code: "QUERN_UNKNOWN_SCHEDULE",
          message: expect.stringContaining('Did you mean "digest"?'),
        });
      }
      expect(await quern.schedules.delete("digest", { by: "ann" })).toBe(true);
      expect(await quern.schedules.delete("digest")).toBe(false);
      expect((await audited(quern)).at(-1)).toMatchObject({
        who: "ann",
        action: "schedule.delete",
        before: { name: "digest" },
      });
      expect(await quern.schedules.count()).toBe(1);
    }));

  it("preview shows what comes, never more than repeats leave, of a schedule or of options", () =>
    withSchedules(async (quern) => {
      const firstRun = at("2190-03-27T06:00:00Z");
      const daily = { type: "daily", firstRun } as const;
      // The clocks go forward in the night to the 28th: 07:00 stays 07:00.
      const days = ["2190-03-27T06:00:00.000Z", "2190-03-28T05:00:00.000Z", "2190-03-29T05:00:00.000Z"];
      const texts = (runs: Date[]): string[] => runs.map((run) => run.toISOString());
      expect(texts(await quern.schedules.preview(daily, 3))).toEqual(days);
      expect(texts(await quern.schedules.preview({ ...daily, timeZone: "UTC", repeats: 2 }))).toEqual([
        "2190-03-27T06:00:00.000Z",
        "2190-03-28T06:00:00.000Z",
      ]);
      expect(await quern.schedules.preview({ type: "once" })).toHaveLength(1);
      expect(await quern.schedules.preview({ type: "hourly", repeats: 0 })).toEqual([]);
      await quern.schedules.create(tick, undefined, { name: "tick", ...daily, repeats: 3 });
      expect(texts(await quern.schedules.preview("tick"))).toEqual(days);
      expect(await quern.schedules.preview("tick", 1)).toHaveLength(1);
      await quern.schedules.pause("tick");
      expect(await quern.schedules.preview("tick")).toEqual([]);
    }));

  it("preview of one that is behind begins with what will be made up for", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(tick, undefined, { name: "tick", type: "hourly", repeats: 3 });
      const store = await storeOf(quern);
      const row = await store.schedule("tick");
      const nextRun = (row?.nextRun ?? 0) - 5 * hourMs;
      // A row that nobody fired for five hours: its first run lies back as far.
      const definition = JSON.stringify({ ...JSON.parse(row?.definition ?? ""), firstRun: nextRun });
      if (row !== null) await store.saveSchedule({ ...row, definition, nextRun }, row);
      const runs = (await quern.schedules.preview("tick")).map(Number);
      expect(runs).toEqual([5, 6, 7].map((hours) => nextRun + hours * hourMs));
    }));

  it("a row that can't be read is shown as that, among those that can", () =>
    withSchedules(async (quern) => {
      await quern.schedules.create(tick, undefined, { name: "good", type: "daily" });
      const store = await storeOf(quern);
      for (const [name, definition] of Object.entries({
        text: "no JSON",
        list: "[]",
        "a field less": '{"type":"daily"}',
        "a cron of old": JSON.stringify({
          ...JSON.parse((await store.schedule("good"))?.definition ?? ""),
          type: "cron",
          cron: "* *",
        }),
      })) {
        await quern.schedules.create(tick, undefined, { name, type: "daily" });
        const row = await store.schedule(name);
        if (row !== null) await store.saveSchedule({ ...row, definition }, row);
      }
      const { schedules } = await quern.schedules.list();
      expect(schedules.map(({ unreadable }) => unreadable?.split(":")[0])).toEqual([
        undefined,
        "QUERN_UNREADABLE_SCHEDULE",
        "QUERN_UNREADABLE_SCHEDULE",
        "QUERN_UNREADABLE_SCHEDULE",
        "QUERN_BAD_CRON",
      ]);
      expect(schedules[1]).toMatchObject({ name: "text", func: "tick", type: null, words: null });
      const unreadable = {
        code: "QUERN_UNREADABLE_SCHEDULE",
        message: expect.stringContaining('schedule "text"'),
      };
      await expect(quern.schedules.runNow("text")).rejects.toMatchObject(unreadable);
      await expect(quern.schedules.preview("text")).rejects.toMatchObject(unreadable);
      expect(await quern.schedules.pause("text")).toBe(true);
      expect(await quern.schedules.delete("text")).toBe(true);
    }));

  it("a declared schedule keeps its name", () =>
    withSchedules(async (quern) => {
      await quern.schedule("tick", tick, undefined, { type: "daily" });
      await expect(quern.schedules.update("tick", { name: "tock" })).rejects.toMatchObject({
        code: "QUERN_BAD_OPTION",
        details: { field: "name" },
      });
      expect(await quern.schedules.update("tick", { name: "tick", priority: 2 })).toMatchObject({
        declared: "code",
      });
    }));

  it("schedule() and a plain name say the same", () =>
    withSchedules(async (quern) => {
      expect(schedule("x", tick, undefined, { type: "daily" })).toMatchObject({
        scheduleName: "x",
        func: "tick",
      });
      const made = await quern.schedules.create("mail.digest", { to: "x" }, { cron: "@daily" });
      expect(made).toMatchObject({ func: "mail.digest", cron: "@daily" });
    }));
});
