// A worker process from the outside: what becomes of one that can't be forked.
import { expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { ForkedWorker, type WorkerEnd } from "../../src/cluster/worker-handle.ts";

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
