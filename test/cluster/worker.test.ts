// The child's side by itself: what it begins and when, and what it gives back instead.
import { expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import type { TaskContext } from "../../src/client/context.ts";
import { task } from "../../src/client/registry.ts";
import type { FromWorker, SentAttempt, WorkerReport } from "../../src/cluster/messages.ts";
import type { WriteDown } from "../../src/cluster/slate.ts";
import { Worker } from "../../src/cluster/worker/worker.ts";
import { until } from "./memory-quern.ts";

class Side {
  readonly said: FromWorker[] = [];
  /** The inputs of those that ran. */
  readonly ran: string[] = [];
  readonly worker: Worker;
  readonly #client: Client;

  constructor(
    run: (input: string, context: TaskContext) => void = () => {},
    writeDown: WriteDown | null = null,
  ) {
    const late = task("late", (input: string, context) => {
      this.ran.push(input);
      return run(input, context);
    });
    this.#client = new Client({ tasks: [late], database: "memory:" }, {});
    const send = (message: FromWorker): void => void this.said.push(message);
    this.worker = new Worker({ client: this.#client, label: "w", send, writeDown, onEmpty: () => {} });
  }

  send(inputs: readonly string[], withinMs = 60_000): void {
    const attempts = inputs.map((input, index) => attemptOf(input, index));
    this.worker.receive({ kind: "run", attempts, notAfter: this.#client.clock.monotonic() + withinMs });
  }

  get reports(): WorkerReport[] {
    return this.said.flatMap((message) => (message.kind === "reports" ? message.reports : []));
  }

  async reportOf(id: string): Promise<WorkerReport> {
    await until(() => this.reports.some((report) => report.id === id));
    return this.reports.find((report) => report.id === id) as WorkerReport;
  }
}

function attemptOf(id: string, line: number): SentAttempt {
  const input = JSON.stringify(id);
  return {
    ...{ id, attempt: 1, name: id, func: "late", queue: "default", group: null, slot: null, input },
    line: [line, line + 1],
  };
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

it("an attempt that is read after its lease may be over is given back and never starts", async () => {
  const side = new Side();
  side.send(["a"], -1);
  expect(await side.reportOf("a")).toMatchObject({ attempt: 1, outcome: "released", started: null });
  expect(side.ran).toEqual([]);
});

it("an attempt that is read in time starts", async () => {
  const side = new Side();
  side.send(["a"]);
  expect(await side.reportOf("a")).toMatchObject({ attempt: 1, outcome: "success" });
  expect(side.ran).toEqual(["a"]);
});

it("a context that is copied has its signal, as one that is taken apart", async () => {
  const signals: AbortSignal[] = [];
  const side = new Side((_, context) => {
    const { signal } = context;
    signals.push(signal, { ...context }.signal);
  });
  side.send(["a"]);
  await side.reportOf("a");
  expect(signals[0]).toBeInstanceOf(AbortSignal);
  expect(signals[1]).toBe(signals[0]);
});

it("each says that it has begun before it runs, so that one which never lets go is known", async () => {
  const seen: string[][] = [];
  const side: Side = new Side(() => {
    seen.push(side.said.flatMap((message) => (message.kind === "begun" ? [message.key.id] : [])));
  });
  side.send(["a", "b", "c"]);
  await side.reportOf("c");
  expect(seen).toEqual([["a"], ["a", "b"], ["a", "b", "c"]]);
});

it("what is written down is not said, unless it could not be written down", async () => {
  const written: number[] = [];
  const side = new Side(undefined, ([line]) => {
    written.push(line);
    return line !== 1;
  });
  side.send(["a", "b", "c"]);
  await side.reportOf("c");
  expect(written).toEqual([0, 1, 2]);
  expect(side.said.filter(({ kind }) => kind === "begun")).toMatchObject([{ key: { id: "b", attempt: 1 } }]);
});

it("what has ended is reported before the next begins, when it has taken long", async () => {
  const reportedBefore: number[] = [];
  const side: Side = new Side(() => {
    reportedBefore.push(side.reports.length);
    block(20);
  });
  side.send(["a", "b", "c"]);
  await side.reportOf("c");
  expect(reportedBefore).toEqual([0, 1, 2]);
});

it("what is told to end while it waits for its turn never starts", async () => {
  const side: Side = new Side(() => block(20));
  side.send(["a", "b", "c"]);
  for (const [id, reason] of [
    ["b", "cancelled"],
    ["c", "stopping"],
  ] as const)
    side.worker.receive({ kind: "abort", id, attempt: 1, reason });
  expect(await side.reportOf("b")).toMatchObject({ outcome: "cancelled", started: null });
  expect(await side.reportOf("c")).toMatchObject({ outcome: "released", started: null });
  expect(side.ran).toEqual(["a"]);
});
