// The store suite's chapter on getting into the queue: enqueue and unique keys.
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  idsOf,
  leasedTask,
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

  test("tasks that were added together keep what is each one's own and what all have", async ({ store }) => {
    const all = { queue: "mail", group: "signup", priority: 2, tags: ["a"] };
    const tasks = exampleTasks(20, all);
    tasks[7] = exampleTask({ ...all, group: null, tags: [] });
    tasks[19] = exampleTask({ ...all, priority: 0, schedule: "s", slot: 42 });
    await store.enqueue(tasks);
    for (const { id, name, queue, group, priority, tags, schedule, slot, envelope } of tasks)
      expect(await store.task(id)).toMatchObject({
        name,
        queue,
        group,
        priority,
        tags,
        schedule,
        slot,
        envelope,
      });
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

  test("a call whose task was deleted may be repeated: the unique key is its own", async ({ store }) => {
    const task = exampleTask({ unique: { key: "k", withinMs: 60_000 } });
    await store.enqueue([task]);
    await store.deleteTasks([task.id]);
    expect(await store.enqueue([exampleTask({ unique: { key: "k" } })])).toMatchObject([
      { deduplicated: true },
    ]);
    expect(await store.enqueue([task])).toMatchObject([{ id: task.id, deduplicated: false }]);
    expect(idsOf((await store.claim(claimBy("owner"))).tasks)).toEqual([task.id]);
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
