// What enqueue returns: the task's id and name, and its typed result once there is one.
import { checkKeys } from "../core/check.ts";
import { decode, errorSummary } from "../core/codec.ts";
import { type Duration, formatDuration, parseDuration } from "../core/duration.ts";
import { QuernError } from "../core/errors.ts";
import { whyUnstored } from "../core/outcome.ts";
import type { CancelAnswer, Enqueued } from "../store/broker.ts";
import type { Answer } from "../store/store.ts";
import type { Client } from "./client.ts";
import { refuseWaitingInTask } from "./current-attempt.ts";

export interface WaitOptions {
  /** How long to wait at most. Without it as long as it takes. */
  timeout?: Duration;
}

export interface TaskHandle<Result> {
  readonly id: string;
  readonly name: string;
  /** True when `unique` found a task that holds the key: id and name are that one's. */
  readonly deduplicated: boolean;
  /**
   * What the task function returned. Throws QUERN_TASK_FAILED, with what it threw as cause, when the task ended as a failure;
   * QUERN_RESULT_TIMEOUT when the time is up (the task goes on); QUERN_RESULT_IN_WORKER inside a task function.
   */
  result(options?: WaitOptions): Promise<Result>;
  /** Cancels it: at once while it waits, by its `signal` when it runs. */
  cancel(): Promise<CancelAnswer>;
}

export function handleOf<Result>(
  client: Client,
  enqueued: Enqueued,
  cancel: (id: string) => Promise<CancelAnswer>,
): TaskHandle<Result> {
  return new Handle<Result>(client, enqueued, cancel);
}

// A hundred thousand of them may be kept, so a handle has no functions of its own. It makes them when asked, as ones that need no
// `this`: a caller may take them apart.
class Handle<Result> implements TaskHandle<Result> {
  readonly id: string;
  readonly name: string;
  readonly deduplicated: boolean;
  readonly #client: Client;
  readonly #cancel: (id: string) => Promise<CancelAnswer>;

  constructor(
    client: Client,
    { id, name, deduplicated }: Enqueued,
    cancel: (id: string) => Promise<CancelAnswer>,
  ) {
    this.id = id;
    this.name = name;
    this.deduplicated = deduplicated;
    this.#client = client;
    this.#cancel = cancel;
  }

  get result(): TaskHandle<Result>["result"] {
    return (options) => awaitResult(this.#client, this.id, options, this.name) as Promise<Result>;
  }

  get cancel(): TaskHandle<Result>["cancel"] {
    return () => this.#cancel(this.id);
  }
}

/** An option that nobody reads would be a wait without an end. */
export function checkWait(options: WaitOptions, what: string, ...more: string[]): void {
  checkKeys(options, ["timeout", ...more], what);
}

export async function awaitResult(
  client: Client,
  id: string,
  options: WaitOptions = {},
  name = id,
): Promise<unknown> {
  refuseWaitingInTask();
  checkWait(options, "result()");
  const { waiters } = await client.open();
  return resultOf(client, await withDeadline(client, options, name, (signal) => waiters.wait(id, signal)));
}

/** Runs `wait` with a signal that fires, with QUERN_RESULT_TIMEOUT as its reason, when the time is up. */
export async function withDeadline<T>(
  client: Client,
  { timeout }: WaitOptions,
  name: string,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  if (timeout === undefined) return wait(deadline.signal);
  const ms = parseDuration(timeout, "timeout", "result({ timeout })");
  const { location } = (await client.open()).store;
  const late = (): void =>
    deadline.abort(new QuernError("QUERN_RESULT_TIMEOUT", { name, waited: formatDuration(ms), location }));
  const timer = client.clock.after(ms, late);
  try {
    return await wait(deadline.signal);
  } finally {
    timer.cancel();
  }
}

export function resultOf(client: Client, answer: Answer): unknown {
  const { success, result, name, func, id, outcome } = answer;
  if (!success) {
    const details = { id, name, func, outcome, message: result === null ? "" : errorSummary(result).message };
    throw new QuernError("QUERN_TASK_FAILED", details, {
      cause: result === null ? undefined : decode(result, client.options),
    });
  }
  const reason = result === null ? undefined : whyUnstored(result);
  if (reason !== undefined) throw new QuernError("QUERN_RESULT_NOT_STORED", { name, reason });
  return result === null ? undefined : decode(result, client.options);
}
