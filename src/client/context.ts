// What a task function is given beside its input, and how it asks to be called later.
import { type Duration, parseDuration } from "../core/duration.ts";
import { carries } from "../core/errors.ts";
import type { Transaction } from "../core/transaction.ts";

/** Why an attempt's `signal` fires. What the function throws after that is put down to it. */
export type AbortKind = "timeout" | "cancelled" | "stopping" | "lease-lost";

export interface TaskContext {
  readonly id: string;
  readonly name: string;
  readonly func: string;
  readonly queue: string;
  readonly group?: string;
  /** The fencing token: grows with every claim and is never used twice. Hand it on to what must refuse an older attempt. */
  readonly attempt: number;
  /** The slot of the schedule that made this task; absent for tasks that no schedule made. */
  readonly scheduledFor?: Date;
  /** Fires when the attempt should end: at its timeout, when it was cancelled, when the cluster stops. */
  readonly signal: AbortSignal;
  /** Keeps a line with the attempt: at most 1,000 lines or 64 KB; the rest is only counted. */
  log(message: string): void;
  /** Tells how far it is, from 0 to 1. Sent on at most once a second; of the note the first 1,000 characters. */
  progress(value: number, note?: string): void;
  /**
   * Ends the task, as a success with this result, inside a transaction of yours: it commits together with what the task has done
   * in there, or neither. Call it last. What the function returns or logs after that changes nothing; when the transaction is
   * rolled back, the task has not ended, and what the function returns or throws counts as usual.
   *
   * Throws QUERN_LEASE_LOST when the attempt is no longer this worker's (let it roll back your transaction),
   * QUERN_TX_NOT_JOINABLE as `enqueue` does, QUERN_ALREADY_COMPLETED when it is called again after a commit.
   */
  completeIn(tx: Transaction, result?: unknown): Promise<void>;
  /** Ends this attempt without using it up, and asks for another one after `delay`. */
  snooze(delay: Duration): never;
}

const snoozeBrand = Symbol.for("quern.snooze");

/** Thrown by `snooze()`, so that it works from any depth of the function. */
export class Snooze extends Error {
  readonly delayMs: number;
  readonly [snoozeBrand] = true;

  constructor(delay: Duration) {
    super("This attempt asked to be called again later.");
    this.name = "Snooze";
    this.delayMs = parseDuration(delay, "the delay of context.snooze()");
  }
}

export function isSnooze(error: unknown): error is Snooze {
  return carries(error, snoozeBrand);
}

const reasons: Record<AbortKind, string> = {
  timeout: "The attempt reached its timeout.",
  cancelled: "The task was cancelled.",
  stopping: "The cluster is stopping; the task goes back to the queue.",
  "lease-lost": "The attempt lost its lease; another cluster may be running the task.",
};

/** Tells an attempt to end. The signal is made for a function that asks for it: making one costs more than all else of a small task. */
export class Stop {
  /** Why; null while it may go on. */
  kind: AbortKind | null = null;
  #controller: AbortController | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.kind !== null) this.#controller.abort(new Aborted(this.kind));
    }
    return this.#controller.signal;
  }

  /** The first reason counts. */
  fire(kind: AbortKind): void {
    if (this.kind !== null) return;
    this.kind = kind;
    this.#controller?.abort(new Aborted(kind));
  }
}

const stopOf = Symbol("quern.stop");

// One for all contexts: an object with a getter of its own is kept as a table by V8, which costs more than all else of it.
const signal: PropertyDescriptor & ThisType<{ [stopOf]: Stop }> = {
  get() {
    return this[stopOf].signal;
  },
  enumerable: true,
};

/** The context, whose signal is made when it is asked for. */
export function withSignal(
  context: Omit<TaskContext, "signal"> & { [stopOf]?: Stop },
  stop: Stop,
): TaskContext {
  context[stopOf] = stop;
  return Object.defineProperty(context, "signal", signal) as unknown as TaskContext;
}

/** What `signal.reason` is. */
export class Aborted extends Error {
  readonly kind: AbortKind;

  constructor(kind: AbortKind) {
    super(reasons[kind]);
    this.name = kind === "timeout" ? "TimeoutError" : "AbortError";
    this.kind = kind;
  }
}
