// The store suite's chapter on copying: rows out of one database and into another, as they are, each step once.
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import {
  type CopiedRows,
  type CopiedTable,
  copiedTables,
  type CopyStep,
  type RowsPage,
} from "../../store/copying.ts";
import type { Store } from "../../store/store.ts";
import { claimBy, exampleTask, failed, idsOf, leasedTask, released, succeeded } from "./examples.ts";
import { fired, savedSchedule } from "./schedule-examples.ts";
import type { Suite } from "./suite.ts";

const everything = { after: null, limit: 1_000, maxBytes: 1_000_000 };
let steps = 0;

function aStep(): CopyStep {
  return { key: `step ${++steps}`, from: null, to: "taken" };
}

async function rowsOf<T extends CopiedTable>(store: Store, table: T): Promise<CopiedRows[T][]> {
  return (await store.readRows(table, everything)).rows;
}

/** Something of everything, in every state; for the tests of what copies. */
export async function fill(store: Store): Promise<void> {
  const schedule = await savedSchedule(store, {
    name: "digest",
    declared: "{}",
    pausedRepeats: 3,
    error: "no",
  });
  await fired(store, (await savedSchedule(store)).id);
  await store.enqueue([
    exampleTask({ group: "g", tags: ["a", "b"], unique: { key: "k", withinMs: 60_000 } }),
    exampleTask({ delayMs: 3_600_000, priority: -5, parent: "p", schedule: schedule.id, slot: 1 }),
    exampleTask({ isolate: true, queue: "long", envelope: 'ü "\\ \n 🐘' }),
  ]);
  const back = await leasedTask(store, "owner", { priority: 9 });
  await store.finish([{ ...released(back, { delayMs: 1_000 }), error: "once", progress: "1", log: "[]" }]);
  await store.finish([succeeded(await leasedTask(store), { log: '["line"]', progress: "2" })]);
  await store.finish([failed(await leasedTask(store))]);
  await store.finish([succeeded(await leasedTask(store), { save: false })]);
  const running = await leasedTask(store, "owner", { queue: "long" });
  await store.cancel(running.id, "no", { who: "ann", action: "cancel", object: running.id, reason: "old" });
  await store.pause("long", { who: "bob", action: "pause", object: "long", role: "admin", before: "1" });
  await store.metaOnce("fact", "so");
}

export function copyChapter({ test, expect }: Suite): void {
  test("all that was read is there as it was once it is added elsewhere", async ({ store, moveClock }) => {
    await fill(store);
    const before = new Map<CopiedTable, unknown[]>();
    for (const table of copiedTables) before.set(table, await rowsOf(store, table));
    for (const table of copiedTables) expect((before.get(table) ?? []).length > 0).toBe(true);
    await empty(store, moveClock);
    for (const table of copiedTables) {
      if (table === "settings" || table === "audit") continue;
      expect(await rowsOf(store, table)).toEqual([]);
      const rows = before.get(table) as CopiedRows[typeof table][];
      expect(await store.addRows(table, rows, aStep())).toBe(rows.length);
      expect(await rowsOf(store, table)).toEqual(rows);
      expect(await store.rowCount(table)).toBe(rows.length);
      expect(await store.addRows(table, rows, aStep())).toBe(0);
    }
  });

  test("settings are added unless their key is there, and a paused queue is one of them", async ({
    store,
  }) => {
    await store.metaOnce("b", "standing");
    const settings = [
      { key: "a", value: "1" },
      { key: "b", value: "2" },
      { key: "paused:night", value: "ann" },
    ];
    expect(await store.addRows("settings", settings, aStep())).toBe(2);
    expect([await store.meta("a"), await store.meta("b")]).toEqual(["1", "standing"]);
    expect((await store.queueCounts()).map(({ queue, paused }) => [queue, paused])).toEqual([
      ["night", true],
    ]);
    const keys = (await rowsOf(store, "settings")).map(({ key }) => key);
    expect(["a", "b", "paused:night"].every((key) => keys.includes(key))).toBe(true);
    expect(keys.includes("schema")).toBe(false);
  });

  test("audit entries keep their time and order beside those that are there", async ({ store }) => {
    await store.audit({ who: "ann", action: "first", object: "here" });
    const rows = ["x", "y", "z"].map((object, index) => ({
      id: 1,
      at: 1_000 - index,
      who: "bob",
      action: "copied",
      object,
      ...(object === "y" ? { outcome: "refused" as const, reason: "why" } : {}),
    }));
    expect(await store.addRows("audit", rows, aStep())).toBe(3);
    const kept = await store.audits(10);
    expect(kept.map(({ object }) => object)).toEqual(["z", "y", "x", "here"]);
    expect(kept[1]).toMatchObject({ at: 999, who: "bob", outcome: "refused", reason: "why" });
    await store.audit({ who: "ann", action: "last", object: "after" });
    expect((await store.audits(1))[0]).toMatchObject({ object: "after" });
  });

  test("pages go on behind the last row, and end with nothing reached", async ({ store }) => {
    const tasks = Array.from({ length: 7 }, () => exampleTask());
    await store.enqueue(tasks);
    const ids: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: RowsPage<"queued"> = await store.readRows("queued", {
        after,
        limit: 3,
        maxBytes: 1_000_000,
      });
      ids.push(...idsOf(page.rows));
      if (page.reached === null) break;
      expect(page.rows.length > 0 && page.rows.length <= 3).toBe(true);
      after = page.reached;
    }
    expect(ids).toEqual(idsOf(tasks).sort());
  });

  test("a page ends where it holds more text than asked for, and a row that is larger comes alone", async ({
    store,
  }) => {
    const sizes = [100, 100, 5_000, 100];
    await store.enqueue(sizes.map((size) => exampleTask({ envelope: "é".repeat(size / 2) })));
    const lengths: number[] = [];
    for (let after: string | null = null; ; ) {
      const page: RowsPage<"queued"> = await store.readRows("queued", { after, limit: 100, maxBytes: 1_000 });
      if (page.reached === null) break;
      lengths.push(page.rows.length);
      after = page.reached;
    }
    expect(lengths).toEqual([2, 1, 1]);
  });

  test("tasks that were added are claimed in the same order, with the attempt they had", async ({
    store,
  }) => {
    const first = await leasedTask(store);
    const rows = [5, 0, 9].map((priority) => ({
      ...first,
      id: newId(systemClock),
      state: "ready" as const,
      owner: null,
      leasedAt: null,
      leasedUntil: null,
      attempt: 3,
      priority,
    }));
    await store.addRows("queued", rows, aStep());
    const { tasks } = await store.claim(claimBy("other"));
    expect(tasks.map(({ priority, attempt }) => [priority, attempt])).toEqual([
      [9, 4],
      [5, 4],
      [0, 4],
    ]);
  });

  test("a task that has ended here is not queued, and one in the queue has not ended nor got further", async ({
    store,
  }) => {
    const ended = await leasedTask(store);
    await store.finish([succeeded(ended)]);
    const answered = await leasedTask(store);
    await store.finish([succeeded(answered, { save: false })]);
    expect(await store.addRows("queued", [ended, answered], aStep())).toBe(0);

    const [record] = await rowsOf(store, "attempts");
    const [done] = await rowsOf(store, "ended");
    const [answer] = await rowsOf(store, "answers");
    if (record === undefined || done === undefined || answer === undefined)
      throw new Error("nothing was read");
    const running = await leasedTask(store);
    const waiting = exampleTask();
    await store.enqueue([waiting]);
    const attempts = [running.id, waiting.id].map((id) => ({ ...record, id, attempt: 1 }));
    expect(await store.addRows("attempts", attempts, aStep())).toBe(0);
    expect(await store.addRows("ended", [{ ...done, id: running.id }], aStep())).toBe(0);
    expect(await store.addRows("answers", [{ ...answer, id: running.id }], aStep())).toBe(0);
    expect(await store.finish([succeeded(running)])).toEqual(["done"]);
  });

  test("a step is taken once: whoever comes second adds nothing", async ({ store }) => {
    const task = await leasedTask(store);
    const copies = [1, 2].map(() => ({ ...task, id: newId(systemClock) }));
    const first = { key: "copy", from: null, to: "1" };
    expect(await store.addRows("queued", copies.slice(0, 1), first)).toBe(1);
    expect(await store.addRows("queued", copies.slice(1), first)).toBe(null);
    expect(await store.meta("copy")).toBe("1");
    expect(await store.rowCount("queued")).toBe(2);
    expect(await store.addRows("queued", copies, { key: "copy", from: "1", to: "2" })).toBe(1);
  });

  test("of two that take the same step at once, one does", async ({ store }) => {
    const task = await leasedTask(store);
    const answers = await Promise.all(
      [1, 2].map(() =>
        store.addRows("queued", [{ ...task, id: newId(systemClock) }], { key: "s", from: null, to: "1" }),
      ),
    );
    expect(answers.filter((answer) => answer === null).length).toBe(1);
    expect(await store.rowCount("queued")).toBe(2);
  });
}

/** Takes away all but settings and audit, by what the seam has for it. */
async function empty(store: Store, moveClock: (ms: number) => void): Promise<void> {
  moveClock(100 * 3_600_000);
  await store.resume("long");
  const running = await store.leasesOf("owner");
  await store.finish(running.map((task) => failed(task)));
  for (const { id } of (await store.schedules({}, { limit: 100 })).schedules) await store.deleteSchedule(id);
  await store.deleteTasks(idsOf((await store.tasks({}, { limit: 1_000 })).tasks));
  const beyond = (await store.time()) + 1;
  const all = { saveLimit: 0, per: null, failuresBefore: beyond, attemptsBefore: Number.MAX_SAFE_INTEGER };
  await store.prune({ ...all, clustersBefore: 0, limit: 10_000 });
}
