// The store suite's chapter on the runs of schedules: added with their task, ended with it, and kept when it is not.
import type { Store } from "../../store/store.ts";
import { claimBy, exampleTask, failed, pruning, released, succeeded } from "./examples.ts";
import {
  claimedTask,
  fired,
  firing,
  firstSlot,
  minuteMs,
  readSchedule,
  savedSchedule,
  slotOf,
} from "./schedule-examples.ts";
import { connections, rejection, type Suite } from "./suite.ts";

export function runsChapter({ test, expect }: Suite): void {
  const outcomes = async (store: Store, id: string): Promise<unknown[]> =>
    (await store.scheduleRuns(id, 10)).map(({ outcome }) => outcome);

  test("a run ends with the task it made: when its last attempt began and ended, and how", async ({
    store,
  }) => {
    const { id } = await savedSchedule(store);
    for (const end of [succeeded, failed]) {
      await fired(store, id);
      const task = await claimedTask(store);
      await store.finish([released(task)]);
      expect((await store.scheduleRuns(id, 1))[0]).toMatchObject({ started: null, outcome: null });
      const last = end(await claimedTask(store), { started: 1_700_000_000_123, stopped: 1_700_000_000_456 });
      expect(await store.finish([last])).toEqual(["done"]);
      expect((await store.scheduleRuns(id, 1))[0]).toMatchObject({
        task: task.id,
        started: 1_700_000_000_123,
        stopped: 1_700_000_000_456,
        outcome: last.outcome,
      });
      expect(await store.finish([{ ...last, outcome: "lost", stopped: 1 }])).toEqual(["already"]);
    }
    expect(await outcomes(store, id)).toEqual(["failed", "success"]);
  });

  test("many runs end in one finish, whether their results are saved or not", async ({ store }) => {
    const rows = [await savedSchedule(store), await savedSchedule(store), await savedSchedule(store)];
    await store.fireSchedules(rows.map((row) => firing(row)));
    await store.enqueue([exampleTask()]);
    const { tasks } = await store.claim(claimBy("owner"));
    const endings = tasks.map((task, index) => succeeded(task, { save: index !== 0 }));
    await store.finishAndClaim(endings, claimBy("owner"));
    for (const { id } of rows) expect(await outcomes(store, id)).toEqual(["success"]);
  });

  test("an end that was refused ends no run", async ({ store }) => {
    const { id } = await savedSchedule(store);
    await fired(store, id);
    const task = await claimedTask(store);
    expect(await store.finish([{ ...succeeded(task), owner: "other" }])).toEqual(["lost"]);
    await rejection(store.finish([succeeded(task, { stopped: Number.NaN })]));
    expect(await outcomes(store, id)).toEqual([null]);
  });

  test("a run ends when its task is cancelled", async ({ store }) => {
    const { id } = await savedSchedule(store);
    const task = await fired(store, id);
    await store.cancel(task, "no");
    const stopped = ((await store.task(task)) as { stopped?: number }).stopped;
    expect(await store.scheduleRuns(id, 10)).toMatchObject([
      { started: null, stopped, outcome: "cancelled" },
    ]);
    const running = await fired(store, id);
    await claimedTask(store);
    expect(await store.cancel(running, "no")).toBe("asked");
    expect(await outcomes(store, id)).toEqual([null, "cancelled"]);
  });

  test("a run whose task is deleted before its end says so, and one that has ended keeps its end", async ({
    store,
  }) => {
    const { id } = await savedSchedule(store);
    const ended = await fired(store, id);
    await store.finish([succeeded(await claimedTask(store))]);
    const deleted = await fired(store, id);
    const first = slotOf(await readSchedule(store, id), firstSlot + 5 * minuteMs, { group: "g" });
    await fired(store, id, { slots: [first] });
    await store.deleteTasks([ended, deleted]);
    expect(await outcomes(store, id)).toEqual([null, "deleted", "success"]);
    await store.deleteGroup("g", true);
    expect(await outcomes(store, id)).toEqual(["deleted", "deleted", "success"]);
    expect((await store.scheduleRuns(id, 1))[0]).toMatchObject({ started: null, stopped: null });
  });

  test("a running task is not deleted, nor is its run ended", async ({ store }) => {
    const { id } = await savedSchedule(store);
    const task = await fired(store, id);
    await claimedTask(store);
    expect(await store.deleteTasks([task])).toEqual([]);
    expect(await outcomes(store, id)).toEqual([null]);
  });

  test("the last runs are kept when the results are pruned", async ({ store }) => {
    const { id } = await savedSchedule(store);
    for (const end of [succeeded, failed]) {
      await fired(store, id);
      await store.finish([end(await claimedTask(store))]);
    }
    await store.prune(
      pruning({
        saveLimit: 0,
        failuresBefore: (await store.time()) + 1,
        attemptsBefore: (await store.time()) + 1,
      }),
    );
    expect(await store.countTasks({})).toBe(0);
    expect(await outcomes(store, id)).toEqual(["failed", "success"]);
  });

  test("runs beyond those a schedule keeps go, the oldest first", async ({ store }) => {
    const [few, many] = [await savedSchedule(store, { keepRuns: 2 }), await savedSchedule(store)];
    for (let slot = 0; slot < 4; slot++)
      await store.fireSchedules([
        firing(await readSchedule(store, few.id)),
        firing(await readSchedule(store, many.id)),
      ]);
    const kept = [3, 2, 1, 0].map((index) => firstSlot + index * minuteMs);
    expect((await store.scheduleRuns(few.id, 10)).map(({ slot }) => slot)).toEqual(kept.slice(0, 2));
    expect((await store.scheduleRuns(many.id, 10)).map(({ slot }) => slot)).toEqual(kept);
    expect((await store.scheduleRuns(many.id, 3)).map(({ slot }) => slot)).toEqual(kept.slice(0, 3));
    expect(await store.countTasks({ schedule: few.id })).toBe(4);
    const { tasks } = await store.claim(claimBy("owner"));
    await store.finish(tasks.map((task) => succeeded(task)));
    expect(await outcomes(store, few.id)).toEqual(["success", "success"]);
  });

  test("a run that somebody asked for is added beside the slots, and changes nothing else", async ({
    store,
  }) => {
    const row = await savedSchedule(store, { error: "odd", held: true, repeats: 0, pausedRepeats: 2 });
    const task = exampleTask({ schedule: row.id });
    const before = await store.time();
    expect(await store.runSchedule(row.id, task)).toEqual({
      id: task.id,
      name: task.name,
      deduplicated: false,
    });
    const after = await store.time();
    expect(await readSchedule(store, row.id)).toEqual(row);
    const [run] = await store.scheduleRuns(row.id, 10);
    expect(run).toMatchObject({ kind: "manual", task: task.id, started: null, outcome: null });
    expect(Number(run?.slot) >= before && Number(run?.slot) <= after).toBe(true);
    await store.finish([succeeded(await claimedTask(store))]);
    expect(await outcomes(store, row.id)).toEqual(["success"]);
  });

  test("runs that are asked for at once are all added, and the same one once", async (opened) => {
    const stores = await connections(opened, 8);
    const { id } = await savedSchedule(opened.store);
    const tasks = stores.map(() => exampleTask({ schedule: id }));
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(stores.map((store, index) => store.runSchedule(id, tasks[index]!)));
      expect(answers.map((answer) => answer?.id)).toEqual(tasks.map((task) => task.id));
    }
    const runs = await opened.store.scheduleRuns(id, 20);
    expect(runs.length).toBe(8);
    expect(new Set(runs.map(({ slot }) => slot)).size).toBe(8);
    expect(await opened.store.countTasks({})).toBe(8);
    await opened.store.deleteTasks([tasks[0]!.id]);
    expect((await opened.store.runSchedule(id, tasks[0]!))?.deduplicated).toBe(false);
    expect(await opened.store.countTasks({})).toBe(7);
  });

  test("a run that somebody asked for tells when its task was not queued", async ({ store }) => {
    const { id } = await savedSchedule(store);
    const unique = { key: "k" };
    const holder = exampleTask({ unique });
    await store.runSchedule(id, holder);
    expect(await store.runSchedule(id, exampleTask({ unique }))).toEqual({
      id: holder.id,
      name: holder.name,
      deduplicated: true,
    });
    expect((await store.scheduleRuns(id, 10)).map(({ task, outcome }) => [task, outcome])).toEqual([
      [holder.id, "deduplicated"],
      [holder.id, null],
    ]);
  });

  test("of no schedule nothing is run", async ({ store }) => {
    const audit = { who: "ann", action: "run", object: "nobody" };
    expect(await store.runSchedule("nobody", exampleTask(), audit)).toBe(null);
    expect([await store.countTasks({}), await store.scheduleRuns("nobody", 10)]).toEqual([0, []]);
    expect(await store.audits(10)).toEqual([]);
    const { id } = await savedSchedule(store);
    await rejection(store.runSchedule(id, exampleTask({ priority: Number.NaN }), audit));
    expect(await store.scheduleRuns(id, 10)).toEqual([]);
    await store.runSchedule(id, exampleTask(), audit);
    expect((await store.audits(10)).map(({ action }) => action)).toEqual(["run"]);
  });

  test("runs beyond those a schedule keeps also go when somebody asks for one", async ({ store }) => {
    const { id } = await savedSchedule(store, { keepRuns: 2, nextRun: null });
    const tasks = [exampleTask(), exampleTask(), exampleTask()];
    for (const task of tasks) await store.runSchedule(id, task);
    expect((await store.scheduleRuns(id, 10)).map(({ task }) => task)).toEqual([tasks[2]!.id, tasks[1]!.id]);
  });

  test("of each schedule the newest runs are found, one or more", async ({ store, moveClock }) => {
    const [a, b, none] = [await savedSchedule(store), await savedSchedule(store), await savedSchedule(store)];
    await fired(store, a.id);
    const last = await fired(store, b.id);
    moveClock(1_000);
    const manual = exampleTask();
    await store.runSchedule(a.id, manual);
    const runs = await store.lastRuns([a.id, b.id, none.id, "nobody", a.id]);
    expect(runs.map(({ schedule, task }) => [schedule, task]).toSorted()).toEqual(
      [
        [a.id, manual.id],
        [b.id, last],
      ].toSorted(),
    );
    expect(await store.lastRuns([])).toEqual([]);
    const newest = await store.scheduleRuns(a.id, 2);
    expect((await store.lastRuns([a.id, b.id], 2)).filter(({ schedule }) => schedule === a.id)).toEqual(
      newest,
    );
  });

  test("a schedule that is deleted leaves its tasks, and no runs", async ({ store }) => {
    const [row, other] = [await savedSchedule(store), await savedSchedule(store)];
    await store.fireSchedules([firing(row), firing(other)]);
    await store.deleteSchedule(row.id);
    expect(await store.scheduleRuns(row.id, 10)).toEqual([]);
    expect(await store.countTasks({ schedule: row.id })).toBe(1);
    const { tasks } = await store.claim(claimBy("owner"));
    expect(await store.finish(tasks.map((task) => succeeded(task)))).toEqual(["done", "done"]);
    expect([await outcomes(store, row.id), await outcomes(store, other.id)]).toEqual([[], ["success"]]);
  });

  test(
    "a run ends with the caller's transaction in which its attempt ends",
    async ({ store, begin }) => {
      const { id } = await savedSchedule(store);
      await fired(store, id);
      const task = await claimedTask(store);
      for (const end of ["rollback", "commit"] as const) {
        const caller = await begin!();
        expect(await store.finishIn(caller.tx, succeeded(task))).toBe("done");
        expect(await outcomes(store, id)).toEqual([null]);
        await caller[end]();
      }
      expect(await outcomes(store, id)).toEqual(["success"]);
    },
    "transactions",
  );
}
