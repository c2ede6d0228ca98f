// The store suite's chapter on lists: every filter, the order, and pages that stay right while rows come and go.
import type { ClaimedTask, StoredTask } from "../../core/task.ts";
import type { NewTask } from "../../store/broker.ts";
import type { TaskFilter } from "../../store/filter.ts";
import type { Store } from "../../store/store.ts";
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  idsOf,
  leasedTask,
  released,
  succeeded,
} from "./examples.ts";
import type { Suite } from "./suite.ts";

export function filtersChapter({ test, expect }: Suite): void {
  // What each asked filter finds, by name, oldest first.
  const found = async (store: Store, filter: TaskFilter): Promise<string[]> => {
    const { tasks } = await store.tasks(filter, { limit: 100, oldestFirst: true });
    expect(await store.countTasks(filter)).toBe(tasks.length);
    return tasks.map(({ name }) => name);
  };
  const table = (sentence: string, changes: Partial<NewTask>[], rows: [TaskFilter, string[]][]): void => {
    test(sentence, async ({ store }) => {
      for (const change of changes) await store.enqueue([exampleTask(change)]);
      for (const [filter, names] of rows)
        expect({ filter, names: await found(store, filter) }).toEqual({ filter, names });
    });
  };

  test("a filter by state and outcome, one or one of several", async ({ store }) => {
    const leased = async (name: string) => leasedTask(store, "owner", { name });
    const [success, failure, timeout] = [
      await leased("success"),
      await leased("failure"),
      await leased("timeout"),
    ];
    await store.finish([succeeded(success), failed(failure), failed(timeout, { outcome: "timeout" })]);
    await leased("leased");
    await store.enqueue([exampleTask({ name: "ready" }), exampleTask({ name: "waiting", delayMs: 60_000 })]);
    expect(await found(store, {})).toEqual(["success", "failure", "timeout", "leased", "ready", "waiting"]);
    for (const state of ["success", "leased", "ready", "waiting"] as const)
      expect(await found(store, { state })).toEqual([state]);
    expect(await found(store, { state: ["failure", "waiting"] })).toEqual(["failure", "timeout", "waiting"]);
    expect(await found(store, { state: [] })).toEqual([]);
    expect(await found(store, { outcome: "timeout" })).toEqual(["timeout"]);
    expect(await found(store, { outcome: ["failed", "success"] })).toEqual(["success", "failure"]);
    expect(await found(store, { outcome: "failed", state: "ready" })).toEqual([]);
    expect(await found(store, { outcome: [] })).toEqual([]);
  });

  table(
    "a filter by func, queue, group, name and schedule, exactly",
    [
      { name: "1", func: "a", queue: "q", group: "g", schedule: "s" },
      { name: "2", func: "A", queue: "r", group: "G" },
      { name: "3", func: "b", queue: "q", group: null },
      { name: "3", func: "a%", queue: "q_", group: "h", schedule: "t" },
    ],
    [
      [{ func: "a" }, ["1"]],
      [{ func: ["a", "b", "none"] }, ["1", "3"]],
      [{ func: "a%" }, ["3"]],
      [{ func: [] }, []],
      [{ queue: "q" }, ["1", "3"]],
      [{ queue: ["r", "q_"] }, ["2", "3"]],
      [{ group: "g" }, ["1"]],
      [{ group: ["G", "h"] }, ["2", "3"]],
      [{ name: "3" }, ["3", "3"]],
      [{ schedule: "s" }, ["1"]],
      [{ schedule: "none" }, []],
    ],
  );

  table(
    "a filter by tag finds whole tags, with their case and whatever is in them",
    [
      { name: "1", tags: ["red", "blue"] },
      { name: "2", tags: ["Red"] },
      { name: "3", tags: ["redder", "b_ue", "100%"] },
      { name: "4", tags: ['say "red" now', "\\", "漢字"] },
      { name: "5", tags: [] },
    ],
    [
      [{ tag: "red" }, ["1"]],
      [{ tag: "Red" }, ["2"]],
      [{ tag: "b_ue" }, ["3"]],
      [{ tag: "%" }, []],
      [{ tag: "100%" }, ["3"]],
      [{ tag: 'say "red" now' }, ["4"]],
      [{ tag: "\\" }, ["4"]],
      [{ tag: "漢字" }, ["4"]],
      [{ tag: "" }, []],
    ],
  );

  table(
    "a search finds the tasks in which every word is part of name, func or group, whatever the case of a to z",
    [
      { name: "quiet-mill", func: "mail.welcome", group: "Signup" },
      { name: "100%_sure", func: "mail.bye", group: null },
      { name: "ÄPFEL", func: "Fruit", group: "back\\slash 'quoted'" },
    ],
    [
      [{ search: "mail" }, ["quiet-mill", "100%_sure"]],
      [{ search: "  MAIL   signup " }, ["quiet-mill"]],
      [{ search: "mail fruit" }, []],
      [{ search: "%" }, ["100%_sure"]],
      [{ search: "_" }, ["100%_sure"]],
      [{ search: "\\" }, ["ÄPFEL"]],
      [{ search: "'quoted'" }, ["ÄPFEL"]],
      [{ search: "ÄPF" }, ["ÄPFEL"]],
      [{ search: "fruIT slASH" }, ["ÄPFEL"]],
      [{ search: "" }, ["quiet-mill", "100%_sure", "ÄPFEL"]],
    ],
  );

  test("a filter by the span in which tasks were enqueued, its end excluded", async ({
    store,
    moveClock,
  }) => {
    for (const name of ["1", "2", "3"]) {
      await store.enqueue([exampleTask({ name })]);
      moveClock(10_000);
    }
    const enqueued = (await store.tasks({}, { limit: 9, oldestFirst: true })).tasks.map(
      (task) => task.enqueued,
    );
    expect(await found(store, { from: enqueued[1]! })).toEqual(["2", "3"]);
    expect(await found(store, { to: enqueued[1]! })).toEqual(["1"]);
    expect(await found(store, { from: enqueued[0]!, to: enqueued[2]! })).toEqual(["1", "2"]);
  });

  test("all filters that are given must hold", async ({ store }) => {
    const all = { func: "f", queue: "q", group: "g", tags: ["t"], schedule: "s" };
    await store.enqueue([exampleTask({ ...all, name: "all" })]);
    for (const field of ["func", "queue", "group", "schedule"] as const)
      await store.enqueue([exampleTask({ ...all, [field]: "x" })]);
    await store.enqueue([exampleTask({ ...all, tags: [] })]);
    const { tags: _, ...others } = all;
    expect(await found(store, { ...others, tag: "t", state: "ready", search: "all" })).toEqual(["all"]);
  });

  test("counting stops at `upTo`", async ({ store }) => {
    const running = await leasedTask(store);
    await store.finish([succeeded(running)]);
    await store.enqueue(exampleTasks(4));
    expect([
      await store.countTasks({}, 3),
      await store.countTasks({}, 5),
      await store.countTasks({}, 9),
    ]).toEqual([3, 5, 5]);
    expect(await store.countTasks({ state: "success" }, 0)).toBe(0);
  });
}

export function pagesChapter({ test, expect }: Suite): void {
  test("pages are in the order of ids, newest first unless asked otherwise, and say where to go on", async ({
    store,
  }) => {
    const tasks = exampleTasks(5);
    await store.enqueue(tasks);
    const claim = await store.claim(claimBy("owner", { slots: 3 }));
    await store.finish([succeeded(claim.tasks[0]!), failed(claim.tasks[2]!)]);
    const ids = idsOf(tasks);
    const first = await store.tasks({}, { limit: 2 });
    expect(idsOf(first.tasks)).toEqual([ids[4], ids[3]]);
    const second = await store.tasks({}, { limit: 2, after: first.next! });
    expect(idsOf(second.tasks)).toEqual([ids[2], ids[1]]);
    const third = await store.tasks({}, { limit: 2, after: second.next! });
    expect([idsOf(third.tasks), third.next]).toEqual([[ids[0]], null]);
    const all = await store.tasks({}, { limit: 5, oldestFirst: true });
    expect([idsOf(all.tasks), all.next]).toEqual([ids, null]);
    expect(await store.tasks({ func: "none" }, { limit: 5 })).toEqual({ tasks: [], next: null });
  });

  for (const oldestFirst of [false, true]) {
    test(`the cursor goes on where the page ended, also when rows came and went meanwhile (${oldestFirst ? "oldest" : "newest"} first)`, async ({
      store,
    }) => {
      const tasks = exampleTasks(40);
      await store.enqueue(tasks);
      const { tasks: running } = await store.claim(claimBy("owner", { slots: 20 }));
      const seen: StoredTask[] = [];
      const removed = new Set<string>();
      let after: string | undefined;
      for (let page = 0; after !== undefined || page === 0; page++) {
        const answer = await store.tasks(
          {},
          { limit: 7, oldestFirst, ...(after !== undefined && { after }) },
        );
        seen.push(...answer.tasks);
        after = answer.next ?? undefined;
        const at = page * 3;
        await store.finish([succeeded(running[at]!), failed(running[at + 1]!), released(running[at + 2]!)]);
        const edge = answer.tasks.filter(({ state }) => state !== "leased").at(-1);
        for (const id of await store.deleteTasks([
          tasks[39 - page]!.id,
          ...(edge === undefined ? [] : [edge.id]),
        ]))
          removed.add(id);
        await store.enqueue([exampleTask()]);
        if (page > 20) throw new Error("the pages do not end");
      }
      const seenIds = idsOf(seen);
      expect(new Set(seenIds).size).toBe(seenIds.length);
      expect(idsOf(tasks).filter((id) => !removed.has(id) && !seenIds.includes(id))).toEqual([]);
      expect(seenIds).toEqual(oldestFirst ? seenIds.toSorted() : seenIds.toSorted().reverse());
    });
  }

  test("a task that ends while the list is read is in it once", async ({ store }) => {
    await store.enqueue(exampleTasks(30));
    const { tasks } = await store.claim(claimBy("owner"));
    const ends = tasks.map((task: ClaimedTask) => store.finish([succeeded(task)]));
    for (let look = 0; look < 10; look++) {
      const page = await store.tasks({}, { limit: 100 });
      expect(new Set(idsOf(page.tasks)).size).toBe(30);
      expect(page.tasks.length).toBe(30);
    }
    await Promise.all(ends);
  });
}
