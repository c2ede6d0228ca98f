// F2: a sentinel that is killed. Nothing of it may live on, and its tasks go to whoever is left, when their leases have run out.
import { expect, test } from "vitest";
import { faultRun, type FaultRun, now, trials } from "./harness.ts";
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

test.each([
  ["that are idle", undefined],
  ["that spin", "spin"],
  ["that wait for a command", "command"],
])("workers %s die within two seconds of their sentinel", { timeout: 120_000 }, async (_how, name) => {
  await faultRun({ maxCrashes: 1_000 }, async (run) => {
    const took: number[] = [];
    for (let trial = 0; trial < trials(3, 34); trial++) {
      const cluster = await run.start();
      if (name !== undefined) {
        const { id } = await run.enqueue(name, 60, {}, "cancelled");
        const { pid } = await run.line("start", id);
        if (name === "command") await run.until("the command runs", 5_000, () => childrenOf(pid).length > 0);
        took.push(await killSentinel(run, cluster.pid));
        // Nobody may start it again in the next trial.
        await run.quern.tasks.cancel(id);
      } else took.push(await killSentinel(run, cluster.pid));
    }

    expect(Math.max(...took)).toBeLessThan(2_000);
    if (name === undefined) return;
    // All of them were asked to be cancelled; whoever reclaims their leases does it.
    await run.start();
    await run.until(
      "nothing is left in the queue",
      15_000,
      async () => (await run.quern.queues.list()).length === 0,
    );
  });
});

test("a stopped worker dies when it is woken and its sentinel is gone", async () => {
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

test("another cluster takes over the tasks of a killed one when their leases have run out, and not before", async () => {
  await faultRun({}, async (run) => {
    for (let trial = 0; trial < trials(2, 10); trial++) {
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
        console.log("F2 takeover", again.at - killed);
        const [first] = await run.attempts(id);
        expect(first?.outcome).toBe("lost");
      }
      for (const { id } of handles) expect((await run.ended(id)).success).toBe(true);
    }
  });
});
