// A stored task as applications and people read it: dates, decoded values, the words of the glossary.
import { decode, errorSummary } from "../core/codec.ts";
import { openCall } from "../core/envelope.ts";
import { whyUnstored } from "../core/outcome.ts";
import {
  type AttemptOutcome,
  type AttemptRecord,
  hasEnded,
  type StoredTask,
  type TaskState,
} from "../core/task.ts";
import type { Client, Opened } from "./client.ts";

export interface ErrorInfo {
  name: string;
  message: string;
  stack?: string;
}

export interface TaskInfo {
  id: string;
  name: string;
  func: string;
  queue: string;
  group: string | null;
  state: TaskState;
  priority: number;
  tags: readonly string[];
  enqueued: Date;
  /** When a task that has not ended may run. */
  due: Date | null;
  started: Date | null;
  stopped: Date | null;
  /** Milliseconds from start to end of the last attempt. */
  timeTaken: number | null;
  attempt: number;
  /** How many attempts count against the allowed ones. */
  attemptsUsed: number;
  outcome: AttemptOutcome | null;
  success: boolean | null;
  result: unknown;
  /** Why the result of a success could not be stored, such as a function or more than `maxBytes`; null where it was. */
  unstored: string | null;
  /** Of a failure, or of the latest failed attempt. */
  error: ErrorInfo | null;
  progress: { value: number; note?: string } | null;
  /** Undefined, with `unreadable` saying why, when the envelope can't be opened. */
  input: unknown;
  unreadable: string | null;
  parent: string | null;
  schedule: string | null;
}

export interface AttemptInfo {
  attempt: number;
  outcome: AttemptOutcome;
  worker: string | null;
  started: Date | null;
  stopped: Date;
  error: ErrorInfo | null;
  log: { at: Date; message: string }[];
  /** Log lines beyond the limit, which were not kept. */
  logLeftOut: number;
}

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

export function taskInfo(client: Client, { keyring }: Pick<Opened, "keyring">, task: StoredTask): TaskInfo {
  const ended = hasEnded(task.state);
  const stored = ended ? (task as Extract<StoredTask, { outcome: unknown }>) : null;
  const queued = ended ? null : (task as Extract<StoredTask, { due: unknown }>);
  const success = stored === null ? null : stored.state === "success";
  const started = stored === null ? (queued?.leasedAt ?? null) : stored.started;
  const result = success === true ? (stored?.result ?? null) : null;
  const unstored = (result === null ? undefined : whyUnstored(result)) ?? null;
  const error = success === true ? null : (stored?.result ?? queued?.error ?? null);
  return {
    id: task.id,
    name: task.name,
    func: task.func,
    queue: task.queue,
    group: task.group,
    state: task.state,
    priority: task.priority,
    tags: task.tags,
    enqueued: new Date(task.enqueued),
    due: dateOf(queued?.due ?? null),
    started: dateOf(started),
    stopped: dateOf(stored?.stopped ?? null),
    timeTaken: stored === null || stored.started === null ? null : stored.stopped - stored.started,
    attempt: task.attempt,
    attemptsUsed: task.attempt - task.uncounted,
    outcome: stored?.outcome ?? null,
    success,
    result: result === null || unstored !== null ? undefined : decode(result, client.options),
    unstored,
    error: error === null ? null : errorSummary(error),
    progress: task.progress === null ? null : (JSON.parse(task.progress) as { value: number; note?: string }),
    ...readInput(client, keyring, task),
    parent: task.parent,
    schedule: task.schedule,
  };
}

export function attemptInfo(record: AttemptRecord): AttemptInfo {
  const log =
    record.log === null ? null : (JSON.parse(record.log) as { lines: [number, string][]; leftOut: number });
  return {
    attempt: record.attempt,
    outcome: record.outcome,
    worker: record.worker,
    started: dateOf(record.started),
    stopped: new Date(record.stopped),
    error: record.error === null ? null : errorSummary(record.error),
    log: (log?.lines ?? []).map(([at, message]) => ({ at: new Date(at), message })),
    logLeftOut: log?.leftOut ?? 0,
  };
}

function readInput(
  client: Client,
  keyring: Opened["keyring"],
  task: StoredTask,
): { input: unknown; unreadable: string | null } {
  try {
    return { input: decode(openCall(task.envelope, task, keyring).input, client.options), unreadable: null };
  } catch (error) {
    return { input: undefined, unreadable: error instanceof Error ? error.message : String(error) };
  }
}
