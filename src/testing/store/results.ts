// The store suite's chapter on what became of tasks: one by one, for waiters, by group; deleting and resubmitting.
import type { ClaimedTask, QueuedTask } from "../../core/task.ts";
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
import type { Condition, CountedOn, ListField } from "../../store/browse.ts";
import type { NewTask } from "../../store/broker.ts";
import type { Repeat } from "../../store/store.ts";
import type { Suite } from "./suite.ts";

const step = 10_000;

export function resultsChapter({ test, expect }: Suite): void {
  test("a task is found by its id, or the latest of a name, ended or not", async ({ store }) => {
    const [older, newer] = [
      exampleTask({ name: "report", delayMs: 60_000 }),
      exampleTask({ name: "report" }),
    ];
    await store.enqueue([older, newer]);
    expect(await store.task("report")).toMatchObject({ id: newer.id });
    const [running] = (await store.claim(claimBy("owner"))).tasks as [ClaimedTask];
    await store.finish([succeeded(running)]);
    expect(await store.task("report")).toMatchObject({ id: newer.id, state: "success" });
    expect(await store.task(older.id)).toMatchObject({ id: older.id, state: "waiting" });
    await store.deleteTasks([newer.id]);
    expect(await store.task("report")).toMatchObject({ id: older.id });
    const newest = await leasedTask(store, "owner", { name: "report" });
    expect(await store.task("report")).toEqual(newest);
    expect([
      await store.task("nothing"),
      await store.task("Report"),
      await store.task(exampleTask().id),
    ]).toEqual([null, null, null]);
  });

  test("an id goes before a name", async ({ store }) => {
    const task = exampleTask();
    await store.enqueue([task, exampleTask({ name: task.id })]);
    expect(await store.task(task.id)).toMatchObject({ id: task.id });
  });

  test("the attempts of a task that have ended, the first one first", async ({ store }) => {
    const first = await leasedTask(store, "owner 1");
    expect(await store.attempts(first.id)).toEqual([]);
    await store.finish([released(first)]);
    const [second] = (await store.claim(claimBy("owner 2"))).tasks as [ClaimedTask];
    expect(await store.attempts(first.id)).toMatchObject([{ attempt: 1, outcome: "released" }]);
    await store.finish([failed(second)]);
    expect(await store.attempts(first.id)).toMatchObject([
      { attempt: 1, owner: "owner 1", outcome: "released" },
      { attempt: 2, owner: "owner 2", outcome: "failed" },
    ]);
  });

  test("of each of many tasks the last attempt that has ended", async ({ store }) => {
    const [twice, once] = [await leasedTask(store, "owner 1"), await leasedTask(store, "owner 1")];
    const open = await leasedTask(store, "owner 1");
    await store.finish([released(twice), released(once)]);
    const { tasks } = await store.claim(claimBy("owner 2"));
    await store.finish(tasks.filter(({ id }) => id === twice.id).map((task) => failed(task)));
    const last = await store.lastAttempts([once.id, twice.id, open.id, "nobody", once.id]);
    expect(Object.fromEntries(last.map(({ id, attempt, owner }) => [id, [attempt, owner]]))).toEqual({
      [twice.id]: [2, "owner 2"],
      [once.id]: [1, "owner 1"],
    });
    expect([last.length, await store.lastAttempts([])]).toEqual([2, []]);
  });

  test("the worker of the last attempt is asked for like a field, also of rows that are named", async ({
    store,
  }) => {
    await store.enqueue(exampleTasks(4));
    const { tasks } = await store.claim(claimBy("owner", { lanes: [{ queue: "default", limit: 3 }] }));
    const [first, second, third] = tasks as [ClaimedTask, ClaimedTask, ClaimedTask];
    await store.finish([
      succeeded(first, { worker: "7" }),
      failed(second, { worker: "8" }),
      released(third, { worker: "7", outcome: "failed" }),
    ]);
    const again = await store.claim(claimBy("owner"));
    const retried = again.tasks.find(({ id }) => id === third.id) as ClaimedTask;
    await store.finish([succeeded(retried, { worker: null })]);
    const seven: Condition<ListField<"ended">> = { field: "worker", is: "in", values: ["7"] };
    const found = async (...where: Condition<ListField<"ended">>[]): Promise<string[]> => {
      const order = { by: "id", descending: true } as const;
      const { rows } = await store.browse("ended", { where, order, limit: 9, step });
      expect(await store.countList("ended", where, 9)).toEqual({ count: rows.length, more: false });
      let count = 0;
      for (let after: string | null | undefined; after !== null; ) {
        const part: CountedOn = await store.countOn("ended", where, {
          step,
          ...(after === undefined ? {} : { after }),
        });
        count += part.count;
        after = part.after;
      }
      expect(count).toBe(rows.length);
      return idsOf(rows).sort();
    };
    expect(await found(seven)).toEqual([first.id]);
    expect(await found({ is: "not", condition: seven })).toEqual([second.id, third.id].sort());
    expect(await found({ field: "worker", is: "null" })).toEqual([third.id]);
    const named = (...ids: string[]) => ({ field: "id", is: "in", values: ids }) as const;
    expect(await found(seven, named(second.id, third.id))).toEqual([]);
    expect(await found(seven, named(first.id, second.id))).toEqual([first.id]);
    const order = { by: "worker", descending: false } as const;
    const { rows } = await store.browse("ended", { where: [], order, limit: 9, step });
    expect(idsOf(rows)).toEqual([first.id, second.id, third.id]);
    const prefix = { field: "worker", prefix: "", limit: 9 } as const;
    expect(await store.suggest("ended", prefix)).toEqual(["7", "8"]);
  });

  test("answers are given for those of the asked tasks that have ended", async ({ store }) => {
    await store.enqueue(exampleTasks(5));
    const { tasks } = await store.claim(claimBy("owner"));
    const [saved, unsaved, failure, unsavedFailure, running] = tasks as [
      ClaimedTask,
      ClaimedTask,
      ClaimedTask,
      ClaimedTask,
      ClaimedTask,
    ];
    await store.finish([
      succeeded(saved, { result: "1" }),
      succeeded(unsaved, { save: false, result: null }),
      failed(failure, { result: "3", outcome: "timeout" }),
      failed(unsavedFailure, { save: false, result: "4" }),
    ]);
    const answers = await store.answers([running.id, ...idsOf(tasks), exampleTask().id]);
    const about = ({ id, name, func }: ClaimedTask) => ({ id, name, func });
    expect(answers.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { ...about(saved), success: true, outcome: "success", result: "1" },
      { ...about(unsaved), success: true, outcome: "success", result: null },
      { ...about(failure), success: false, outcome: "timeout", result: "3" },
      { ...about(unsavedFailure), success: false, outcome: "failed", result: "4" },
    ]);
    expect(await store.answers([])).toEqual([]);
  });

  test("an answer by name is that of the latest task of that name that has ended", async ({ store }) => {
    const changes = { name: "report" };
    const tasks = [
      await leasedTask(store, "owner", changes),
      await leasedTask(store, "owner", changes),
      await leasedTask(store, "owner", changes),
    ];
    const [first, second, third] = tasks as [QueuedTask, QueuedTask, QueuedTask];
    expect(await store.answerByName("report")).toBe(null);
    await store.finish([succeeded(second, { save: false, result: "2" })]);
    await store.finish([succeeded(first, { result: "1" })]);
    expect(await store.answerByName("report")).toMatchObject({ id: second.id, result: "2" });
    await store.finish([failed(third, { result: "3" })]);
    expect(await store.answerByName("report")).toMatchObject({ id: third.id, success: false, result: "3" });
  });

  test("deleting removes tasks that do not run, and answers the ids removed", async ({ store }) => {
    await store.enqueue(exampleTasks(4));
    const { tasks } = await store.claim(claimBy("owner"));
    const [running, saved, unsaved, failure] = tasks as [ClaimedTask, ClaimedTask, ClaimedTask, ClaimedTask];
    await store.finish([succeeded(saved), succeeded(unsaved, { save: false }), failed(failure)]);
    const [ready, waiting, untouched] = [exampleTask(), exampleTask({ delayMs: 60_000 }), exampleTask()];
    await store.enqueue([ready, waiting, untouched]);
    const asked = [running, saved, unsaved, failure, ready, waiting, exampleTask()].map(({ id }) => id);
    const removed = [saved, unsaved, failure, ready, waiting].map(({ id }) => id);
    expect((await store.deleteTasks([...asked, saved.id])).sort()).toEqual(removed.sort());
    expect(await store.deleteTasks(asked)).toEqual([]);
    expect(idsOf((await store.tasks({}, { limit: 10, oldestFirst: true })).tasks)).toEqual([
      running.id,
      untouched.id,
    ]);
    expect(await store.answers(asked)).toEqual([]);
  });

  test("resubmit adds the task, and keeps or removes the ended one it repeats", async ({ store }) => {
    const [kept, removed] = [await leasedTask(store), await leasedTask(store)];
    await store.finish([failed(kept), failed(removed)]);
    const [copy, other] = [exampleTask({ parent: kept.id }), exampleTask({ parent: removed.id })];
    const answers = await store.resubmit([
      { id: kept.id, task: copy, remove: false },
      { id: removed.id, task: other, remove: true },
    ]);
    expect(answers).toEqual([copy, other].map(({ id, name }) => ({ id, name, deduplicated: false })));
    expect(await store.task(kept.id)).toMatchObject({ state: "failure" });
    expect(await store.task(removed.id)).toBe(null);
    expect(idsOf((await store.claim(claimBy("owner"))).tasks)).toEqual([copy.id, other.id]);
  });

  test("resubmit of a task that is gone or has not ended is null and adds nothing", async ({ store }) => {
    const [running, ended] = [await leasedTask(store), await leasedTask(store)];
    await store.finish([failed(ended)]);
    await store.deleteTasks([ended.id]);
    const repeats = [running, ended].map(({ id }) => ({ id, task: exampleTask(), remove: true }));
    expect(await store.resubmit(repeats)).toEqual([null, null]);
    expect(await store.countTasks({})).toBe(1);
  });

  test("resubmit of a task whose unique key is held removes nothing and is not audited", async ({
    store,
  }) => {
    const ended = await leasedTask(store);
    await store.finish([failed(ended)]);
    const holder = exampleTask({ unique: { key: "k" } });
    await store.enqueue([holder]);
    const task = exampleTask({ unique: { key: "k" } });
    const audit = { who: "ann", action: "task.resubmit", object: ended.id };
    expect(await store.resubmit([{ id: ended.id, task, remove: true, audit }])).toMatchObject([
      { id: holder.id, deduplicated: true },
    ]);
    expect([await store.countTasks({}), await store.audits(9)]).toEqual([2, []]);
  });

  test("a unique key that a task still holds after its end goes on to its repeat", async ({ store }) => {
    const unique = { key: "k", withinMs: 3_600_000 };
    const ended = await leasedTask(store, "owner", { unique });
    await store.finish([failed(ended)]);
    const [first, second] = [exampleTask({ unique }), exampleTask({ unique })];
    const repeat = (task: NewTask): Repeat => ({ id: ended.id, task, remove: false });
    expect(await store.resubmit([repeat(first), repeat(second)])).toMatchObject([
      { id: first.id, deduplicated: false },
      { id: first.id, deduplicated: true },
    ]);
    expect(await store.enqueue([exampleTask({ unique })])).toMatchObject([
      { id: first.id, deduplicated: true },
    ]);
  });
}

export function groupsChapter({ test, expect }: Suite): void {
  test("a group counts its tasks that are kept: succeeded, failed, open", async ({ store }) => {
    await store.enqueue([
      ...exampleTasks(5, { group: "g" }),
      ...exampleTasks(2, { group: "G" }),
      ...exampleTasks(2),
    ]);
    const { tasks } = await store.claim(claimBy("owner", { slots: 4 }));
    await store.finish([succeeded(tasks[0]!), succeeded(tasks[1]!), failed(tasks[2]!)]);
    expect(await store.groupCount("g")).toEqual({ total: 5, succeeded: 2, failed: 1, open: 2 });
    expect(await store.groupCount("nobody")).toEqual({ total: 0, succeeded: 0, failed: 0, open: 0 });
    await store.prune(pruning({ saveLimit: 1 }));
    expect(await store.groupCount("g")).toEqual({ total: 4, succeeded: 1, failed: 1, open: 2 });
  });

  test("deleting a group takes the label off its tasks, running ones too", async ({ store }) => {
    const [ended, running] = [
      await leasedTask(store, "owner", { group: "g" }),
      await leasedTask(store, "owner", { group: "g" }),
    ];
    await store.finish([succeeded(ended)]);
    await store.enqueue([exampleTask({ group: "g" }), exampleTask({ group: "other" })]);
    expect(await store.deleteGroup("g", false)).toBe(3);
    expect(await store.countTasks({ group: "g" })).toBe(0);
    expect(await store.countTasks({ group: "other" })).toBe(1);
    expect(await store.countTasks({})).toBe(4);
    expect(await store.finish([succeeded(running)])).toEqual(["done"]);
    expect(await store.task(running.id)).toMatchObject({ group: null });
  });

  test("deleting a group with its tasks leaves those that run", async ({ store }) => {
    const [ended, running] = [
      await leasedTask(store, "owner", { group: "g" }),
      await leasedTask(store, "owner", { group: "g" }),
    ];
    await store.finish([succeeded(ended)]);
    const other = exampleTask({ group: "other" });
    await store.enqueue([exampleTask({ group: "g" }), exampleTask({ group: "g", delayMs: 5_000 }), other]);
    expect(await store.deleteGroup("g", true)).toBe(3);
    expect(idsOf((await store.tasks({}, { limit: 10, oldestFirst: true })).tasks)).toEqual([
      running.id,
      other.id,
    ]);
  });
}
