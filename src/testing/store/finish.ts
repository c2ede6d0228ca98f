// The store suite's chapter on the end of attempts: what is written, told twice, refused, or brought about.
import type { ClaimedTask, QueuedTask } from "../../core/task.ts";
import type { Ending } from "../../store/broker.ts";
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  fenceOf,
  idsOf,
  leasedTask,
  pruning,
  released,
  succeeded,
} from "./examples.ts";
import { rejection, type Suite } from "./suite.ts";

export function finishChapter({ test, expect }: Suite): void {
  test("a success leaves the queue, and is kept with its result and its attempt", async ({ store }) => {
    const task = await leasedTask(store, "owner", {
      group: "g",
      tags: ["t"],
      priority: 2,
      schedule: "s",
      slot: 7,
    });
    await store.note([{ ...fenceOf(task), progress: '{"value":1}', log: "[]" }]);
    const ending = succeeded(task, { result: "42", log: '["a line"]', uncounted: 0, crashes: 0 });
    expect(await store.finish([ending])).toEqual(["done"]);
    const {
      id,
      name,
      func,
      queue,
      group,
      priority,
      tags,
      enqueued,
      attempt,
      parent,
      schedule,
      slot,
      envelope,
    } = task;
    expect(await store.task(id)).toEqual({
      ...{
        id,
        name,
        func,
        queue,
        group,
        priority,
        tags,
        enqueued,
        attempt,
        parent,
        schedule,
        slot,
        envelope,
      },
      ...{ state: "success", outcome: "success", result: "42", uncounted: 0, crashes: 0 },
      ...{ errorClass: null, errorText: null },
      ...{ started: ending.started, stopped: ending.stopped, progress: '{"value":1}' },
    });
    const { worker, started, stopped } = ending;
    expect(await store.attempts(id)).toEqual([
      {
        id,
        attempt: 1,
        owner: "owner",
        outcome: "success",
        worker,
        started,
        stopped,
        error: null,
        log: '["a line"]',
      },
    ]);
    expect(await store.leasesOf("owner")).toEqual([]);
  });

  test("a failure is kept with its error", async ({ store }) => {
    const task = await leasedTask(store);
    await store.finish([
      failed(task, {
        result: '"broken"',
        outcome: "crashed",
        crashes: 3,
        uncounted: 1,
        worker: null,
        started: null,
      }),
    ]);
    expect(await store.task(task.id)).toMatchObject({
      state: "failure",
      outcome: "crashed",
      result: '"broken"',
      crashes: 3,
      uncounted: 1,
    });
    expect(await store.attempts(task.id)).toMatchObject([
      { outcome: "crashed", error: '"broken"', worker: null, started: null },
    ]);
  });

  test("a task that goes back is due after `delayMs`, and keeps its attempts and its latest error", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    const before = await store.time();
    const changes = { uncounted: 0, crashes: 1, isolate: true, unknown: 2, delayMs: 60_000 };
    await store.finish([released(task, { ...changes, outcome: "crashed", error: '"died"', log: "[1]" })]);
    const { uncounted, crashes, isolate, unknown } = changes;
    const back = (await store.task(task.id)) as QueuedTask;
    expect(back).toMatchObject({
      state: "waiting",
      attempt: 1,
      uncounted,
      crashes,
      isolate,
      unknown,
      error: '"died"',
    });
    expect(back).toMatchObject({
      owner: null,
      leasedAt: null,
      leasedUntil: null,
      log: null,
      enqueued: task.enqueued,
    });
    expect(back.due >= before + 60_000 && back.due <= (await store.time()) + 60_000).toBe(true);
    moveClock(60_000);
    const [again] = (await store.claim(claimBy("owner"))).tasks as [ClaimedTask];
    await store.finish([released(again, { error: null })]);
    expect(await store.task(task.id)).toMatchObject({ state: "ready", error: '"died"', unknown: 0 });
    expect(await store.attempts(task.id)).toMatchObject([
      { attempt: 1, outcome: "crashed", log: "[1]" },
      { attempt: 2 },
    ]);
  });

  test("a task that goes back without a delay keeps its due time, and so goes before the backlog", async ({
    store,
  }) => {
    const task = await leasedTask(store);
    await store.enqueue(exampleTasks(3));
    await store.finish([released(task)]);
    expect(await store.task(task.id)).toMatchObject({ state: "ready", due: task.due });
    expect((await store.claim(claimBy("owner", { slots: 1 }))).tasks).toMatchObject([
      { id: task.id, attempt: 2 },
    ]);
  });

  test("a task that goes back with a delay of 0 is ready, behind what is due", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    const [next] = exampleTasks(1);
    await store.enqueue([next!]);
    moveClock(1_000);
    await store.finish([released(task, { delayMs: 0 })]);
    expect(await store.task(task.id)).toMatchObject({ state: "ready" });
    expect(idsOf((await store.claim(claimBy("owner"))).tasks)).toEqual([next!.id, task.id]);
  });

  test("an end that is not saved leaves only its answer", async ({ store }) => {
    const task = await leasedTask(store);
    expect(await store.finish([succeeded(task, { save: false, result: "42" })])).toEqual(["done"]);
    expect(await store.task(task.id)).toBe(null);
    expect(await store.countTasks({})).toBe(0);
    const { id, name, func } = task;
    expect(await store.answers([id])).toEqual([
      { id, success: true, outcome: "success", name, func, result: "42" },
    ]);
    expect(await store.attempts(id)).toMatchObject([{ attempt: 1, outcome: "success" }]);
  });

  test("endings are carried out in order", async ({ store }) => {
    const [a, b] = [await leasedTask(store), await leasedTask(store)];
    const endings = [succeeded(a), released(a), failed(b), succeeded(b), succeeded(exampleRunning())];
    expect(await store.finish(endings)).toEqual(["done", "already", "done", "already", "lost"]);
    expect(await store.finish([])).toEqual([]);
    expect(await store.task(a.id)).toMatchObject({ state: "success" });
    expect(await store.task(b.id)).toMatchObject({ state: "failure" });
  });

  test("a group of 500 is one call", async ({ store }) => {
    await store.enqueue(exampleTasks(500));
    const { tasks } = await store.claim(claimBy("owner"));
    const ends = [succeeded, failed, released, (task: ClaimedTask) => succeeded(task, { save: false })];
    expect(await store.finish(tasks.map((task, index) => ends[index % 4]!(task)))).toEqual(
      tasks.map(() => "done"),
    );
    expect(await store.countTasks({ state: "success" })).toBe(125);
    expect(await store.countTasks({ state: "failure" })).toBe(125);
    expect(await store.countTasks({ state: "ready" })).toBe(125);
  });

  test("of a group each is answered by itself, and only those are carried out that may be", async ({
    store,
  }) => {
    await store.enqueue(exampleTasks(40));
    const { tasks } = await store.claim(claimBy("owner"));
    const every4th = (from: number): ClaimedTask[] => tasks.filter((_, index) => index % 4 === from);
    const [mine, others, over, cancelled] = [every4th(0), every4th(1), every4th(2), every4th(3)];
    await store.finish(over.map((task) => succeeded(task)));
    for (const { id } of cancelled) await store.cancel(id, "no");
    const ends = [
      (task: ClaimedTask) => failed(task),
      (task: ClaimedTask) => ({ ...failed(task), owner: "other" }),
      (task: ClaimedTask) => failed(task),
      (task: ClaimedTask) => released(task),
    ];
    const answers = ["done", "lost", "already", "cancelled"];
    expect(await store.finish(tasks.map((task, index) => ends[index % 4]!(task)))).toEqual(
      tasks.map((_, index) => answers[index % 4]),
    );
    for (const { id } of mine) expect(await store.task(id)).toMatchObject({ state: "failure" });
    for (const { id } of over) expect(await store.task(id)).toMatchObject({ state: "success" });
    for (const { id } of [...others, ...cancelled]) {
      expect(await store.task(id)).toMatchObject({ state: "leased", owner: "owner" });
      expect(await store.attempts(id)).toEqual([]);
    }
  });

  test("finish and claim in one commit", async ({ store }) => {
    const task = await leasedTask(store);
    const next = exampleTask();
    await store.enqueue([next]);
    const followUps = [exampleTask({ parent: task.id, priority: 1 })];
    const { answers, claim } = await store.finishAndClaim(
      [succeeded(task, { followUps }), succeeded(exampleRunning())],
      claimBy("owner"),
    );
    expect(answers).toEqual(["done", "lost"]);
    expect(idsOf(claim.tasks)).toEqual([followUps[0]!.id, next.id]);
    const [again] = claim.tasks as [ClaimedTask];
    const bad = succeeded(again, { stopped: Number.NaN });
    await rejection(store.finishAndClaim([bad], claimBy("owner")));
    expect((await store.leasesOf("owner")).length).toBe(2);
  });
}

/** A task that the store has never seen. */
function exampleRunning(): ClaimedTask {
  const moment = 1_700_000_000_000;
  return {
    ...exampleTask(),
    ...{
      state: "leased",
      enqueued: moment,
      due: moment,
      attempt: 1,
      uncounted: 0,
      crashes: 0,
      unknown: 0,
      cancelled: false,
    },
    ...{ owner: "owner", leasedAt: moment, leasedUntil: moment, error: null, log: null, progress: null },
  };
}

export function repeatChapter({ test, expect }: Suite): void {
  test("a repeated finish is `already` and changes nothing", async ({ store }) => {
    const task = await leasedTask(store);
    await store.finish([succeeded(task, { result: "1" })]);
    const before = await store.task(task.id);
    expect(await store.finish([succeeded(task, { result: "2" }), failed(task), released(task)])).toEqual([
      "already",
      "already",
      "already",
    ]);
    expect(await store.task(task.id)).toEqual(before);
    expect((await store.attempts(task.id)).length).toBe(1);
  });

  test("a repeated finish is `already`, also when the row is at the next attempt", async ({ store }) => {
    const first = await leasedTask(store, "owner 1");
    await store.finish([released(first)]);
    expect(await store.finish([released(first)])).toEqual(["already"]);
    await store.claim(claimBy("owner 2"));
    const second = (await store.task(first.id)) as QueuedTask;
    expect(second).toMatchObject({ attempt: 2, owner: "owner 2" });
    expect(await store.finish([released(first), succeeded(first)])).toEqual(["already", "already"]);
    expect(await store.task(first.id)).toEqual(second);
    await store.finish([succeeded(second)]);
    expect(await store.finish([released(first)])).toEqual(["already"]);
  });

  test("a repeated finish is `already`, also when the task was not saved, was pruned or deleted", async ({
    store,
  }) => {
    await store.enqueue(exampleTasks(3));
    const [unsaved, pruned, deleted] = (await store.claim(claimBy("owner"))).tasks as [
      ClaimedTask,
      ClaimedTask,
      ClaimedTask,
    ];
    const endings = [succeeded(unsaved, { save: false }), succeeded(pruned), failed(deleted)];
    await store.finish(endings);
    await store.deleteTasks([deleted.id, unsaved.id]);
    await store.prune(pruning({ saveLimit: 0 }));
    expect(await store.countTasks({})).toBe(0);
    expect(await store.finish(endings)).toEqual(["already", "already", "already"]);
    expect(await store.countTasks({})).toBe(0);
  });

  test("another owner's repeat of an attempt that has ended is `lost`", async ({ store }) => {
    const task = await leasedTask(store);
    await store.finish([released(task)]);
    expect(
      await store.finish([
        { ...released(task), owner: "other" },
        { ...released(task), attempt: 2 },
      ]),
    ).toEqual(["lost", "lost"]);
  });
}

const badData: Record<string, (task: ClaimedTask) => Ending> = {
  "the attempt's record": (task) => succeeded(task, { stopped: Number.NaN }),
  "the ended task": (task) => failed(task, { crashes: Number.NaN }),
  "the answer": (task) => succeeded(task, { save: false, answerMs: Number.NaN }),
  "the next attempt": (task) => released(task, { uncounted: Number.NaN }),
  "a follow-up": (task) =>
    succeeded(task, { followUps: [exampleTask(), exampleTask({ priority: Number.NaN })] }),
};

export function groupChapter({ test, expect }: Suite): void {
  for (const [what, bad] of Object.entries(badData)) {
    test(`an ending whose data the engine refuses is an error and no other is carried out: ${what}`, async ({
      store,
    }) => {
      await store.enqueue(exampleTasks(6));
      const { tasks } = await store.claim(claimBy("owner"));
      const leases = async (): Promise<QueuedTask[]> =>
        (await store.leasesOf("owner")).sort((a, b) => (a.id < b.id ? -1 : 1));
      const before = await leases();
      const followUps = [exampleTask()];
      const group = tasks.map((task) => succeeded(task, { followUps }));
      group[1] = released(tasks[1]!);
      group[2] = succeeded(tasks[2]!, { save: false });
      const poisoned = group.with(3, bad(tasks[3]!));
      await rejection(store.finish(poisoned));
      expect(await leases()).toEqual(before);
      expect(await store.countTasks({})).toBe(6);
      expect(await store.answers(idsOf(tasks))).toEqual([]);
      for (const { id } of tasks) expect(await store.attempts(id)).toEqual([]);

      await rejection(store.finish([poisoned[3]!]));
      const rest = poisoned.toSpliced(3, 1);
      expect(await store.finish(rest)).toEqual(rest.map(() => "done"));
      expect(idsOf(await store.leasesOf("owner"))).toEqual([tasks[3]!.id]);
    });
  }

  test("follow-ups are added with the end that brings them about", async ({ store }) => {
    const task = await leasedTask(store);
    const followUps = [exampleTask({ parent: task.id }), exampleTask({ parent: task.id, delayMs: 60_000 })];
    await store.finish([succeeded(task, { followUps })]);
    expect(await store.task(followUps[0]!.id)).toMatchObject({ state: "ready", parent: task.id });
    expect(await store.task(followUps[1]!.id)).toMatchObject({ state: "waiting" });
  });

  test("a repeated end adds no follow-ups, whatever became of the first ones", async ({ store }) => {
    const task = await leasedTask(store);
    const [ended, deleted] = [exampleTask(), exampleTask()];
    const ending = succeeded(task, { followUps: [ended, deleted] });
    expect(await store.finish([ending, ending])).toEqual(["done", "already"]);
    await store.deleteTasks([deleted.id]);
    await store.finish((await store.claim(claimBy("owner"))).tasks.map((it) => succeeded(it)));
    expect(await store.finish([ending])).toEqual(["already"]);
    expect(await store.countTasks({})).toBe(2);
    expect((await store.claim(claimBy("owner"))).tasks).toEqual([]);
  });

  test("an end that was lost, or answered `cancelled`, brings no follow-ups about", async ({ store }) => {
    const task = await leasedTask(store);
    await store.cancel(task.id, "no");
    const followUps = [exampleTask()];
    expect(
      await store.finish([released(task, { followUps }), { ...succeeded(task, { followUps }), attempt: 9 }]),
    ).toEqual(["cancelled", "lost"]);
    expect(await store.countTasks({})).toBe(1);
  });
}
