// The store suite's chapter on who runs, and on opening and closing a store.
import type { ClusterRow } from "../../store/store.ts";
import { claimBy, exampleTask, fenceOf, leasedTask, pruning, succeeded } from "./examples.ts";
import { rejection, type Suite } from "./suite.ts";

type Told = Omit<ClusterRow, "heartbeat" | "order">;

export function exampleCluster(changes: Partial<Told> = {}): Told {
  return {
    id: "cluster 1",
    name: "calm-harbor-silver-otter",
    host: "localhost",
    pid: 4242,
    version: "1.2.3",
    state: "running",
    queues: "all",
    started: 1_700_000_000_000,
    status: "{}",
    ...changes,
  };
}

export function clustersChapter({ test, expect }: Suite): void {
  test("a cluster's row is renewed by its heartbeat, at the engine's time", async ({ store, moveClock }) => {
    await store.saveCluster(exampleCluster());
    const [first] = await store.clusters();
    expect(first).toEqual({ ...exampleCluster(), heartbeat: first?.heartbeat, order: null });
    moveClock(60_000);
    const before = await store.time();
    await store.saveCluster(exampleCluster({ state: "stopped", queues: "a,b", status: '{"workers":2}' }));
    const [second, ...others] = await store.clusters();
    expect(second).toMatchObject({
      ...exampleCluster(),
      state: "stopped",
      queues: "a,b",
      status: '{"workers":2}',
    });
    expect(others).toEqual([]);
    const heartbeat = second?.heartbeat ?? 0;
    expect(heartbeat >= before && heartbeat <= (await store.time())).toBe(true);
  });

  test("clusters are listed in the order they started", async ({ store }) => {
    for (const [id, started] of [
      ["b", 3],
      ["c", 1],
      ["a", 3],
      ["d", 2],
    ] as const) {
      await store.saveCluster(exampleCluster({ id, started }));
    }
    expect((await store.clusters()).map(({ id }) => id)).toEqual(["c", "d", "a", "b"]);
  });

  test("a cluster is told to pause and to go on, and to stop, which is not taken back", async ({ store }) => {
    await store.saveCluster(exampleCluster());
    expect(await store.clusterOrder("cluster 1")).toBe(null);
    const told: [order: "pause" | "stop" | null, changed: boolean, stands: "pause" | "stop" | null][] = [
      [null, false, null],
      ["pause", true, "pause"],
      ["pause", false, "pause"],
      [null, true, null],
      ["pause", true, "pause"],
      ["stop", true, "stop"],
      ["stop", false, "stop"],
      ["pause", false, "stop"],
      [null, false, "stop"],
    ];
    for (const [order, changed, stands] of told) {
      expect([order, await store.orderCluster("cluster 1", order)]).toEqual([order, changed]);
      await store.saveCluster(exampleCluster({ state: "idle" }));
      expect(await store.clusterOrder("cluster 1")).toBe(stands);
    }
    expect((await store.clusters())[0]?.order).toBe("stop");
  });

  test("an order is written with its audit entry, and neither for a cluster that is not there or has stopped", async ({
    store,
  }) => {
    await store.saveCluster(exampleCluster({ id: "a" }));
    await store.saveCluster(exampleCluster({ id: "b", state: "stopped" }));
    const audit = { who: "ann", action: "cluster.stop", object: "a" };
    expect(await store.orderCluster("a", "stop", audit)).toBe(true);
    for (const id of ["b", "none", "a"]) expect(await store.orderCluster(id, "stop", audit)).toBe(false);
    expect(await store.audits(9)).toMatchObject([audit]);
    expect([await store.clusterOrder("b"), await store.clusterOrder("none")]).toEqual([null, null]);
  });

  test("pruning removes clusters that said nothing for long, a few at a time", async ({
    store,
    moveClock,
  }) => {
    for (const id of ["a", "b", "c"]) await store.saveCluster(exampleCluster({ id }));
    moveClock(60_000);
    await store.saveCluster(exampleCluster({ id: "d" }));
    const clustersBefore = (await store.time()) - 30_000;
    expect(await store.prune(pruning({ clustersBefore, limit: 2 }))).toBe(2);
    expect(await store.prune(pruning({ clustersBefore, limit: 2 }))).toBe(1);
    expect((await store.clusters()).map(({ id }) => id)).toEqual(["d"]);
  });
}

export function openingChapter({ test, expect, capabilities }: Suite): void {
  test("a store says what it can, where it is and which version its tables have", async ({ store }) => {
    expect(store.capabilities).toEqual(capabilities);
    expect(store.location.length > 0).toBe(true);
    expect(store.migrated.from <= store.migrated.to).toBe(true);
  });

  test("time is the engine's clock, which tests move", async ({ store, moveClock }) => {
    const before = await store.time();
    moveClock(86_400_000);
    const passed = (await store.time()) - before;
    expect(passed >= 86_400_000 && passed < 2 * 86_400_000).toBe(true);
  });

  test("closing twice is safe, and a closed store refuses everything", async ({ store }) => {
    const task = await leasedTask(store);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    const calls = [
      () => store.enqueue([exampleTask()]),
      () => store.claim(claimBy("owner")),
      () => store.finish([succeeded(task)]),
      () => store.extend([fenceOf(task)], 1),
      () => store.task(task.id),
      () => store.tasks({}, { limit: 1 }),
      () => store.time(),
    ];
    for (const call of calls) expect(await rejection(call())).toMatchObject({ code: "QUERN_CLOSED" });
  });

  test(
    "what one connection wrote another reads, and it outlives both",
    async ({ store, another }) => {
      const other = await another!();
      const task = exampleTask();
      await store.enqueue([task]);
      expect(await other.task(task.id)).toMatchObject({ id: task.id });
      expect(other.migrated.from).toBe(other.migrated.to);
      await Promise.all([store.close(), other.close()]);
      expect(await (await another!()).task(task.id)).toMatchObject({ id: task.id });
    },
    "shared",
  );

  test(
    "connections see the same clock",
    async ({ store, another, moveClock }) => {
      const other = await another!();
      const task = await leasedTask(store);
      moveClock(60_000);
      expect(await other.reclaimable(1)).toEqual([task]);
    },
    "shared",
  );
}
