// The tables, by version. A migration only adds; an older Quern beside a newer one keeps working on what it knows.
import type { Tables } from "../sql/dialect.ts";
import type { Migration } from "../sql/migrate.ts";

export const migrations: readonly Migration[] = [
  { version: 1, statements: first },
  { version: 2, statements: schedulesFired },
  { version: 3, statements: lists },
  { version: 4, statements: ordersAndNotes },
  { version: 5, statements: seldomEnds },
];

function first(t: Tables): string[] {
  return [
    `CREATE TABLE ${t.queue} (
      id TEXT PRIMARY KEY NOT NULL,
      state TEXT NOT NULL,
      name TEXT NOT NULL,
      func TEXT NOT NULL,
      queue TEXT NOT NULL,
      "group" TEXT,
      priority INTEGER NOT NULL,
      tags TEXT,
      isolate INTEGER NOT NULL,
      enqueued INTEGER NOT NULL,
      due INTEGER NOT NULL,
      attempt INTEGER NOT NULL DEFAULT 0,
      uncounted INTEGER NOT NULL DEFAULT 0,
      crashes INTEGER NOT NULL DEFAULT 0,
      unknown INTEGER NOT NULL DEFAULT 0,
      cancelled INTEGER NOT NULL DEFAULT 0,
      owner TEXT,
      leased_at INTEGER,
      leased_until INTEGER,
      parent TEXT,
      schedule TEXT,
      slot INTEGER,
      error TEXT,
      log TEXT,
      progress TEXT,
      envelope TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX ${t.queue}_ready ON ${t.queue} (queue, isolate, priority DESC, due, id) WHERE state = 'ready'`,
    `CREATE INDEX ${t.queue}_waiting ON ${t.queue} (due) WHERE state = 'waiting'`,
    `CREATE INDEX ${t.queue}_leased ON ${t.queue} (leased_until) WHERE state = 'leased'`,
    `CREATE INDEX ${t.queue}_group ON ${t.queue} ("group") WHERE "group" IS NOT NULL`,

    `CREATE TABLE ${t.task} (
      id TEXT PRIMARY KEY NOT NULL,
      state TEXT NOT NULL,
      name TEXT NOT NULL,
      func TEXT NOT NULL,
      queue TEXT NOT NULL,
      "group" TEXT,
      priority INTEGER NOT NULL,
      tags TEXT,
      enqueued INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      uncounted INTEGER NOT NULL,
      crashes INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      started INTEGER,
      stopped INTEGER NOT NULL,
      parent TEXT,
      schedule TEXT,
      slot INTEGER,
      progress TEXT,
      result TEXT,
      envelope TEXT NOT NULL
    ) STRICT`,
    `CREATE INDEX ${t.task}_stopped ON ${t.task} (state, stopped, id)`,
    `CREATE INDEX ${t.task}_name ON ${t.task} (name)`,
    `CREATE INDEX ${t.task}_group ON ${t.task} ("group", stopped) WHERE "group" IS NOT NULL`,

    `CREATE TABLE ${t.attempt} (
      id TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      owner TEXT NOT NULL,
      outcome TEXT NOT NULL,
      worker TEXT,
      started INTEGER,
      stopped INTEGER NOT NULL,
      error TEXT,
      log TEXT,
      lapsed INTEGER NOT NULL DEFAULT 0,
      gone INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (id, attempt)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX ${t.attempt}_gone ON ${t.attempt} (stopped) WHERE gone = 1`,

    `CREATE TABLE ${t.cached} (
      id TEXT PRIMARY KEY NOT NULL,
      state TEXT NOT NULL,
      outcome TEXT NOT NULL,
      name TEXT NOT NULL,
      func TEXT NOT NULL,
      result TEXT,
      expires INTEGER NOT NULL
    ) STRICT`,
    `CREATE INDEX ${t.cached}_expires ON ${t.cached} (expires)`,
    `CREATE INDEX ${t.cached}_name ON ${t.cached} (name)`,

    `CREATE TABLE ${t.uniqueKey} (
      func TEXT NOT NULL,
      key TEXT NOT NULL,
      task TEXT NOT NULL,
      held_until INTEGER NOT NULL,
      PRIMARY KEY (func, key)
    ) STRICT, WITHOUT ROWID`,

    `CREATE TABLE ${t.schedule} (
      id TEXT PRIMARY KEY NOT NULL,
      version INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      name TEXT UNIQUE,
      func TEXT NOT NULL,
      queue TEXT NOT NULL,
      next_run INTEGER,
      definition TEXT NOT NULL,
      repeats INTEGER NOT NULL,
      paused_repeats INTEGER,
      declared TEXT,
      error TEXT,
      created INTEGER NOT NULL,
      changed INTEGER NOT NULL
    ) STRICT`,
    `CREATE INDEX ${t.schedule}_due ON ${t.schedule} (next_run) WHERE next_run IS NOT NULL`,
    `CREATE TABLE ${t.slot} (
      schedule TEXT NOT NULL,
      revision INTEGER NOT NULL,
      slot INTEGER NOT NULL,
      task TEXT NOT NULL,
      kind TEXT NOT NULL,
      enqueued INTEGER NOT NULL,
      started INTEGER,
      stopped INTEGER,
      outcome TEXT,
      PRIMARY KEY (schedule, revision, slot)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX ${t.slot}_task ON ${t.slot} (task)`,

    `CREATE TABLE ${t.cluster} (
      id TEXT PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      version TEXT NOT NULL,
      state TEXT NOT NULL,
      queues TEXT NOT NULL,
      started INTEGER NOT NULL,
      heartbeat INTEGER NOT NULL,
      status TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE ${t.audit} (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      action TEXT NOT NULL,
      object TEXT NOT NULL,
      before TEXT,
      after TEXT,
      address TEXT
    ) STRICT`,
    `CREATE INDEX ${t.audit}_object ON ${t.audit} (object)`,
  ];
}

// Lists are of one state, so that comes first in what orders them.
function lists(t: Tables): string[] {
  return [
    `DROP INDEX ${t.task}_group`,
    `CREATE INDEX ${t.task}_group ON ${t.task} (state, "group", stopped, id) WHERE "group" IS NOT NULL`,
    `CREATE INDEX ${t.task}_func ON ${t.task} (state, func, stopped, id)`,
    `ALTER TABLE ${t.audit} ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done'`,
    `ALTER TABLE ${t.audit} ADD COLUMN role TEXT`,
    `ALTER TABLE ${t.audit} ADD COLUMN reason TEXT`,
  ];
}

// What was written before has no class and no text of its error: it is found by them no more, and by all else as before.
function ordersAndNotes(t: Tables): string[] {
  return [
    `ALTER TABLE ${t.cluster} ADD COLUMN ordered TEXT`,
    `ALTER TABLE ${t.schedule} ADD COLUMN note TEXT`,
    `ALTER TABLE ${t.schedule} ADD COLUMN type TEXT`,
    `UPDATE ${t.schedule} SET type = json_extract(definition, '$.type') WHERE json_valid(definition)`,
    `ALTER TABLE ${t.task} ADD COLUMN error_class TEXT`,
    `ALTER TABLE ${t.task} ADD COLUMN error_text TEXT`,
    `CREATE INDEX ${t.task}_error ON ${t.task} (state, error_class, stopped, id) WHERE error_class IS NOT NULL`,
    `CREATE INDEX ${t.schedule}_over ON ${t.schedule} (id) WHERE next_run IS NULL`,
  ];
}

// Only rows that ended otherwise than most, or wait for a func nobody knows, pay for these. The state stands in front for SQLite, whose
// planner else takes the index of all ends where it was told of that one and not of this.
function seldomEnds(t: Tables): string[] {
  return [
    `CREATE INDEX ${t.task}_outcome ON ${t.task} (state, outcome, stopped, id) WHERE state = 'failure' AND outcome <> 'failed'`,
    `CREATE INDEX ${t.queue}_unknown ON ${t.queue} (id) WHERE unknown > 0`,
  ];
}

// Until now nothing made schedules, so the number of runs they keep stands for no row.
function schedulesFired(t: Tables): string[] {
  return [
    `ALTER TABLE ${t.schedule} ADD COLUMN held INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE ${t.schedule} ADD COLUMN keep_runs INTEGER NOT NULL DEFAULT 10`,
    `CREATE INDEX ${t.schedule}_waits ON ${t.schedule} (next_run, id)
       WHERE next_run IS NOT NULL AND repeats <> 0 AND held = 0`,
    `CREATE INDEX ${t.slot}_newest ON ${t.slot} (schedule, enqueued, slot, revision)`,
  ];
}
