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

test("what waits behind a task that blocks their worker is given back unharmed when that is ended", async () => {
  const { run } = shared();
  const guilty = await run.enqueue("loop");
  const { pid } = await run.line("start", guilty.id);
  // Their time would be up long before that of the other and its grace, and one attempt is all they have.
  const behind = await run.enqueueMany("nap", [1, 1, 1, 1], {
    timeout: "100ms",
    retry: { attempts: 1 },
  });
  expect(await run.ended(guilty.id)).toMatchObject({ outcome: "timeout", attempt: 1 });
  for (const { id } of behind) {
    expect(await run.ended(id)).toMatchObject({ success: true, attempt: 2, attemptsUsed: 1 });
    expect(run.lines("start", id).map((line) => [line.attempt, line.pid === pid])).toEqual([[2, false]]);
    const [first] = await run.attempts(id);
    expect(first).toMatchObject({ outcome: "released", worker: String(pid), started: null });
  }
});

test("who had not begun when its worker died is not charged with a crash, and who had is", async () => {
  const { run } = shared();
  const running = await run.enqueue("spin", undefined, { retry: { attempts: 1 } });
  const { pid, wall } = await run.line("start", running.id);
  const behind = await run.enqueueMany("nap", [1, 1, 1, 1], { retry: { attempts: 1 } });
  for (const { id } of behind)
    await run.until("it was sent", 5_000, async () => (await run.quern.tasks.get(id))?.state === "leased");
  run.killWorker(pid);
  expect(await run.ended(running.id)).toMatchObject({ outcome: "crashed", attempt: 1 });
  const [crashed] = await run.attempts(running.id);
  expect(Math.abs(Number(crashed?.started) - wall)).toBeLessThan(100);
  for (const { id } of behind) {
    expect(await run.ended(id)).toMatchObject({ success: true, attemptsUsed: 1 });
    expect(await run.outcomes(id)).toEqual(["released", "success"]);
  }
});

test.concurrent("what a blocked worker does not begin for a whole lease is taken back, and it gets no more until it is heard of", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1, concurrency: 3 }, async (run) => {
    const cluster = await run.start();
    const blocker = await run.enqueue("busy", 9_000);
    const { pid } = await run.line("start", blocker.id);
    const behind = await run.enqueueMany("nap", [1, 1], { retry: { attempts: 1 } });
    for (const { id } of behind)
      await run.until("it was sent and went back", 8_000, async () => {
        const task = await run.quern.tasks.get(id);
        return task?.state === "ready" && task.attempt === 1;
      });
    // Another has time for them.
    const other = await run.start();
    for (const { id } of behind) {
      expect((await run.line("start", id, 2)).sentinel).toBe(other.pid);
      expect(await run.ended(id)).toMatchObject({ success: true, attempt: 2, attemptsUsed: 1 });
      expect((await run.attempts(id))[0]).toMatchObject({ outcome: "released", worker: String(pid) });
    }
    await run.stop(other);
    expect(await run.ended(blocker.id)).toMatchObject({ success: true, attempt: 1 });
    const after = await run.enqueue("noop");
    expect(await run.line("start", after.id)).toMatchObject({ pid, sentinel: cluster.pid });
    await run.ended(after.id);
  });
});

test.concurrent("a cluster whose every worker loops renews its leases", { timeout: 30_000 }, async () => {
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
