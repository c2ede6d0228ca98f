// The chapter of moving: all that a database holds, table by table as rows, read in steps here and added elsewhere, each step once.
import type { AttemptRecord, EndedTask, QueuedTask } from "../core/task.ts";
import type { AuditRow } from "./audit.ts";
import type { ScheduleRow, ScheduleRun } from "./schedules.ts";

/** The answer of a success that is not saved. */
export interface KeptAnswer extends Pick<EndedTask, "id" | "outcome" | "name" | "func" | "result"> {
  success: boolean;
  expires: number;
}

export interface KeptAttempt extends AttemptRecord {
  /** Ended by a reaper because its lease had run out, not by its owner. */
  lapsed: boolean;
  /** Its task is gone, or was never kept. */
  gone: boolean;
}

export interface KeptRun extends ScheduleRun {
  revision: number;
}

export interface KeptKey {
  func: string;
  key: string;
  task: string;
  heldUntil: number;
}

/** What is copied, and the rows of each table. Clusters stay where they run. */
export interface CopiedRows {
  /** What the meta chapter holds, and which queues are paused. */
  settings: { key: string; value: string };
  schedules: ScheduleRow;
  runs: KeptRun;
  queued: QueuedTask;
  attempts: KeptAttempt;
  ended: EndedTask;
  answers: KeptAnswer;
  uniqueKeys: KeptKey;
  audit: AuditRow;
}

export type CopiedTable = keyof CopiedRows;

/**
 * In this order: a task that ends while others are read is then copied as one that has not ended, and runs again, but is not missed;
 * and the attempts of a task come after its row, which says how far it is.
 */
export const copiedTables = [
  "settings",
  "schedules",
  "runs",
  "queued",
  "attempts",
  "ended",
  "answers",
  "uniqueKeys",
  "audit",
] as const satisfies readonly CopiedTable[];

export interface RowsRequest {
  /** Behind what a page before this one `reached`; null: from the start. */
  after: string | null;
  limit: number;
  /** A page ends where its rows hold more text than this; the first row comes whatever it holds. */
  maxBytes: number;
}

export interface RowsPage<T extends CopiedTable> {
  rows: CopiedRows[T][];
  /** The last row's place; null where there was none, so that all are read. */
  reached: string | null;
}

/** A value of the meta chapter that says how far a copy is: it must still be `from` (null: nothing), and becomes `to` with the rows. */
export interface CopyStep {
  key: string;
  from: string | null;
  to: string;
}

export interface Copying {
  /** Rows of a table as they are, in the order of their keys. */
  readRows<T extends CopiedTable>(table: T, request: RowsRequest): Promise<RowsPage<T>>;
  /**
   * Adds rows as they are and takes the step, in one transaction; answers how many were added. Null: the step had been taken or
   * another one was, and nothing was done. Passed over are rows whose key is there already; a queued task that has ended here; one
   * that has ended but is in the queue here, and attempts that such a task has not got to. Audit entries keep their time and order,
   * and get ids of their own.
   */
  addRows<T extends CopiedTable>(
    table: T,
    rows: readonly CopiedRows[T][],
    step: CopyStep,
  ): Promise<number | null>;
  rowCount(table: CopiedTable): Promise<number>;
}
