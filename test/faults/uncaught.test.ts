// F5: errors that no promise of a task ever sees.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sharedRun, trials } from "./harness.ts";
import { isAlive } from "./processes.ts";

const ways = ["rejection", "timer", "nextTick", "callback", "emitter"];

const shared = sharedRun({ workers: 1, concurrency: 5 });

test("only the task of an uncaught error fails, and its worker is replaced when it is empty", {
  timeout: 120_000,
}, async () => {
  const { run, cluster } = shared();
  for (const how of Array.from({ length: trials(1, 10) }, () => ways).flat()) {
    const neighbour = await run.enqueue("nap", 600);
    const worker = (await run.line("start", neighbour.id)).pid;
    const { id } = await run.enqueue("raises", how);
    const second = await run.line("start", id, 2);
    expect((await run.line("start", id)).pid).toBe(worker);
    expect(second.pid).not.toBe(worker);
    const [first] = await run.attempts(id);
    expect(first).toMatchObject({ outcome: "failed", error: { message: `raised by ${how}` } });
    expect(first?.error?.stack).toContain("tasks.mjs");
    expect(await run.ended(id)).toMatchObject({ success: true, attempt: 2 });
    expect(await run.ended(neighbour.id)).toMatchObject({ success: true, attempt: 1 });
    await run.until("the worker has ended", 5_000, () => !isAlive(worker));
  }
  expect(isAlive(cluster.pid)).toBe(true);
});

test("an error that comes after its task has ended changes nothing of it, and is logged with its id", async () => {
  const { run, cluster } = shared();
  for (const how of ways) {
    const { id } = await run.enqueue("regrets", how);
    const { pid } = await run.line("start", id);
    await run.until("its worker has ended", 5_000, () => !isAlive(pid));
    await run.until("the log tells of it", 5_000, () =>
      readFileSync(cluster.log, "utf8").includes(`task ${id}`),
    );
    expect(await run.ended(id)).toMatchObject({ success: true, result: "fine", attempt: 1 });
  }
});

test("an error that no task can be blamed for fails nobody, and is kept with the cluster", async () => {
  const { run, cluster } = shared();
  const handles = [await run.enqueue("nap", 500), await run.enqueue("stranger", 500)];
  const { pid } = await run.line("start", handles[1]?.id as string);
  for (const { id } of handles) expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1 });
  await run.until("the worker has ended", 5_000, () => !isAlive(pid));
  const [kept] = await run.until("its cluster tells of it", 8_000, async () => {
    const row = await run.row(cluster);
    return row?.uncaught.length === 1 ? row.uncaught : undefined;
  });
  expect(kept).toMatchObject({
    workerPid: pid,
    name: "Error",
    message: "from nowhere",
    at: expect.any(Date),
  });
  expect(kept?.stack).toContain("tasks.mjs");
  expect(kept?.running.map((task) => task.replace(/.*\(/, "(")).sort()).toEqual([
    "(fault.nap)",
    "(fault.stranger)",
  ]);
  const after = await run.enqueue("noop");
  expect((await run.line("start", after.id)).pid).not.toBe(pid);
  await run.ended(after.id);
});
