// Rows to records: the one place where snake_case, 0 and 1, and JSON lists become what the rest of Quern speaks of.
import type {
  AttemptOutcome,
  AttemptRecord,
  ClaimedTask,
  EndedTask,
  QueuedTask,
  TaskColumns,
} from "../../core/task.ts";
import type { AuditRow } from "../audit.ts";
import type { ClusterRow } from "../store.ts";
import type { ScheduleRow, ScheduleRun } from "../schedules.ts";
import type { Row, Value } from "./database.ts";

const text = (value: Value | undefined): string | null =>
  value === null || value === undefined ? null : String(value);
const number = (value: Value | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

// Spread last into what it is part of: an object that goes on after a spread of this size costs V8 twenty times as much to make.
function columnsOf(row: Row): TaskColumns {
  return {
    id: String(row.id),
    name: String(row.name),
    func: String(row.func),
    queue: String(row.queue),
    group: text(row.group),
    priority: Number(row.priority),
    tags: row.tags == null ? [] : (JSON.parse(String(row.tags)) as string[]),
    enqueued: Number(row.enqueued),
    attempt: Number(row.attempt),
    uncounted: Number(row.uncounted),
    crashes: Number(row.crashes),
    parent: text(row.parent),
    schedule: text(row.schedule),
    slot: number(row.slot),
    envelope: String(row.envelope),
    progress: text(row.progress),
  };
}

export function queuedTask(row: Row): QueuedTask {
  return {
    state: row.state as QueuedTask["state"],
    due: Number(row.due),
    owner: text(row.owner),
    leasedAt: number(row.leased_at),
    leasedUntil: number(row.leased_until),
    cancelled: row.cancelled === 1,
    unknown: Number(row.unknown),
    isolate: row.isolate === 1,
    error: text(row.error),
    log: text(row.log),
    ...columnsOf(row),
  };
}

/** What the claim asked for by value is not read again. */
export function claimedTask(row: Row, queue: string, owner: string): ClaimedTask {
  return {
    id: String(row.id),
    name: String(row.name),
    func: String(row.func),
    queue,
    group: text(row.group),
    priority: Number(row.priority),
    due: Number(row.due),
    slot: number(row.slot),
    attempt: Number(row.attempt),
    uncounted: Number(row.uncounted),
    crashes: Number(row.crashes),
    unknown: Number(row.unknown),
    isolate: row.isolate === 1,
    owner,
    envelope: String(row.envelope),
  };
}

export function endedTask(row: Row): EndedTask {
  return {
    state: row.state as EndedTask["state"],
    outcome: row.outcome as AttemptOutcome,
    started: number(row.started),
    stopped: Number(row.stopped),
    result: text(row.result),
    errorClass: text(row.error_class),
    errorText: text(row.error_text),
    ...columnsOf(row),
  };
}

export function attemptRecord(row: Row): AttemptRecord {
  return {
    id: String(row.id),
    attempt: Number(row.attempt),
    owner: String(row.owner),
    outcome: row.outcome as AttemptOutcome,
    worker: text(row.worker),
    started: number(row.started),
    stopped: Number(row.stopped),
    error: text(row.error),
    log: text(row.log),
  };
}

export function scheduleRow(row: Row): ScheduleRow {
  return {
    id: String(row.id),
    version: Number(row.version),
    revision: Number(row.revision),
    name: text(row.name),
    func: String(row.func),
    queue: String(row.queue),
    nextRun: number(row.next_run),
    repeats: Number(row.repeats),
    pausedRepeats: number(row.paused_repeats),
    definition: String(row.definition),
    type: text(row.type),
    note: text(row.note),
    keepRuns: Number(row.keep_runs),
    declared: text(row.declared),
    error: text(row.error),
    held: row.held === 1,
    created: Number(row.created),
    changed: Number(row.changed),
  };
}

export function scheduleRun(row: Row): ScheduleRun {
  return {
    schedule: String(row.schedule),
    kind: row.kind as ScheduleRun["kind"],
    slot: Number(row.slot),
    task: String(row.task),
    enqueued: Number(row.enqueued),
    started: number(row.started),
    stopped: number(row.stopped),
    outcome: row.outcome as ScheduleRun["outcome"],
  };
}

export function clusterRow(row: Row): ClusterRow {
  return {
    id: String(row.id),
    name: String(row.name),
    host: String(row.host),
    pid: Number(row.pid),
    version: String(row.version),
    state: String(row.state),
    queues: String(row.queues),
    started: Number(row.started),
    heartbeat: Number(row.heartbeat),
    status: String(row.status),
    order: text(row.ordered) as ClusterRow["order"],
  };
}

export function auditRow(row: Row): AuditRow {
  const optional = (name: "before" | "after" | "address" | "role" | "reason"): Partial<AuditRow> =>
    row[name] === null ? {} : { [name]: String(row[name]) };
  return {
    id: Number(row.id),
    at: Number(row.at),
    who: String(row.who),
    action: String(row.action),
    object: String(row.object),
    ...optional("before"),
    ...optional("after"),
    ...optional("address"),
    ...(row.outcome === "done" ? {} : { outcome: row.outcome as "refused" | "failed" }),
    ...optional("role"),
    ...optional("reason"),
  };
}
