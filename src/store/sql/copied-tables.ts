// Of each table that is copied: its columns, the order of its rows, and which of them are read and added.
import type { TaskColumns } from "../../core/task.ts";
import type { CopiedRows, CopiedTable } from "../copying.ts";
import { auditColumns } from "./audit-sql.ts";
import { type Columns, flag, integer, text } from "./columns.ts";
import type { Row } from "./database.ts";
import type { Tables } from "./dialect.ts";
import { versionKey } from "./migrate.ts";
import { attemptRecord, auditRow, endedTask, queuedTask, scheduleRow, scheduleRun } from "./rows.ts";
import { savedColumns } from "./schedule-sql.ts";

interface Copied<Kept> {
  name: keyof Tables;
  /** What the rows are ordered by. */
  key: readonly string[];
  /** The first one is never null. */
  columns: Columns<Kept>;
  /** The columns that may hold much. */
  texts: readonly string[];
  /** A condition for rows that are not read. */
  except?: string;
  /** A condition for rows that are not added, which stand there as `n`, their columns as `c0`, `c1` … */
  unless?: (tables: Tables) => string;
  read: (row: Row) => Kept;
}

const taskColumns = {
  id: text((task) => task.id),
  name: text((task) => task.name),
  func: text((task) => task.func),
  queue: text((task) => task.queue),
  '"group"': text((task) => task.group),
  priority: integer((task) => task.priority),
  tags: text((task) => (task.tags.length === 0 ? null : JSON.stringify(task.tags))),
  enqueued: integer((task) => task.enqueued),
  attempt: integer((task) => task.attempt),
  uncounted: integer((task) => task.uncounted),
  crashes: integer((task) => task.crashes),
  parent: text((task) => task.parent),
  schedule: text((task) => task.schedule),
  slot: integer((task) => task.slot),
  envelope: text((task) => task.envelope),
  progress: text((task) => task.progress),
} satisfies Columns<TaskColumns>;

// Looked up row by row. As EXISTS it becomes a join, and that a reading of the whole table for every step.
const found = (table: string, condition: string): string =>
  `(SELECT x.id FROM ${table} x WHERE x.id = n.c0${condition} LIMIT 1) IS NOT NULL`;

export const copied: { readonly [T in CopiedTable]: Copied<CopiedRows[T]> } = {
  settings: {
    name: "meta",
    key: ["key"],
    columns: {
      key: text((row) => row.key),
      value: text((row) => row.value),
    },
    texts: ["value"],
    except: `key <> '${versionKey}'`,
    read: (row) => ({ key: String(row.key), value: String(row.value) }),
  },
  schedules: {
    name: "schedule",
    key: ["id"],
    columns: {
      id: text((row) => row.id),
      ...savedColumns,
      created: integer((row) => row.created),
      changed: integer((row) => row.changed),
    },
    texts: ["definition", "note", "declared", "error"],
    read: scheduleRow,
  },
  runs: {
    name: "slot",
    key: ["schedule", "revision", "slot"],
    columns: {
      schedule: text((row) => row.schedule),
      revision: integer((row) => row.revision),
      slot: integer((row) => row.slot),
      task: text((row) => row.task),
      kind: text((row) => row.kind),
      enqueued: integer((row) => row.enqueued),
      started: integer((row) => row.started),
      stopped: integer((row) => row.stopped),
      outcome: text((row) => row.outcome),
    },
    texts: [],
    read: (row) => ({ ...scheduleRun(row), revision: Number(row.revision) }),
  },
  queued: {
    name: "queue",
    key: ["id"],
    columns: {
      ...taskColumns,
      state: text((row) => row.state),
      due: integer((row) => row.due),
      owner: text((row) => row.owner),
      leased_at: integer((row) => row.leasedAt),
      leased_until: integer((row) => row.leasedUntil),
      cancelled: flag((row) => row.cancelled),
      unknown: integer((row) => row.unknown),
      isolate: flag((row) => row.isolate),
      error: text((row) => row.error),
      log: text((row) => row.log),
    },
    texts: ["envelope", "progress", "error", "log"],
    unless: ({ task, cached }) => `${found(task, "")} OR ${found(cached, "")}`,
    read: queuedTask,
  },
  attempts: {
    name: "attempt",
    key: ["id", "attempt"],
    columns: {
      id: text((row) => row.id),
      attempt: integer((row) => row.attempt),
      owner: text((row) => row.owner),
      outcome: text((row) => row.outcome),
      worker: text((row) => row.worker),
      started: integer((row) => row.started),
      stopped: integer((row) => row.stopped),
      error: text((row) => row.error),
      log: text((row) => row.log),
      lapsed: flag((row) => row.lapsed),
      gone: flag((row) => row.gone),
    },
    texts: ["error", "log"],
    unless: ({ queue }) =>
      found(queue, " AND (x.attempt < n.c1 OR (x.attempt = n.c1 AND x.owner IS NOT NULL))"),
    read: (row) => ({ ...attemptRecord(row), lapsed: row.lapsed === 1, gone: row.gone === 1 }),
  },
  ended: {
    name: "task",
    key: ["id"],
    columns: {
      ...taskColumns,
      state: text((row) => row.state),
      outcome: text((row) => row.outcome),
      started: integer((row) => row.started),
      stopped: integer((row) => row.stopped),
      result: text((row) => row.result),
      error_class: text((row) => row.errorClass),
      error_text: text((row) => row.errorText),
    },
    texts: ["envelope", "progress", "result", "error_text"],
    unless: ({ queue }) => found(queue, ""),
    read: endedTask,
  },
  answers: {
    name: "cached",
    key: ["id"],
    columns: {
      id: text((row) => row.id),
      state: text((row) => (row.success ? "success" : "failure")),
      outcome: text((row) => row.outcome),
      name: text((row) => row.name),
      func: text((row) => row.func),
      result: text((row) => row.result),
      expires: integer((row) => row.expires),
    },
    texts: ["result"],
    unless: ({ queue }) => found(queue, ""),
    read: (row) => ({
      id: String(row.id),
      success: row.state === "success",
      outcome: row.outcome as CopiedRows["answers"]["outcome"],
      name: String(row.name),
      func: String(row.func),
      result: row.result == null ? null : String(row.result),
      expires: Number(row.expires),
    }),
  },
  uniqueKeys: {
    name: "uniqueKey",
    key: ["key", "func"],
    columns: {
      func: text((row) => row.func),
      key: text((row) => row.key),
      task: text((row) => row.task),
      held_until: integer((row) => row.heldUntil),
    },
    texts: [],
    read: (row) => ({
      func: String(row.func),
      key: String(row.key),
      task: String(row.task),
      heldUntil: Number(row.held_until),
    }),
  },
  audit: {
    name: "audit",
    key: ["id"],
    columns: {
      at: integer((row) => row.at),
      ...auditColumns,
    },
    texts: ["before", "after", "reason"],
    read: auditRow,
  },
};
