// The store suite's chapter on getting out of the queue: claim, pause, cancel, call back.
import type { EndedTask } from "../../core/task.ts";
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  idsOf,
  leasedTask,
  leaseMs,
  released,
  succeeded,
} from "./examples.ts";
import { connections, type Suite } from "./suite.ts";

export function claimChapter({ test, expect }: Suite): void {
  test("claim takes by priority (higher first), then due, then id", async ({ store }) => {
    const now = await store.time();
    const tasks = [
      exampleTask({ priority: 0, dueAt: now - 5_000 }),
      exampleTask({ priority: -1, dueAt: now - 9_000 }),
      exampleTask({ priority: 7, dueAt: now - 1_000 }),
      exampleTask({ priority: 0, dueAt: now - 7_000 }),
      exampleTask({ priority: 0, dueAt: now - 5_000 }),
      exampleTask({ priority: 7, dueAt: now - 2_000 }),
    ];
    await store.enqueue(tasks.toReversed());
    const order = [5, 2, 3, 0, 4, 1].map((index) => tasks[index]!.id);
    const first = await store.claim(claimBy("owner", { slots: 2 }));
    const rest = await store.claim(claimBy("owner"));
    expect(idsOf([...first.tasks, ...rest.tasks])).toEqual(order);
    expect(first.tasks.length).toBe(2);
  });

  test("claim raises the attempt and names owner and lease", async ({ store }) => {
    const before = await store.time();
    const task = await leasedTask(store, "owner 1");
    const after = await store.time();
    expect(task).toMatchObject({ state: "leased", attempt: 1, owner: "owner 1", cancelled: false });
    const { leasedAt = 0, leasedUntil = 0 } = task as { leasedAt?: number; leasedUntil?: number };
    expect(leasedAt >= before && leasedAt <= after).toBe(true);
    expect(leasedUntil >= before + leaseMs && leasedUntil <= after + leaseMs).toBe(true);
    await store.finish([released(task)]);
    const { tasks } = await store.claim(claimBy("owner 2"));
    expect(tasks).toMatchObject([{ id: task.id, attempt: 2, owner: "owner 2" }]);
  });

  test("what a claim says of a task is what stands in its row", async ({ store }) => {
    const plain = exampleTask();
    const full = exampleTask({ group: "g", priority: 3, slot: 7, isolate: true });
    await store.enqueue([plain, full]);
    const first = await store.claim(claimBy("owner"));
    const back = first.tasks.map((task) => released(task, { outcome: "crashed", crashes: 1, unknown: 2 }));
    expect(await store.finish(back)).toEqual(["done", "done"]);
    const { tasks } = await store.claim(claimBy("owner"));
    expect(idsOf(tasks).sort()).toEqual([plain.id, full.id].sort());
    for (const task of tasks) expect(await store.task(task.id)).toMatchObject(task);
    expect(tasks.find(({ id }) => id === full.id)).toMatchObject({
      ...{
        group: "g",
        priority: 3,
        slot: 7,
        isolate: true,
        attempt: 2,
        uncounted: 1,
        crashes: 1,
        unknown: 2,
      },
      ...{ name: full.name, func: full.func, queue: full.queue, owner: "owner", envelope: full.envelope },
    });
  });

  test("claim never takes a task that is not due, and says how long until the next one comes due", async ({
    store,
    moveClock,
  }) => {
    expect(await store.claim(claimBy("owner"))).toEqual({ tasks: [], nextDueMs: null });
    const [soon, later] = [exampleTask({ delayMs: 10_000 }), exampleTask({ delayMs: 600_000 })];
    await store.enqueue([later, soon]);
    const { tasks, nextDueMs } = await store.claim(claimBy("owner"));
    expect(tasks).toEqual([]);
    expect(nextDueMs !== null && nextDueMs > 5_000 && nextDueMs <= 10_000).toBe(true);
    moveClock(nextDueMs ?? 0);
    const second = await store.claim(claimBy("owner"));
    expect(idsOf(second.tasks)).toEqual([soon.id]);
    expect(second.nextDueMs !== null && second.nextDueMs > 500_000).toBe(true);
  });

  test("a waiting task that has come due stays `waiting` until somebody claims, from whatever queue", async ({
    store,
    moveClock,
  }) => {
    const task = exampleTask({ delayMs: 1_000 });
    await store.enqueue([task]);
    moveClock(1_000);
    expect(await store.task(task.id)).toMatchObject({ state: "waiting" });
    await store.claim(claimBy("owner", { lanes: [{ queue: "other", limit: 1 }] }));
    expect(await store.task(task.id)).toMatchObject({ state: "ready" });
  });

  test("claim takes from the asked queues in their order, at most `limit` from each", async ({ store }) => {
    const inQueue = (queue: string) => exampleTasks(4, { queue });
    const [a, b, c] = [inQueue("a"), inQueue("b"), inQueue("c")];
    await store.enqueue([...a, ...b, ...c]);
    const lanes = [
      { queue: "b", limit: 3 },
      { queue: "a", limit: 2 },
    ];
    expect(idsOf((await store.claim(claimBy("owner", { lanes, slots: 4 }))).tasks)).toEqual(
      idsOf([...b.slice(0, 3), a[0]!]),
    );
    expect(idsOf((await store.claim(claimBy("owner", { lanes }))).tasks)).toEqual(
      idsOf([b[3]!, a[1]!, a[2]!]),
    );
  });

  test("isolated tasks take isolated slots, after those that share a worker", async ({ store }) => {
    const [shared, alone] = [exampleTasks(3), exampleTasks(3, { isolate: true, priority: 5 })];
    await store.enqueue([...alone, ...shared]);
    const claim = async (changes: object) => idsOf((await store.claim(claimBy("owner", changes))).tasks);
    expect(await claim({ slots: 0, isolated: 0 })).toEqual([]);
    expect(await claim({ slots: 1, isolated: 1 })).toEqual(idsOf([shared[0]!, alone[0]!]));
    expect(await claim({ lanes: [{ queue: "default", limit: 2 }], slots: 1, isolated: 2 })).toEqual(
      idsOf([shared[1]!, alone[1]!]),
    );
    expect(await claim({ slots: 0, isolated: 5 })).toEqual([alone[2]!.id]);
    expect(await claim({ slots: 5, isolated: 0 })).toEqual([shared[2]!.id]);
  });

  test("two claimers never share one (8 connections, 1,000 tasks)", async (opened) => {
    const stores = await connections(opened, 8);
    const tasks = exampleTasks(1_000);
    await opened.store.enqueue(tasks);
    const claimAll = async (index: number): Promise<string[]> => {
      const taken: string[] = [];
      for (;;) {
        const { tasks } = await stores[index]!.claim(claimBy(`owner ${index}`, { slots: 1 + index * 3 }));
        if (tasks.length === 0) return taken;
        taken.push(...idsOf(tasks));
      }
    };
    const taken = await Promise.all(stores.map((_, index) => claimAll(index)));
    expect(taken.flat().sort()).toEqual(idsOf(tasks).sort());
  });

  test("a paused queue takes tasks and gives none", async ({ store }) => {
    const other = exampleTask({ queue: "other" });
    expect([await store.pause("default"), await store.pause("default")]).toEqual([true, false]);
    await store.enqueue([...exampleTasks(2), other]);
    const lanes = ["default", "other"].map((queue) => ({ queue, limit: 10 }));
    expect(idsOf((await store.claim(claimBy("owner", { lanes }))).tasks)).toEqual([other.id]);
    expect([await store.resume("default"), await store.resume("default")]).toEqual([true, false]);
    expect((await store.claim(claimBy("owner", { lanes }))).tasks.length).toBe(2);
  });

  test("tasks of a queue that was paused while they ran can end and go back", async ({ store }) => {
    const task = await leasedTask(store);
    await store.pause("default");
    expect(await store.finish([released(task)])).toEqual(["done"]);
    expect((await store.claim(claimBy("owner"))).tasks).toEqual([]);
  });

  test("all queues that hold tasks or are paused are counted, by name", async ({ store }) => {
    await store.enqueue([
      ...exampleTasks(3, { queue: "b" }),
      ...exampleTasks(2, { queue: "b", delayMs: 5_000 }),
    ]);
    await store.claim(claimBy("owner", { lanes: [{ queue: "b", limit: 1 }] }));
    await store.enqueue([exampleTask({ queue: "a'%_" })]);
    await store.pause("c_%");
    await store.pause("b");
    expect(await store.queueCounts()).toEqual([
      { queue: "a'%_", waiting: 0, ready: 1, leased: 0, paused: false },
      { queue: "b", waiting: 2, ready: 2, leased: 1, paused: true },
      { queue: "c_%", waiting: 0, ready: 0, leased: 0, paused: true },
    ]);
  });

  test("the queues with tasks that are ready or have come due are named", async ({ store, moveClock }) => {
    await store.enqueue([
      ...["b", "a", "b", "d"].map((queue) => exampleTask({ queue })),
      exampleTask({ queue: "later", delayMs: 60_000 }),
      exampleTask({ queue: "soon", delayMs: 1_000 }),
      exampleTask({ queue: "B", delayMs: 1_000 }),
    ]);
    await store.claim(claimBy("owner", { lanes: [{ queue: "d", limit: 1 }] }));
    expect((await store.queueNames()).sort()).toEqual(["a", "b"]);
    moveClock(1_000);
    expect((await store.queueNames()).sort()).toEqual(["B", "a", "b", "soon"]);
  });
}

export function cancelChapter({ test, expect }: Suite): void {
  test("cancel of a task that does not run ends it at once, as a failure with that outcome and error", async ({
    store,
  }) => {
    const [ready, waiting] = [exampleTask({ group: "g" }), exampleTask({ delayMs: 60_000 })];
    await store.enqueue([ready, waiting]);
    const before = await store.time();
    expect(await store.cancel(ready.id, '"by hand"')).toBe("cancelled");
    expect(await store.cancel(waiting.id, '"by hand"')).toBe("cancelled");
    const cancelled = {
      state: "failure",
      outcome: "cancelled",
      result: '"by hand"',
      attempt: 0,
      started: null,
    };
    expect(await store.task(ready.id)).toMatchObject({ ...cancelled, group: "g", envelope: ready.envelope });
    const ended = (await store.task(waiting.id)) as EndedTask;
    expect(ended).toMatchObject(cancelled);
    expect(ended.stopped >= before && ended.stopped <= (await store.time())).toBe(true);
    expect((await store.claim(claimBy("owner"))).tasks).toEqual([]);
  });

  test("cancel of a running task asks its owner, who learns it from `cancellations` and `extend`", async ({
    store,
  }) => {
    const task = await leasedTask(store, "owner 1");
    const other = await leasedTask(store, "owner 1");
    expect(await store.cancel(task.id, "no")).toBe("asked");
    expect(await store.cancel(task.id, "no")).toBe("asked");
    expect(await store.task(task.id)).toMatchObject({ state: "leased", cancelled: true });
    expect(await store.cancellations("owner 1")).toEqual([task.id]);
    expect(await store.cancellations("owner 2")).toEqual([]);
    const leases = [task, other].map(({ id, queue, attempt }) => ({ id, queue, attempt, owner: "owner 1" }));
    expect(await store.extend(leases, leaseMs)).toEqual({ lost: [], cancelled: [task.id] });
  });

  test("a task that was asked to be cancelled does not go back to the queue, but may end", async ({
    store,
  }) => {
    const task = await leasedTask(store);
    await store.cancel(task.id, "no");
    expect(await store.finish([released(task)])).toEqual(["cancelled"]);
    expect(await store.task(task.id)).toMatchObject({ state: "leased", attempt: 1 });
    expect(await store.attempts(task.id)).toEqual([]);
    expect(await store.finish([failed(task, { outcome: "cancelled" })])).toEqual(["done"]);
    expect(await store.task(task.id)).toMatchObject({ state: "failure", outcome: "cancelled" });
    expect(await store.cancellations("owner")).toEqual([]);
  });

  test("cancel of a task that has ended, or that nobody knows, changes nothing", async ({ store }) => {
    const [saved, unsaved] = [await leasedTask(store), await leasedTask(store)];
    await store.finish([succeeded(saved), succeeded(unsaved, { save: false })]);
    const before = await store.task(saved.id);
    expect([await store.cancel(saved.id, "no"), await store.cancel(unsaved.id, "no")]).toEqual([
      "ended",
      "ended",
    ]);
    expect(await store.cancel(exampleTask().id, "no")).toBe("unknown");
    expect(await store.task(saved.id)).toEqual(before);
  });

  test("tasks given back because nobody knew their func are called back at once when it is known", async ({
    store,
  }) => {
    const unknownTask = async (func: string) => {
      const task = await leasedTask(store, "owner", { func });
      await store.finish([released(task, { delayMs: 300_000, unknown: 3 })]);
      return task.id;
    };
    const [known, alsoKnown, stranger] = [
      await unknownTask("a"),
      await unknownTask("b"),
      await unknownTask("c"),
    ];
    await store.enqueue([exampleTask({ func: "a", delayMs: 60_000 })]);
    expect(await store.callBack([])).toBe(0);
    expect(await store.callBack(["a", "b", "z"])).toBe(2);
    expect(await store.callBack(["a", "b", "z"])).toBe(0);
    expect(await store.task(stranger)).toMatchObject({ state: "waiting", unknown: 3 });
    expect(idsOf((await store.claim(claimBy("owner"))).tasks)).toEqual([known, alsoKnown]);
  });
}
