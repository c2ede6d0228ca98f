// What the memory engine holds: the tables of the SQL engines as maps. Records in them are replaced, never changed.
import type { EndedTask, QueuedTask } from "../../core/task.ts";
import type { AuditEntry } from "../broker.ts";
import type { AuditRow } from "../audit.ts";
import type { KeptAnswer, KeptAttempt, KeptKey, KeptRun } from "../copying.ts";
import type { ClusterRow } from "../store.ts";
import type { ScheduleRow } from "../schedules.ts";

export interface MemoryTables {
  /** Tasks that have not ended, and those that have, by id. */
  readonly queue: Map<string, QueuedTask>;
  readonly ended: Map<string, EndedTask>;
  /** By the id of their task, the first one first. */
  readonly attempts: Map<string, readonly KeptAttempt[]>;
  readonly answers: Map<string, KeptAnswer>;
  /** By func and key together. */
  readonly uniqueKeys: Map<string, KeptKey>;
  readonly schedules: Map<string, ScheduleRow>;
  /** By the id of their schedule. */
  readonly runs: Map<string, readonly KeptRun[]>;
  readonly clusters: Map<string, ClusterRow>;
  readonly audit: AuditRow[];
  readonly meta: Map<string, string>;
}

/** The tables as of one moment: what a chapter's functions work with. */
export interface Scope {
  readonly tables: MemoryTables;
  readonly now: number;
}

export function emptyTables(): MemoryTables {
  return {
    queue: new Map(),
    ended: new Map(),
    attempts: new Map(),
    answers: new Map(),
    uniqueKeys: new Map(),
    schedules: new Map(),
    runs: new Map(),
    clusters: new Map(),
    audit: [],
    meta: new Map(),
  };
}

export function uniqueKeyOf(func: string, key: string): string {
  return JSON.stringify([func, key]);
}

export function writeAudit({ tables, now }: Scope, entry: AuditEntry): void {
  const { outcome = "done", ...said } = entry;
  const row: AuditRow = { ...said, id: tables.audit.length + 1, at: now };
  tables.audit.push(outcome === "done" ? row : { ...row, outcome });
}

/**
 * Throws for a figure that no table could hold. Asked before the first change: after that nothing can go wrong any more,
 * which is all that makes a group of changes everything or nothing here.
 */
export function refuseOddNumbers(owner: string, record: object): void {
  for (const [field, value] of Object.entries(record)) {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new RangeError(`expected ${field} of ${owner} to be a whole number, got ${value}`);
    }
  }
}
