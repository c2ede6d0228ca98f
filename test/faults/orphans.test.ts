// F2: a sentinel that is killed. Nothing of it may live on, and its tasks go to whoever is left, when their leases have run out.
import { expect, test } from "vitest";
import { faultRun, type FaultRun, now, report, trials } from "./harness.ts";
import { childrenOf, isAlive } from "./processes.ts";

const leaseMs = 3_000;

async function killSentinel(run: FaultRun, pid: number): Promise<number> {
  const workers = childrenOf(pid);
  const family = [...workers, ...workers.flatMap(childrenOf)];
  expect(workers.length).toBeGreaterThan(0);
  run.fault("sentinel-kill", pid, "SIGKILL");
  const killed = now();
  await run.until("no process of it lives", 4_000, () => !family.some(isAlive));
  return now() - killed;
}

test.concurrent("workers that idle, spin or wait for a command die within two seconds of their sentinel", {
  timeout: 300_000,
}, async () => {
  await faultRun({ workers: 3, concurrency: 1, maxCrashes: 1_000 }, async (run) => {
    const took: number[] = [];
    for (let trial = 0; trial < trials(4, 34); trial++) {
      const cluster = await run.start();
      const handles = [
        await run.enqueue("spin", undefined, {}, "cancelled"),
        await run.enqueue("command", 60, {}, "cancelled"),
      ];
      const [, { pid } = { pid: 0 }] = await Promise.all(handles.map(({ id }) => run.line("start", id)));
      await run.until("the command runs", 5_000, () => childrenOf(pid).length > 0);
      took.push(await killSentinel(run, cluster.pid));
      // Nobody may start them again in the next trial.
      for (const handle of handles) await handle.cancel();
    }
    expect(Math.max(...took)).toBeLessThan(2_000);
    report("F2: ms from the kill of a sentinel until nothing of it lives", took);
    // All were asked to be cancelled, so whoever reclaims their leases ends them.
    await run.start();
    const empty = async (): Promise<boolean> => (await run.quern.queues.list()).length === 0;
    await run.until("nothing is left in the queue", 15_000, empty);
  });
});

test.concurrent("a stopped worker dies when it is woken and its sentinel is gone", async () => {
  await faultRun({ workers: 1 }, async (run) => {
    const cluster = await run.start();
    const [worker = 0] = run.workersOf(cluster);
    run.fault("worker-stop", worker, "SIGSTOP");
    run.fault("sentinel-kill", cluster.pid, "SIGKILL");
    await run.until("the sentinel is dead", 2_000, () => !isAlive(cluster.pid));
    expect(isAlive(worker)).toBe(true);
    run.thaw(worker, "worker-stop");
    await run.until("the worker is dead", 2_000, () => !isAlive(worker));
  });
});

test.concurrent("another cluster takes over the tasks of a killed one when their leases have run out, and not before", {
  timeout: 180_000,
}, async () => {
  await faultRun({}, async (run) => {
    for (let trial = 0; trial < trials(1, 10); trial++) {
      const doomed = await run.start();
      const heirs = trial === 0 ? [await run.start()] : [];
      const handles = await Promise.all(Array.from({ length: 6 }, () => run.enqueue("nap", 1_500)));
      const starts = await Promise.all(handles.map(({ id }) => run.line("start", id)));
      expect(heirs.length).toBeLessThanOrEqual(1);
      run.fault("sentinel-kill", doomed.pid, "SIGKILL");
      const killed = now();
      for (const { id, sentinel } of starts.filter((start) => start.sentinel === doomed.pid)) {
        const again = await run.line("start", id, 2, 15_000);
        expect(again.sentinel).not.toBe(sentinel);
        expect(again.at - killed).toBeGreaterThan(leaseMs - 1_000 - 200); // It may have been renewed a second before.
        expect(again.at - killed).toBeLessThan(2 * (leaseMs + 2_000));
        const [first] = await run.attempts(id);
        expect(first?.outcome).toBe("lost");
      }
      for (const { id } of handles) expect((await run.ended(id)).success).toBe(true);
    }
  });
});
