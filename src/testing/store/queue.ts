// The store suite's chapter on getting in and out of the queue: enqueue, unique keys, claim, pause, cancel, call back.
import type { EndedTask } from "../../core/task.ts";
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
import { connections, rejection, type Suite } from "./suite.ts";

export function enqueueChapter({ test, expect }: Suite): void {
  test("enqueue keeps every column, and says the id that stands for the call", async ({ store }) => {
    const before = await store.time();
    const task = exampleTask({
      group: "signup",
      priority: 3,
      tags: ["a", "b"],
      isolate: true,
      schedule: "s",
      slot: 42,
    });
    const parent = exampleTask().id;
    expect(await store.enqueue([{ ...task, parent }])).toEqual([
      { id: task.id, name: task.name, deduplicated: false },
    ]);
    const stored = await store.task(task.id);
    const { id, name, func, queue, envelope } = task;
    expect(stored).toMatchObject({
      id,
      name,
      func,
      queue,
      group: "signup",
      priority: 3,
      tags: ["a", "b"],
      envelope,
    });
    expect(stored).toMatchObject({
      isolate: true,
      schedule: "s",
      slot: 42,
      parent,
      state: "ready",
      attempt: 0,
    });
    expect(stored).toMatchObject({
      uncounted: 0,
      crashes: 0,
      unknown: 0,
      cancelled: false,
      owner: null,
      error: null,
    });
    const enqueued = stored?.enqueued ?? 0;
    expect(enqueued >= before && enqueued <= (await store.time())).toBe(true);
  });

  test("the same id twice adds nothing", async ({ store }) => {
    const task = exampleTask();
    await store.enqueue([task, task]);
    await store.enqueue([{ ...task, priority: 9 }]);
    expect(await store.countTasks({})).toBe(1);
    expect(await store.task(task.id)).toMatchObject({ priority: 0 });
  });

  test("the same id twice adds nothing, even when that task has ended since", async ({ store }) => {
    const [saved, unsaved, failure, cancelled] = exampleTasks(4);
    const tasks = [saved, unsaved, failure].map((task) => task!);
    await store.enqueue([...tasks, cancelled!]);
    await store.cancel(cancelled!.id, "no");
    const claim = await store.claim(claimBy("owner"));
    await store.finish([
      succeeded(claim.tasks[0]!),
      succeeded(claim.tasks[1]!, { save: false }),
      failed(claim.tasks[2]!),
    ]);
    expect(await store.enqueue([...tasks, cancelled!])).toMatchObject(
      [...tasks, cancelled!].map(({ id }) => ({ id, deduplicated: false })),
    );
    expect((await store.claim(claimBy("owner"))).tasks).toEqual([]);
  });

  test("the same id twice adds nothing, even when that task was pruned while its attempts are kept", async ({
    store,
  }) => {
    const task = await leasedTask(store);
    await store.finish([succeeded(task)]);
    await store.prune(pruning({ saveLimit: 0 }));
    expect(await store.task(task.id)).toBe(null);
    await store.enqueue([exampleTask({ id: task.id })]);
    expect(await store.task(task.id)).toBe(null);
  });

  test("the same id twice adds nothing, even when only its answer is left", async ({ store, moveClock }) => {
    const task = await leasedTask(store);
    await store.finish([succeeded(task, { save: false, answerMs: 10_000_000 })]);
    moveClock(5_000_000);
    await store.prune(pruning({ attemptsBefore: await store.time() }));
    expect(await store.attempts(task.id)).toEqual([]);
    await store.enqueue([exampleTask({ id: task.id })]);
    expect(await store.task(task.id)).toBe(null);
  });

  test("tasks that the engine refuses for their data refuse the whole call", async ({ store }) => {
    await rejection(store.enqueue([exampleTask(), exampleTask({ priority: Number.NaN }), exampleTask()]));
    expect(await store.countTasks({})).toBe(0);
  });

  test("a delay is added to the engine's clock, a moment is kept as it is", async ({ store, moveClock }) => {
    moveClock(86_400_000);
    const now = await store.time();
    const [delayed, at, past] = [
      exampleTask({ delayMs: 60_000 }),
      exampleTask({ dueAt: now + 90_000 }),
      exampleTask({ dueAt: 5 }),
    ];
    await store.enqueue([delayed, at, past]);
    const due = ((await store.task(delayed.id)) as { due?: number }).due ?? 0;
    expect(due >= now + 60_000 && due <= (await store.time()) + 60_000).toBe(true);
    expect(await store.task(delayed.id)).toMatchObject({ state: "waiting" });
    expect(await store.task(at.id)).toMatchObject({ state: "waiting", due: now + 90_000 });
    expect(await store.task(past.id)).toMatchObject({ state: "ready", due: 5 });
  });

  test("odd characters come back byte for byte", async ({ store }) => {
    for (const text of oddTexts) {
      const odd = {
        name: text,
        func: text,
        queue: text,
        group: text,
        tags: [text, `${text}x`],
        schedule: text,
        envelope: text,
      };
      const task = await leasedTask(store, text, odd);
      expect({ ...task, ...odd }).toEqual(task);
      await store.note([{ id: task.id, queue: text, attempt: 1, owner: text, progress: text, log: text }]);
      expect(await store.task(task.id)).toMatchObject({ ...odd, progress: text, log: text, owner: text });
      await store.finish([
        succeeded(task, { result: text, error: text, log: text, worker: text, progress: text }),
      ]);
      expect(await store.task(task.id)).toMatchObject({ ...odd, result: text, progress: text });
      expect(await store.attempts(task.id)).toMatchObject([
        { error: text, log: text, worker: text, owner: text },
      ]);
    }
  });
}

const oddTexts = [
  "é 漢字 🦊 👩‍👩‍👧 𝕏",
  "שלום \u202eRTL\u202c مرحبا",
  `'single' "double" \`back\` \\ \\\\ \\"`,
  "100% under_score [a-z] * ? -- ; DROP TABLE x",
  "\u0001\u001f\u007f\u0085\u2028\u2029\ufeff",
  "tab\tline\nreturn\r\n  end ",
  "e\u0301 is not \u00e9",
  "null",
  '{"a":[1,null]}',
];

export function uniqueChapter({ test, expect }: Suite): void {
  const unique = { key: "a@b.c" };

  test("a unique key is held while such a task has not ended", async ({ store }) => {
    const [first, second, third] = [
      exampleTask({ unique }),
      exampleTask({ unique }),
      exampleTask({ unique }),
    ];
    await store.enqueue([first]);
    const deduplicated = [{ id: first.id, name: first.name, deduplicated: true }];
    expect(await store.enqueue([second])).toEqual(deduplicated);
    const { tasks } = await store.claim(claimBy("owner"));
    expect(idsOf(tasks)).toEqual([first.id]);
    expect(await store.enqueue([second])).toEqual(deduplicated);
    await store.finish([released(tasks[0]!, { delayMs: 1_000 })]);
    expect(await store.enqueue([second])).toEqual(deduplicated);
    await store.cancel(first.id, "no");
    expect(await store.enqueue([third])).toMatchObject([{ id: third.id, deduplicated: false }]);
  });

  test("a unique key is held at least `withinMs` from its enqueue", async ({ store, moveClock }) => {
    const within = { key: "k", withinMs: 3_600_000 };
    const task = await leasedTask(store, "owner", { unique: within });
    await store.finish([succeeded(task, { save: false })]);
    moveClock(3_500_000);
    const again = exampleTask({ unique: within });
    expect(await store.enqueue([again])).toEqual([{ id: task.id, name: task.name, deduplicated: true }]);
    moveClock(200_000);
    expect(await store.enqueue([again])).toMatchObject([{ id: again.id, deduplicated: false }]);
  });

  test("a unique key is free again when its task was deleted", async ({ store }) => {
    const [first, second] = [exampleTask({ unique }), exampleTask({ unique })];
    await store.enqueue([first]);
    await store.deleteTasks([first.id]);
    expect(await store.enqueue([second])).toMatchObject([{ id: second.id, deduplicated: false }]);
  });

  test("the scope of a unique key is func + key", async ({ store }) => {
    const tasks = [
      exampleTask({ unique }),
      exampleTask({ unique, func: "mail.bye" }),
      exampleTask({ unique: { key: "A@b.c" } }),
      exampleTask({ unique: { key: "a@b.c " } }),
    ];
    expect(await store.enqueue(tasks)).toMatchObject(tasks.map(({ id }) => ({ id, deduplicated: false })));
  });

  test("one call that asks for a unique key twice adds one task", async ({ store }) => {
    const [first, second] = [exampleTask({ unique }), exampleTask({ unique })];
    expect(await store.enqueue([first, exampleTask(), second])).toMatchObject([
      { id: first.id },
      {},
      { id: first.id, deduplicated: true },
    ]);
    expect(await store.countTasks({})).toBe(2);
  });

  test("a repeat of the call that got the unique key is no duplicate, also when others hold it by now", async ({
    store,
  }) => {
    const first = exampleTask({ unique: { key: "a@b.c", withinMs: 1_000 } });
    expect(await store.enqueue([first])).toMatchObject([{ id: first.id, deduplicated: false }]);
    expect(await store.enqueue([first])).toMatchObject([{ id: first.id, deduplicated: false }]);
    await store.cancel(first.id, "no");
    expect(await store.enqueue([first])).toMatchObject([{ id: first.id, deduplicated: false }]);
    expect(await store.countTasks({ state: "ready" })).toBe(0);
  });

  test("a repeat of a call whose task has ended does not take its unique key again", async ({
    store,
    moveClock,
  }) => {
    const first = exampleTask({ unique: { key: "k", withinMs: 1_000 } });
    await store.enqueue([first]);
    await store.cancel(first.id, "no");
    moveClock(2_000);
    await store.enqueue([first]);
    const next = exampleTask({ unique: { key: "k" } });
    expect(await store.enqueue([next])).toMatchObject([{ id: next.id, deduplicated: false }]);
    expect(await store.enqueue([first])).toMatchObject([{ id: first.id, deduplicated: false }]);
  });

  test("unique raced by 8 connections gives one task", async (opened) => {
    const stores = await connections(opened, 8);
    for (let round = 0; round < 10; round++) {
      const key = { key: `round ${round}` };
      const answers = await Promise.all(stores.map((store) => store.enqueue([exampleTask({ unique: key })])));
      const [winner] = new Set(answers.flat().map(({ id }) => id));
      expect(answers.flat().map(({ id }) => id)).toEqual(stores.map(() => winner));
      expect(answers.flat().filter(({ deduplicated }) => !deduplicated).length).toBe(1);
    }
    expect(await opened.store.countTasks({})).toBe(10);
  });
}

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
    expect(await store.task(task.id)).toEqual(task);
    await store.finish([released(task)]);
    const { tasks } = await store.claim(claimBy("owner 2"));
    expect(tasks).toMatchObject([{ id: task.id, attempt: 2, owner: "owner 2" }]);
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
