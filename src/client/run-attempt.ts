// One attempt as a pipeline: check, call, encode, report. Used by workers, by workers: 0 and by sync: true.
import { fileURLToPath } from "node:url";
import type { Clock } from "../core/clock.ts";
import type { Duration } from "../core/duration.ts";
import { type CodecLimits, decode, encode, encodeError } from "../core/codec.ts";
import { isNonRetryable, isQuernError } from "../core/errors.ts";
import type { RetryOptions } from "../core/options.ts";
import { markUnstored, type Report } from "../core/outcome.ts";
import { checkInput } from "../core/schema.ts";
import type { AttemptOutcome, QueuedTask } from "../core/task.ts";
import type { Transaction } from "../core/transaction.ts";
import { isSnooze, Snooze, type Stop, type TaskContext, withSignal } from "./context.ts";
import { withAttempt } from "./current-attempt.ts";
import type { AnyTask, Registry } from "./registry.ts";

/** What a worker is told of an attempt; the sentinel has verified the envelope. */
export interface AttemptStart
  extends Pick<QueuedTask, "id" | "attempt" | "name" | "func" | "queue" | "group" | "slot"> {
  /** Encoded. */
  input: string;
}

/** Where an attempt's words go while it runs. */
export interface AttemptVoice {
  started(): void;
  log(message: string): void;
  progress(value: number, note: string | undefined): void;
  /** Ends it in a transaction of its function's. The result is encoded. */
  completeIn(tx: Transaction, result: string, started: number): Promise<void>;
}

/** What the attempt itself can report; who ran it and what it logged is added by whoever had it run. */
export type OwnReport = Pick<
  Report,
  "outcome" | "started" | "stopped" | "result" | "error" | "retry" | "snoozeMs" | "unknown" | "completed"
>;

/** Absent: no error, and nothing that would keep it from another attempt. */
export type ShortReport = Pick<OwnReport, "outcome" | "started" | "stopped" | "result"> & Partial<OwnReport>;

export interface RunsWith {
  registry: Registry;
  clock: Clock;
  limits: CodecLimits;
  /** The application's `retryIf`; a task function's own comes first. */
  retryIf?: RetryOptions["retryIf"];
}

const ourFolder = fileURLToPath(new URL("..", import.meta.url));

/** Never throws: whatever happens in here is what the report says. */
export async function runAttempt(
  start: AttemptStart,
  { registry, clock, limits, retryIf }: RunsWith,
  stop: Stop,
  voice: AttemptVoice,
): Promise<OwnReport> {
  const started = clock.now();
  let completed = false;
  // Each of them is told by name: an object that is put together from others costs V8 many times as much.
  const report = (
    outcome: AttemptOutcome,
    { result = null, error = null, retry = true, snoozeMs = null }: Partial<OwnReport> = {},
  ): OwnReport => {
    const stopped = Math.max(started, clock.now());
    const made: OwnReport = { outcome, started, stopped, result, error, retry, snoozeMs, unknown: false };
    if (completed) made.completed = true;
    return made;
  };
  const completeIn: TaskContext["completeIn"] = async (tx, result) => {
    await voice.completeIn(tx, encodeOrMark(result, limits), started);
    completed = true;
  };

  const task = registry.find(start.func);
  if (task === undefined) return { ...report("released"), started: null, unknown: true };
  try {
    voice.started();
    const checked = checkInput(task.schema, decode(start.input, limits), start.func);
    // Not a turn later than need be: attempts that a worker begins one after another must not all wait for the first of them.
    const input = checked instanceof Promise ? await checked : checked;
    const returned: unknown = withAttempt(start, () =>
      task.run(input as never, contextOf(start, stop, voice, completeIn)),
    );
    const result = isThenable(returned) ? await returned : returned;
    // The effect has happened: an odd result is no reason to repeat it.
    return report("success", { result: encodeOrMark(result, limits) });
  } catch (error) {
    if (isSnooze(error)) return report("snoozed", { snoozeMs: error.delayMs });
    const outcome = outcomeOf(stop);
    const retry = outcome !== "failed" || mayRetry(error, task, retryIf, start.attempt);
    return report(outcome, { error: encodeError(error, { callers: ourFolder }), retry });
  }
}

/** It travels every second, is stored each time, and is read in a list. */
const longestProgressNote = 1_000;

function contextOf(
  start: AttemptStart,
  stop: Stop,
  voice: AttemptVoice,
  completeIn: TaskContext["completeIn"],
): TaskContext {
  const { id, name, func, queue, group, attempt, slot } = start;
  const context: Omit<{ -readonly [Name in keyof TaskContext]: TaskContext[Name] }, "signal"> = {
    id,
    name,
    func,
    queue,
    attempt,
    log: (message) => voice.log(String(message)),
    progress: (value, note) =>
      voice.progress(
        Math.min(1, Math.max(0, Number(value) || 0)),
        note === undefined ? undefined : String(note).slice(0, longestProgressNote),
      ),
    completeIn,
    snooze,
  };
  if (group !== null) context.group = group;
  if (slot !== null) context.scheduledFor = new Date(slot);
  return withSignal(context, stop);
}

function snooze(delay: Duration): never {
  throw new Snooze(delay);
}

/** To wait for what is there already costs a turn of the microtasks, and three promises while attempts are told apart. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function encodeOrMark(result: unknown, limits: CodecLimits): string {
  try {
    const { maxBytes, maxDepth } = limits; // They come with all options of the application.
    return encode(result, { maxBytes, maxDepth, root: "result" });
  } catch (error) {
    return markUnstored(error instanceof Error ? error.message : String(error));
  }
}

/** What a function throws after its signal fired is put down to what fired it. */
function outcomeOf({ kind }: Stop): AttemptOutcome {
  if (kind === null) return "failed";
  return (
    { timeout: "timeout", cancelled: "cancelled", stopping: "released", "lease-lost": "lost" } as const
  )[kind];
}

function mayRetry(
  error: unknown,
  task: AnyTask,
  appRetryIf: RetryOptions["retryIf"],
  attempt: number,
): boolean {
  if (isNonRetryable(error)) return false;
  // The input will be no better the next time.
  if (isQuernError(error, "QUERN_BAD_INPUT") || isQuernError(error, "QUERN_UNDECODABLE")) return false;
  const { retry } = task.options;
  const retryIf = (typeof retry === "object" ? retry.retryIf : undefined) ?? appRetryIf;
  try {
    return retryIf?.(error, { attempt }) ?? true;
  } catch {
    return true; // A broken retryIf must not cost the task its attempts.
  }
}
