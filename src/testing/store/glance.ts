// The store suite's chapter on the look that watchers keep: the heads of all lists, and marks that change with their rows.
import { type Glance, type HeadName, headNames } from "../../store/browse.ts";
import { exampleCluster } from "./clusters.ts";
import { claimBy, exampleTask, failed, leasedTask, succeeded } from "./examples.ts";
import { savedSchedule } from "./schedule-examples.ts";
import type { Suite } from "./suite.ts";

const idsIn = (glance: Glance, head: HeadName): string[] => glance[head].map(({ id }) => id);

export function glanceChapter({ test, expect }: Suite): void {
  test("a glance has the first of each list in its order, and no more than it was asked for", async ({
    store,
  }) => {
    const nothing = await store.glance(2);
    expect(headNames.map((head) => [head, nothing[head]])).toEqual(headNames.map((head) => [head, []]));
    for (const stopped of [1_000, 3_000, 2_000]) {
      const good = await leasedTask(store, "owner", { id: `good ${stopped}` });
      const bad = await leasedTask(store, "owner", { id: `bad ${stopped}` });
      await store.finish([succeeded(good, { stopped }), failed(bad, { stopped })]);
      await savedSchedule(store, { id: `plan ${stopped}`, nextRun: stopped });
      await store.audit({ who: "ann", action: "schedule.add", object: `plan ${stopped}` });
      await store.saveCluster(exampleCluster({ id: `cluster ${stopped}`, started: stopped }));
    }
    await savedSchedule(store, { id: "over", nextRun: null });
    await savedSchedule(store, { id: "paused", nextRun: 500, repeats: 0, pausedRepeats: 3 });
    await store.enqueue(["a", "b", "c"].map((id) => exampleTask({ id, queue: "slow" })));
    const two = await store.glance(2);
    expect(idsIn(two, "success")).toEqual(["good 3000", "good 2000"]);
    expect(idsIn(two, "failure")).toEqual(["bad 3000", "bad 2000"]);
    expect(idsIn(two, "schedules")).toEqual(["plan 1000", "plan 2000"]);
    expect(idsIn(two, "audit")).toEqual((await store.audits(2)).map(({ id }) => String(id)));
    expect(idsIn(two, "clusters")).toEqual(["cluster 3000", "cluster 2000"]);
    expect(idsIn(two, "queued")).toEqual(["c", "b"]);
    expect(idsIn(two, "running")).toEqual([]);
    await store.claim(claimBy("owner", { lanes: [{ queue: "slow", limit: 1 }] }));
    expect(idsIn(await store.glance(2), "running")).toEqual(["a"]);
    expect(idsIn(await store.glance(9), "queued")).toEqual(["c", "b", "a"]);
  });

  test("the mark of a row is another one after it has changed, and only then", async ({
    store,
    moveClock,
  }) => {
    const task = await leasedTask(store);
    await store.enqueue([exampleTask({ id: "waits" })]);
    const plan = await savedSchedule(store, { id: "plan" });
    await store.saveCluster(exampleCluster());
    const before = await store.glance(9);
    expect(await store.glance(9)).toEqual(before);
    const changed = async (head: HeadName, id: string): Promise<boolean> => {
      const markIn = (glance: Glance): unknown => glance[head].find((one) => one.id === id)?.mark;
      const [was, is] = [markIn(before), markIn(await store.glance(9))];
      if (was === undefined || is === undefined) throw new Error(`expected ${id} in ${head}`);
      return was !== is;
    };
    expect(await changed("running", task.id)).toBe(false);
    moveClock(1_000);
    await store.cancel(task.id, "stop");
    expect(await changed("running", task.id)).toBe(true);
    await store.claim(claimBy("other"));
    expect(await changed("queued", "waits")).toBe(true);
    expect(await changed("schedules", "plan")).toBe(false);
    await store.saveSchedule({ ...plan, version: plan.version + 1, repeats: 7 }, plan);
    expect(await changed("schedules", "plan")).toBe(true);
    await store.saveCluster(exampleCluster());
    expect(await changed("clusters", "cluster 1")).toBe(true);
  });
}
