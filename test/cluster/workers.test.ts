// A cluster with worker processes: what they may do, how they are replaced, and what is told of them.
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { now } from "../faults/harness.ts";
import { isAlive } from "../faults/processes.ts";
import { clusterRun } from "./cluster-run.ts";

test.concurrent("tasks run in the workers and never in the sentinel, and may enqueue but neither start nor wait", async () => {
  await clusterRun(async (run) => {
    const cluster = await run.cluster();
    const { pid, sentinel } = (await run.result("where")) as { pid: number; sentinel: number };
    expect(run.workersOf(cluster)).toContain(pid);
    expect(sentinel).toBe(cluster.pid);
    expect(await run.result("starts")).toBe("QUERN_START_IN_WORKER");
    expect(await run.result("awaits")).toBe("QUERN_RESULT_IN_WORKER");
    const child = (await run.result("enqueues")) as string;
    expect(await run.client.tasks.result(child, { timeout: "5s" })).toMatchObject({ sentinel: cluster.pid });
  });
});

test.concurrent("a task that wants to be alone has a worker to itself, beside those there are", async () => {
  await clusterRun(async (run) => {
    const cluster = await run.cluster();
    const regular = run.workersOf(cluster);
    const handles = await Promise.all([500, 500, 1].map((ms) => run.call("lone", ms, { isolate: true })));
    const pids = (await Promise.all(handles.map((handle) => handle.result({ timeout: "15s" })))) as number[];
    expect(new Set([...pids, ...regular]).size).toBe(5);
    await run.until("the extra ones have ended", 3_000, () => !pids.some(isAlive));
    expect(run.workersOf(cluster)).toEqual(regular);
  });
});

test.concurrent("a worker is replaced after its tasks, and loses none of their results", {
  timeout: 60_000,
}, async () => {
  await clusterRun(async (run) => {
    const cluster = await run.cluster({ workers: 1, recycle: 5, saveLimit: 0 });
    const [first = 0] = run.workersOf(cluster);
    // Large ones, that are still on their way when the worker is told to end.
    const handles = [];
    for (let each = 0; each < 20; each++) handles.push(await run.call("large"));
    for (const handle of handles)
      expect(((await handle.result({ timeout: "20s" })) as string).length).toBe(900_000);
    for (const { id } of handles) expect(await run.client.tasks.get(id)).toMatchObject({ attemptsUsed: 1 });
    await run.until("it has ended", 5_000, () => !isAlive(first));
    const row = await run.until("its row says so", 8_000, async () => {
      const found = await run.row(cluster);
      return found !== undefined && found.reincarnations >= 1 && found.succeeded === 20 ? found : undefined;
    });
    expect(row.failed).toBe(0);
  });
});

test.concurrent("a cluster's row tells what its workers do", { timeout: 60_000 }, async () => {
  await clusterRun(async (run) => {
    const launched = run.launch({ module: "none such" });
    await launched.ended;
    const cluster = await run.cluster({ name: "the-row", startOptions: { workers: 1, concurrency: 3 } });
    expect(await run.row(cluster)).toMatchObject({
      name: "the-row",
      host: hostname(),
      state: "idle",
      queues: "*",
      trouble: null,
    });
    const { id } = await run.call("nap", 6_000);
    const working = await run.until("it works", 8_000, async () => {
      const row = await run.row(cluster);
      return row?.state === "working" ? row : undefined;
    });
    const [worker] = working.workers;
    expect(working.workers).toHaveLength(1);
    expect(worker).toMatchObject({ pid: run.workersOf(cluster)[0], running: [id], state: "ready" });
    expect(worker?.rss).toBeGreaterThan(20_000_000);
    run.fault("cluster-term", cluster.pid, "SIGTERM");
    await run.until("it is stopping", 2_000, async () => (await run.row(cluster))?.state === "stopping");
    expect(await cluster.ended).toBe(0);
    expect(await run.row(cluster)).toMatchObject({ state: "stopped", workers: [] });
  });
});

test.concurrent("several clusters share one file, and each runs its part", async () => {
  await clusterRun(async (run) => {
    const clusters = [await run.cluster(), await run.cluster()];
    const handles = await Promise.all(Array.from({ length: 60 }, () => run.call("nap", 50)));
    const pids = new Set(await Promise.all(handles.map((handle) => handle.result({ timeout: "15s" }))));
    for (const cluster of clusters) expect(run.workersOf(cluster).some((pid) => pids.has(pid))).toBe(true);
    for (const { id } of handles) expect((await run.client.tasks.get(id))?.attempt).toBe(1);
  });
});

test.concurrent("a running task is cancelled from another process within about a second", async () => {
  await clusterRun(async (run) => {
    const cluster = await run.cluster();
    const workers = run.workersOf(cluster);
    const handle = await run.call("nap", 60_000);
    await run.until(
      "it runs",
      5_000,
      async () => (await run.client.tasks.get(handle.id))?.state === "leased",
    );
    const asked = now();
    expect(await handle.cancel()).toBe("asked");
    await expect(handle.result({ timeout: "10s" })).rejects.toMatchObject({
      details: { outcome: "cancelled" },
    });
    expect(now() - asked).toBeLessThan(10_000);
    expect(run.workersOf(cluster)).toEqual(workers);
    expect(await run.client.tasks.attempts(handle.id)).toMatchObject([{ outcome: "cancelled" }]);
  });
});

test.concurrent("listeners and onError of the project module hear of tasks and clusters, in workers", {
  timeout: 30_000,
}, async () => {
  await clusterRun(async (run) => {
    const cluster = await run.cluster({ workers: 1 });
    const [worker = 0] = run.workersOf(cluster);
    const good = await run.call("where");
    await good.result();
    const bad = await run.call("fails", undefined, { queue: "rude", retry: { attempts: 2, delay: 10 } });
    await expect(bad.result({ timeout: "10s" })).rejects.toMatchObject({
      code: "QUERN_TASK_FAILED",
      cause: { name: "TypeError", message: "as asked" },
    });
    const heard = (event: string, id: string): boolean =>
      run.told().some((told) => told.event === event && told.id === id);
    await run.until("all is told", 5_000, () => heard("onError", bad.id));
    for (const event of ["task:started", "task:succeeded"]) expect(heard(event, good.id), event).toBe(true);
    for (const event of ["task:started", "task:retried", "task:failed"])
      expect(heard(event, bad.id), event).toBe(true);
    expect(run.told().filter(({ by }) => by !== worker)).toEqual([]);
    run.killWorker(worker);
    await run.until("its death is told", 5_000, () =>
      run.told().some(({ event, workerPid }) => event === "cluster:worker-lost" && workerPid === worker),
    );
    const row = await run.until("its row tells of it", 5_000, async () => {
      const found = await run.row(cluster);
      return found?.deaths.length === 1 && found.starts.length === 2 ? found : undefined;
    });
    expect(row.deaths).toMatchObject([{ workerPid: worker, reason: "SIGKILL", running: [] }]);
    expect(row.starts.map(({ workerPid }) => workerPid)).toEqual([run.workersOf(cluster)[0], worker]);
    expect(row.services).toMatchObject({
      inHand: 0,
      unsaved: 0,
      taken: { count: 3, at: expect.any(Date) },
      saved: { count: 3, at: expect.any(Date) },
      fired: { count: 0, at: null },
      looked: expect.any(Date),
    });
    await run.stop(cluster);
    const events = run.told().map(({ event }) => event);
    expect(events.filter((event) => event === "cluster:started")).toHaveLength(1);
    expect(events.filter((event) => event === "cluster:stopped")).toHaveLength(1);
  });
});
