// Out of the queue: claiming, renewing, and what says who holds what.
import { type ClaimedTask, longestLeaseMs, type QueuedTask } from "../../core/task.ts";
import type { Claim, ClaimPlace, ClaimRequest, Fence, QueueCount } from "../broker.ts";
import type { Row, Value } from "./database.ts";
import type { Scope } from "./dialect.ts";
import { claimedTask, queuedTask } from "./rows.ts";
import { pausedKey, pausedPrefix } from "../paused.ts";

/** Tasks that come due are made ready in steps of this size, so that a flood of them can't hold up a claim. */
const dueStep = 1_000;

/**
 * Takes the rows of the tasks, in the order of their ids: what follows finds them as they are and keeps them so until the commit,
 * and two who want the same tasks wait for each other, never in a circle. It need not be waited for before the next statement.
 */
export async function lockTasks({ sql, tables, dialect }: Scope, ids: readonly string[]): Promise<void> {
  if (dialect.lock === "") return;
  const source = dialect.rows(
    { id: "text" },
    ids.map((id) => [id]),
  );
  await sql.run(
    `SELECT id FROM ${tables.queue} WHERE ${dialect.among("id", `SELECT i.id FROM ${source.sql} i`)} ORDER BY id ${dialect.lock}`,
    source.values,
  );
}

export async function claimTasks(scope: Scope, request: ClaimRequest): Promise<Claim> {
  const becomingReady = makeDueReady(scope);
  if (scope.dialect.lock === "") await becomingReady; // It looks first: what it will ask for is not asked for yet.
  const tasks: ClaimedTask[] = [];
  let { slots, isolated } = request;
  for (const [index, { queue, limit, after }] of request.lanes.entries()) {
    // Where those that run beside others can't use up what the rest may have, both are asked for at once.
    const together = limit >= slots + isolated;
    const lane = { queue, slots: Math.min(slots, limit), isolated: together ? isolated : 0, after };
    const claiming = claimLane(scope, request, lane);
    const asksMore = index < request.lanes.length - 1 || !together || after !== undefined;
    if (!asksMore) scope.last();
    const [claimed] = await Promise.all([claiming, becomingReady]);
    const rest = { queue, slots: 0, isolated: Math.min(isolated, limit - claimed.length) };
    if (!together) claimed.push(...(await claimLane(scope, request, rest)));
    const alone = claimed.filter((task) => task.isolate).length;
    slots -= claimed.length - alone;
    isolated -= alone;
    tasks.push(...claimed);
  }
  return { tasks, nextDueMs: await becomingReady };
}

/** On a server it need not be waited for before the next statement. */
async function makeDueReady(scope: Scope): Promise<number | null> {
  const { sql, tables, dialect, now } = scope;
  // To look takes a fifth of a change that finds nothing; on a server it would be one more trip.
  if (dialect.lock === "") {
    const ms = await untilNextDue(scope);
    if (ms === null || ms > 0) return ms;
  }
  const made = sql.run(
    `WITH come AS (SELECT id FROM ${tables.queue} WHERE state = 'waiting' AND due <= ${now}
       ORDER BY due LIMIT ${dueStep} ${dialect.skipLocked})
     UPDATE ${tables.queue} SET state = 'ready' WHERE ${dialect.among("id", "SELECT id FROM come")}`,
  );
  const [ms] = await Promise.all([untilNextDue(scope), made]);
  return ms === null ? null : Math.max(0, ms);
}

/** Null: nothing waits. Not above 0: something has come due and is not made ready yet. */
export async function untilNextDue({ sql, tables, now }: Scope): Promise<number | null> {
  const [next] = await sql.all(
    `SELECT due - ${now} AS ms FROM ${tables.queue} WHERE state = 'waiting' ORDER BY due LIMIT 1`,
  );
  return next === undefined ? null : Number(next.ms);
}

/** So many of a queue's tasks, those that run beside others and those that must be alone. */
interface Lane {
  queue: string;
  slots: number;
  isolated: number;
  /** Behind which place to look for the first kind. */
  after?: ClaimPlace | undefined;
}

async function claimLane(scope: Scope, request: ClaimRequest, lane: Lane): Promise<ClaimedTask[]> {
  const { dialect } = scope;
  let { isolated } = lane;
  // Few queues hold any, and to look takes a fifth of a claim that finds nothing; on a server it would be one more trip.
  if (isolated > 0 && dialect.lock === "" && !(await holdsIsolated(scope, lane.queue))) isolated = 0;
  const after = lane.slots > 0 && dialect.keepsOldRows ? lane.after : undefined;
  const claimed = await claimFrom(scope, request, { ...lane, isolated, after });
  const slots = lane.slots - claimed.filter((task) => !task.isolate).length;
  if (after === undefined || slots === 0) return claimed;
  const before = await claimFrom(scope, request, { queue: lane.queue, slots, isolated: 0 });
  return [...claimed, ...before].sort(inLaneOrder);
}

/** Those that run beside others first. */
function inLaneOrder(a: ClaimedTask, b: ClaimedTask): number {
  return Number(a.isolate) - Number(b.isolate) || inClaimOrder(a, b);
}

async function holdsIsolated({ sql, tables }: Scope, queue: string): Promise<boolean> {
  const rows = await sql.all(
    `SELECT 1 FROM ${tables.queue} WHERE queue = ? AND state = 'ready' AND isolate = 1 LIMIT 1`,
    [queue],
  );
  return rows.length > 0;
}

async function claimFrom(
  { sql, tables, dialect, now }: Scope,
  request: ClaimRequest,
  { queue, slots, isolated, after }: Lane,
): Promise<ClaimedTask[]> {
  if (slots <= 0 && isolated <= 0) return [];
  // The states stand as literals, without which a plan that is kept can't use the index of the ready ones.
  const pick = (isolate: 0 | 1, behind: string): string =>
    `SELECT ${dialect.place} AS place FROM ${tables.queue} WHERE queue = ? AND state = 'ready' AND isolate = ${isolate} ${behind}
       AND NOT EXISTS (SELECT 1 FROM ${tables.meta} WHERE key = ?)
     ORDER BY priority DESC, due, id LIMIT ? ${dialect.skipLocked}`;
  const picks: string[] = [];
  const values: Value[] = [];
  if (slots > 0) {
    picks.push(
      `shared AS (${pick(0, after === undefined ? "" : "AND priority = ? AND (due, id) > (?, ?)")})`,
    );
    values.push(queue, ...(after === undefined ? [] : [after.priority, after.due, after.id]));
    values.push(pausedKey(queue), slots);
  }
  if (isolated > 0) {
    picks.push(`alone AS (${pick(1, "")})`);
    values.push(queue, pausedKey(queue), isolated);
  }
  const picked = [slots > 0 ? "shared" : "", isolated > 0 ? "alone" : ""].filter(Boolean);
  const rows = await sql.all(
    // Picked apart from the change: as a subquery of it they might be picked again, and more than were asked for.
    `WITH ${picks.join(", ")}
     UPDATE ${tables.queue} SET state = 'leased', attempt = attempt + 1, owner = ?, leased_at = ${now}, leased_until = ${now} + ?
     WHERE ${dialect.among(dialect.place, picked.map((from) => `SELECT place FROM ${from}`).join(" UNION ALL "))}
     RETURNING id, name, func, "group", NULLIF(priority, 0) AS priority, due, slot, attempt, NULLIF(uncounted, 0) AS uncounted,
       NULLIF(crashes, 0) AS crashes, NULLIF(unknown, 0) AS unknown, NULLIF(isolate, 0) AS isolate, envelope`,
    [...values, request.owner, request.leaseMs],
  );
  return rows.map((row) => claimedTask(row, queue, request.owner)).sort(inLaneOrder);
}

export function inClaimOrder(a: ClaimedTask, b: ClaimedTask): number {
  return b.priority - a.priority || a.due - b.due || (a.id < b.id ? -1 : 1);
}

/** Tells attempts apart in one call: a task's id alone does not, its earlier attempts may be named beside the running one. */
export function leaseKey({ id, attempt, owner }: Row | Fence): string {
  return JSON.stringify([id, attempt, owner]);
}

// Only a leased task has an owner, so the fence need not ask for the state; if it did, an engine might look through all leases.
// Named unlike the columns of the queue, so that a RETURNING, which some engines want without the table, can only mean those.
export const fenceColumns = { of_id: "text", of_attempt: "integer", of_owner: "text" } as const;

export async function extendLeases(
  scope: Scope,
  leases: readonly Fence[],
  leaseMs: number,
): Promise<{ lost: Fence[]; cancelled: string[] }> {
  const { sql, tables, dialect, now } = scope;
  const source = dialect.rows(
    fenceColumns,
    leases.map((lease) => [lease.id, lease.attempt, lease.owner]),
  );
  const rows = await sql.all(
    `WITH f AS (SELECT * FROM ${source.sql} f), free AS (${freeTasks(scope, "SELECT of_id FROM f")})
     UPDATE ${tables.queue} AS q SET leased_until = ${now} + ? FROM f
     WHERE q.id = f.of_id AND q.attempt = f.of_attempt AND q.owner = f.of_owner
       ${dialect.narrowed("q.id", "SELECT id FROM free")}
     RETURNING id, attempt, owner, cancelled`,
    [...source.values, leaseMs],
  );
  const held = new Set(rows.map(leaseKey));
  if (held.size < leases.length) for (const row of await stillHeld(scope, leases)) held.add(leaseKey(row));
  return {
    lost: leases.filter((lease) => !held.has(leaseKey(lease))),
    cancelled: rows.filter((row) => row.cancelled === 1).map((row) => String(row.id)),
  };
}

/**
 * Takes the rows of those tasks that no transaction holds: one that is open for long, such as an application's in which an attempt
 * ends, must not keep others from being renewed. Where writers take turns there is none, and nothing is narrowed to these.
 */
export function freeTasks({ tables, dialect }: Scope, ids: string): string {
  return `SELECT id FROM ${tables.queue} WHERE ${dialect.among("id", ids)} ORDER BY id ${dialect.skipLocked}`;
}

/** The leases as they are committed, whoever holds their rows. */
async function stillHeld({ sql, tables, dialect }: Scope, leases: readonly Fence[]): Promise<Row[]> {
  const source = dialect.rows(
    fenceColumns,
    leases.map((lease) => [lease.id, lease.attempt, lease.owner]),
  );
  return sql.all(
    `WITH f AS (SELECT * FROM ${source.sql} f)
     SELECT q.id AS id, q.attempt AS attempt, q.owner AS owner
     FROM f JOIN ${tables.queue} q ON q.id = f.of_id AND q.attempt = f.of_attempt AND q.owner = f.of_owner
       ${dialect.narrowed("q.id", "SELECT of_id FROM f")}`,
    source.values,
  );
}

/** Also one that ends later than any that is taken or renewed now: the clock was set back since its owner last did. */
export function ranOut(column: string, now: string): string {
  return `(${column} <= ${now} OR ${column} > ${now} + ${longestLeaseMs})`;
}

export async function reclaimableTasks(
  { sql, tables, dialect, now }: Scope,
  limit: number,
): Promise<QueuedTask[]> {
  const rows = await sql.all(
    `SELECT * FROM ${tables.queue} WHERE state = 'leased' AND ${ranOut("leased_until", now)} ORDER BY leased_until LIMIT ? ${dialect.skipLocked}`,
    [limit],
  );
  return rows.map(queuedTask);
}

export async function leasesOfOwner({ sql, tables }: Scope, owner: string): Promise<QueuedTask[]> {
  const rows = await sql.all(`SELECT * FROM ${tables.queue} WHERE state = 'leased' AND owner = ?`, [owner]);
  return rows.map(queuedTask);
}

export async function cancellationsOf({ sql, tables }: Scope, owner: string): Promise<string[]> {
  const rows = await sql.all(
    `SELECT id FROM ${tables.queue} WHERE state = 'leased' AND cancelled = 1 AND owner = ?`,
    [owner],
  );
  return rows.map((row) => String(row.id));
}

export async function callBackFuncs(
  { sql, tables, dialect, now }: Scope,
  funcs: readonly string[],
): Promise<number> {
  const source = dialect.rows(
    { func: "text" },
    funcs.map((func) => [func]),
  );
  const count = await sql.run(
    `UPDATE ${tables.queue} SET state = 'ready', due = ${now}
     WHERE state = 'waiting' AND unknown > 0 AND func IN (SELECT f.func FROM ${source.sql} f)`,
    source.values,
  );
  if (count > 0) await sql.wake();
  return count;
}

/** Queues with something to claim, found by hopping from name to name in the index, however many tasks each holds. */
export async function readyQueues({ sql, tables, now }: Scope): Promise<string[]> {
  const rows = await sql.all(
    `WITH RECURSIVE lane (queue) AS (
       SELECT (SELECT min(queue) FROM ${tables.queue} WHERE state = 'ready')
       UNION ALL
       SELECT (SELECT min(q.queue) FROM ${tables.queue} q WHERE q.state = 'ready' AND q.queue > lane.queue)
       FROM lane WHERE lane.queue IS NOT NULL)
     SELECT queue FROM lane WHERE queue IS NOT NULL
     UNION SELECT DISTINCT queue FROM (
       SELECT queue FROM ${tables.queue} WHERE state = 'waiting' AND due <= ${now} ORDER BY due LIMIT ${dueStep}) due`,
  );
  return rows.map((row) => String(row.queue));
}

export async function countQueues({ sql, tables }: Scope): Promise<QueueCount[]> {
  const counts = new Map<string, QueueCount>();
  const countOf = (queue: string): QueueCount => {
    const count = counts.get(queue) ?? { queue, waiting: 0, ready: 0, leased: 0, paused: false };
    counts.set(queue, count);
    return count;
  };
  const rows = await sql.all(`SELECT queue, state, count(*) AS n FROM ${tables.queue} GROUP BY queue, state`);
  for (const row of rows)
    countOf(String(row.queue))[row.state as "waiting" | "ready" | "leased"] = Number(row.n);
  const paused = await sql.all(`SELECT key FROM ${tables.meta} WHERE key LIKE '${pausedPrefix}%'`);
  for (const row of paused) countOf(String(row.key).slice(pausedPrefix.length)).paused = true;
  return [...counts.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
}
