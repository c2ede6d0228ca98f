// The store suite's chapter on firing: compared, set and queued in one, and one task a slot, whoever asks.
import type { ScheduleRow } from "../../store/schedules.ts";
import { claimBy, exampleTask, succeeded } from "./examples.ts";
import {
  changedSchedule,
  claimedTask,
  fired,
  firing,
  firstSlot,
  minuteMs,
  readSchedule,
  savedSchedule,
  slotOf,
  slotsOf,
} from "./schedule-examples.ts";
import { connections, rejection, type Suite } from "./suite.ts";
import { nextWake } from "./wake.ts";

export function fireChapter({ test, expect }: Suite): void {
  test("a firing queues the task of its slot, moves the schedule on and adds a run", async ({ store }) => {
    const row = await savedSchedule(store, { queue: "long" });
    const step = firing(row);
    const task = step.slots[0]!.task;
    const before = await store.time();
    expect(await store.fireSchedules([step])).toEqual([[{ slot: firstSlot, task: task.id }]]);
    expect(await store.task(task.id)).toMatchObject({
      state: "ready",
      queue: "long",
      schedule: row.id,
      slot: firstSlot,
      envelope: task.envelope,
    });
    expect(await readSchedule(store, row.id)).toEqual({
      ...row,
      repeats: -2,
      nextRun: firstSlot + minuteMs,
    });
    const [run, ...others] = await store.scheduleRuns(row.id, 10);
    expect(others).toEqual([]);
    expect(run).toEqual({
      schedule: row.id,
      kind: "slot",
      slot: firstSlot,
      task: task.id,
      enqueued: run?.enqueued,
      started: null,
      stopped: null,
      outcome: null,
    });
    expect(Number(run?.enqueued) >= before && Number(run?.enqueued) <= (await store.time())).toBe(true);
  });

  test("of 8 racers for one slot one wins", async (opened) => {
    const stores = await connections(opened, 8);
    const { id } = await savedSchedule(opened.store);
    for (let round = 0; round < 5; round++) {
      const row = await readSchedule(opened.store, id);
      const answers = await Promise.all(stores.map((store) => store.fireSchedules([firing(row)])));
      const won = answers.flatMap(([answer]) => (answer === null ? [] : [slotsOf(answer)]));
      expect(won).toEqual([[row.nextRun]]);
      expect(await readSchedule(opened.store, id)).toMatchObject({ repeats: -2 - round });
    }
    expect(await opened.store.countTasks({})).toBe(5);
    expect((await opened.store.scheduleRuns(id, 10)).length).toBe(5);
  });

  test("many racers for many schedules, in whatever order, fire each of them once", async (opened) => {
    const stores = await connections(opened, 4);
    const rows: ScheduleRow[] = [];
    for (let index = 0; index < 12; index++) rows.push(await savedSchedule(opened.store));
    const racing = stores.map((store, index) => {
      const mine = rows.slice(index * 2, index * 2 + 6).map((row) => firing(row));
      return store.fireSchedules(index % 2 === 0 ? mine : mine.toReversed());
    });
    const answers = (await Promise.all(racing)).flat();
    expect(answers.filter((answer) => answer !== null).length).toBe(12);
    expect(await opened.store.countTasks({})).toBe(12);
    for (const { id } of rows) expect(await readSchedule(opened.store, id)).toMatchObject({ repeats: -2 });
  });

  test("a schedule that is no longer as it was read is not fired", async ({ store }) => {
    const row = await savedSchedule(store);
    const others = [
      { ...row, version: 2 },
      { ...row, repeats: -2 },
      { ...row, nextRun: firstSlot + 1 },
      { ...row, nextRun: null },
      { ...row, id: "nobody" },
    ];
    for (const other of others) expect(await store.fireSchedules([firing(other)])).toEqual([null]);
    expect(await store.fireSchedules([firing({ ...row, version: 2 }, { remove: true })])).toEqual([null]);
    expect(await readSchedule(store, row.id)).toEqual(row);
    await changedSchedule(store, row.id, { definition: "other" });
    expect(await store.fireSchedules([firing(row)])).toEqual([null]);
    expect(await store.countTasks({})).toBe(0);
    expect(await store.scheduleRuns(row.id, 10)).toEqual([]);
  });

  test("a schedule that is held is not fired until it is saved again", async ({ store }) => {
    const row = await savedSchedule(store);
    await store.failSchedule(row.id, row.version, "broken", true);
    expect(await store.fireSchedules([firing(row)])).toEqual([null]);
    expect(await store.countTasks({})).toBe(0);
    await changedSchedule(store, row.id, { held: false });
    await fired(store, row.id);
  });

  test("each schedule is fired wholly or not at all, whatever becomes of its neighbours", async ({
    store,
  }) => {
    const [a, b, c] = [await savedSchedule(store), await savedSchedule(store), await savedSchedule(store)];
    const steps = [firing(a), firing({ ...b, version: 2 }), firing(c)];
    expect((await store.fireSchedules(steps)).map(slotsOf)).toEqual([[firstSlot], null, [firstSlot]]);
    expect(await store.countTasks({})).toBe(2);
    expect(await readSchedule(store, b.id)).toEqual(b);
    expect(await store.fireSchedules([])).toEqual([]);
  });

  test("steps of one schedule are taken in order, each from where the one before left it", async ({
    store,
  }) => {
    const row = await savedSchedule(store);
    const second = { ...row, repeats: -2, nextRun: firstSlot + minuteMs };
    const answers = await store.fireSchedules([firing(row), firing(second), firing(row)]);
    expect(answers.map(slotsOf)).toEqual([[firstSlot], [firstSlot + minuteMs], null]);
    expect(await readSchedule(store, row.id)).toMatchObject({ repeats: -3 });
  });

  test("one step may queue several slots, or pass over what was missed", async ({ store }) => {
    const row = await savedSchedule(store);
    const slots = [0, 1, 2].map((index) => slotOf(row, firstSlot + index * minuteMs));
    const answer = await store.fireSchedules([firing(row, { slots, repeats: -4, nextRun: firstSlot + 9 })]);
    expect(answer).toEqual([slots.map(({ slot, task }) => ({ slot, task: task.id }))]);
    const after = await readSchedule(store, row.id);
    expect(after).toMatchObject({ repeats: -4, nextRun: firstSlot + 9 });
    const passed = firing(after, { slots: [], repeats: after.repeats, nextRun: null });
    expect(await store.fireSchedules([passed])).toEqual([[]]);
    expect(await readSchedule(store, row.id)).toMatchObject({ repeats: -4, nextRun: null });
    expect(await store.countTasks({ schedule: row.id })).toBe(3);
    const runs = await store.scheduleRuns(row.id, 10);
    expect(runs.map(({ task }) => task)).toEqual(slots.map(({ task }) => task.id).toReversed());
  });

  test("a slot has one task under one revision, and may have another one under the next", async ({
    store,
  }) => {
    const { id } = await savedSchedule(store);
    await fired(store, id);
    const back = await changedSchedule(store, id, { nextRun: firstSlot });
    const slots = [slotOf(back, firstSlot), slotOf(back, firstSlot + minuteMs)];
    const [answer] = await store.fireSchedules([firing(back, { slots, nextRun: firstSlot + 2 * minuteMs })]);
    expect(slotsOf(answer)).toEqual([null, firstSlot + minuteMs]);
    expect(await readSchedule(store, id)).toMatchObject({
      repeats: -3,
      nextRun: firstSlot + 2 * minuteMs,
    });
    expect(await store.countTasks({})).toBe(2);
    await changedSchedule(store, id, { nextRun: firstSlot, revision: 2 });
    await fired(store, id);
    expect(await store.countTasks({})).toBe(3);
    expect((await store.scheduleRuns(id, 10)).length).toBe(3);
  });

  test("a slot is not fired again when its run is no longer kept", async ({ store }) => {
    const { id } = await savedSchedule(store, { keepRuns: 1 });
    for (let slot = 0; slot < 3; slot++) await fired(store, id);
    for (let run = 0; run < 3; run++) await store.runSchedule(id, exampleTask());
    const back = await changedSchedule(store, id, { nextRun: firstSlot });
    const slots = [0, 1, 2, 3].map((index) => slotOf(back, firstSlot + index * minuteMs));
    const [answer] = await store.fireSchedules([firing(back, { slots })]);
    expect(slotsOf(answer)).toEqual([null, null, null, firstSlot + 3 * minuteMs]);
  });

  test("a schedule may delete itself with its runs, and is remembered", async ({ store }) => {
    const [row, other] = [await savedSchedule(store), await savedSchedule(store)];
    const step = firing(row, { remove: true, remember: "made:n" });
    const [answer] = await store.fireSchedules([step, firing(other, { remove: true })]);
    expect(slotsOf(answer)).toEqual([firstSlot]);
    expect([await store.schedule(row.id), await store.schedule(other.id)]).toEqual([null, null]);
    expect(await store.scheduleRuns(row.id, 10)).toEqual([]);
    expect((await store.meta("made:n")) === null).toBe(false);
    expect(await store.fireSchedules([step])).toEqual([null]);
    const { tasks } = await store.claim(claimBy("owner"));
    expect(tasks.map(({ schedule }) => schedule)).toEqual([row.id, other.id]);
    expect(await store.finish(tasks.map((task) => succeeded(task)))).toEqual(["done", "done"]);
  });

  test("what was not fired is not remembered", async ({ store }) => {
    const row = await savedSchedule(store);
    const step = firing({ ...row, version: 2 }, { remove: true, remember: "made:n" });
    expect(await store.fireSchedules([step])).toEqual([null]);
    expect(await store.meta("made:n")).toBe(null);
    expect(await readSchedule(store, row.id)).toEqual(row);
  });

  test("a firing clears an error", async ({ store }) => {
    const row = await savedSchedule(store, { error: "nobody knew its func" });
    await fired(store, row.id);
    expect(await readSchedule(store, row.id)).toMatchObject({ error: null, version: row.version });
  });

  test("data that the engine refuses refuse the whole call", async ({ store }) => {
    const [good, bad] = [await savedSchedule(store, { error: "odd" }), await savedSchedule(store)];
    const refused = [
      firing(bad, { repeats: Number.NaN }),
      firing(bad, { slots: [slotOf(bad, Number.NaN)] }),
      firing(bad, { slots: [slotOf(bad, firstSlot), slotOf(bad, firstSlot + 1, { priority: Number.NaN })] }),
    ];
    for (const step of refused) await rejection(store.fireSchedules([firing(good), step]));
    expect(await store.countTasks({})).toBe(0);
    expect(await store.scheduleRuns(good.id, 10)).toEqual([]);
    expect([await readSchedule(store, good.id), await readSchedule(store, bad.id)]).toEqual([good, bad]);
  });

  test("a watcher is called back when a schedule is fired", async (opened) => {
    const row = await savedSchedule(opened.store);
    const woken = nextWake(opened);
    await opened.store.fireSchedules([firing(row)]);
    await woken;
  });

  test("a slot whose task is not queued, because its unique key is held, tells who holds it", async ({
    store,
  }) => {
    const unique = { key: "k" };
    const [a, b] = [await savedSchedule(store), await savedSchedule(store)];
    const holder = slotOf(a, firstSlot, { unique });
    const steps = [
      firing(a, { slots: [holder, slotOf(a, firstSlot + 1, { unique })] }),
      firing(b, { slots: [slotOf(b, firstSlot, { unique })] }),
    ];
    const task = holder.task.id;
    expect(await store.fireSchedules(steps)).toEqual([
      [
        { slot: firstSlot, task },
        { slot: firstSlot + 1, task },
      ],
      [{ slot: firstSlot, task }],
    ]);
    expect(await store.countTasks({})).toBe(1);
    await store.finish([succeeded(await claimedTask(store))]);
    const told = (runs: { slot: number; task: string; outcome: unknown; started: unknown }[]) =>
      runs.map(({ slot, task, outcome, started }) => [slot, task, outcome, started !== null]);
    expect(told(await store.scheduleRuns(a.id, 10))).toEqual([
      [firstSlot + 1, task, "deduplicated", false],
      [firstSlot, task, "success", true],
    ]);
    expect(told(await store.scheduleRuns(b.id, 10))).toEqual([[firstSlot, task, "deduplicated", false]]);
  });
}
