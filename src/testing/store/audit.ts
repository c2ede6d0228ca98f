// The store suite's chapter on who did what, and on the small facts that belong to the whole database.
import { exampleTask, failed, leasedTask } from "./examples.ts";
import { connections, rejection, type Suite } from "./suite.ts";

export function auditChapter({ test, expect }: Suite): void {
  test("who did what is kept with the engine's time, the newest first", async ({ store, moveClock }) => {
    const before = await store.time();
    await store.audit({ who: "ann", action: "cancel", object: "queued/1" });
    moveClock(1_000);
    await store.audit({
      who: "bob",
      action: "delete",
      object: "failure/2",
      before: "old",
      after: "new",
      address: "::1",
    });
    const rows = await store.audits(10);
    expect(rows).toEqual([
      {
        id: rows[0]?.id,
        at: rows[0]?.at,
        who: "bob",
        action: "delete",
        object: "failure/2",
        before: "old",
        after: "new",
        address: "::1",
      },
      { id: rows[1]?.id, at: rows[1]?.at, who: "ann", action: "cancel", object: "queued/1" },
    ]);
    const [second, first] = rows.map(({ at }) => at) as [number, number];
    expect(first >= before && second >= first + 1_000 && second <= (await store.time())).toBe(true);
    expect(await store.audits(1)).toEqual([rows[0]]);
  });

  test("an audit entry is written with the change it tells of", async ({ store }) => {
    const running = await leasedTask(store, "owner", { group: "g" });
    await store.finish([failed(running)]);
    const queued = exampleTask();
    await store.enqueue([queued]);
    const entry = (action: string) => ({ who: "ann", action, object: "x" });
    await store.enqueue([exampleTask()], undefined, entry("add"));
    await store.cancel(queued.id, "no", entry("cancel"));
    await store.pause("default", entry("pause"));
    await store.resume("default", entry("resume"));
    await store.resubmit([{ id: running.id, task: exampleTask(), remove: false, audit: entry("resubmit") }]);
    await store.deleteGroup("g", false, entry("ungroup"));
    await store.deleteTasks([running.id], entry("delete"));
    expect((await store.audits(10)).map(({ action }) => action)).toEqual([
      "delete",
      "ungroup",
      "resubmit",
      "resume",
      "pause",
      "cancel",
      "add",
    ]);
  });

  test("of deleted tasks each has an audit entry of its own, and what changed nothing has none", async ({
    store,
  }) => {
    const [running, ready, other] = [await leasedTask(store), exampleTask(), exampleTask()];
    await store.enqueue([ready, other]);
    const entry = { who: "ann", role: "admin", action: "queued.delete", object: "", reason: "old" };
    await store.deleteTasks([running.id, ready.id, other.id], entry);
    await store.cancel(ready.id, "no", entry);
    await store.resume("default", entry);
    await store.deleteGroup("none", true, entry);
    const rows = await store.audits(10);
    expect(rows.map(({ object }) => object).sort()).toEqual([ready.id, other.id].sort());
    expect(rows[0]).toMatchObject({ who: "ann", role: "admin", reason: "old" });
    await store.audit({ ...entry, outcome: "refused" });
    expect((await store.audits(1))[0]).toMatchObject({ outcome: "refused" });
  });

  test("an audit entry is not written without its change", async ({ store }) => {
    const running = await leasedTask(store);
    await store.finish([failed(running)]);
    const audit = { who: "ann", action: "resubmit", object: running.id };
    await rejection(store.enqueue([exampleTask({ priority: Number.NaN })], undefined, audit));
    const unique = { key: "k" };
    await store.enqueue([exampleTask({ unique })]);
    await store.enqueue([exampleTask({ unique })], undefined, audit);
    await rejection(
      store.resubmit([{ id: running.id, task: exampleTask({ priority: Number.NaN }), remove: true, audit }]),
    );
    expect(await store.audits(10)).toEqual([]);
    expect(await store.task(running.id)).toMatchObject({ state: "failure" });
  });
}

export function metaChapter({ test, expect }: Suite): void {
  test("a value is replaced or removed only if it is still the one that was read, and only then audited", async ({
    store,
  }) => {
    const audit = { who: "ann", action: "view.share", object: "k" };
    expect(await store.metaSwap("k", null, "a")).toBe(true);
    expect(await store.metaSwap("k", null, "b", audit)).toBe(false);
    expect(await store.metaSwap("k", "b", "c", audit)).toBe(false);
    expect(await store.metaSwap("k", "a", "c", audit)).toBe(true);
    expect(await store.meta("k")).toBe("c");
    expect(await store.metaSwap("k", "a", null)).toBe(false);
    expect(await store.metaSwap("k", "c", null)).toBe(true);
    expect([await store.meta("k"), (await store.audits(9)).length]).toEqual([null, 1]);
  });

  test("keys that begin so are listed in order, page by page", async ({ store }) => {
    for (const key of ["s:b", "s:a", "t:a", "s:%", "s", "r:z"]) await store.metaSwap(key, null, `of ${key}`);
    const first = await store.metas("s:", { limit: 2 });
    expect(first).toEqual([
      { key: "s:%", value: "of s:%" },
      { key: "s:a", value: "of s:a" },
    ]);
    expect(await store.metas("s:", { limit: 2, after: "s:a" })).toEqual([{ key: "s:b", value: "of s:b" }]);
  });

  test("the order of keys is JavaScript's, whatever language the database sorts by", async ({ store }) => {
    const ends = [
      "",
      "-1",
      "0",
      "A",
      "Z",
      "_",
      "a",
      "a b",
      "aB",
      "ab",
      "z",
      "{",
      "~",
      "\u00e9",
      "\u4e2d",
      "\uff21",
    ];
    for (const end of ends) await store.metaSwap(`q:${end}`, null, end);
    for (const other of ["Q:a", "q", "q;", "qa", "q_:", "r:"]) await store.metaSwap(other, null, "another");
    const found: string[] = [];
    for (let after: string | undefined; ; after = `q:${found.at(-1)}`) {
      const rows = await store.metas("q:", { limit: 3, ...(after === undefined ? {} : { after }) });
      found.push(...rows.map(({ value }) => value));
      if (rows.length < 3) break;
    }
    expect(found).toEqual(ends.slice(1)); // The prefix itself is no key of them.
  });

  test("a value is set if the key has none yet, and the one that stands is answered", async ({ store }) => {
    expect(await store.meta("secret")).toBe(null);
    expect([await store.metaOnce("secret", "a"), await store.metaOnce("secret", "b")]).toEqual(["a", "a"]);
    expect([await store.meta("secret"), await store.meta("Secret")]).toEqual(["a", null]);
  });

  test("a value raced by 8 connections is the same for all", async (opened) => {
    const stores = await connections(opened, 8);
    const values = await Promise.all(
      stores.map((store, index) => store.metaOnce("secret", `value ${index}`)),
    );
    expect(new Set(values).size).toBe(1);
    expect(await opened.store.meta("secret")).toBe(values[0]);
  });
}
