// Schedules: rows that are saved, found when due, and fired, many in a handful of statements, by comparing them with what was read.
import type { Enqueued, NewTask } from "../broker.ts";
import type {
  Due,
  Firing,
  FiringAnswer,
  SaveAnswer,
  ScheduleFilter,
  SchedulePage,
  ScheduleRead,
  ScheduleRow,
} from "../schedules.ts";
import { type Columns, flag, integer, text, valuesOf } from "./columns.ts";
import type { Value } from "./database.ts";
import type { Scope } from "./dialect.ts";
import { insertTasks } from "./enqueue-sql.ts";
import { withoutRepeats } from "./finish-sql.ts";
import { versionKey } from "./migrate.ts";
import { scheduleRow } from "./rows.ts";
import { deleteRuns, insertManualRun, insertSlots, markDeduplicated, pruneRuns } from "./run-sql.ts";
import { scheduleWhere } from "./where.ts";

export async function findSchedule({ sql, tables }: Scope, idOrName: string): Promise<ScheduleRow | null> {
  const rows = await sql.all(`SELECT * FROM ${tables.schedule} WHERE id = ? OR name = ?`, [
    idOrName,
    idOrName,
  ]);
  const found = rows.map(scheduleRow);
  return found.find(({ id }) => id === idOrName) ?? found[0] ?? null;
}

export async function listSchedules(
  { sql, tables }: Scope,
  filter: ScheduleFilter,
  { limit, after = "" }: { limit: number; after?: string },
): Promise<SchedulePage> {
  const where = scheduleWhere(filter);
  const rows = await sql.all(
    `SELECT * FROM ${tables.schedule} WHERE id > ? AND ${where.sql} ORDER BY id LIMIT ?`,
    [after, ...where.values, limit + 1],
  );
  const schedules = rows.slice(0, limit).map(scheduleRow);
  return { schedules, next: rows.length > limit ? (schedules.at(-1)?.id ?? null) : null };
}

export async function countSchedules(
  { sql, tables }: Scope,
  filter: ScheduleFilter,
  upTo: number,
): Promise<number> {
  const where = scheduleWhere(filter);
  const [row] = await sql.all(
    `SELECT count(*) AS n FROM (SELECT 1 FROM ${tables.schedule} WHERE ${where.sql} LIMIT ?) matching`,
    [...where.values, upTo],
  );
  return Number(row?.n);
}

type SavedRow = Omit<ScheduleRow, "created" | "changed">;

/** What saving writes; `created` and `changed` come from the engine's clock. */
export const savedColumns = {
  version: integer((row) => row.version),
  revision: integer((row) => row.revision),
  name: text((row) => row.name),
  func: text((row) => row.func),
  queue: text((row) => row.queue),
  next_run: integer((row) => row.nextRun),
  repeats: integer((row) => row.repeats),
  paused_repeats: integer((row) => row.pausedRepeats),
  definition: text((row) => row.definition),
  type: text((row) => row.type),
  note: text((row) => row.note),
  keep_runs: integer((row) => row.keepRuns),
  declared: text((row) => row.declared),
  error: text((row) => row.error),
  held: flag((row) => row.held),
} satisfies Columns<SavedRow>;
const savedNames = Object.keys(savedColumns);

const stands = "version = ? AND repeats = ? AND next_run IS NOT DISTINCT FROM ?";
const standsValues = ({ version, repeats, nextRun }: ScheduleRead): Value[] => [version, repeats, nextRun];

export async function saveScheduleRow(
  scope: Scope,
  row: SavedRow,
  read: ScheduleRead | null,
): Promise<SaveAnswer> {
  if (row.name !== null) await takeTurns(scope);
  await scope.sql.wake();
  return read === null ? insertSchedule(scope, row) : updateSchedule(scope, row, read);
}

/** Those who give names wait for each other here: whether one is free can't change between the asking and the taking. */
async function takeTurns({ sql, tables, dialect }: Scope): Promise<void> {
  if (dialect.lock === "") return;
  await sql.run(`SELECT key FROM ${tables.meta} WHERE key = ? ${dialect.lock}`, [versionKey]);
}

async function insertSchedule({ sql, tables, now }: Scope, row: SavedRow): Promise<SaveAnswer> {
  const inserted = await sql.run(
    `INSERT INTO ${tables.schedule} (id, ${savedNames.join(", ")}, created, changed)
     VALUES (?, ${savedNames.map(() => "?").join(", ")}, ${now}, ${now}) ON CONFLICT DO NOTHING`,
    [row.id, ...valuesOf(savedColumns, row)],
  );
  if (inserted > 0) return "saved";
  const [known] = await sql.all(`SELECT id FROM ${tables.schedule} WHERE id = ?`, [row.id]);
  return known === undefined ? "taken" : "stale";
}

async function updateSchedule(
  { sql, tables, now }: Scope,
  row: SavedRow,
  read: ScheduleRead,
): Promise<SaveAnswer> {
  const updated = await sql.run(
    `UPDATE ${tables.schedule} SET ${savedNames.map((name) => `${name} = ?`).join(", ")}, changed = ${now}
     WHERE id = ? AND ${stands}
       AND NOT EXISTS (SELECT 1 FROM ${tables.schedule} o WHERE o.name = ? AND o.id <> ?)`,
    [...valuesOf(savedColumns, row), row.id, ...standsValues(read), row.name, row.id],
  );
  if (updated > 0) return "saved";
  const [standing] = await sql.all(`SELECT id FROM ${tables.schedule} WHERE id = ? AND ${stands}`, [
    row.id,
    ...standsValues(read),
  ]);
  return standing === undefined ? "stale" : "taken";
}

export async function deleteScheduleRow(scope: Scope, id: string): Promise<boolean> {
  const { sql, tables } = scope;
  const deleted = await sql.run(`DELETE FROM ${tables.schedule} WHERE id = ?`, [id]);
  if (deleted > 0) await deleteRuns(scope, [id]);
  return deleted > 0;
}

/** What the index of those that wait holds; said in the same words, for the index to be used. */
const waits = "next_run IS NOT NULL AND repeats <> 0 AND held = 0";

export async function dueSchedules(
  { sql, tables, dialect, now }: Scope,
  { queues, funcs, limit }: { queues: readonly string[] | null; funcs: readonly string[]; limit: number },
): Promise<Due> {
  const given = dialect.rows(
    { func: "text" },
    funcs.map((func) => [func]),
  );
  const boundQueues = queues ?? [];
  const isKnown = dialect.among("func", `SELECT i.func FROM ${given.sql} i`);
  const inQueues =
    queues === null
      ? ""
      : queues.length === 0
        ? "AND 1 = 0"
        : `AND queue IN (${queues.map(() => "?").join(", ")})`;
  const part = (name: string, condition: string): string =>
    `SELECT * FROM (SELECT '${name}' AS part, s.* FROM ${tables.schedule} s
       WHERE ${waits} AND ${condition} ${inQueues} ORDER BY next_run, id LIMIT ?) ${name}`;
  // One moment for all parts: nothing may come due between two of them, and be in neither.
  const rows = await sql.all(
    `WITH clock AS MATERIALIZED (SELECT ${now} AS now)
     SELECT clock.now AS clock_now, d.* FROM clock LEFT JOIN (
       ${part("known", `next_run <= (SELECT now FROM clock) AND ${isKnown}`)}
       UNION ALL ${part("strange", `next_run <= (SELECT now FROM clock) AND NOT ${isKnown} AND error IS NULL`)}
       UNION ALL ${part("later", "next_run > (SELECT now FROM clock)")}
     ) d ON 1 = 1`,
    [
      ...given.values,
      ...boundQueues,
      limit + 1,
      ...given.values,
      ...boundQueues,
      limit + 1,
      ...boundQueues,
      1,
    ],
  );
  const clock = Number(rows[0]?.clock_now);
  const inPart = (name: string): ScheduleRow[] =>
    rows
      .filter((row) => row.part === name)
      .map(scheduleRow)
      .sort(longestDueFirst);
  const [known, unknown, [later]] = [inPart("known"), inPart("strange"), inPart("later")];
  const isMore = known.length > limit || unknown.length > limit;
  return {
    schedules: known.slice(0, limit),
    unknown: unknown.slice(0, limit),
    nextDueMs: isMore ? 0 : later === undefined ? null : Number(later.nextRun) - clock,
    now: clock,
  };
}

function longestDueFirst(a: ScheduleRow, b: ScheduleRow): number {
  return Number(a.nextRun) - Number(b.nextRun) || (a.id < b.id ? -1 : 1);
}

export async function fireSchedules(scope: Scope, firings: readonly Firing[]): Promise<FiringAnswer[]> {
  await lockSchedules(scope, firings);
  const answers: FiringAnswer[] = [];
  for (const group of withoutRepeats(firings, scope.dialect.rowsAtOnce))
    answers.push(...(await fireGroup(scope, group)));
  return answers;
}

const firingColumns = {
  of_id: "text",
  read_version: "integer",
  read_repeats: "integer",
  read_next: "integer",
  new_repeats: "integer",
  new_next: "integer",
} as const;

function firingValues({ id, read, repeats, nextRun }: Firing): Value[] {
  return [id, read.version, read.repeats, read.nextRun, repeats, nextRun];
}

async function fireGroup(scope: Scope, firings: readonly Firing[]): Promise<FiringAnswer[]> {
  const keepRuns = await moveOn(scope, firings);
  const moved = firings.filter(({ id }) => keepRuns.has(id));
  const slots = moved.flatMap((firing) => firing.slots.map((it) => ({ ...it, firing })));
  const added = await insertSlots(
    scope,
    slots.map(({ slot, task, firing }) => ({
      schedule: firing.id,
      revision: firing.revision,
      slot,
      task: task.id,
    })),
  );
  await removeFired(
    scope,
    moved.filter(({ remove }) => remove),
  );
  const tasks = slots.map(({ task }) => task).filter(({ id }) => added.has(id));
  const enqueued = await insertTasks(scope, tasks);
  await markDeduplicated(scope, tasks, enqueued);
  await pruneRuns(
    scope,
    moved
      .filter(({ remove }) => !remove)
      .map(({ id, revision }) => ({ id, revision, keepRuns: Number(keepRuns.get(id)) })),
  );
  const holders = new Map(tasks.map((task, index) => [task.id, enqueued[index]?.id ?? task.id]));
  return firings.map((firing) =>
    keepRuns.has(firing.id)
      ? firing.slots.map(({ slot, task }) => {
          const holder = holders.get(task.id);
          return holder === undefined ? null : { slot, task: holder };
        })
      : null,
  );
}

/** The compare-and-set; answers how many runs those schedules keep that were as they had been read. */
async function moveOn(
  { sql, tables, dialect }: Scope,
  firings: readonly Firing[],
): Promise<Map<string, number>> {
  const source = dialect.rows(firingColumns, firings.map(firingValues));
  const rows = await sql.all(
    `WITH f AS (SELECT * FROM ${source.sql} f)
     UPDATE ${tables.schedule} AS s SET repeats = f.new_repeats, next_run = f.new_next, error = NULL FROM f
     WHERE s.id = f.of_id AND s.version = f.read_version AND s.repeats = f.read_repeats
       AND s.next_run IS NOT DISTINCT FROM f.read_next AND s.held = 0 ${dialect.narrowed("s.id", "SELECT of_id FROM f")}
     RETURNING id, keep_runs`,
    source.values,
  );
  return new Map(rows.map((row) => [String(row.id), Number(row.keep_runs)]));
}

/** All of them before the first is changed, and in one order: racers wait for each other, and never in a circle. */
async function lockSchedules({ sql, tables, dialect }: Scope, firings: readonly Firing[]): Promise<void> {
  if (dialect.lock === "") return;
  const source = dialect.rows(
    { id: "text" },
    firings.map(({ id }) => [id]),
  );
  await sql.run(
    `SELECT id FROM ${tables.schedule} WHERE ${dialect.among("id", `SELECT i.id FROM ${source.sql} i`)}
     ORDER BY id ${dialect.lock}`,
    source.values,
  );
}

async function removeFired(scope: Scope, firings: readonly Firing[]): Promise<void> {
  if (firings.length === 0) return;
  const { sql, tables, dialect } = scope;
  const ids = dialect.rows(
    { id: "text" },
    firings.map(({ id }) => [id]),
  );
  await sql.run(
    `DELETE FROM ${tables.schedule} WHERE ${dialect.among("id", `SELECT i.id FROM ${ids.sql} i`)}`,
    ids.values,
  );
  await deleteRuns(
    scope,
    firings.map(({ id }) => id),
  );
  const remembered = firings.flatMap(({ remember, id }) => (remember === undefined ? [] : [[remember, id]]));
  if (remembered.length === 0) return;
  const source = dialect.rows(
    { of_key: "text", of_value: "text" },
    remembered.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );
  await sql.run(
    `INSERT INTO ${tables.meta} (key, value) SELECT n.of_key, n.of_value FROM ${source.sql} n WHERE 1 = 1
     ON CONFLICT (key) DO NOTHING`,
    source.values,
  );
}

export async function runSchedule(scope: Scope, id: string, task: NewTask): Promise<Enqueued | null> {
  const { sql, tables, dialect } = scope;
  const [row] = await sql.all(
    `SELECT id, revision, keep_runs FROM ${tables.schedule} WHERE id = ? ${dialect.lock}`,
    [id],
  );
  if (row === undefined) return null;
  const isNew = await insertManualRun(scope, id, task.id);
  if (!isNew) return { id: task.id, name: task.name, deduplicated: false };
  const [enqueued] = await insertTasks(scope, [task]);
  if (enqueued === undefined) return null;
  await markDeduplicated(scope, [task], [enqueued]);
  await pruneRuns(scope, [{ id, revision: Number(row.revision), keepRuns: Number(row.keep_runs) }]);
  return enqueued;
}

export async function failSchedule(
  { sql, tables }: Scope,
  id: string,
  version: number,
  error: string,
  hold: boolean,
): Promise<boolean> {
  const failed = await sql.run(
    `UPDATE ${tables.schedule} SET error = ?, held = ${hold ? "1" : "held"} WHERE id = ? AND version = ?`,
    [error, id, version],
  );
  return failed > 0;
}
