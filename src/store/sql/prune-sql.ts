// What may go, in bounded steps: each call removes at most `limit` rows of each kind and says how many that were.
import type { PruneRequest } from "../store.ts";
import type { Scope } from "./dialect.ts";
import { markGone } from "./result-sql.ts";

export async function pruneStep(scope: Scope, request: PruneRequest): Promise<number> {
  const { sql, tables, dialect, now } = scope;
  const { limit } = request;
  let count = 0;
  count += await removeSuccesses(scope, request);
  if (request.failuresBefore !== null) {
    count += await removeTasks(
      scope,
      `SELECT id FROM ${tables.task} WHERE state = 'failure' AND stopped < ? ORDER BY stopped LIMIT ?`,
      [request.failuresBefore, limit],
    );
  }
  count += await sql.run(
    `DELETE FROM ${tables.cached}
     WHERE ${dialect.among("id", `SELECT id FROM ${tables.cached} WHERE expires <= ${now} ORDER BY expires LIMIT ?`)}`,
    [limit],
  );
  count += await sql.run(
    // With the task: a key that was given to another one since the SELECT looked stays.
    `WITH free AS (SELECT func, key, task FROM ${tables.uniqueKey} u
       WHERE held_until <= ${now} AND (SELECT q.id FROM ${tables.queue} q WHERE q.id = u.task) IS NULL LIMIT ?)
     DELETE FROM ${tables.uniqueKey} WHERE (func, key, task) IN (SELECT func, key, task FROM free)
       ${dialect.narrowed("key", "SELECT key FROM free")}`,
    [limit],
  );
  count += await sql.run(
    `WITH old AS (SELECT id, attempt FROM ${tables.attempt} WHERE gone = 1 AND stopped < ? ORDER BY stopped LIMIT ?)
     DELETE FROM ${tables.attempt} WHERE (id, attempt) IN (SELECT id, attempt FROM old)
       ${dialect.narrowed("id", "SELECT id FROM old")}`,
    [request.attemptsBefore, limit],
  );
  count += await sql.run(
    `DELETE FROM ${tables.cluster} WHERE id IN (SELECT id FROM ${tables.cluster} WHERE heartbeat < ? LIMIT ?)`,
    [request.clustersBefore, limit],
  );
  return count;
}

async function removeSuccesses(scope: Scope, { saveLimit, per, limit }: PruneRequest): Promise<number> {
  const { sql, tables } = scope;
  if (saveLimit === null) return 0;
  if (per === null) {
    const [oldestKept] = await sql.all(
      `SELECT stopped, id FROM ${tables.task} WHERE state = 'success' ORDER BY stopped DESC, id DESC LIMIT 1 OFFSET ?`,
      [saveLimit],
    );
    if (oldestKept === undefined) return 0;
    return removeTasks(
      scope,
      `SELECT id FROM ${tables.task} WHERE state = 'success' AND (stopped, id) <= (?, ?) ORDER BY stopped, id LIMIT ?`,
      [Number(oldestKept.stopped), String(oldestKept.id), limit],
    );
  }
  const key = `"${per}"`;
  return removeTasks(
    scope,
    `SELECT id FROM (SELECT id, stopped, row_number() OVER (PARTITION BY ${key} ORDER BY stopped DESC, id DESC) AS place
       FROM ${tables.task} WHERE state = 'success') ranked WHERE place > ? ORDER BY stopped, id LIMIT ?`,
    [saveLimit, limit],
  );
}

async function removeTasks(scope: Scope, select: string, values: (string | number)[]): Promise<number> {
  const { sql, tables, dialect } = scope;
  const removed = await sql.all(
    `DELETE FROM ${tables.task} WHERE ${dialect.among("id", select)} RETURNING id`,
    values,
  );
  await markGone(
    scope,
    removed.map((row) => String(row.id)),
  );
  return removed.length;
}
