// The runs of schedules, in the table of slots: added when a schedule fires, ended with their tasks, the oldest of them dropped.
import type { EndedTask } from "../../core/task.ts";
import type { Enqueued, NewTask } from "../broker.ts";
import type { ScheduleRun } from "../schedules.ts";
import type { Scope } from "./dialect.ts";
import { scheduleRun } from "./rows.ts";

/** Revisions begin at 1: runs that somebody asked for are beside all of them. */
const manualRevision = 0;

export interface SlotRow {
  schedule: string;
  revision: number;
  slot: number;
  task: string;
}

/**
 * Adds those that have not been fired yet, and answers their tasks. Slots come in order, so that a later one stands for those whose
 * runs are no longer kept. The schedules' rows must be locked: that is what makes racers wait for each other.
 */
export async function insertSlots(
  { sql, tables, dialect, now }: Scope,
  slots: readonly SlotRow[],
): Promise<Set<string>> {
  if (slots.length === 0) return new Set();
  const source = dialect.rows(
    {
      of_schedule: "text",
      of_revision: "integer",
      of_slot: "integer",
      of_task: "text",
    },
    slots.map(({ schedule, revision, slot, task }) => [schedule, revision, slot, task]),
  );
  const later = `(SELECT x.slot FROM ${tables.slot} x
    WHERE x.schedule = n.of_schedule AND x.revision = n.of_revision AND x.slot >= n.of_slot LIMIT 1)`;
  const rows = await sql.all(
    `INSERT INTO ${tables.slot} (schedule, revision, slot, task, kind, enqueued)
     SELECT n.of_schedule, n.of_revision, n.of_slot, n.of_task, 'slot', ${now} FROM ${source.sql} n WHERE ${later} IS NULL
     ON CONFLICT (schedule, revision, slot) DO NOTHING RETURNING task`,
    source.values,
  );
  return new Set(rows.map((row) => String(row.task)));
}

/** The schedule's row must be locked. Two that come in one millisecond are a millisecond apart. False: it is there already. */
export async function insertManualRun(
  { sql, tables, now }: Scope,
  schedule: string,
  task: string,
): Promise<boolean> {
  const added = await sql.run(
    `INSERT INTO ${tables.slot} (schedule, revision, slot, task, kind, enqueued)
     SELECT c.id, ${manualRevision}, COALESCE((SELECT max(x.slot) + 1 FROM ${tables.slot} x
         WHERE x.schedule = c.id AND x.revision = ${manualRevision} AND x.slot >= ${now}), ${now}), ?, 'manual', ${now}
     FROM ${tables.schedule} c
     WHERE c.id = ? AND (SELECT x.slot FROM ${tables.slot} x WHERE x.task = ? AND x.schedule = c.id LIMIT 1) IS NULL`,
    [task, schedule, task],
  );
  return added > 0;
}

/** Of the tasks just enqueued for runs, those that another one stands for. */
export async function markDeduplicated(
  { sql, tables, dialect }: Scope,
  tasks: readonly NewTask[],
  enqueued: readonly Enqueued[],
): Promise<void> {
  const pairs = tasks.flatMap((task, index) => {
    const holder = enqueued[index];
    return holder?.deduplicated === true ? [[task.id, holder.id]] : [];
  });
  if (pairs.length === 0) return;
  const source = dialect.rows({ of_task: "text", holder: "text" }, pairs);
  await sql.run(
    `WITH d AS (SELECT * FROM ${source.sql} d)
     UPDATE ${tables.slot} AS s SET task = d.holder, outcome = 'deduplicated' FROM d
     WHERE s.task = d.of_task AND s.outcome IS NULL ${dialect.narrowed("s.task", "SELECT of_task FROM d")}`,
    source.values,
  );
}

/** What became of the task of a run. */
export type EndOfRun = Pick<EndedTask, "id" | "started"> & Pick<ScheduleRun, "stopped" | "outcome">;

/** Those of the tasks whose run of a schedule has not ended, and takes their rows. It need not be waited for before the next statement. */
export async function openRuns(
  { sql, tables, dialect }: Scope,
  tasks: readonly string[],
): Promise<ReadonlySet<string>> {
  const ids = dialect.rows(
    { id: "text" },
    tasks.map((id) => [id]),
  );
  // In one order with those who delete runs, so that they wait for each other and never in a circle.
  const open = await sql.all(
    `SELECT task FROM ${tables.slot} WHERE outcome IS NULL AND ${dialect.among("task", `SELECT i.id FROM ${ids.sql} i`)}
     ORDER BY task ${dialect.lock}`,
    ids.values,
  );
  return new Set(open.map((row) => String(row.task)));
}

/** Most tasks are of no schedule, which costs a look and no more. */
export async function endRuns(scope: Scope, ends: readonly EndOfRun[]): Promise<void> {
  const open = await openRuns(
    scope,
    ends.map(({ id }) => id),
  );
  await endOpenRuns(scope, open, ends);
}

export async function endOpenRuns(
  { sql, tables, dialect }: Scope,
  ofRuns: ReadonlySet<string>,
  ends: readonly EndOfRun[],
): Promise<void> {
  if (ofRuns.size === 0) return;
  const source = dialect.rows(
    {
      of_task: "text",
      of_started: "integer",
      of_stopped: "integer",
      of_outcome: "text",
    },
    ends
      .filter(({ id }) => ofRuns.has(id))
      .map(({ id, started, stopped, outcome }) => [id, started, stopped, outcome]),
  );
  await sql.run(
    `WITH e AS (SELECT * FROM ${source.sql} e)
     UPDATE ${tables.slot} AS s SET started = e.of_started, stopped = e.of_stopped, outcome = e.of_outcome FROM e
     WHERE s.task = e.of_task AND s.outcome IS NULL ${dialect.narrowed("s.task", "SELECT of_task FROM e")}`,
    source.values,
  );
}

export async function deleteRuns(
  { sql, tables, dialect }: Scope,
  schedules: readonly string[],
): Promise<void> {
  const source = dialect.rows(
    { id: "text" },
    schedules.map((id) => [id]),
  );
  const theirs = dialect.among("schedule", `SELECT i.id FROM ${source.sql} i`);
  const locked =
    dialect.lock === ""
      ? undefined
      : sql.run(
          `SELECT task FROM ${tables.slot} WHERE ${theirs} ORDER BY task ${dialect.lock}`,
          source.values,
        );
  await Promise.all([locked, sql.run(`DELETE FROM ${tables.slot} WHERE ${theirs}`, source.values)]);
}

const newestFirst = "enqueued DESC, slot DESC, revision DESC";

export interface KeptRuns {
  id: string;
  revision: number;
  keepRuns: number;
}

/**
 * Drops runs beyond what their schedules keep. The last slot of the revision stays whatever came after it: it is what tells that it
 * has been fired. A run that is being ended just now is dropped another time, so that nobody waits here.
 */
export async function pruneRuns(scope: Scope, schedules: readonly KeptRuns[]): Promise<void> {
  // By how many they keep, because SQLite takes no column for an OFFSET. Most of them keep the default.
  for (const keepRuns of new Set(schedules.map((schedule) => schedule.keepRuns))) {
    const alike = schedules.filter((schedule) => schedule.keepRuns === keepRuns);
    await pruneBeyond(scope, alike, keepRuns);
  }
}

async function pruneBeyond(
  { sql, tables, dialect }: Scope,
  schedules: readonly KeptRuns[],
  keepRuns: number,
): Promise<void> {
  const source = dialect.rows(
    { id: "text", of_revision: "integer" },
    schedules.map(({ id, revision }) => [id, revision]),
  );
  // The newest run beyond, by index: to rank all that are kept cost four times as much as the firing itself.
  const edge = (column: string): string =>
    `(SELECT x.${column} FROM ${tables.slot} x WHERE x.schedule = k.id ORDER BY ${newestFirst} LIMIT 1 OFFSET ?)`;
  await sql.run(
    `WITH k AS (SELECT id, of_revision FROM ${source.sql} k),
     e AS (SELECT k.id, k.of_revision, ${edge("enqueued")} AS enqueued, ${edge("slot")} AS slot, ${edge("revision")} AS revision FROM k),
     beyond AS (SELECT s.schedule, s.revision, s.slot FROM e JOIN ${tables.slot} s
       ON s.schedule = e.id AND (s.enqueued, s.slot, s.revision) <= (e.enqueued, e.slot, e.revision)
       WHERE s.revision <> e.of_revision OR EXISTS (SELECT 1 FROM ${tables.slot} l
         WHERE l.schedule = s.schedule AND l.revision = s.revision AND l.slot > s.slot)),
     free AS (SELECT schedule, revision, slot FROM ${tables.slot}
       WHERE (schedule, revision, slot) IN (SELECT schedule, revision, slot FROM beyond)
         ${dialect.narrowed("schedule", "SELECT schedule FROM beyond")} ${dialect.skipLocked})
     DELETE FROM ${tables.slot} WHERE (schedule, revision, slot) IN (SELECT schedule, revision, slot FROM free)
       ${dialect.narrowed("schedule", "SELECT schedule FROM free")}`,
    [...source.values, keepRuns, keepRuns, keepRuns],
  );
}

export async function listRuns(
  { sql, tables }: Scope,
  schedule: string,
  limit: number,
): Promise<ScheduleRun[]> {
  const rows = await sql.all(
    `SELECT * FROM ${tables.slot} WHERE schedule = ? ORDER BY ${newestFirst} LIMIT ?`,
    [schedule, limit],
  );
  return rows.map(scheduleRun);
}

export async function lastRuns(
  { sql, tables, dialect }: Scope,
  schedules: readonly string[],
  each: number,
): Promise<ScheduleRun[]> {
  const source = dialect.rows(
    { id: "text" },
    schedules.map((id) => [id]),
  );
  const rows = await sql.all(
    `SELECT * FROM (SELECT s.*, row_number() OVER (PARTITION BY schedule ORDER BY ${newestFirst}) AS place
       FROM ${tables.slot} s WHERE ${dialect.among("schedule", `SELECT i.id FROM ${source.sql} i`)}) ranked WHERE place <= ? ORDER BY schedule, place`,
    [...source.values, each],
  );
  return rows.map(scheduleRun);
}
