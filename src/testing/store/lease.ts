// The store suite's chapter on leases: the fence, renewing, what running attempts say, and what a reaper may take back.
import type { ClaimedTask } from "../../core/task.ts";
import type { Fence } from "../../store/broker.ts";
import {
  claimBy,
  exampleTasks,
  failed,
  fenceOf,
  idsOf,
  leasedTask,
  leaseMs,
  reaped,
  released,
  succeeded,
} from "./examples.ts";
import type { OpenedStore, Suite } from "./suite.ts";

export function fenceChapter({ test, expect }: Suite): void {
  test("extend, note and finish pass in exactly one of 3 × 3 × 3 cells: right id, right attempt, right owner", async (opened) => {
    const { store } = opened;
    const { task, ids, attempts, owners } = await takenOverTask(opened);
    const before = await store.task(task.id);
    const cells = ids.flatMap((id) =>
      attempts.flatMap((attempt) => owners.map((owner): Fence => ({ id, queue: "default", attempt, owner }))),
    );
    const [right, ...wrong] = cells as [Fence, ...Fence[]];
    expect([right, wrong.length]).toEqual([fenceOf(task), 26]);

    expect(await store.extend(wrong, 99_000)).toEqual({ lost: wrong, cancelled: [] });
    expect(await store.note(wrong.map((fence) => ({ ...fence, progress: "zombie", log: "zombie" })))).toEqual(
      wrong.map(() => false),
    );
    for (const end of [succeeded, failed, released]) {
      expect(await store.finish(wrong.map((fence) => ({ ...end(task), ...fence })))).toEqual(
        wrong.map(() => "lost"),
      );
    }
    expect(await store.task(task.id)).toEqual(before);
    expect((await store.attempts(task.id)).length).toBe(1);

    expect(await store.extend([right], 99_000)).toEqual({ lost: [], cancelled: [] });
    expect(await store.note([{ ...right, progress: "1", log: null }])).toEqual([true]);
    expect(await store.finish([succeeded(task)])).toEqual(["done"]);
  });

  test("of two attempts of one task in the same call, only the running one is renewed and heard", async ({
    store,
    moveClock,
  }) => {
    const first = await leasedTask(store);
    moveClock(leaseMs);
    await store.finish([reaped(first)]);
    const [second] = (await store.claim(claimBy("owner"))).tasks as [ClaimedTask];
    const fences = [fenceOf(first), fenceOf(second)];
    expect(await store.extend(fences, leaseMs)).toEqual({ lost: [fenceOf(first)], cancelled: [] });
    expect(await store.note(fences.map((fence) => ({ ...fence, progress: "1", log: null })))).toEqual([
      false,
      true,
    ]);
    expect(await store.finish([succeeded(first), succeeded(second)])).toEqual(["lost", "done"]);
  });

  test("a lease of a task that has ended, went back, or was never claimed is lost", async ({ store }) => {
    const ended = await leasedTask(store);
    const gone = await leasedTask(store);
    await store.finish([succeeded(ended), released(gone)]);
    await store.enqueue(exampleTasks(1));
    const { tasks } = await store.tasks({ state: "ready" }, { limit: 10 });
    const fences = [
      fenceOf(ended),
      fenceOf(gone),
      ...tasks.map((task) => ({ ...fenceOf(task as ClaimedTask), owner: "owner" })),
    ];
    expect(await store.extend(fences, leaseMs)).toEqual({ lost: fences, cancelled: [] });
    expect(await store.note(fences.map((fence) => ({ ...fence, progress: "1", log: "1" })))).toEqual(
      fences.map(() => false),
    );
  });

  test("1,000 zombies that finish late change nothing, and the next attempt's result stands", async ({
    store,
    moveClock,
  }) => {
    await store.enqueue(exampleTasks(1_000));
    const { tasks: zombies } = await store.claim(claimBy("zombie"));
    moveClock(leaseMs);
    expect(await store.finish((await store.reclaimable(1_000)).map(reaped))).toEqual(
      zombies.map(() => "done"),
    );
    const { tasks } = await store.claim(claimBy("heir"));
    expect(tasks.length).toBe(1_000);
    const ends = [
      succeeded,
      failed,
      (task: ClaimedTask) => released(task, { delayMs: 9_000, outcome: "snoozed" }),
      released,
    ];
    const late = zombies.map((task, index) => ends[index % ends.length]!(task));
    expect(new Set(await store.finish(late))).toEqual(new Set(["lost"]));
    expect((await store.extend(zombies.map(fenceOf), leaseMs)).lost.length).toBe(1_000);
    expect(
      new Set(await store.note(zombies.map((task) => ({ ...fenceOf(task), progress: "z", log: "z" })))),
    ).toEqual(new Set([false]));
    expect(new Set(await store.finish(tasks.map((task) => succeeded(task, { result: '"heir"' }))))).toEqual(
      new Set(["done"]),
    );
    expect(new Set(await store.finish(late))).toEqual(new Set(["lost"]));
    const answers = await store.answers(idsOf(tasks));
    expect(answers.filter(({ success, result }) => success && result === '"heir"').length).toBe(1_000);
  });
}

interface Cells {
  task: ClaimedTask;
  ids: string[];
  attempts: number[];
  owners: string[];
}

/** A task at attempt 2 of a new owner, after a reaper took attempt 1; with ids, attempts and owners that are right, old and foreign. */
async function takenOverTask({ store, moveClock }: OpenedStore): Promise<Cells> {
  const ended = await leasedTask(store, "somebody");
  await store.finish([succeeded(ended)]);
  const foreign = await leasedTask(store, "somebody");
  const first = await leasedTask(store, "old");
  moveClock(leaseMs);
  await store.finish([reaped(first)]);
  const [task] = (await store.claim(claimBy("right"))).tasks as [ClaimedTask];
  return {
    task,
    ids: [task.id, ended.id, foreign.id],
    attempts: [2, 1, 7],
    owners: ["right", "old", "foreign"],
  };
}

export function leaseChapter({ test, expect }: Suite): void {
  test("extend renews the named leases and no others", async ({ store, moveClock }) => {
    await store.enqueue(exampleTasks(3));
    const [a, b, c] = (await store.claim(claimBy("owner"))).tasks as [ClaimedTask, ClaimedTask, ClaimedTask];
    moveClock(10_000);
    await store.extend([a, c].map(fenceOf), leaseMs);
    moveClock(10_000);
    expect(idsOf(await store.reclaimable(10))).toEqual([b.id]);
    moveClock(5_000);
    expect(idsOf(await store.reclaimable(10)).sort()).toEqual(idsOf([a, b, c]).sort());
  });

  test("extend renews a lease that has run out, if nobody has taken it", async ({ store, moveClock }) => {
    const task = await leasedTask(store);
    moveClock(3_600_000);
    expect(await store.extend([fenceOf(task)], leaseMs)).toEqual({ lost: [], cancelled: [] });
    expect(await store.reclaimable(10)).toEqual([]);
    expect(await store.finish([succeeded(task)])).toEqual(["done"]);
  });

  test("reclaimable are only the leases that ran out by the engine's clock, the oldest first, at most `limit`", async ({
    store,
    moveClock,
  }) => {
    const third = await leasedTask(store);
    await store.extend([fenceOf(third)], 3_000);
    const first = await leasedTask(store);
    await store.extend([fenceOf(first)], 1_000);
    const second = await leasedTask(store);
    await store.extend([fenceOf(second)], 2_000);
    const last = await leasedTask(store);
    await store.enqueue(exampleTasks(1));
    expect(await store.reclaimable(10)).toEqual([]);
    moveClock(3_000);
    expect(idsOf(await store.reclaimable(10))).toEqual(idsOf([first, second, third]));
    expect(idsOf(await store.reclaimable(2))).toEqual(idsOf([first, second]));
    expect((await store.reclaimable(1))[0]).toMatchObject({ owner: "owner", attempt: 1, state: "leased" });
    moveClock(leaseMs);
    expect((await store.reclaimable(10)).map(({ id }) => id)[3]).toBe(last.id);
  });

  test("a lease that ends later than the longest there is has run out, too: the clock was set back since it was renewed", async ({
    store,
    moveClock,
  }) => {
    const [renewed, left] = [await leasedTask(store), await leasedTask(store)];
    moveClock(-3_600_000);
    expect(idsOf(await store.reclaimable(10)).sort()).toEqual(idsOf([renewed, left]).sort());
    await store.extend([fenceOf(renewed)], leaseMs);
    expect(idsOf(await store.reclaimable(10))).toEqual([left.id]);
    expect(await store.finish([reaped(renewed), reaped(left)])).toEqual(["lost", "done"]);
  });

  test("a reaper's ending is `lost` when the lease has not run out, or was renewed at the same moment", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    expect(await store.finish([reaped(task)])).toEqual(["lost"]);
    moveClock(leaseMs);
    const [seen] = await store.reclaimable(1);
    await store.extend([fenceOf(task)], leaseMs);
    expect(await store.finish([reaped(seen!)])).toEqual(["lost"]);
    expect(await store.task(task.id)).toMatchObject({ state: "leased", attempt: 1, owner: "owner" });
    moveClock(leaseMs);
    expect(await store.finish([reaped(seen!)])).toEqual(["done"]);
    expect(await store.task(task.id)).toMatchObject({
      state: "ready",
      attempt: 1,
      owner: null,
      leasedUntil: null,
    });
  });

  test("a reaper's ending of a lease that has not run out is `lost`, also when the task was asked to be cancelled", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    await store.cancel(task.id, "no");
    expect(await store.finish([reaped(task)])).toEqual(["lost"]);
    moveClock(leaseMs);
    expect(await store.finish([reaped(task)])).toEqual(["cancelled"]);
    expect(await store.finish([failed(task, { outcome: "cancelled", lapsed: true })])).toEqual(["done"]);
    expect(await store.finish([succeeded(task)])).toEqual(["lost"]);
  });

  test("what a reaper ended is `already` for a reaper and `lost` for its owner", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    moveClock(leaseMs);
    expect(await store.finish([reaped(task)])).toEqual(["done"]);
    expect(await store.finish([reaped(task), succeeded(task), released(task)])).toEqual([
      "already",
      "lost",
      "lost",
    ]);
    expect(await store.attempts(task.id)).toMatchObject([{ attempt: 1, owner: "owner", outcome: "lost" }]);
  });

  test("the leases of one owner can be asked for", async ({ store }) => {
    const tasks = [await leasedTask(store, "owner 1"), await leasedTask(store, "owner 1")];
    await leasedTask(store, "owner 2");
    await store.enqueue(exampleTasks(1));
    expect((await store.leasesOf("owner 1")).sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(tasks);
    await store.finish([succeeded(tasks[0]!), released(tasks[1]!)]);
    expect(await store.leasesOf("owner 1")).toEqual([]);
  });

  test("what a running attempt said replaces what was there, unless it is null", async ({ store }) => {
    const task = await leasedTask(store);
    const say = (progress: string | null, log: string | null) =>
      store.note([{ ...fenceOf(task), progress, log }]);
    await say("1", "one");
    await say("2", null);
    await say(null, "one two");
    expect(await store.task(task.id)).toMatchObject({ progress: "2", log: "one two" });
    await store.finish([released(task)]);
    expect(await store.task(task.id)).toMatchObject({ progress: "2", log: null });
  });
}
