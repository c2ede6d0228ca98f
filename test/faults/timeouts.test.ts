// F4: tasks past their timeout: those that loop, those that wait, those that heed their signal, and who lives beside them.
import { expect, test } from "vitest";
import { faultRun, sharedRun, trials } from "./harness.ts";
import { childrenOf, isAlive } from "./processes.ts";

const timeoutMs = 500;
const killGraceMs = 500;

const shared = sharedRun({ workers: 1 });

test("a task that loops, waits for a command or never settles is ended at its timeout and the grace after it", {
  timeout: 60_000,
}, async () => {
  const { run } = shared();
  for (let trial = 0; trial < trials(1, 5); trial++) {
    for (const name of ["loop", "regexp", "shell", "endless"]) {
      const { id } = await run.enqueue(name, 60);
      const start = await run.line("start", id);
      const family = await run.until("its processes", 5_000, () => {
        const commands = childrenOf(start.pid);
        return name !== "shell" || commands.length > 0 ? [start.pid, ...commands] : undefined;
      });
      const task = await run.ended(id);
      expect(task).toMatchObject({
        success: false,
        outcome: "timeout",
        attempt: 1,
        error: { name: "TimeoutError" },
      });
      const took = (task.stopped as Date).getTime() - start.wall;
      expect(took).toBeGreaterThan(timeoutMs + killGraceMs - 100);
      expect(took).toBeLessThan(2 * (timeoutMs + killGraceMs) + 500);
      await run.until("its processes have ended", 2_000, () => !family.some(isAlive));
    }
  }
});

test("a task that heeds its signal times out and costs no worker", async () => {
  const { run, cluster } = shared();
  const workers = run.workersOf(cluster);
  const { id } = await run.enqueue("heeds");
  expect(await run.ended(id)).toMatchObject({ outcome: "timeout", success: false });
  expect(run.lines("throw", id)).toHaveLength(1);
  expect(run.workersOf(cluster)).toEqual(workers);
});

test("a task that returns within the grace is a success", async () => {
  const { run } = shared();
  const { id } = await run.enqueue("tidies");
  expect(await run.ended(id)).toMatchObject({ success: true, result: "tidied", attempt: 1 });
});

test("neighbours of a task that is killed keep what they ended with, or start again without an attempt used up", async () => {
  const { run } = shared();
  const quick = await run.enqueue("noop");
  await run.ended(quick.id);
  const guilty = await run.enqueue("endless");
  const neighbours = await Promise.all(Array.from({ length: 5 }, () => run.enqueue("nap", 1_600)));
  const task = await run.ended(guilty.id);
  expect(task.outcome).toBe("timeout");
  for (const { id } of neighbours) {
    const again = await run.line("start", id, 2);
    expect(again.wall - (task.stopped as Date).getTime()).toBeLessThan(2_000);
    expect(await run.ended(id)).toMatchObject({ success: true, attempt: 2, attemptsUsed: 1 });
    expect(await run.outcomes(id)).toEqual(["released", "success"]);
  }
  expect((await run.ended(quick.id)).attempt).toBe(1);
});

test("a cluster whose every worker loops renews its leases", { timeout: 30_000 }, async () => {
  await faultRun({ workers: 2, concurrency: 1 }, async (run) => {
    await run.start();
    await run.start({ settings: { workers: 1 } });
    const handles = await Promise.all(
      Array.from({ length: 3 }, () => run.enqueue("loop", undefined, { timeout: "4500ms" })),
    );
    for (const { id } of handles) {
      await run.ended(id, 20_000);
      expect(await run.outcomes(id)).toEqual(["timeout"]);
    }
  });
});
