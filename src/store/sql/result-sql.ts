// What became of tasks: one by one, as lists, for waiters and by group.
import type { AttemptRecord, StoredTask, TaskState } from "../../core/task.ts";
import type { AuditEntry, Enqueued } from "../broker.ts";
import type { PageRequest, TaskFilter, TaskPage } from "../filter.ts";
import type { Answer, Repeat } from "../store.ts";
import { insertAudits } from "./audit-sql.ts";
import type { Row } from "./database.ts";
import type { Scope } from "./dialect.ts";
import { freeKeys, insertTasks } from "./enqueue-sql.ts";
import { attemptRecord, endedTask, queuedTask } from "./rows.ts";
import { endRuns } from "./run-sql.ts";
import { statesIn, taskWhere } from "./where.ts";

export async function findTask({ sql, tables }: Scope, idOrName: string): Promise<StoredTask | null> {
  for (const column of ["id", "name"]) {
    const where = `${column} = ? ORDER BY id DESC LIMIT 1`;
    const queued = (await sql.all(`SELECT * FROM ${tables.queue} WHERE ${where}`, [idOrName])).map(
      queuedTask,
    );
    const ended = (await sql.all(`SELECT * FROM ${tables.task} WHERE ${where}`, [idOrName])).map(endedTask);
    const [latest] = [...ended, ...queued].sort((a, b) => (a.id > b.id ? -1 : a.id < b.id ? 1 : 0));
    if (latest !== undefined) return latest;
  }
  return null;
}

export async function attemptsOf({ sql, tables }: Scope, id: string): Promise<AttemptRecord[]> {
  const rows = await sql.all(`SELECT * FROM ${tables.attempt} WHERE id = ? ORDER BY attempt`, [id]);
  return rows.map(attemptRecord);
}

export async function lastAttempts(
  { sql, tables, dialect }: Scope,
  ids: readonly string[],
): Promise<AttemptRecord[]> {
  const source = dialect.rows(
    { id: "text" },
    ids.map((id) => [id]),
  );
  const rows = await sql.all(
    `SELECT * FROM ${tables.attempt} a WHERE ${dialect.among("id", `SELECT i.id FROM ${source.sql} i`)}
       AND attempt = (SELECT max(b.attempt) FROM ${tables.attempt} b WHERE b.id = a.id)`,
    source.values,
  );
  return rows.map(attemptRecord);
}

const answerColumns = "id, state, outcome, name, func, result";

function answer(row: Row): Answer {
  return {
    id: String(row.id),
    success: row.state === "success",
    outcome: row.outcome as Answer["outcome"],
    name: String(row.name),
    func: String(row.func),
    result: row.result === null ? null : String(row.result),
  };
}

export async function answersOf({ sql, tables, dialect }: Scope, ids: readonly string[]): Promise<Answer[]> {
  const source = dialect.rows(
    { id: "text" },
    ids.map((id) => [id]),
  );
  const wanted = dialect.among("id", `SELECT i.id FROM ${source.sql} i`);
  const rows = await sql.all(
    `SELECT ${answerColumns} FROM ${tables.task} WHERE ${wanted}
     UNION ALL SELECT ${answerColumns} FROM ${tables.cached} WHERE ${wanted}`,
    [...source.values, ...source.values],
  );
  return rows.map(answer);
}

export async function answerNamed({ sql, tables }: Scope, name: string): Promise<Answer | null> {
  const [row] = await sql.all(
    `SELECT * FROM (SELECT ${answerColumns} FROM ${tables.task} WHERE name = ?
       UNION ALL SELECT ${answerColumns} FROM ${tables.cached} WHERE name = ?) named ORDER BY id DESC LIMIT 1`,
    [name, name],
  );
  return row === undefined ? null : answer(row);
}

export async function listTasks(
  { sql, tables }: Scope,
  filter: TaskFilter,
  page: PageRequest,
): Promise<TaskPage> {
  const states = statesIn(filter);
  const direction = page.oldestFirst === true ? "ASC" : "DESC";
  const part = async (
    table: string,
    of: TaskState[],
    read: (row: Row) => StoredTask,
  ): Promise<StoredTask[]> => {
    if (of.length === 0) return [];
    const where = taskWhere(filter, of);
    const beyond = page.after === undefined ? "" : ` AND id ${page.oldestFirst === true ? ">" : "<"} ?`;
    const rows = await sql.all(
      `SELECT * FROM ${table} WHERE ${where.sql}${beyond} ORDER BY id ${direction} LIMIT ?`,
      [...where.values, ...(page.after === undefined ? [] : [page.after]), page.limit + 1],
    );
    return rows.map(read);
  };
  const queued = await part(tables.queue, states.queued, queuedTask);
  const ended = await part(tables.task, states.ended, endedTask);
  // Read one after the other: what ended between the two is in both, and its end is the truth.
  const byId = new Map([...queued, ...ended].map((task) => [task.id, task]));
  const found = [...byId.values()].sort((a, b) => (a.id < b.id === (direction === "ASC") ? -1 : 1));
  const tasks = found.slice(0, page.limit);
  return { tasks, next: found.length > page.limit ? (tasks.at(-1)?.id ?? null) : null };
}

export async function countMatching(
  { sql, tables }: Scope,
  filter: TaskFilter,
  upTo: number,
): Promise<number> {
  const states = statesIn(filter);
  let count = 0;
  for (const [table, of] of [
    [tables.queue, states.queued],
    [tables.task, states.ended],
  ] as const) {
    if (of.length === 0 || count >= upTo) continue;
    const where = taskWhere(filter, of);
    const [row] = await sql.all(
      `SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${where.sql} LIMIT ?) matching`,
      [...where.values, upTo - count],
    );
    count += Number(row?.n);
  }
  return count;
}

export async function deleteTaskRows(
  scope: Scope,
  ids: readonly string[],
  audit?: AuditEntry,
): Promise<string[]> {
  const { sql, tables, dialect } = scope;
  const source = dialect.rows(
    { id: "text" },
    ids.map((id) => [id]),
  );
  const wanted = dialect.among("id", `SELECT i.id FROM ${source.sql} i`);
  const removeFrom = async (table: string, condition = ""): Promise<string[]> =>
    (await sql.all(`DELETE FROM ${table} WHERE ${condition} ${wanted} RETURNING id`, source.values)).map(
      (row) => String(row.id),
    );
  const ended = await removeFrom(tables.task);
  const queued = await removeFrom(tables.queue, "state <> 'leased' AND");
  const answered = await removeFrom(tables.cached);
  const removed = [...ended, ...queued, ...answered];
  await markGone(scope, removed);
  if (queued.length > 0) {
    await endRuns(
      scope,
      queued.map((id) => ({ id, started: null, stopped: null, outcome: "deleted" })),
    );
  }
  if (audit !== undefined)
    await insertAudits(
      scope,
      removed.map((id) => ({ ...audit, object: id })),
    );
  return removed;
}

/** Attempt records outlive their task for a while: a late re-finish must still be told that it is `already` done. */
export async function markGone(
  { sql, tables, dialect }: Pick<Scope, "sql" | "tables" | "dialect">,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const source = dialect.rows(
    { id: "text" },
    ids.map((id) => [id]),
  );
  await sql.run(
    `UPDATE ${tables.attempt} SET gone = 1 WHERE ${dialect.among("id", `SELECT i.id FROM ${source.sql} i`)}`,
    source.values,
  );
}

export async function resubmitTasks(scope: Scope, repeats: readonly Repeat[]): Promise<(Enqueued | null)[]> {
  const { sql, tables, dialect } = scope;
  const source = dialect.rows(
    { id: "text" },
    repeats.map(({ id }) => [id]),
  );
  const rows = await sql.all(
    `SELECT id FROM ${tables.task} WHERE ${dialect.among("id", `SELECT i.id FROM ${source.sql} i`)} ORDER BY id ${dialect.lock}`,
    source.values,
  );
  const there = new Set(rows.map(({ id }) => String(id)));
  const done = repeats.filter(({ id }) => there.has(id));
  await freeKeys(scope, done);
  const enqueued = await insertTasks(
    scope,
    done.map(({ task }) => task),
  );
  const removed = done
    .filter(({ remove }, index) => remove && enqueued[index]?.deduplicated === false)
    .map(({ id }) => id);
  if (removed.length > 0) await deleteTaskRows(scope, removed);
  await insertAudits(
    scope,
    done.flatMap(({ audit }, index) => (enqueued[index]?.deduplicated === false ? (audit ?? []) : [])),
  );
  return repeats.map((repeat) => enqueued[done.indexOf(repeat)] ?? null);
}

// Of every ended task, but the index over groups begins with the state.
const inEnd = "state IN ('success', 'failure')";

export async function countGroup(
  { sql, tables }: Scope,
  group: string,
): Promise<{ total: number; succeeded: number; failed: number; open: number }> {
  const rows = await sql.all(
    `SELECT state, count(*) AS n FROM ${tables.task} WHERE ${inEnd} AND "group" = ? GROUP BY state
     UNION ALL SELECT 'open', count(*) FROM ${tables.queue} WHERE "group" = ?`,
    [group, group],
  );
  const of = (state: string): number => Number(rows.find((row) => row.state === state)?.n ?? 0);
  const [succeeded, failed, open] = [of("success"), of("failure"), of("open")];
  return { total: succeeded + failed + open, succeeded, failed, open };
}

export async function deleteGroupRows(scope: Scope, group: string, tasks: boolean): Promise<number> {
  const { sql, tables } = scope;
  let count = 0;
  if (!tasks) {
    for (const labelled of [
      `${tables.task} SET "group" = NULL WHERE ${inEnd}`,
      `${tables.queue} SET "group" = NULL WHERE 1 = 1`,
    ])
      count += await sql.run(`UPDATE ${labelled} AND "group" = ?`, [group]);
    return count;
  }
  const rows = await sql.all(
    `SELECT id FROM ${tables.task} WHERE ${inEnd} AND "group" = ? UNION ALL SELECT id FROM ${tables.queue} WHERE "group" = ? AND state <> 'leased'`,
    [group, group],
  );
  return (
    await deleteTaskRows(
      scope,
      rows.map((row) => String(row.id)),
    )
  ).length;
}
