// A worker that was stopped longer than a lease does not start what it finds in its pipe.
import { expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import { task } from "../../src/client/registry.ts";
import type { FromWorker, WorkerReport } from "../../src/cluster/messages.ts";
import { Worker } from "../../src/cluster/worker.ts";

function workerOf(run: () => void): { worker: Worker; client: Client; reported: Promise<WorkerReport[]> } {
  const client = new Client({ tasks: [task("late", run)], database: "memory:" }, {});
  let told: (reports: WorkerReport[]) => void;
  const reported = new Promise<WorkerReport[]>((resolve) => {
    told = resolve;
  });
  const send = (message: FromWorker): void => {
    if (message.kind === "reports") told(message.reports);
  };
  return { worker: new Worker({ client, label: "here", send, onEmpty: () => {} }), client, reported };
}

const start = {
  id: "a",
  attempt: 1,
  name: "a",
  func: "late",
  queue: "default",
  group: null,
  slot: null,
  input: "null",
};

it("an attempt that is read after its lease may be over is given back and never starts", async () => {
  let ran = 0;
  const { worker, client, reported } = workerOf(() => {
    ran += 1;
  });
  worker.receive({ kind: "run", attempts: [start], notAfter: client.clock.monotonic() - 1 });
  expect((await reported)[0]).toMatchObject({ id: "a", attempt: 1, outcome: "released", started: null });
  expect(ran).toBe(0);
});

it("an attempt that is read in time starts", async () => {
  let ran = 0;
  const { worker, client, reported } = workerOf(() => {
    ran += 1;
  });
  worker.receive({ kind: "run", attempts: [start], notAfter: client.clock.monotonic() + 60_000 });
  expect((await reported)[0]).toMatchObject({ id: "a", attempt: 1, outcome: "success" });
  expect(ran).toBe(1);
});
