// Each due slot becomes one task, at its moment; and a schedule that can't run stops only itself.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { task } from "../../src/client/registry.ts";
import type { AnyTask } from "../../src/client/registry.ts";
import { rememberKey, writeDeclared } from "../../src/core/schedule/definition.ts";
import { define, Desk, digest, start } from "./schedule-desk.ts";

const second = 1_000;
const hour = 3_600_000;
const other = task("other", () => null) as AnyTask;

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.close());

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("on time", () => {
  it("fires every slot at its very moment, and looks no more often than it has to", async () => {
    const { id } = await desk.save();
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(10);
    expect(await desk.slots(id)).toEqual(upTo(11));
    expect(await desk.lateness(id)).toEqual(upTo(11).map(() => 0));
    expect(desk.store.looks).toBeLessThanOrEqual(11 * 3);
    await scheduler.stop();
  });

  it("a schedule that is new on an idle cluster is seen at once", async () => {
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.clock.advance(1_234);
    const { id } = await desk.save({ nextRun: start + 1_234 }, { cron: "0 0 0 * * *" });
    await desk.clock.advance(100);
    expect(await desk.lateness(id)).toEqual([0]);
    await scheduler.stop();
  });

  it("commits about other things cost few looks, and none when nobody commits", async () => {
    await desk.save({ nextRun: start + hour });
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(60);
    expect(desk.store.looks).toBeLessThanOrEqual(32);
    desk.store.looks = 0;
    for (const _ of upTo(1_000)) {
      await desk.store.enqueue([]);
      await desk.clock.advance(10);
    }
    expect(desk.store.looks).toBeLessThanOrEqual(10 * 6);
    // While they go on, a new schedule is seen soon all the same.
    const { id } = await desk.save({ nextRun: desk.clock.now() }, { cron: "0 0 0 * * *" });
    await desk.clock.advance(250);
    expect((await desk.lateness(id))[0]).toBeLessThanOrEqual(200);
    await scheduler.stop();
  });

  it("what is due together is fired in batches of a bounded size", async () => {
    const rows = await Promise.all(upTo(450).map(() => desk.save({}, { cron: "0 0 12 * * *" })));
    const long = await desk.save(
      { nextRun: start - 1_000 * second },
      { missed: "all", missedAfterMs: 1_000 },
    );
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(1);
    for (const { id } of rows) expect(await desk.slots(id)).toEqual([0]);
    expect(await desk.slots(long.id)).toEqual(upTo(1_001).map((each) => each - 999)); // The newest 1,000, and one on time.
    const sizes = desk.store.batches.map((batch) => batch.reduce((sum, { slots }) => sum + slots.length, 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(600);
    expect(Math.max(...desk.store.batches.flat().map(({ slots }) => slots.length))).toBe(100);
    await scheduler.stop();
  });

  it("what comes soon after another waits for little, and many that come one by one are gathered", async () => {
    const once = (moment: number): Promise<{ id: string }> =>
      desk.save({ nextRun: moment, repeats: 1 }, { type: "once", cron: null, firstRun: moment });
    const latest = async (rows: readonly { id: string }[]): Promise<number> =>
      Math.max(...(await Promise.all(rows.map(async ({ id }) => (await desk.lateness(id))[0] ?? Infinity))));
    const few = await Promise.all([0, 10, 50, 300, 1_000, 1_200, 1_210].map((phase) => once(start + phase)));
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(5);
    expect(await latest(few)).toBeLessThanOrEqual(60);

    const many = await Promise.all(upTo(1_000).map((index) => once(start + 10_000 + index * 10)));
    await desk.run(4);
    desk.store.looks = 0;
    await desk.run(12);
    expect(await latest(many)).toBeLessThanOrEqual(200);
    expect(desk.store.looks).toBeLessThanOrEqual(90);
    await scheduler.stop();
  });

  it("several clusters on one store make one task for each slot", async () => {
    const rows = await Promise.all(upTo(5).map(() => desk.save()));
    const schedulers = upTo(3).map(() => desk.scheduler());
    for (const scheduler of schedulers) scheduler.start();
    await desk.run(5);
    for (const { id } of rows) expect(await desk.slots(id)).toEqual(upTo(6));
    expect((await desk.store.queueCounts())[0]?.ready).toBe(5 * 6);
    await Promise.all(schedulers.map((scheduler) => scheduler.stop()));
  });

  it("once it has stopped it fires nothing", async () => {
    const { id } = await desk.save();
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(2);
    await scheduler.stop();
    await desk.edit(id, {});
    await desk.run(5);
    expect(await desk.slots(id)).toEqual([0, 1, 2]);
    expect(desk.clock.waiting).toBe(0);
  });

  it("only schedules of the queues that it serves", async () => {
    const mine = await desk.save({ queue: "mails" });
    const theirs = await desk.save({ queue: "reports" });
    const scheduler = desk.scheduler({ queues: ["mails"] });
    scheduler.start();
    await desk.run(2);
    expect(await desk.slots(mine.id)).toEqual([0, 1, 2]);
    expect(await desk.slots(theirs.id)).toEqual([]);
    expect((await desk.row(theirs.id))?.error).toBeNull();
    await scheduler.stop();
  });

  it("says so: a line, and an event to whoever listens", async () => {
    const { id } = await desk.save({ name: "nightly" }, { cron: "0 0 12 * * *" });
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(1);
    const [run] = await desk.store.scheduleRuns(id, 1);
    const made = await desk.store.task(run?.task ?? "");
    expect(desk.log).toEqual([`Created task '${made?.name}' (mail.digest) from schedule [nightly]`]);
    const payload = { schedule: id, name: "nightly", slot: new Date(start), taskId: made?.id };
    expect(desk.told).toEqual([{ event: "schedule:fired", payload }]);
    await scheduler.stop();
  });

  it("a once with negative repeats deletes itself, and its declaration is remembered", async () => {
    const once = { type: "once", cron: null, firstRun: start } as const;
    const declared = await desk.save(
      { name: "import", declared: writeDeclared({ by: "config", content: "{}" }) },
      once,
    );
    const kept = await desk.save({ name: "kept", repeats: 1 }, once);
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(1);
    expect(await desk.row(declared.id)).toBeNull();
    expect(await desk.row(kept.id)).toMatchObject({ repeats: 0, nextRun: null });
    expect((await desk.store.queueCounts())[0]?.ready).toBe(2);
    const removed = desk.store.batches.flat().filter((firing) => firing.remove);
    expect(removed.map(({ id }) => id)).toEqual([declared.id]);
    const remembered = rememberKey(declared);
    expect(remembered).toBeDefined();
    expect(await desk.store.meta(remembered ?? "")).not.toBeNull();
    await scheduler.stop();
  });
});

describe("slots that were missed while nothing ran", () => {
  it.each([
    ["all", upTo(601).map((each) => each - 600)],
    ["one", [0]],
    ["none", upTo(61).map((each) => each - 60)],
  ] as const)("%s", async (missed, slots) => {
    const { id } = await desk.save({ nextRun: start - 600 * second }, { missed });
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(0);
    expect(await desk.slots(id)).toEqual(slots);
    await scheduler.stop();
  });
});

describe("a clock that is stepped", () => {
  it("an hour forward: what is due then fires soon, no slot twice", async () => {
    const { id } = await desk.save({}, { missed: "all" });
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(5);
    desk.clock.step(hour);
    await desk.run(3);
    const slots = await desk.slots(id);
    expect(new Set(slots).size).toBe(slots.length);
    expect(slots.at(-1)).toBe(3_608);
    desk.clock.step(-hour);
    await desk.run(60);
    expect(await desk.slots(id)).toEqual(slots);
    await desk.run(3_550);
    const later = await desk.slots(id);
    expect(new Set(later).size).toBe(later.length);
    expect(later.length).toBeGreaterThan(slots.length);
    await scheduler.stop();
  });

  it("an hour forward while the next slot is far away: it is not slept through", async () => {
    const { id } = await desk.save({ nextRun: start + hour }, { cron: "0 0 * * * *" });
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(5);
    desk.clock.step(hour);
    await desk.run(3);
    expect(await desk.slots(id)).toEqual([3_600]);
    await scheduler.stop();
  });

  it("an hour back: nothing until the clock is there again, then each slot once", async () => {
    const { id } = await desk.save();
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(5);
    desk.clock.step(-hour);
    await desk.run(3_600);
    expect(await desk.slots(id)).toEqual(upTo(6));
    await desk.run(5);
    expect(await desk.slots(id)).toEqual(upTo(11));
    await scheduler.stop();
  });
});

describe("a schedule that can't run", () => {
  const broken: Record<string, string> = {
    "with a definition that is no JSON": "{",
    "with a definition that lacks something": "{}",
    "with a cron line that is none": define({ cron: "61 * * * * *" }),
    "with a time zone that nobody knows": define({ timeZone: "Mars/Olympus" }),
    "with an input that can't be read": define({ input: "{", intendedDateKey: "at" }),
    "with options that are wrong": define({ options: { priority: "high" } as never }),
  };

  it.each(Object.entries(broken))(
    "%s is held with its error, told once, and the others go on",
    async (_, definition) => {
      const bad = await desk.save({ name: "bad", definition });
      const good = await desk.save();
      const scheduler = desk.scheduler();
      scheduler.start();
      await desk.run(5);
      expect(await desk.slots(good.id)).toEqual(upTo(6));
      expect(await desk.row(bad.id)).toMatchObject({ held: true, error: expect.stringMatching(/^QUERN_/) });
      const { error } = (await desk.row(bad.id)) ?? {};
      expect(desk.log.filter((line) => line.includes("[bad]"))).toEqual([
        `schedule [bad] is stopped until it is saved again: ${error}`,
      ]);
      expect(desk.told.filter(({ event }) => event === "schedule:failed")).toEqual([
        {
          event: "schedule:failed",
          payload: { schedule: bad.id, name: "bad", error: { name: "QuernError", message: error } },
        },
      ]);

      await desk.edit(bad.id, { definition: define(), error: null, held: false });
      await desk.run(1);
      expect((await desk.slots(bad.id)).at(-1)).toBe(6);
      expect(await desk.row(bad.id)).toMatchObject({ held: false, error: null });
      await scheduler.stop();
    },
  );

  it("because the engine refuses it, is found among many and shows it; only it waits, ever longer, and then goes on", async () => {
    const rows = await Promise.all(upTo(50).map(() => desk.save({}, { missed: "all" })));
    const bad = rows[17]?.id ?? "";
    desk.store.refuses = ({ id }) => id === bad;
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(2);
    for (const { id } of rows) expect(await desk.slots(id)).toEqual(id === bad ? [] : [0, 1, 2]);
    expect(await desk.row(bad)).toMatchObject({ held: false, error: "value out of range" });
    desk.log.length = 0;
    await desk.run(60);
    const tries = desk.log.filter((line) => line.endsWith("waits: value out of range")).length;
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(8);
    for (const { id } of rows) if (id !== bad) expect(await desk.slots(id)).toEqual(upTo(63));

    // A disk that was full has room again.
    desk.store.refuses = () => false;
    await desk.run(62);
    expect((await desk.slots(bad)).slice(0, 100)).toEqual(upTo(100));
    expect(await desk.row(bad)).toMatchObject({ held: false, error: null });
    await scheduler.stop();
  });

  it("because the engine refuses it, is asked for at once when it was saved", async () => {
    const { id } = await desk.save();
    desk.store.refuses = () => true;
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(100);
    expect(await desk.slots(id)).toEqual([]);
    desk.store.refuses = () => false;
    await desk.edit(id, { error: null });
    await desk.run(1);
    expect((await desk.slots(id)).at(-1)).toBe(101);
    await scheduler.stop();
  });

  it("because its task could not take its input, is held unless it was saved since", async () => {
    const unfit = await desk.save();
    const edited = await desk.save();
    const scheduler = desk.scheduler();
    scheduler.start();
    await desk.run(1);
    const tasks = await Promise.all([unfit, edited].map(({ id }) => desk.store.scheduleRuns(id, 1)));
    await desk.clock.advance(10);
    await desk.edit(edited.id, {});
    for (const { task } of tasks.flat()) scheduler.unfit(task, "QUERN_BAD_INPUT: no");
    scheduler.unfit("deleted meanwhile", "QUERN_BAD_INPUT: no");
    await desk.run(3);
    expect(await desk.row(unfit.id)).toMatchObject({ held: true, error: "QUERN_BAD_INPUT: no" });
    expect(await desk.row(edited.id)).toMatchObject({ held: false, error: null });
    expect(await desk.slots(unfit.id)).toEqual([0, 1]);
    expect(await desk.slots(edited.id)).toEqual(upTo(6));
    await scheduler.stop();
  });

  it("because nobody here knows its func, says so after a while and is fired by whoever does", async () => {
    const { id } = await desk.save({ name: "orphan", func: "other" }, { missed: "all" });
    const good = await desk.save();
    const ignorant = desk.scheduler();
    ignorant.start();
    await desk.run(4);
    expect((await desk.row(id))?.error).toBeNull();
    await desk.run(56);
    expect(await desk.row(id)).toMatchObject({
      held: false,
      error: expect.stringMatching(/^QUERN_UNKNOWN_TASK/),
    });
    expect(desk.log.filter((line) => line.includes("[orphan] waits"))).toHaveLength(1);
    expect(await desk.slots(good.id)).toEqual(upTo(61));

    const knowing = desk.scheduler({ tasks: [digest, other] });
    knowing.start();
    await desk.run(2);
    expect(await desk.slots(id)).toEqual(upTo(63));
    expect((await desk.row(id))?.error).toBeNull();
    await desk.run(60);
    expect(desk.log.filter((line) => line.includes("[orphan] waits"))).toHaveLength(1);
    await Promise.all([ignorant.stop(), knowing.stop()]);
  });
});
