// Which attempt the running code belongs to: how errors nobody caught find their task, and what a task may not do.
import { AsyncLocalStorage } from "node:async_hooks";
import { QuernError } from "../core/errors.ts";

export interface CurrentAttempt {
  readonly id: string;
  readonly attempt: number;
}

const storage = new AsyncLocalStorage<CurrentAttempt>();

export function withAttempt<T>(attempt: CurrentAttempt, run: () => T): T {
  return storage.run(attempt, run);
}

export function currentAttempt(): CurrentAttempt | undefined {
  return storage.getStore();
}

// On the global object, because a project module may bring a second copy of this package into the process.
const workerMark = Symbol.for("quern.worker");
const marks = globalThis as { [workerMark]?: boolean };

/** Said once, by the entry of a worker process. */
export function markWorker(): void {
  marks[workerMark] = true;
}

export function inWorker(): boolean {
  return marks[workerMark] === true;
}

/** A task that waits for another holds its slot meanwhile; enough of them and nothing runs any more. */
export function refuseWaitingInTask(): void {
  if (inWorker() || currentAttempt() !== undefined) throw new QuernError("QUERN_RESULT_IN_WORKER", {});
}
