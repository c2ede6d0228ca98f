// F1: a worker that is killed from outside, in the middle of tasks.
import { expect, test } from "vitest";
import { faultRun, now, report, sharedRun, trials } from "./harness.ts";
import { isAlive } from "./processes.ts";

test("a task whose worker is killed is crashed, and starts again within a second", {
  timeout: 120_000,
}, async () => {
  await faultRun({ workers: 2, maxCrashes: 1_000, retry: { attempts: 1_000 } }, async (run) => {
    await run.start();
    const took: number[] = [];
    for (let trial = 0; trial < trials(5, 30); trial++) {
      const { id } = await run.enqueue("nap", 300);
      const { pid } = await run.line("start", id);
      run.killWorker(pid);
      const killed = now();
      const again = await run.line("start", id, 2);
      took.push(again.at - killed);
      expect((await run.ended(id)).success).toBe(true);
      const [first] = await run.attempts(id);
      expect(first).toMatchObject({ outcome: "crashed", worker: String(pid), error: { message: "SIGKILL" } });
    }
    report("F1: ms from the kill of a worker until its task starts again", took);
    expect(Math.max(...took)).toBeLessThan(2_000);
  });
});

const shared = sharedRun({ workers: 1 });

test("a new worker is ready within a second of the death of another", async () => {
  const { run, cluster } = shared();
  const [worker = 0] = run.workersOf(cluster);
  run.killWorker(worker);
  const killed = now();
  // Its first attempt may have been sent to the dead one.
  const { id } = await run.enqueue("noop");
  const { at, pid } = await run.until("its start", 10_000, () => run.lines("start", id)[0]);
  expect(pid).not.toBe(worker);
  expect(at - killed).toBeLessThan(2_000);
  await run.ended(id);
});

test("a task with one attempt whose worker is killed ends as a failure and never starts again", async () => {
  const { run } = shared();
  const { id } = await run.enqueue("once", 60_000);
  run.killWorker((await run.line("start", id)).pid);
  expect(await run.ended(id)).toMatchObject({ success: false, outcome: "crashed", attempt: 1 });
  expect(run.lines("start", id)).toHaveLength(1);
});

test("a task that always kills its worker ends after three crashes, and its neighbours succeed", async () => {
  const { run } = shared();
  const began = now();
  const [poison, ...neighbours] = await Promise.all([
    run.enqueue("poison"),
    ...Array.from({ length: trials(5, 9) }, () => run.enqueue("nap", 100)),
  ]);
  expect(await run.ended(poison.id)).toMatchObject({ success: false, outcome: "crashed", attempt: 3 });
  expect(now() - began).toBeLessThan(12_000);
  for (const { id } of neighbours) {
    expect((await run.ended(id)).success).toBe(true);
    expect((await run.outcomes(id)).filter((outcome) => outcome === "crashed").length).toBeLessThanOrEqual(2);
  }
});

test("a shell command that a killed worker had started dies with it", async () => {
  const { run, cluster } = shared();
  const { id } = await run.enqueue("shell", 60, { timeout: false, retry: 1 });
  const { pid } = await run.line("start", id);
  const [shell = 0] = await run.until("the command runs", 5_000, () => {
    const children = run.workersOf({ ...cluster, pid });
    return children.length > 0 ? children : undefined;
  });
  run.killWorker(pid);
  await run.until("the command has ended", 2_000, () => !isAlive(shell));
  expect((await run.ended(id)).outcome).toBe("crashed");
});
