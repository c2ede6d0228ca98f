// Every message between a sentinel and its workers. Small and plain: what exceeds the pipe's buffer dies with the process.
import type { AbortKind } from "../client/context.ts";
import type { AttemptStart, ShortReport } from "../client/run-attempt.ts";
import type { SlateLine } from "./slate.ts";

export type ToWorker =
  /** A worker that was stopped reads it late: after this moment of the machine's monotonic clock the lease may be somebody else's. */
  | { kind: "run"; attempts: SentAttempt[]; notAfter: number }
  | { kind: "abort"; id: string; attempt: number; reason: AbortKind }
  /** Take no more; end when empty. */
  | { kind: "retire" }
  /** For the listeners of the project module. The payload is encoded. */
  | { kind: "event"; name: string; payload: string };

export type FromWorker =
  | { kind: "ready"; fingerprint: string; listens: string[] }
  /** The project module did not load. */
  | { kind: "unusable"; error: string }
  /** From a worker that has no slate: before anything of the task function runs. The moment is of the monotonic clock. */
  | { kind: "begun"; key: AttemptKey; at: number }
  | { kind: "notes"; notes: WorkerNote[] }
  | { kind: "reports"; reports: WorkerReport[] }
  /** The process ends in the middle of tasks, because this attempt called for it; null: nobody knows which. */
  | { kind: "exiting"; code: number; culprit: AttemptKey | null }
  /** Something was thrown that no task caught. The worker takes no more, and ends when it is empty. */
  | { kind: "tainted"; error: string; culprit: AttemptKey | null };

/** As it goes through the channel. That is there for the code of task functions, too: what comes without this is none of ours. */
export interface Said {
  quern: FromWorker;
}

export function heardIn(said: unknown): FromWorker | undefined {
  return typeof said === "object" && said !== null ? ((said as Partial<Said>).quern ?? undefined) : undefined;
}

export interface SentAttempt extends AttemptStart {
  /** Where the worker writes down that it has begun. */
  line: SlateLine | null;
}

export interface AttemptKey {
  id: string;
  attempt: number;
}

/** What an attempt said since the last note. */
export interface WorkerNote extends AttemptKey {
  lines: LogLine[];
  leftOut: number;
  progress: string | null;
}

/** What is as it mostly is is left out: on the way it would be most of the text. */
export interface WorkerReport extends AttemptKey, ShortReport {
  note?: WorkerNote;
}

/** When, in epoch milliseconds, and what. */
export type LogLine = [number, string];
