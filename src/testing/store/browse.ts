// The store suite's chapter on lists as people read them: conditions, every order both ways, bounded steps, counts, suggestions.
import { encodeError } from "../../core/codec.ts";
import type {
  BrowsePage,
  BrowseRequest,
  Condition,
  CountedOn,
  ListField,
  ListName,
  ListOrder,
  Lists,
} from "../../store/browse.ts";
import { compareKeys, fits } from "../../store/condition.ts";
import { orderOf } from "../../store/cursor.ts";
import { valueOf } from "../../store/page-rows.ts";
import type { Store } from "../../store/store.ts";
import { claimBy, exampleTask, exampleTasks, failed, idsOf, succeeded } from "./examples.ts";
import { exampleSchedule } from "./schedule-examples.ts";
import { rejection, type Suite } from "./suite.ts";

const step = 10_000;

export function browseChapter({ test, expect }: Suite): void {
  test("every order gives each row once, page by page, forward and backward, whatever the direction", async ({
    store,
  }) => {
    await fill(store);
    for (const [list, orders] of Object.entries(ordersOf) as [ListName, string[]][]) {
      const all = await everyRow(store, list);
      for (const by of orders) {
        for (const descending of [true, false]) {
          const expected = inOrder(list, all, by, descending);
          const order = { by: by as ListOrder<typeof list>, descending };
          for (const way of ["forward", "backward"] as const) {
            const found = await walk(store, list, { where: [], order, limit: 7, step }, way);
            expect({ list, by, descending, way, found }).toEqual({
              list,
              by,
              descending,
              way,
              found: expected,
            });
          }
        }
      }
    }
  });

  test("a page of each condition holds the rows that fit it, and the count is theirs", async ({ store }) => {
    await fill(store);
    for (const [list, conditions] of Object.entries(conditionsOf) as [ListName, Condition<never>[]][]) {
      const all = await everyRow(store, list);
      const [by] = ordersOf[list];
      for (const condition of conditions) {
        const fitting = all.filter((row) => fits(condition, (field) => valueOf(list, row, field)));
        const request = {
          where: [condition],
          order: { by: by as never, descending: true },
          limit: 100,
          step,
        };
        const page = await store.browse(list, request);
        const expected = inOrder(list, fitting, by as string, true);
        expect({ condition, ids: page.rows.map(({ id }) => id) }).toEqual({ condition, ids: expected });
        expect({ condition, count: await countedInSteps(store, list, [condition]) }).toEqual({
          condition,
          count: expected.length,
        });
        expect({ condition, ...(await store.countList(list, [condition], 100)) }).toEqual({
          condition,
          count: expected.length,
          more: false,
        });
      }
    }
  });

  test("conditions are all to hold, in every order, and pages of them lose none", async ({ store }) => {
    await fill(store);
    const where: Condition<ListField<"ended">>[] = [
      { field: "state", is: "in", values: ["success", "failure"] },
      { field: "func", is: "in", values: ["mail.welcome", "report"] },
      { is: "not", condition: { field: "group", is: "in", values: ["b"] } },
    ];
    const all = await everyRow(store, "ended");
    const fitting = all.filter((row) =>
      where.every((one) => fits(one, (field) => valueOf("ended", row, field))),
    );
    for (const by of ordersOf.ended) {
      const request = { where, order: { by: by as ListOrder<"ended">, descending: false }, limit: 3, step };
      const expected = inOrder("ended", fitting, by, false);
      expect({ by, ids: await walk(store, "ended", request, "forward") }).toEqual({ by, ids: expected });
      expect({ by, ids: await walk(store, "ended", request, "backward") }).toEqual({ by, ids: expected });
    }
  });

  test("queued tasks of a group come page by page in the order of claims, forward and backward", async ({
    store,
  }) => {
    await fill(store);
    const where: Condition<ListField<"queued">>[] = [
      { field: "group", is: "in", values: ["a", "b"] },
      { field: "func", is: "in", values: ["mail.welcome", "report"] },
    ];
    const all = await everyRow(store, "queued");
    const fitting = all.filter((row) =>
      where.every((one) => fits(one, (field) => valueOf("queued", row, field))),
    );
    for (const descending of [true, false]) {
      const request = { where, order: { by: "claim" as const, descending }, limit: 2, step };
      const expected = inOrder("queued", fitting, "claim", descending);
      expect(await walk(store, "queued", request, "forward")).toEqual(expected);
      expect(await walk(store, "queued", request, "backward")).toEqual(expected);
    }
  });

  test("rows asked for by their ids come in the order of the list, those that fit", async ({ store }) => {
    await fill(store);
    const all = await everyRow(store, "queued");
    const ids = idsOf(all).filter((_, index) => index % 3 === 0);
    const { rows } = await store.browse("queued", {
      where: [
        { field: "id", is: "in", values: [...ids, "none"] },
        { field: "queue", is: "in", values: ["default"] },
      ],
      order: { by: "claim", descending: false },
      limit: 100,
      step,
    });
    const expected = all.filter(({ id, queue }) => ids.includes(id) && queue === "default");
    expect(idsOf(rows)).toEqual(inOrder("queued", expected, "claim", false));
  });

  test("a step that finds too little says how far it came, and goes on from there", async ({ store }) => {
    await fill(store);
    const where: Condition<ListField<"ended">>[] = [{ field: "name", is: "contains", text: "NEEDLE" }];
    const request = { where, order: { by: "stopped", descending: true } as const, limit: 5 };
    const whole = await store.browse("ended", { ...request, step });
    expect([whole.rows.length, whole.after, whole.reached]).toEqual([2, null, null]);
    const first = await store.browse("ended", { ...request, step: 4 });
    expect(typeof first.reached === "number" || first.rows.length === 2).toBe(true);
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page: BrowsePage<"ended"> = await store.browse("ended", {
        ...request,
        step: 4,
        ...(after !== undefined && { after }),
      });
      found.push(...idsOf(page.rows));
      after = page.after ?? undefined;
    } while (after !== undefined);
    expect(found).toEqual(idsOf(whole.rows));
  });

  test("the last page is that of the groups when a step finds nothing without one, and leads on", async ({
    store,
  }) => {
    const groups = Array.from({ length: 6 }, (_, index) => `group-${index}`);
    await store.enqueue(exampleTasks(6).map((task, index) => ({ ...task, group: groups[index] as string })));
    const { tasks } = await store.claim(claimBy("owner"));
    await store.finish(tasks.map((task) => succeeded(task)));
    const order = { by: "group", descending: false } as const;
    const page = await store.browse("ended", { where: [], order, limit: 2, step: 3, last: true });
    expect(page.rows.map(({ group }) => group)).toEqual(groups.slice(-2));
    expect([page.reached, page.before === null]).toEqual([null, false]);
    // There may be some further on, where an engine has not looked.
    const { after } = page;
    const rest =
      after === null
        ? { rows: [] }
        : await store.browse("ended", { where: [], order, limit: 2, step: 3, after });
    expect(rest.rows).toEqual([]);
  });

  test("counting reads at most so many rows", async ({ store }) => {
    await fill(store);
    const ended = (await everyRow(store, "ended")).length;
    expect(await store.countList("ended", [], ended)).toEqual({ count: ended, more: false });
    expect(await store.countList("ended", [], ended - 1)).toEqual({ count: ended - 1, more: true });
    const needle: Condition<ListField<"ended">> = { field: "name", is: "contains", text: "needle" };
    expect((await store.countList("ended", [needle], 1)).more).toBe(true);
  });

  test("values that begin so are suggested in their order, of the states that were asked for", async ({
    store,
  }) => {
    await fill(store);
    const suggest = (field: ListField<"ended">, prefix: string, states?: string[]) =>
      store.suggest("ended", { field, prefix, limit: 3, ...(states && { states }) });
    expect(await suggest("func", "")).toEqual(["mail.bye", "mail.welcome", "report"]);
    expect(await suggest("func", "mail.w")).toEqual(["mail.welcome"]);
    expect(await suggest("func", "%")).toEqual([]);
    expect(await suggest("group", "", ["success"])).toEqual(
      [
        ...new Set(
          (await everyRow(store, "ended"))
            .filter(({ state }) => state === "success")
            .map(({ group }) => group),
        ),
      ]
        .filter((group) => group !== null)
        .sort()
        .slice(0, 3),
    );
    expect(await suggest("errorClass", "R")).toEqual(["RangeError"]);
    expect(await suggest("queue", "d")).toEqual(["default"]);
    expect(await store.suggest("queued", { field: "group", prefix: "", limit: 9 })).toEqual(["a", "b", "ÄÖ"]);
    expect(await store.suggest("schedules", { field: "name", prefix: "nightly-1", limit: 2 })).toEqual([
      "nightly-1-1",
      "nightly-1-11",
    ]);
    expect(await store.suggest("audit", { field: "who", prefix: "a", limit: 9 })).toEqual(["ann"]);
  });

  test("a cursor of another order, or none at all, is refused", async ({ store }) => {
    await fill(store);
    const request = { where: [], order: { by: "stopped", descending: true } as const, limit: 2, step };
    const { after } = await store.browse("ended", request);
    const byFunc = { ...request, order: { by: "func", descending: true } as const };
    const odd = Buffer.from('["stopped",1e400,"x"]').toString("base64url");
    for (const [order, cursor] of [
      [byFunc, after!],
      [request, "x"],
      [request, ""],
      [request, odd],
    ] as const)
      expect(await rejection(store.browse("ended", { ...order, after: cursor }))).toMatchObject({
        code: "QUERN_BAD_CURSOR",
      });
  });

  test("a task that waits or is ready is changed as long as it is as it was read", async ({ store }) => {
    const task = exampleTask({ priority: 1 });
    await store.enqueue([task]);
    const [read] = (await store.tasks({}, { limit: 1 })).tasks;
    if (read === undefined || !("due" in read)) throw new Error("the task is not in the queue");
    const later = (await store.time()) + 60_000;
    const audit = { who: "ann", action: "queued.change", object: task.id };
    expect(await store.changeTask(read, { queue: "long", dueAt: later, priority: 7 }, audit)).toBe(true);
    expect(await store.task(task.id)).toMatchObject({
      state: "waiting",
      queue: "long",
      due: later,
      priority: 7,
    });
    expect(await store.changeTask(read, { priority: 9 }, audit)).toBe(false);
    const changed = (await store.task(task.id)) as typeof read;
    expect(await store.changeTask(changed, { dueAt: later - 120_000, envelope: "other" })).toBe(true);
    const due = (await store.task(task.id)) as typeof read;
    expect(due).toMatchObject({ state: "ready", envelope: "other", queue: "long" });
    await store.claim(claimBy("owner", { lanes: [{ queue: "long", limit: 1 }] }));
    expect(await store.changeTask(due, { priority: 1 })).toBe(false);
    expect((await store.audits(9)).length).toBe(1);
  });
}

const ordersOf = {
  ended: ["stopped", "id", "group", "func", "name", "took", "started"],
  queued: ["claim", "id", "due", "group", "priority"],
  schedules: ["nextRun", "id", "name", "repeats"],
  audit: ["id", "who", "address"],
} satisfies Record<ListName, string[]>;

const conditionsOf: { [L in ListName]: Condition<ListField<L>>[] } = {
  ended: [
    { field: "state", is: "in", values: ["failure"] },
    { field: "state", is: "in", values: [] },
    { field: "group", is: "in", values: ["a", "ÄÖ", "none"] },
    { field: "group", is: "in", values: [null, "b"] },
    { field: "group", is: "null" },
    { is: "not", condition: { field: "group", is: "in", values: ["a"] } },
    { is: "not", condition: { field: "group", is: "contains", text: "B" } },
    { field: "func", is: "contains", text: "MAIL." },
    { field: "name", is: "contains", text: "%" },
    { field: "name", is: "contains", text: "Ä" },
    { field: "stopped", is: "between", from: 1_003, to: 1_010 },
    { field: "started", is: "between", to: 1_005 },
    { field: "took", is: "between", from: 4 },
    { field: "tags", is: "has", value: "re_d" },
    { field: "outcome", is: "in", values: ["timeout", "success"] },
    { field: "outcome", is: "in", values: ["timeout", "lost"] },
    { field: "outcome", is: "in", values: ["failed"] },
    { field: "errorClass", is: "in", values: ["RangeError"] },
    { field: "errorClass", is: "null" },
    { field: "errorText", is: "contains", text: "BOOM Ä" },
    {
      is: "any",
      conditions: [
        { field: "name", is: "contains", text: "needle" },
        {
          is: "all",
          conditions: [
            { field: "group", is: "null" },
            { field: "func", is: "in", values: ["report"] },
          ],
        },
      ],
    },
    { is: "any", conditions: [] },
    { is: "all", conditions: [] },
  ],
  queued: [
    { field: "state", is: "in", values: ["leased"] },
    { field: "state", is: "in", values: ["ready", "waiting"] },
    { field: "state", is: "in", values: ["waiting", "nonsense"] },
    { field: "unknown", is: "between", from: 1 },
    { field: "queue", is: "in", values: ["long"] },
    { field: "group", is: "in", values: ["b"] },
    { field: "owner", is: "null" },
    { field: "priority", is: "between", from: 1 },
  ],
  schedules: [
    { field: "nextRun", is: "null" },
    { field: "nextRun", is: "between", to: 2_000 },
    { field: "repeats", is: "in", values: [0] },
    { field: "held", is: "in", values: [1] },
    { field: "error", is: "null" },
    { field: "name", is: "contains", text: "NIGHT" },
    { field: "type", is: "in", values: ["cron", "weekly"] },
    { field: "note", is: "contains", text: "ANN, Ä" },
  ],
  audit: [
    { field: "who", is: "in", values: ["ann"] },
    { field: "object", is: "in", values: ["x"] },
    { field: "outcome", is: "in", values: ["done"] },
    { field: "address", is: "null" },
    { field: "action", is: "contains", text: "RESUB" },
  ],
};

/** Tasks in every state, with and without what may be missing, and who did what. */
async function fill(store: Store): Promise<void> {
  const groups = ["a", null, "b", "ÄÖ"];
  const funcs = ["mail.welcome", "report", "mail.bye"];
  const tasks = Array.from({ length: 40 }, (_, index) =>
    exampleTask({
      name: index % 13 === 5 ? `a needle ${index}` : index === 7 ? "100% Ä" : `task-${index % 9}`,
      func: funcs[index % 3] as string,
      queue: index % 5 === 0 ? "long" : "default",
      group: groups[index % 4] as string | null,
      priority: (index % 3) - 1,
      tags: index % 6 === 0 ? ["re_d", "x"] : [],
      isolate: index % 7 === 0,
    }),
  );
  await store.enqueue(tasks.slice(0, 24));
  const lanes = ["default", "long"].map((queue) => ({ queue, limit: 100 }));
  const { tasks: running } = await store.claim(claimBy("owner", { lanes }));
  const ends = running.slice(2).map((task, index) => {
    const times = { started: index % 5 === 0 ? null : 1_000 + (index % 4), stopped: 1_004 + (index % 7) };
    if (index % 3 === 0)
      return failed(task, { ...times, result: encodeError(new RangeError(`boom Ä ${index}`)) });
    if (index % 7 === 1) return failed(task, { ...times, outcome: "timeout" });
    return succeeded(task, times);
  });
  await store.finish(ends);
  await store.enqueue(tasks.slice(24, 36));
  await store.enqueue(
    tasks.slice(36).map((task, index) => ({ ...task, delayMs: 60_000 * (1 + (index % 2)) })),
  );
  for (let count = 0; count < 12; count++)
    await store.saveSchedule(
      exampleSchedule({
        name: count % 4 === 0 ? null : `nightly-${count % 5}-${count}`,
        type: count % 4 === 1 ? "cron" : count % 4 === 2 ? null : "daily",
        note: count % 4 === 3 ? `Ask ann, Ä ${count}` : null,
        repeats: (count % 3) - 1,
        nextRun: count % 3 === 2 ? null : 1_000 * (count % 4),
        error: count % 5 === 0 ? "broken" : null,
        held: count % 10 === 0,
      }),
      null,
    );
  for (let count = 0; count < 15; count++)
    await store.audit({
      who: count % 3 === 0 ? "ann" : "bob",
      action: count % 2 === 0 ? "failure.resubmit" : "task.cancel",
      object: count % 4 === 0 ? "x" : "y",
      ...(count % 5 === 0 ? {} : { address: `10.0.0.${count % 3}` }),
      ...(count % 4 === 1 ? { outcome: "refused" as const } : {}),
    });
}

async function everyRow<L extends ListName>(store: Store, list: L): Promise<Lists[L][]> {
  const order = { by: "id" as ListOrder<L>, descending: true };
  return (await store.browse(list, { where: [], order, limit: 1_000, step })).rows;
}

/** In steps so small that there are many. */
async function countedInSteps<L extends ListName>(
  store: Store,
  list: L,
  where: readonly Condition<ListField<L>>[],
): Promise<number> {
  let count = 0;
  let after: string | null | undefined;
  while (after !== null) {
    const part: CountedOn = await store.countOn(list, where, {
      step: 3,
      ...(after === undefined ? {} : { after }),
    });
    count += part.count;
    after = part.after;
  }
  return count;
}

function inOrder<L extends ListName>(
  list: L,
  rows: Lists[L][],
  by: string,
  descending: boolean,
): (string | number)[] {
  const { keys } = orderOf(list, by);
  return rows
    .map((row) => ({ id: row.id, keys: keys.map((key) => valueOf(list, row, key)) }))
    .sort((a, b) => compareKeys(a.keys, b.keys, descending))
    .map(({ id }) => id);
}

/** All ids of a list in its order, read page by page from one end to the other. */
async function walk<L extends ListName>(
  store: Store,
  list: L,
  request: BrowseRequest<L>,
  way: "forward" | "backward",
): Promise<(string | number)[]> {
  const ids: (string | number)[] = [];
  let more: Partial<BrowseRequest<L>> | null = way === "forward" ? {} : { last: true };
  for (let pages = 0; more !== null; pages++) {
    const page: BrowsePage<L> = await store.browse(list, { ...request, ...more });
    const own = page.rows.map(({ id }) => id);
    if (way === "forward") ids.push(...own);
    else ids.unshift(...own);
    const cursor: string | null = way === "forward" ? page.after : page.before;
    more = cursor === null ? null : way === "forward" ? { after: cursor } : { before: cursor };
    if (pages > 100) throw new Error("the pages do not end");
  }
  return ids;
}
