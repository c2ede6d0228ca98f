// A worker process from the outside: what becomes of one that can't be forked, and what Node is started with.
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { ForkedWorker, nodeArguments, type WorkerEnd } from "../../src/cluster/worker-handle.ts";

it("a fork that the system refuses by throwing is a worker that ended before it was ready", async () => {
  const end = await new Promise<WorkerEnd>((resolve) => {
    const worker = new ForkedWorker({
      project: "none such",
      slots: 1,
      alone: false,
      execArgv: ["--a\0b"], // Refused in the way in which memory that is used up is.
      events: { message: () => {}, ended: (_worker, ended) => resolve(ended) },
      clock: systemClock,
    });
    expect(worker.pid).toBe(0);
    worker.send({ kind: "retire" });
    expect(worker.kill()).toBe(true);
  });
  expect(end).toMatchObject({ culprit: null, outOfMemory: false });
  expect(end.unusable).toContain("null bytes");
});

it.each([
  ["is 4 MB", [], 4],
  ["is what execArgv says", ["--max-semi-space-size=32"], 32],
  ["is what execArgv says in V8's own spelling", ["--max_semi_space_size=8"], 8],
])("the young space of a worker %s", (_, execArgv, megabytes) => {
  expect(heapLimit(nodeArguments(execArgv))).toBe(heapLimit([`--max-semi-space-size=${megabytes}`]));
});

/** V8 tells it with three times the semi-space in it. */
function heapLimit(execArgv: readonly string[]): string {
  const told = "require('node:v8').getHeapStatistics().heap_size_limit";
  return execFileSync(process.execPath, [...execArgv, "-p", told], { encoding: "utf8" });
}
