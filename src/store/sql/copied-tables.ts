// The columns of each table that is copied, and records to rows: the way back from rows.ts.
import type { TaskColumns } from "../../core/task.ts";
import type { CopiedRows, CopiedTable } from "../copying.ts";
import type { Row, Value } from "./database.ts";
import type { ColumnKind, Tables } from "./dialect.ts";
import { versionKey } from "./migrate.ts";
import { attemptRecord, auditRow, endedTask, queuedTask, scheduleRow, scheduleRun } from "./rows.ts";

interface Copied<Record> {
  name: keyof Tables;
  /** What the rows are ordered by. */
  key: readonly string[];
  /** As the table calls them; the first one is never null. */
  columns: Readonly<globalThis.Record<string, ColumnKind>>;
  /** The columns that may hold much. */
  texts: readonly string[];
  /** A condition for rows that are not read. */
  except?: string;
  /** A condition for rows that are not added, which stand there as `n`, their columns as `c0`, `c1` … */
  unless?: (tables: Tables) => string;
  read: (row: Row) => Record;
  values: (record: Record) => Value[];
}

const flag = (value: boolean): number => (value ? 1 : 0);

const taskColumns = {
  id: "text",
  name: "text",
  func: "text",
  queue: "text",
  '"group"': "text",
  priority: "integer",
  tags: "text",
  enqueued: "integer",
  attempt: "integer",
  uncounted: "integer",
  crashes: "integer",
  parent: "text",
  schedule: "text",
  slot: "integer",
  envelope: "text",
  progress: "text",
} as const;

function taskValues(task: TaskColumns): Value[] {
  return [
    task.id,
    task.name,
    task.func,
    task.queue,
    task.group,
    task.priority,
    task.tags.length === 0 ? null : JSON.stringify(task.tags),
    task.enqueued,
    task.attempt,
    task.uncounted,
    task.crashes,
    task.parent,
    task.schedule,
    task.slot,
    task.envelope,
    task.progress,
  ];
}

// Looked up row by row. As EXISTS it becomes a join, and that a reading of the whole table for every step.
const found = (table: string, condition: string): string =>
  `(SELECT x.id FROM ${table} x WHERE x.id = n.c0${condition} LIMIT 1) IS NOT NULL`;

export const copied: { readonly [T in CopiedTable]: Copied<CopiedRows[T]> } = {
  settings: {
    name: "meta",
    key: ["key"],
    columns: { key: "text", value: "text" },
    texts: ["value"],
    except: `key <> '${versionKey}'`,
    read: (row) => ({ key: String(row.key), value: String(row.value) }),
    values: ({ key, value }) => [key, value],
  },
  schedules: {
    name: "schedule",
    key: ["id"],
    columns: {
      id: "text",
      version: "integer",
      revision: "integer",
      name: "text",
      func: "text",
      queue: "text",
      next_run: "integer",
      repeats: "integer",
      paused_repeats: "integer",
      definition: "text",
      type: "text",
      note: "text",
      keep_runs: "integer",
      declared: "text",
      error: "text",
      held: "integer",
      created: "integer",
      changed: "integer",
    },
    texts: ["definition", "note", "declared", "error"],
    read: scheduleRow,
    values: (row) => [
      row.id,
      row.version,
      row.revision,
      row.name,
      row.func,
      row.queue,
      row.nextRun,
      row.repeats,
      row.pausedRepeats,
      row.definition,
      row.type,
      row.note,
      row.keepRuns,
      row.declared,
      row.error,
      flag(row.held),
      row.created,
      row.changed,
    ],
  },
  runs: {
    name: "slot",
    key: ["schedule", "revision", "slot"],
    columns: {
      schedule: "text",
      revision: "integer",
      slot: "integer",
      task: "text",
      kind: "text",
      enqueued: "integer",
      started: "integer",
      stopped: "integer",
      outcome: "text",
    },
    texts: [],
    read: (row) => ({ ...scheduleRun(row), revision: Number(row.revision) }),
    values: (run) => [
      run.schedule,
      run.revision,
      run.slot,
      run.task,
      run.kind,
      run.enqueued,
      run.started,
      run.stopped,
      run.outcome,
    ],
  },
  queued: {
    name: "queue",
    key: ["id"],
    columns: {
      ...taskColumns,
      state: "text",
      due: "integer",
      owner: "text",
      leased_at: "integer",
      leased_until: "integer",
      cancelled: "integer",
      unknown: "integer",
      isolate: "integer",
      error: "text",
      log: "text",
    },
    texts: ["envelope", "progress", "error", "log"],
    unless: ({ task, cached }) => `${found(task, "")} OR ${found(cached, "")}`,
    read: queuedTask,
    values: (task) => [
      ...taskValues(task),
      task.state,
      task.due,
      task.owner,
      task.leasedAt,
      task.leasedUntil,
      flag(task.cancelled),
      task.unknown,
      flag(task.isolate),
      task.error,
      task.log,
    ],
  },
  attempts: {
    name: "attempt",
    key: ["id", "attempt"],
    columns: {
      id: "text",
      attempt: "integer",
      owner: "text",
      outcome: "text",
      worker: "text",
      started: "integer",
      stopped: "integer",
      error: "text",
      log: "text",
      lapsed: "integer",
      gone: "integer",
    },
    texts: ["error", "log"],
    unless: ({ queue }) =>
      found(queue, " AND (x.attempt < n.c1 OR (x.attempt = n.c1 AND x.owner IS NOT NULL))"),
    read: (row) => ({ ...attemptRecord(row), lapsed: row.lapsed === 1, gone: row.gone === 1 }),
    values: (record) => [
      record.id,
      record.attempt,
      record.owner,
      record.outcome,
      record.worker,
      record.started,
      record.stopped,
      record.error,
      record.log,
      flag(record.lapsed),
      flag(record.gone),
    ],
  },
  ended: {
    name: "task",
    key: ["id"],
    columns: {
      ...taskColumns,
      state: "text",
      outcome: "text",
      started: "integer",
      stopped: "integer",
      result: "text",
      error_class: "text",
      error_text: "text",
    },
    texts: ["envelope", "progress", "result", "error_text"],
    unless: ({ queue }) => found(queue, ""),
    read: endedTask,
    values: (task) => [
      ...taskValues(task),
      task.state,
      task.outcome,
      task.started,
      task.stopped,
      task.result,
      task.errorClass ?? null,
      task.errorText ?? null,
    ],
  },
  answers: {
    name: "cached",
    key: ["id"],
    columns: {
      id: "text",
      state: "text",
      outcome: "text",
      name: "text",
      func: "text",
      result: "text",
      expires: "integer",
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
    values: (answer) => [
      answer.id,
      answer.success ? "success" : "failure",
      answer.outcome,
      answer.name,
      answer.func,
      answer.result,
      answer.expires,
    ],
  },
  uniqueKeys: {
    name: "uniqueKey",
    key: ["key", "func"],
    columns: { func: "text", key: "text", task: "text", held_until: "integer" },
    texts: [],
    read: (row) => ({
      func: String(row.func),
      key: String(row.key),
      task: String(row.task),
      heldUntil: Number(row.held_until),
    }),
    values: ({ func, key, task, heldUntil }) => [func, key, task, heldUntil],
  },
  audit: {
    name: "audit",
    key: ["id"],
    columns: {
      at: "integer",
      who: "text",
      action: "text",
      object: "text",
      before: "text",
      after: "text",
      address: "text",
      outcome: "text",
      role: "text",
      reason: "text",
    },
    texts: ["before", "after", "reason"],
    read: auditRow,
    values: (entry) => [
      entry.at,
      entry.who,
      entry.action,
      entry.object,
      entry.before ?? null,
      entry.after ?? null,
      entry.address ?? null,
      entry.outcome ?? "done",
      entry.role ?? null,
      entry.reason ?? null,
    ],
  },
};
