// The store suite's chapters on schedules as rows: saved by those who have read them, listed, and found when they are due.
import type { ScheduleRow } from "../../store/schedules.ts";
import { idsOf } from "./examples.ts";
import {
  changedSchedule,
  exampleSchedule,
  firstSlot,
  minuteMs,
  readSchedule,
  savedSchedule,
} from "./schedule-examples.ts";
import { connections, rejection, type Suite } from "./suite.ts";
import { nextWake } from "./wake.ts";

const everything = { queues: null, funcs: ["mail.welcome"], limit: 100 };

export function saveChapter({ test, expect }: Suite): void {
  test("a schedule is read as it was saved, by its id or its name", async ({ store }) => {
    const schedule = exampleSchedule({
      version: 7,
      revision: 3,
      name: "Größe \u{1F600} 'x' \"y\" \\ %_",
      nextRun: null,
      repeats: -12,
      pausedRepeats: 4,
      definition: '{"line":"\\u2028 \u{1F600}"}',
      keepRuns: 3,
      declared: "d",
      error: 'it "can\'t"',
      held: true,
    });
    const before = await store.time();
    expect(await store.saveSchedule(schedule, null)).toBe("saved");
    const row = await readSchedule(store, schedule.id);
    expect(row).toEqual({ ...schedule, created: row.created, changed: row.created });
    expect(row.created >= before && row.created <= (await store.time())).toBe(true);
    expect(await store.schedule(String(schedule.name))).toEqual(row);
    expect(await store.schedule("nobody")).toBe(null);
  });

  test("an id is looked for before a name", async ({ store }) => {
    const first = await savedSchedule(store);
    await savedSchedule(store, { name: first.id });
    expect(await store.schedule(first.id)).toEqual(first);
  });

  test("a save writes the whole row but when it was made", async ({ store, moveClock }) => {
    const first = await savedSchedule(store, { name: "n", error: "broken", held: true, declared: "d" });
    moveClock(1_000);
    const changes = exampleSchedule({
      id: first.id,
      version: 2,
      revision: 2,
      name: "m",
      func: "f",
      queue: "q",
      nextRun: firstSlot + 1,
      repeats: 0,
      pausedRepeats: -3,
      definition: "other",
      keepRuns: 1,
    });
    expect(await store.saveSchedule(changes, first)).toBe("saved");
    const row = await readSchedule(store, first.id);
    expect(row).toEqual({ ...changes, created: first.created, changed: row.changed });
    expect(row.changed >= first.changed + 1_000).toBe(true);
  });

  test("a save changes only what its writer has read", async ({ store }) => {
    const row = await savedSchedule(store);
    const change = { ...row, version: 2, definition: "other" };
    const others = [
      { ...row, version: 0 },
      { ...row, repeats: -2 },
      { ...row, nextRun: firstSlot + 1 },
      { ...row, nextRun: null },
    ];
    for (const read of others) expect(await store.saveSchedule(change, read)).toBe("stale");
    expect(await store.saveSchedule(exampleSchedule(), row)).toBe("stale");
    expect(await readSchedule(store, row.id)).toEqual(row);
    expect(await store.countSchedules({})).toBe(1);
    const finished = await changedSchedule(store, row.id, { nextRun: null });
    expect(await store.saveSchedule({ ...finished, version: 9 }, finished)).toBe("saved");
  });

  test("a new schedule whose id is there already is stale", async ({ store }) => {
    const row = await savedSchedule(store, { name: "n" });
    expect(await store.saveSchedule(exampleSchedule({ id: row.id, name: "m" }), null)).toBe("stale");
    expect(await store.saveSchedule(exampleSchedule({ id: row.id, name: "n" }), null)).toBe("stale");
    expect(await readSchedule(store, row.id)).toEqual(row);
  });

  test("a name that another schedule has is taken, and nothing is changed", async ({ store }) => {
    const [ann, bob] = [await savedSchedule(store, { name: "ann" }), await savedSchedule(store)];
    expect(await store.saveSchedule(exampleSchedule({ name: "ann" }), null)).toBe("taken");
    expect(await store.saveSchedule({ ...bob, version: 2, name: "ann" }, bob)).toBe("taken");
    expect(await store.saveSchedule({ ...bob, version: 2, name: "ann" }, { ...bob, version: 2 })).toBe(
      "stale",
    );
    expect(await readSchedule(store, bob.id)).toEqual(bob);
    expect(await store.countSchedules({})).toBe(2);

    await changedSchedule(store, ann.id, { definition: "its own name is not in its way" });
    await savedSchedule(store, { name: "Ann" });
    await savedSchedule(store);
    await changedSchedule(store, ann.id, { name: null });
    await changedSchedule(store, bob.id, { name: "ann" });
    await store.deleteSchedule(bob.id);
    await savedSchedule(store, { name: "ann" });
  });

  test("a name that many savers want at once is one's, and taken for the others", async (opened) => {
    const stores = await connections(opened, 8);
    const rows: ScheduleRow[] = [];
    for (let index = 0; index < 4; index++) rows.push(await savedSchedule(opened.store));
    for (const name of ["a", "b", "c"]) {
      const answers = await Promise.all(
        stores.map(async (store, index) => {
          const row = rows[index];
          if (row === undefined) return store.saveSchedule(exampleSchedule({ name }), null);
          const read = await readSchedule(store, row.id);
          return store.saveSchedule({ ...read, version: read.version + 1, name }, read);
        }),
      );
      expect(answers.toSorted()).toEqual(["saved", ...Array(7).fill("taken")]);
    }
  });

  test("of many savers that have read the same row one saves", async (opened) => {
    const row = await savedSchedule(opened.store, { name: "n" });
    const stores = await connections(opened, 8);
    const answers = await Promise.all(
      stores.map((store, index) => store.saveSchedule({ ...row, version: 2, definition: `${index}` }, row)),
    );
    expect(answers.toSorted()).toEqual(["saved", ...Array(7).fill("stale")]);
    expect(await readSchedule(opened.store, row.id)).toMatchObject({
      definition: `${answers.indexOf("saved")}`,
    });
  });

  test("a schedule that the engine refuses for its data is not saved", async ({ store }) => {
    const audit = { who: "ann", action: "save", object: "x" };
    const schedule = exampleSchedule({ repeats: Number.NaN });
    await rejection(store.saveSchedule(schedule, null, audit));
    expect(await store.schedule(schedule.id)).toBe(null);
    const row = await savedSchedule(store);
    await rejection(store.saveSchedule({ ...row, version: Number.NaN }, row, audit));
    expect(await readSchedule(store, row.id)).toEqual(row);
    expect(await store.audits(10)).toEqual([]);
  });

  test("a schedule is deleted once", async ({ store }) => {
    const [row, other] = [await savedSchedule(store), await savedSchedule(store)];
    expect([await store.deleteSchedule(row.id), await store.deleteSchedule(row.id)]).toEqual([true, false]);
    expect(await store.schedule(row.id)).toBe(null);
    expect(await readSchedule(store, other.id)).toEqual(other);
  });

  test("an audit entry is written with the save or the deletion, and not without it", async ({ store }) => {
    const row = await savedSchedule(store, { name: "n" });
    const entry = (action: string) => ({ who: "ann", action, object: row.id });
    await store.saveSchedule({ ...row, version: 2 }, row, entry("edit"));
    await store.saveSchedule({ ...row, version: 2 }, row, entry("stale"));
    await store.saveSchedule(exampleSchedule({ name: "n" }), null, entry("taken"));
    await store.deleteSchedule(row.id, entry("delete"));
    await store.deleteSchedule(row.id, entry("again"));
    expect((await store.audits(10)).map(({ action }) => action)).toEqual(["delete", "edit"]);
  });

  test("a watcher is called back when a schedule is saved, by any process", async (opened) => {
    const [store, other] = await connections(opened, 2);
    const woken = nextWake(opened);
    const row = await savedSchedule(other!);
    await woken;
    const again = nextWake(opened);
    await changedSchedule(store!, row.id, { definition: "other" });
    await again;
  });

  test("a schedule fails with an error only at the version that was read", async ({ store }) => {
    const row = await savedSchedule(store);
    expect(await store.failSchedule(row.id, 2, "broken", true)).toBe(false);
    expect(await store.failSchedule("nobody", 1, "broken", true)).toBe(false);
    expect(await readSchedule(store, row.id)).toEqual(row);
    expect(await store.failSchedule(row.id, 1, "odd", false)).toBe(true);
    expect(await readSchedule(store, row.id)).toEqual({ ...row, error: "odd" });
    expect(await store.failSchedule(row.id, 1, "broken", true)).toBe(true);
    expect(await readSchedule(store, row.id)).toEqual({ ...row, error: "broken", held: true });
    expect(await store.failSchedule(row.id, 1, "still", false)).toBe(true);
    expect(await readSchedule(store, row.id)).toEqual({ ...row, error: "still", held: true });
  });
}

export function scheduleListChapter({ test, expect }: Suite): void {
  test("schedules are found by what is asked of them, all of it together", async ({ store }) => {
    const active = await savedSchedule(store, { name: "Daily Digest", func: "report.send" });
    const paused = await savedSchedule(store, { repeats: 0, pausedRepeats: -1, queue: "long" });
    const finished = await savedSchedule(store, { nextRun: null, repeats: 0, error: "" });
    const other = await savedSchedule(store, { nextRun: null, name: "100%_off", declared: "", held: true });
    const found = async (filter: Parameters<typeof store.schedules>[0]): Promise<string[]> => {
      const ids = idsOf((await store.schedules(filter, { limit: 10 })).schedules);
      expect(await store.countSchedules(filter)).toBe(ids.length);
      return ids;
    };
    const all = idsOf([active, paused, finished, other]);
    expect(await found({})).toEqual(all);
    expect(await found({ status: "active" })).toEqual([active.id]);
    expect(await found({ status: "paused" })).toEqual([paused.id]);
    expect(await found({ status: "finished" })).toEqual([finished.id, other.id]);
    expect(await found({ func: "report.send" })).toEqual([active.id]);
    expect(await found({ queue: "long" })).toEqual([paused.id]);
    expect(await found({ declared: true })).toEqual([other.id]);
    expect(await found({ declared: false })).toEqual(all.slice(0, 3));
    expect(await found({ failing: true })).toEqual([finished.id]);
    expect(await found({ failing: false })).toEqual(idsOf([active, paused, other]));
    expect(await found({ search: "daily SEND" })).toEqual([active.id]);
    expect(await found({ search: "daily welcome" })).toEqual([]);
    expect(await found({ search: "%" })).toEqual([other.id]);
    expect(await found({ search: "0%_o welcome" })).toEqual([other.id]);
    expect(await found({ search: " " })).toEqual(all);
    expect(await found({ status: "finished", failing: false, search: "off" })).toEqual([other.id]);
    expect(await store.countSchedules({}, 3)).toBe(3);
  });

  test("a page goes on where the last one ended, also when schedules came and went", async ({ store }) => {
    const rows = [];
    for (let index = 0; index < 5; index++) rows.push(await savedSchedule(store));
    const first = await store.schedules({}, { limit: 2 });
    expect([idsOf(first.schedules), first.next]).toEqual([idsOf(rows.slice(0, 2)), rows[1]!.id]);
    await store.deleteSchedule(rows[1]!.id);
    await store.deleteSchedule(rows[3]!.id);
    const last = await savedSchedule(store);
    const second = await store.schedules({}, { limit: 2, after: String(first.next) });
    expect([idsOf(second.schedules), second.next]).toEqual([[rows[2]!.id, rows[4]!.id], rows[4]!.id]);
    expect(await store.schedules({}, { limit: 2, after: String(second.next) })).toEqual({
      schedules: [last],
      next: null,
    });
  });
}

export function dueChapter({ test, expect }: Suite): void {
  test("due are those whose moment has come by the engine's clock, the longest due first", async ({
    store,
    moveClock,
  }) => {
    const now = await store.time();
    const late = await savedSchedule(store, { nextRun: firstSlot + 1 });
    const later = await savedSchedule(store, { nextRun: firstSlot });
    const coming = await savedSchedule(store, { nextRun: now + 10 * minuteMs });
    const last = await savedSchedule(store, { nextRun: now + 20 * minuteMs });
    const due = await store.dueSchedules(everything);
    expect([due.schedules, due.unknown]).toEqual([[later, late], []]);
    expect(due.now >= now).toBe(true);
    expect(due.nextDueMs).toBe(now + 10 * minuteMs - due.now);

    moveClock(10 * minuteMs);
    const moved = await store.dueSchedules(everything);
    expect(moved.schedules).toEqual([later, late, coming]);
    expect(moved.now >= now + 10 * minuteMs).toBe(true);
    expect(moved.nextDueMs).toBe(now + 20 * minuteMs - moved.now);

    moveClock(10 * minuteMs);
    const all = await store.dueSchedules(everything);
    expect([idsOf(all.schedules), all.nextDueMs]).toEqual([idsOf([later, late, coming, last]), null]);
  });

  test("a schedule that is paused, held or finished is never due", async ({ store }) => {
    const future = (await store.time()) + minuteMs;
    for (const nextRun of [firstSlot, future]) {
      await savedSchedule(store, { nextRun, repeats: 0, pausedRepeats: 3 });
      await savedSchedule(store, { nextRun, held: true });
      await savedSchedule(store, { nextRun, func: "other", held: true });
    }
    await savedSchedule(store, { nextRun: null });
    expect(await store.dueSchedules(everything)).toMatchObject({
      schedules: [],
      unknown: [],
      nextDueMs: null,
    });
  });

  test("due are schedules of the queues that were asked for", async ({ store }) => {
    const future = (await store.time()) + minuteMs;
    const [a, b] = [
      await savedSchedule(store, { queue: "a" }),
      await savedSchedule(store, { queue: "b", nextRun: firstSlot + 1 }),
    ];
    const strange = await savedSchedule(store, { queue: "a", func: "other" });
    await savedSchedule(store, { queue: "b", nextRun: future });
    const dueIn = async (queues: string[] | null) => store.dueSchedules({ ...everything, queues });
    expect(await dueIn(["a"])).toMatchObject({ schedules: [a], unknown: [strange], nextDueMs: null });
    const inB = await dueIn(["b", "c"]);
    expect(inB).toMatchObject({ schedules: [b], unknown: [], nextDueMs: future - inB.now });
    expect(await dueIn(["a", "b"])).toMatchObject({ schedules: [a, b], unknown: [strange] });
    expect(await dueIn(null)).toMatchObject({ schedules: [a, b], unknown: [strange] });
    expect(await dueIn([])).toMatchObject({ schedules: [], unknown: [], nextDueMs: null });
  });

  test("due schedules of another func are told apart, as long as they have no error", async ({ store }) => {
    const [known, strange] = [
      await savedSchedule(store, { func: "a", error: "odd" }),
      await savedSchedule(store, { func: "b", nextRun: firstSlot + 1 }),
    ];
    await savedSchedule(store, { func: "c", error: "nobody knows it" });
    expect(await store.dueSchedules({ ...everything, funcs: ["a", "x"] })).toMatchObject({
      schedules: [known],
      unknown: [strange],
      nextDueMs: null,
    });
    expect(await store.dueSchedules({ ...everything, funcs: [] })).toMatchObject({
      schedules: [],
      unknown: [strange],
    });
    expect(
      idsOf((await store.dueSchedules({ ...everything, funcs: ["a", "b", "c"] })).schedules).length,
    ).toBe(3);
  });

  test("at most so many of each kind, and more at once when there are more", async ({ store }) => {
    const rows = [];
    for (let index = 0; index < 3; index++) {
      rows.push(await savedSchedule(store, { nextRun: firstSlot + index }));
      await savedSchedule(store, { func: "other", nextRun: firstSlot + index });
    }
    await savedSchedule(store, { nextRun: (await store.time()) + minuteMs });
    const two = await store.dueSchedules({ ...everything, limit: 2 });
    expect([two.schedules, two.unknown.length, two.nextDueMs]).toEqual([rows.slice(0, 2), 2, 0]);
    const three = await store.dueSchedules({ ...everything, limit: 3 });
    expect([three.schedules, three.unknown.length]).toEqual([rows, 3]);
    expect(Number(three.nextDueMs) > 0).toBe(true);
    const none = await store.dueSchedules({ ...everything, funcs: ["mail.welcome", "other"], limit: 5 });
    expect([none.schedules.length, none.nextDueMs]).toEqual([5, 0]);
  });
}
