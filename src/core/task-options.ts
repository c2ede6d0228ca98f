// The options of a task function, of one call of it, and of a queue: what each does, costs and defaults to.
import type { Duration } from "./duration.ts";
import type { Transaction } from "./transaction.ts";

/** Anything with a task function's name, whichever copy of the package made it. */
export interface TaskLike {
  readonly taskName: string;
}

/** What a hook is given: the finished task. The result is left out where it does not fit beside the rest. */
export interface FinishedTask {
  id: string;
  name: string;
  func: string;
  queue: string;
  group: string | null;
  attempt: number;
  success: boolean;
  outcome: string;
  result?: unknown;
  error?: { name: string; message: string };
}

/** As a hook is called. What a result is like, it may know better than we; and it may take nothing. */
type HookInput = FinishedTask & { result: never } & void;

/** A task function that can take a finished task. */
export interface HookLike extends TaskLike {
  readonly run?: (input: HookInput, context: never) => unknown;
}

export type Backoff = "exponential" | "linear" | "fixed";

export interface RetryOptions {
  /**
   * How many attempts a task has in all. Failing, running into the timeout and losing the lease use one up;
   * a stopped cluster, an unknown function and `context.snooze()` do not.
   *
   * `1` never starts a task a second time: a cluster that dies in between leaves a failure. Minimum 1.
   * @default 5
   */
  attempts?: number;
  /**
   * How the wait grows: `exponential` is delay × factorⁿ, `linear` is delay × n, `fixed` is always `delay`.
   * @default "exponential"
   */
  backoff?: Backoff;
  /**
   * The wait before the second attempt. `0` tries again at once.
   * @default "2s"
   */
  delay?: Duration;
  /**
   * What each further wait is multiplied by when `backoff` is exponential. Minimum 1.
   * @default 4
   */
  factor?: number;
  /**
   * No wait is longer than this.
   * @default "1h", or `delay` where that is longer
   */
  max?: Duration;
  /**
   * Whether a wait is drawn at random between nothing and its length, so that tasks which failed together do
   * not come back together. Turn it off only where the exact moment matters.
   * @default true
   */
  jitter?: boolean;
  /**
   * Asked in the worker after an attempt threw: `false` ends the task as failed at once. When it throws
   * itself, the task is retried. It can't be given for one call, because functions do not travel.
   */
  retryIf?: (error: unknown, info: { attempt: number }) => boolean;
}

/** A number is `attempts`, `false` is one attempt. Fields that are not given come from the next level. */
export type Retry = number | false | RetryOptions;

export type Unique = boolean | string | { key?: string; within?: Duration };

export interface TaskOptions {
  /**
   * The queue its tasks wait in. A cluster serves all queues unless it was started with `--queue`.
   * @default "default"
   */
  queue?: string;
  /** A label over tasks, to find, count and wait for them together. At most 255 characters. */
  group?: string;
  /**
   * What people call the task.
   * @default four words made from its id
   */
  name?: string;
  /**
   * Higher runs first; tasks of one priority run in the order they came. A steady stream of high ones can
   * hold up the low ones for ever.
   * @default 0
   */
  priority?: number;
  /**
   * How long one attempt may take. Then its `AbortSignal` fires, and a little later its worker is killed,
   * also out of a loop that never ends; neighbours in that worker go back to the queue and lose no attempt.
   *
   * `false` for no limit: then a task that hangs holds its slot until the cluster stops.
   * @default "15m"
   */
  timeout?: Duration | false;
  /**
   * What happens after an attempt that failed: a number of attempts, `false` for only one, or the whole
   * policy.
   * @default { attempts: 5, backoff: "exponential", delay: "2s", factor: 4, max: "1h", jitter: true }
   */
  retry?: Retry;
  /**
   * Whether a success is kept. Failures always are. Whoever waits for the result gets it all the same.
   * @default true
   */
  save?: boolean;
  /**
   * Lets only one task with this key be queued or running at a time, over this task function; enqueuing a
   * second one answers with the first and `{ deduplicated: true }`.
   *
   * `true` takes the input as key, a text is the key, `{ key, within: "1h" }` holds for that time from the
   * enqueue.
   * @default false
   */
  unique?: Unique;
  /**
   * A task function that is queued once when the task has ended, well or badly, with the finished task as its
   * input. It is retried and seen like any task. Its name, or the function itself.
   */
  hook?: string | HookLike;
  /**
   * Gives each of its tasks a worker to itself, for code that blocks, leaks or crashes. Costs a fork (about
   * 55 ms, a slot of its own) per task.
   * @default false
   */
  isolate?: boolean;
  /** Words to filter by. At most 50, of 255 characters. */
  tags?: readonly string[];
  /**
   * Ends the task with its first failure, whatever `retry` says, as Django Q's setting of that name does.
   * @default false
   */
  ackFailures?: boolean;
}

export interface CallOptions extends TaskOptions {
  /** The task's id, a UUIDv7. Enqueuing with the same id again never makes a second task. */
  id?: string;
  /** Runs it no sooner than this from now, by the database's clock. Not together with `runAt`. */
  delay?: Duration;
  /** Runs it no sooner than this moment; one in the past means now. Not together with `delay`. */
  runAt?: Date;
  /**
   * Your open transaction: the task is queued if it commits, and never was if it does not. It must be on the database that Quern
   * is on; docs/transactions.md says what to pass from which library.
   */
  tx?: Transaction;
  /**
   * As in `task()`, for this call. Fields that are not given are the task function's; `retryIf` can't be
   * given here.
   */
  retry?: number | false | Omit<RetryOptions, "retryIf">;
}

export interface QueueOptions {
  /**
   * How many tasks of this queue one cluster runs at a time, within the slots it has. Minimum 1.
   * @default no limit of its own
   */
  concurrency?: number;
  /** The `timeout` of tasks in this queue whose task function names none. */
  timeout?: Duration | false;
  /** The `retry` of tasks in this queue, for what their task function does not say. */
  retry?: Retry;
}

export interface ResolvedRetry {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly delayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly jitter: boolean;
}

/** What travels signed with a call, so that a cluster needs no user code to know how to run it. */
export interface ResolvedOptions extends ResolvedRetry {
  /** `null` for no limit. */
  readonly timeoutMs: number | null;
  readonly maxCrashes: number;
  readonly save: boolean;
  readonly isolate: boolean;
  readonly ackFailures: boolean;
  readonly hook?: string;
  /** The key that its task wants, so that a copy of it wants the same. */
  readonly unique?: { readonly key: string; readonly withinMs?: number };
}

export interface ResolvedUnique {
  /** `true`: to be made from the encoded input. The scope is func + key. */
  readonly key: string | true;
  /** Absent: while such a task has not ended. */
  readonly withinMs?: number;
}

/** One call, merged. It may be shared between calls: make a new object to change it. */
export interface ResolvedCall {
  readonly queue: string;
  readonly group?: string;
  readonly name?: string;
  readonly priority: number;
  readonly tags: readonly string[];
  readonly unique?: ResolvedUnique;
  readonly delayMs?: number;
  /** Epoch milliseconds. */
  readonly runAt?: number;
  readonly options: ResolvedOptions;
  /** `options` as JSON, made once for all calls that share it. */
  readonly optionsText: string;
}
