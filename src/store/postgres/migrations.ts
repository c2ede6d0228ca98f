// The tables, by version. A migration only adds; an older Quern beside a newer one keeps working on what it knows.
import type { Tables } from "../sql/dialect.ts";
import type { Migration } from "../sql/migrate.ts";

/** An index stands in its table's schema, so its own name goes without: that is what `prefix` is for. */
export function migrations(prefix: string): readonly Migration[] {
  return [
    { version: 1, statements: (tables) => first(tables, prefix) },
    { version: 2, statements: (tables) => schedulesFired(tables, prefix) },
    { version: 3, statements: (tables) => lists(tables, prefix) },
    { version: 4, statements: (tables) => ordersAndNotes(tables, prefix) },
    { version: 5, statements: (tables) => seldomEnds(tables, prefix) },
    { version: 6, statements: (tables) => cancelled(tables, prefix) },
  ];
}

// Compared byte by byte: quick, and in the same order as in JavaScript, whatever the database's language is.
const text = `TEXT COLLATE "C"`;

// Rows that come and go within seconds. A vacuum then is cheap, and must not wait for a share of a large table; the room in each
// page lets a row's next version stay beside its last.
const shortLived = `WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05, autovacuum_analyze_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0)`;

function first(t: Tables, prefix: string): string[] {
  return [
    `CREATE TABLE ${t.queue} (
      id ${text} PRIMARY KEY NOT NULL,
      state ${text} NOT NULL,
      name ${text} NOT NULL,
      func ${text} NOT NULL,
      queue ${text} NOT NULL,
      "group" ${text},
      priority BIGINT NOT NULL,
      tags ${text},
      isolate INTEGER NOT NULL,
      enqueued BIGINT NOT NULL,
      due BIGINT NOT NULL,
      attempt INTEGER NOT NULL DEFAULT 0,
      uncounted INTEGER NOT NULL DEFAULT 0,
      crashes INTEGER NOT NULL DEFAULT 0,
      unknown INTEGER NOT NULL DEFAULT 0,
      cancelled INTEGER NOT NULL DEFAULT 0,
      owner ${text},
      leased_at BIGINT,
      leased_until BIGINT,
      parent ${text},
      schedule ${text},
      slot BIGINT,
      error TEXT,
      log TEXT,
      progress TEXT,
      envelope TEXT NOT NULL
    ) ${shortLived}`,
    `CREATE INDEX ${prefix}queue_ready ON ${t.queue} (queue, isolate, priority DESC, due, id) WHERE state = 'ready'`,
    `CREATE INDEX ${prefix}queue_waiting ON ${t.queue} (due) WHERE state = 'waiting'`,
    `CREATE INDEX ${prefix}queue_leased ON ${t.queue} (leased_until) WHERE state = 'leased'`,
    `CREATE INDEX ${prefix}queue_group ON ${t.queue} ("group") WHERE "group" IS NOT NULL`,

    `CREATE TABLE ${t.task} (
      id ${text} PRIMARY KEY NOT NULL,
      state ${text} NOT NULL,
      name ${text} NOT NULL,
      func ${text} NOT NULL,
      queue ${text} NOT NULL,
      "group" ${text},
      priority BIGINT NOT NULL,
      tags ${text},
      enqueued BIGINT NOT NULL,
      attempt INTEGER NOT NULL,
      uncounted INTEGER NOT NULL,
      crashes INTEGER NOT NULL,
      outcome ${text} NOT NULL,
      started BIGINT,
      stopped BIGINT NOT NULL,
      parent ${text},
      schedule ${text},
      slot BIGINT,
      progress TEXT,
      result TEXT,
      envelope TEXT NOT NULL
    )`,
    `CREATE INDEX ${prefix}task_stopped ON ${t.task} (state, stopped, id)`,
    `CREATE INDEX ${prefix}task_name ON ${t.task} (name)`,
    `CREATE INDEX ${prefix}task_group ON ${t.task} ("group", stopped) WHERE "group" IS NOT NULL`,

    `CREATE TABLE ${t.attempt} (
      id ${text} NOT NULL,
      attempt INTEGER NOT NULL,
      owner ${text} NOT NULL,
      outcome ${text} NOT NULL,
      worker ${text},
      started BIGINT,
      stopped BIGINT NOT NULL,
      error TEXT,
      log TEXT,
      lapsed INTEGER NOT NULL DEFAULT 0,
      gone INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (id, attempt)
    )`,
    `CREATE INDEX ${prefix}attempt_gone ON ${t.attempt} (stopped) WHERE gone = 1`,

    `CREATE TABLE ${t.cached} (
      id ${text} PRIMARY KEY NOT NULL,
      state ${text} NOT NULL,
      outcome ${text} NOT NULL,
      name ${text} NOT NULL,
      func ${text} NOT NULL,
      result TEXT,
      expires BIGINT NOT NULL
    )`,
    `CREATE INDEX ${prefix}cached_expires ON ${t.cached} (expires)`,
    `CREATE INDEX ${prefix}cached_name ON ${t.cached} (name)`,

    `CREATE TABLE ${t.uniqueKey} (
      func ${text} NOT NULL,
      key ${text} NOT NULL,
      task ${text} NOT NULL,
      held_until BIGINT NOT NULL,
      PRIMARY KEY (key, func)
    )`,

    `CREATE TABLE ${t.schedule} (
      id ${text} PRIMARY KEY NOT NULL,
      version BIGINT NOT NULL,
      revision BIGINT NOT NULL,
      name ${text} UNIQUE,
      func ${text} NOT NULL,
      queue ${text} NOT NULL,
      next_run BIGINT,
      definition TEXT NOT NULL,
      repeats BIGINT NOT NULL,
      paused_repeats BIGINT,
      declared ${text},
      error TEXT,
      created BIGINT NOT NULL,
      changed BIGINT NOT NULL
    )`,
    `CREATE INDEX ${prefix}schedule_due ON ${t.schedule} (next_run) WHERE next_run IS NOT NULL`,
    `CREATE TABLE ${t.slot} (
      schedule ${text} NOT NULL,
      revision BIGINT NOT NULL,
      slot BIGINT NOT NULL,
      task ${text} NOT NULL,
      kind ${text} NOT NULL,
      enqueued BIGINT NOT NULL,
      started BIGINT,
      stopped BIGINT,
      outcome ${text},
      PRIMARY KEY (schedule, revision, slot)
    )`,
    `CREATE INDEX ${prefix}slot_task ON ${t.slot} (task)`,

    `CREATE TABLE ${t.cluster} (
      id ${text} PRIMARY KEY NOT NULL,
      name ${text} NOT NULL,
      host ${text} NOT NULL,
      pid BIGINT NOT NULL,
      version ${text} NOT NULL,
      state ${text} NOT NULL,
      queues TEXT NOT NULL,
      started BIGINT NOT NULL,
      heartbeat BIGINT NOT NULL,
      status TEXT NOT NULL
    )`,
    `CREATE TABLE ${t.audit} (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at BIGINT NOT NULL,
      who ${text} NOT NULL,
      action ${text} NOT NULL,
      object ${text} NOT NULL,
      before TEXT,
      after TEXT,
      address ${text}
    )`,
    `CREATE INDEX ${prefix}audit_object ON ${t.audit} (object)`,
  ];
}

// Lists are of one state, so that comes first in what orders them. An index that is dropped is named with its table's schema.
function lists(t: Tables, prefix: string): string[] {
  return [
    `DROP INDEX ${t.task}_group`,
    `CREATE INDEX ${prefix}task_group ON ${t.task} (state, "group", stopped, id) WHERE "group" IS NOT NULL`,
    `CREATE INDEX ${prefix}task_func ON ${t.task} (state, func, stopped, id)`,
    `ALTER TABLE ${t.audit} ADD COLUMN outcome ${text} NOT NULL DEFAULT 'done'`,
    `ALTER TABLE ${t.audit} ADD COLUMN role ${text}`,
    `ALTER TABLE ${t.audit} ADD COLUMN reason TEXT`,
  ];
}

// What was written before has no class and no text of its error: it is found by them no more, and by all else as before.
function ordersAndNotes(t: Tables, prefix: string): string[] {
  return [
    `ALTER TABLE ${t.cluster} ADD COLUMN ordered ${text}`,
    `ALTER TABLE ${t.schedule} ADD COLUMN note TEXT`,
    `ALTER TABLE ${t.schedule} ADD COLUMN type ${text}`,
    `UPDATE ${t.schedule} SET type = substring(definition FROM '^\\{"type":"([a-z]+)"')`,
    `ALTER TABLE ${t.task} ADD COLUMN error_class ${text}`,
    `ALTER TABLE ${t.task} ADD COLUMN error_text TEXT`,
    `CREATE INDEX ${prefix}task_error ON ${t.task} (state, error_class, stopped, id) WHERE error_class IS NOT NULL`,
    `CREATE INDEX ${prefix}schedule_over ON ${t.schedule} (id) WHERE next_run IS NULL`,
  ];
}

// Only rows that ended otherwise than most, or wait for a func nobody knows, pay for these. The state stands in front for SQLite, whose
// planner else takes the index of all ends where it was told of that one and not of this.
function seldomEnds(t: Tables, prefix: string): string[] {
  return [
    `CREATE INDEX ${prefix}task_outcome ON ${t.task} (state, outcome, stopped, id) WHERE state = 'failure' AND outcome <> 'failed'`,
    `CREATE INDEX ${prefix}queue_unknown ON ${t.queue} (id) WHERE unknown > 0`,
  ];
}

// A cluster asks each second which of its tasks are to stop, mostly none. By the index of leases it went past all that had ended since the
// last vacuum, which took 4 ms for 20,000 of them.
function cancelled(t: Tables, prefix: string): string[] {
  return [`CREATE INDEX ${prefix}queue_cancelled ON ${t.queue} (owner) WHERE cancelled = 1`];
}

// Until now nothing made schedules, so the number of runs they keep stands for no row.
function schedulesFired(t: Tables, prefix: string): string[] {
  return [
    `ALTER TABLE ${t.schedule} ADD COLUMN held INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE ${t.schedule} ADD COLUMN keep_runs BIGINT NOT NULL DEFAULT 10`,
    `CREATE INDEX ${prefix}schedule_waits ON ${t.schedule} (next_run, id)
       WHERE next_run IS NOT NULL AND repeats <> 0 AND held = 0`,
    `CREATE INDEX ${prefix}slot_newest ON ${t.slot} (schedule, enqueued, slot, revision)`,
  ];
}
