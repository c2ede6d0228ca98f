// The store suite's chapter on what may go: in bounded steps, the oldest first, and never what somebody still needs.
import type { ClaimedTask } from "../../core/task.ts";
import type { NewTask } from "../../store/broker.ts";
import type { Store } from "../../store/store.ts";
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  idsOf,
  leasedTask,
  leaseMs,
  pruning,
  released,
  succeeded,
} from "./examples.ts";
import type { Suite } from "./suite.ts";

export function pruneChapter({ test, expect }: Suite): void {
  /** Successes that ended one after another, in the order of the changes. */
  const endedTasks = async (store: Store, changes: Partial<NewTask>[]): Promise<ClaimedTask[]> => {
    await store.enqueue(changes.map((change) => exampleTask(change)));
    const { tasks } = await store.claim(claimBy("owner"));
    await store.finish(tasks.map((task, index) => succeeded(task, { stopped: 1_000 + index })));
    return tasks;
  };
  const left = async (store: Store): Promise<string[]> =>
    idsOf((await store.tasks({ state: "success" }, { limit: 1_000, oldestFirst: true })).tasks);

  test("the oldest successes beyond the limit go, in bounded steps, and 0 means there is no more", async ({
    store,
  }) => {
    const ids = idsOf(
      await endedTasks(
        store,
        Array.from({ length: 20 }, () => ({})),
      ),
    );
    const request = pruning({ saveLimit: 5, limit: 6 });
    expect(await store.prune(request)).toBe(6);
    expect(await left(store)).toEqual(ids.slice(6));
    expect([await store.prune(request), await store.prune(request), await store.prune(request)]).toEqual([
      6, 3, 0,
    ]);
    expect(await left(store)).toEqual(ids.slice(15));
    expect(await store.prune(pruning())).toBe(0);
    expect(await store.prune(pruning({ saveLimit: 0 }))).toBe(5);
    expect(await left(store)).toEqual([]);
  });

  test("the oldest is the one that ended first, whenever it was enqueued", async ({ store }) => {
    await store.enqueue(exampleTasks(3));
    const { tasks } = await store.claim(claimBy("owner"));
    const [a, b, c] = tasks as [ClaimedTask, ClaimedTask, ClaimedTask];
    await store.finish([
      succeeded(a, { stopped: 3_000 }),
      succeeded(b, { stopped: 1_000 }),
      succeeded(c, { stopped: 2_000 }),
    ]);
    await store.prune(pruning({ saveLimit: 2 }));
    expect(await left(store)).toEqual(idsOf([a, c]));
    await store.prune(pruning({ saveLimit: 1 }));
    expect(await left(store)).toEqual([a.id]);
  });

  for (const per of ["group", "func", "name"] as const) {
    test(`the limit may count the newest successes of each ${per}`, async ({ store }) => {
      const values = ["a", "a", "b", "a", "b", "c", "a", "b"];
      const tasks = await endedTasks(
        store,
        values.map((value) => ({ [per]: value })),
      );
      const request = pruning({ saveLimit: 2, per, limit: 2 });
      expect(await store.prune(request)).toBe(2);
      expect(await left(store)).toEqual(idsOf(tasks.slice(2)));
      expect([await store.prune(request), await store.prune(request)]).toEqual([1, 0]);
      expect(await left(store)).toEqual([3, 4, 5, 6, 7].map((index) => tasks[index]!.id));
    });
  }

  test("tasks without a group count as one", async ({ store }) => {
    const tasks = await endedTasks(store, [{}, { group: "g" }, {}, {}]);
    await store.prune(pruning({ saveLimit: 1, per: "group" }));
    expect(await left(store)).toEqual([tasks[1]!.id, tasks[3]!.id]);
  });

  test("the limit never touches failures, queued or running tasks", async ({ store }) => {
    await store.enqueue(exampleTasks(4));
    const { tasks } = await store.claim(claimBy("owner", { slots: 3 }));
    await store.finish([succeeded(tasks[0]!), failed(tasks[1]!)]);
    await store.enqueue([exampleTask({ delayMs: 60_000 })]);
    expect(await store.prune(pruning({ saveLimit: 0 }))).toBe(1);
    expect(await store.prune(pruning({ saveLimit: 0, per: "func" }))).toBe(0);
    expect(await store.countTasks({})).toBe(4);
    expect(await store.countTasks({ state: ["failure", "leased", "ready", "waiting"] })).toBe(4);
  });

  test("failures go when they are past their time, in bounded steps, and only they", async ({ store }) => {
    await store.enqueue(exampleTasks(6));
    const { tasks } = await store.claim(claimBy("owner"));
    await store.finish(
      tasks.map((task, index) => (index === 0 ? succeeded : failed)(task, { stopped: 1_000 + index })),
    );
    const request = pruning({ failuresBefore: 1_004, limit: 2 });
    expect(await store.prune(request)).toBe(2);
    expect(idsOf((await store.tasks({}, { limit: 9, oldestFirst: true })).tasks)).toEqual(
      [0, 3, 4, 5].map((index) => tasks[index]!.id),
    );
    expect([await store.prune(request), await store.prune(request)]).toEqual([1, 0]);
    expect(await store.countTasks({})).toBe(3);
  });

  test("answers of unsaved ends go when they expired, not before", async ({ store, moveClock }) => {
    await store.enqueue(exampleTasks(3));
    const { tasks } = await store.claim(claimBy("owner"));
    await store.finish(
      tasks.map((task, index) => succeeded(task, { save: false, answerMs: 60_000 * (index + 1) })),
    );
    expect(await store.prune(pruning({ saveLimit: 0 }))).toBe(0);
    moveClock(130_000);
    expect([
      await store.prune(pruning({ limit: 1 })),
      await store.prune(pruning({ limit: 1 })),
      await store.prune(pruning()),
    ]).toEqual([1, 1, 0]);
    expect(idsOf(await store.answers(idsOf(tasks)))).toEqual([tasks[2]!.id]);
  });

  test("attempts outlive their task until `attemptsBefore`, and stay while it is there", async ({
    store,
  }) => {
    const kept = await leasedTask(store);
    await store.finish([failed(kept, { stopped: 1_000 })]);
    const pruned = await leasedTask(store);
    await store.finish([succeeded(pruned, { stopped: 2_000 })]);
    await store.prune(pruning({ saveLimit: 0, attemptsBefore: 2_000 }));
    expect((await store.attempts(pruned.id)).length).toBe(1);
    expect(await store.prune(pruning({ attemptsBefore: 2_001 }))).toBe(1);
    expect(await store.attempts(pruned.id)).toEqual([]);
    expect((await store.attempts(kept.id)).length).toBe(1);
  });

  test("all attempts of a task that was not saved, or was deleted in the queue, go in time", async ({
    store,
  }) => {
    const first = [await leasedTask(store), await leasedTask(store)];
    await store.finish(first.map((task) => released(task, { stopped: 1_000 })));
    const [unsaved, deleted] = (await store.claim(claimBy("owner"))).tasks as [ClaimedTask, ClaimedTask];
    await store.finish([
      succeeded(unsaved, { save: false, stopped: 2_000 }),
      released(deleted, { stopped: 2_000 }),
    ]);
    await store.deleteTasks([deleted.id]);
    expect(await store.prune(pruning({ attemptsBefore: 2_001, limit: 3 }))).toBe(3);
    expect(await store.prune(pruning({ attemptsBefore: 2_001, limit: 3 }))).toBe(1);
    for (const { id } of first) expect(await store.attempts(id)).toEqual([]);
  });

  test("unique keys go when they are free, not while they are held", async ({ store, moveClock }) => {
    const within = { key: "within", withinMs: 60_000 };
    const [held, timed, free] = [
      exampleTask({ unique: { key: "held" } }),
      exampleTask({ unique: within }),
      exampleTask({ unique: { key: "free" } }),
    ];
    await store.enqueue([held, timed, free]);
    await store.cancel(timed.id, "no");
    await store.cancel(free.id, "no");
    expect([await store.prune(pruning()), await store.prune(pruning())]).toEqual([1, 0]);
    expect(await store.enqueue([exampleTask({ unique: { key: "held" } })])).toMatchObject([
      { id: held.id, deduplicated: true },
    ]);
    expect(await store.enqueue([exampleTask({ unique: within })])).toMatchObject([
      { id: timed.id, deduplicated: true },
    ]);
    moveClock(60_000);
    expect([await store.prune(pruning()), await store.prune(pruning())]).toEqual([1, 0]);
  });

  test("lists stay right between the steps of a pruning", async ({ store }) => {
    const ids = idsOf(
      await endedTasks(
        store,
        Array.from({ length: 30 }, () => ({})),
      ),
    );
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.tasks({}, { limit: 5, ...(after !== undefined && { after }) });
      seen.push(...idsOf(page.tasks));
      after = page.next ?? undefined;
      await store.prune(pruning({ saveLimit: 12, limit: 4 }));
    } while (after !== undefined);
    expect(seen.length === new Set(seen).size && ids.slice(18).every((id) => seen.includes(id))).toBe(true);
  });

  test("a reaper finds a lease as before when everything around it was pruned", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    const now = await store.time();
    moveClock(leaseMs);
    await store.prune(
      pruning({ saveLimit: 0, failuresBefore: now * 2, attemptsBefore: now * 2, clustersBefore: now * 2 }),
    );
    expect(idsOf(await store.reclaimable(1))).toEqual([task.id]);
  });
}
