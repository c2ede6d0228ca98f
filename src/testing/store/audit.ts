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
    await store.cancel(queued.id, "no", entry("cancel"));
    await store.pause("default", entry("pause"));
    await store.resume("default", entry("resume"));
    await store.resubmit(running.id, exampleTask(), false, entry("resubmit"));
    await store.deleteGroup("g", false, entry("ungroup"));
    await store.deleteTasks([running.id], entry("delete"));
    expect((await store.audits(10)).map(({ action }) => action)).toEqual([
      "delete",
      "ungroup",
      "resubmit",
      "resume",
      "pause",
      "cancel",
    ]);
  });

  test("an audit entry is not written without its change", async ({ store }) => {
    const running = await leasedTask(store);
    await store.finish([failed(running)]);
    const audit = { who: "ann", action: "resubmit", object: running.id };
    await rejection(store.resubmit(running.id, exampleTask({ priority: Number.NaN }), true, audit));
    expect(await store.audits(10)).toEqual([]);
    expect(await store.task(running.id)).toMatchObject({ state: "failure" });
  });
}

export function metaChapter({ test, expect }: Suite): void {
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
