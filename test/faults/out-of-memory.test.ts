// F7: tasks that take all the memory there is, and workers that have taken too much.
import { expect, test } from "vitest";
import { faultRun, long } from "./harness.ts";
import { isAlive, residentBytes } from "./processes.ts";

test.concurrent("a task that fills the heap is crashed for it three times, and then a failure with a hint", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1, execArgv: [`--max-old-space-size=${long ? 64 : 32}`] }, async (run) => {
    const cluster = await run.start();
    const before = residentBytes(cluster.pid);
    const { id } = await run.enqueue("hoard");
    const task = await run.ended(id, 30_000);
    expect(task).toMatchObject({ success: false, outcome: "crashed", attempt: 3 });
    expect(task.error?.message).toMatch(/out-of-memory.*max-old-space-size/);
    expect(await run.outcomes(id)).toEqual(["crashed", "crashed", "crashed"]);

    expect(residentBytes(cluster.pid) - before).toBeLessThan(40 * 2 ** 20);
  });
});

test.concurrent("a worker above maxRss is replaced after its tasks, not in them", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1, maxRss: "200MB" }, async (run) => {
    await run.start();
    const { id } = await run.enqueue("buffers", 200);
    const neighbour = await run.enqueue("nap", 1_500);
    const { pid } = await run.line("start", id);
    expect(await run.ended(id)).toMatchObject({ success: true, result: 200, attempt: 1 });
    expect(await run.ended(neighbour.id)).toMatchObject({ success: true, attempt: 1 });
    await run.until("the worker has ended", 5_000, () => !isAlive(pid));
    const after = await run.enqueue("noop");
    expect((await run.line("start", after.id)).pid).not.toBe(pid);
    expect((await run.ended(after.id)).attempt).toBe(1);
  });
});
