// The end of attempts: record, task or next attempt, follow-ups. Set by set, so that many results cost a handful of statements.
import type { CancelAnswer, Ending, EndingAnswer, Note } from "../broker.ts";
import type { Value } from "./database.ts";
import type { Scope } from "./dialect.ts";
import { fenceColumns, leaseKey, lockTasks } from "./claim-sql.ts";
import { insertTasks } from "./enqueue-sql.ts";
import { markGone } from "./result-sql.ts";

const columns = {
  id: "text",
  attempt: "integer",
  owner: "text",
  lapsed: "integer",
  outcome: "text",
  worker: "text",
  started: "integer",
  stopped: "integer",
  error: "text",
  log: "text",
  progress: "text",
  uncounted: "integer",
  crashes: "integer",
  end_state: "text",
  result: "text",
  save: "integer",
  answer_ms: "integer",
  delay_ms: "integer",
  unknown: "integer",
  isolate: "integer",
} as const;

function values(ending: Ending): Value[] {
  const { next } = ending;
  const end: Value[] = "end" in next ? [next.end, next.result, next.save ? 1 : 0, next.answerMs] : [null, null, 0, null];
  const again: Value[] = "again" in next ? [next.delayMs, next.unknown, next.isolate ? 1 : 0] : [null, 0, 0];
  return [
    ending.id,
    ending.attempt,
    ending.owner,
    ending.lapsed === true ? 1 : 0,
    ending.outcome,
    ending.worker,
    ending.started,
    ending.stopped,
    ending.error,
    ending.log,
    ending.progress,
    ending.uncounted,
    ending.crashes,
    ...end,
    ...again,
  ];
}

export async function finishAttempts(scope: Scope, endings: readonly Ending[]): Promise<EndingAnswer[]> {
  const answers: EndingAnswer[] = [];
  for (const group of withoutRepeats(endings)) answers.push(...(await finishGroup(scope, group)));
  return answers;
}

/** One statement can't end one task twice: an ending that repeats an id begins a new group. */
function withoutRepeats(endings: readonly Ending[]): Ending[][] {
  const groups: Ending[][] = [];
  let seen = new Set<string>();
  for (const ending of endings) {
    if (groups.length === 0 || seen.has(ending.id)) {
      groups.push([]);
      seen = new Set();
    }
    seen.add(ending.id);
    groups.at(-1)?.push(ending);
  }
  return groups;
}

async function finishGroup(scope: Scope, endings: readonly Ending[]): Promise<EndingAnswer[]> {
  const { sql, tables, dialect, now } = scope;
  const source = dialect.rows(columns);
  const locked = lockTasks(
    scope,
    endings.map((ending) => ending.id),
  );
  const recording = sql.all(
    `INSERT INTO ${tables.attempt} (id, attempt, owner, outcome, worker, started, stopped, error, log, lapsed, gone)
     SELECT e.id, e.attempt, e.owner, e.outcome, e.worker, e.started, e.stopped, e.error, e.log, e.lapsed,
       CASE WHEN e.end_state IS NOT NULL AND e.save = 0 THEN 1 ELSE 0 END
     FROM ${source.sql} e
     JOIN ${tables.queue} q ON q.id = e.id AND q.attempt = e.attempt AND q.owner = e.owner AND q.state = 'leased'
     WHERE (e.lapsed = 0 OR q.leased_until <= ${now}) AND (e.end_state IS NOT NULL OR q.cancelled = 0)
     RETURNING id`,
    source.bind(endings.map(values)),
  );
  const [recorded] = await Promise.all([recording, locked]);
  const done = new Set(recorded.map((row) => String(row.id)));
  const carriedOut = done.size === endings.length ? endings : endings.filter((ending) => done.has(ending.id));
  const ended = carriedOut.filter((ending) => "end" in ending.next);
  const goingBack = carriedOut.filter((ending) => "again" in ending.next);
  await Promise.all([
    ended.length > 0 ? moveToEnded(scope, ended) : undefined,
    goingBack.length > 0 ? putBack(scope, goingBack) : undefined,
    done.size > 0 ? sql.wake() : undefined,
  ]);
  const followUps = carriedOut.flatMap((ending) => ending.followUps);
  if (followUps.length > 0) await insertTasks(scope, followUps);

  const refused = done.size === endings.length ? new Map() : await whyRefused(scope, endings.filter((ending) => !done.has(ending.id)));
  return endings.map((ending) => refused.get(ending.id) ?? "done");
}

async function moveToEnded(scope: Scope, ended: readonly Ending[]): Promise<void> {
  const { sql, tables, dialect, now } = scope;
  const source = dialect.rows(columns);
  const rows = source.bind(ended.map(values));
  const saved = ended.filter((ending) => "end" in ending.next && ending.next.save);
  const moves: Promise<unknown>[] = [];
  if (saved.length > 0) {
    const kept = sql.run(
      `INSERT INTO ${tables.task} (id, state, name, func, queue, "group", priority, tags, enqueued, attempt, uncounted, crashes,
         outcome, started, stopped, parent, schedule, slot, progress, result, envelope)
       SELECT q.id, e.end_state, q.name, q.func, q.queue, q."group", q.priority, q.tags, q.enqueued, q.attempt, e.uncounted, e.crashes,
         e.outcome, e.started, e.stopped, q.parent, q.schedule, q.slot, COALESCE(e.progress, q.progress), e.result, q.envelope
       FROM ${source.sql} e JOIN ${tables.queue} q ON q.id = e.id WHERE e.save = 1`,
      rows,
    );
    moves.push(kept);
  }
  if (saved.length < ended.length) {
    const answered = sql.run(
      `INSERT INTO ${tables.cached} (id, state, outcome, name, func, result, expires)
       SELECT q.id, e.end_state, e.outcome, q.name, q.func, e.result, ${now} + e.answer_ms
       FROM ${source.sql} e JOIN ${tables.queue} q ON q.id = e.id WHERE e.save = 0`,
      rows,
    );
    moves.push(answered);
    // The attempts before this one were recorded while their task was there.
    const unsaved = ended.filter((ending) => "end" in ending.next && !ending.next.save && ending.attempt > 1);
    moves.push(markGone(scope, unsaved.map((ending) => ending.id)));
  }
  const ids = dialect.rows({ id: "text" });
  const removed = sql.run(
    `DELETE FROM ${tables.queue} WHERE id IN (SELECT e.id FROM ${ids.sql} e)`,
    ids.bind(ended.map((ending) => [ending.id])),
  );
  await Promise.all([...moves, removed]);
}

async function putBack({ sql, tables, dialect, now }: Scope, goingBack: readonly Ending[]): Promise<void> {
  const source = dialect.rows(columns);
  // Without a delay it keeps the due time it had: recovered tasks go before the backlog of their priority.
  await sql.run(
    `UPDATE ${tables.queue} AS q SET
       state = CASE WHEN e.delay_ms IS NOT NULL AND e.delay_ms > 0 THEN 'waiting' ELSE 'ready' END,
       due = CASE WHEN e.delay_ms IS NULL THEN q.due ELSE ${now} + e.delay_ms END,
       owner = NULL, leased_at = NULL, leased_until = NULL, log = NULL,
       uncounted = e.uncounted, crashes = e.crashes, unknown = e.unknown, isolate = e.isolate,
       error = COALESCE(e.error, q.error), progress = COALESCE(e.progress, q.progress)
     FROM ${source.sql} e WHERE q.id = e.id`,
    source.bind(goingBack.map(values)),
  );
}

/** Decided by the attempt's own record and not by the task's row, which may have moved on to the next attempt. */
async function whyRefused(
  { sql, tables, dialect, now }: Scope,
  refused: readonly Ending[],
): Promise<Map<string, EndingAnswer>> {
  const source = dialect.rows({ id: "text", attempt: "integer", owner: "text", lapsed: "integer", again: "integer" });
  const rows = await sql.all(
    `SELECT e.id AS id, a.owner = e.owner AND a.lapsed = e.lapsed AS mine,
       e.again = 1 AND q.attempt = e.attempt AND q.owner = e.owner AND q.cancelled = 1
         AND (e.lapsed = 0 OR q.leased_until <= ${now}) AS cancelled
     FROM ${source.sql} e
     LEFT JOIN ${tables.attempt} a ON a.id = e.id AND a.attempt = e.attempt
     LEFT JOIN ${tables.queue} q ON q.id = e.id AND q.state = 'leased'`,
    source.bind(
      refused.map((it) => [it.id, it.attempt, it.owner, it.lapsed === true ? 1 : 0, "again" in it.next ? 1 : 0]),
    ),
  );
  return new Map(rows.map((row) => [String(row.id), row.mine ? "already" : row.cancelled ? "cancelled" : "lost"]));
}

export async function noteAttempts(scope: Scope, notes: readonly Note[]): Promise<boolean[]> {
  const { sql, tables, dialect } = scope;
  const source = dialect.rows({ ...fenceColumns, new_progress: "text", new_log: "text" });
  const locked = lockTasks(
    scope,
    notes.map((note) => note.id),
  );
  const writing = sql.all(
    `UPDATE ${tables.queue} AS q SET progress = COALESCE(n.new_progress, q.progress), log = COALESCE(n.new_log, q.log)
     FROM ${source.sql} n WHERE q.id = n.of_id AND q.attempt = n.of_attempt AND q.owner = n.of_owner AND q.state = 'leased'
     RETURNING id, attempt, owner`,
    source.bind(notes.map((note) => [note.id, note.attempt, note.owner, note.progress, note.log])),
  );
  const [rows] = await Promise.all([writing, locked]);
  const written = new Set(rows.map(leaseKey));
  return notes.map((note) => written.has(leaseKey(note)));
}

export async function cancelTask(scope: Scope, id: string, error: string): Promise<CancelAnswer> {
  const { sql, tables, now } = scope;
  // Locked, because a claim between these statements would make a running task end as one that never ran.
  const locked = lockTasks(scope, [id]);
  const asking = sql.run(`UPDATE ${tables.queue} SET cancelled = 1 WHERE id = ? AND state = 'leased'`, [id]);
  const [asked] = await Promise.all([asking, locked, sql.wake()]);
  if (asked > 0) return "asked";
  const moved = await sql.run(
    `INSERT INTO ${tables.task} (id, state, name, func, queue, "group", priority, tags, enqueued, attempt, uncounted, crashes,
       outcome, started, stopped, parent, schedule, slot, progress, result, envelope)
     SELECT id, 'failure', name, func, queue, "group", priority, tags, enqueued, attempt, uncounted, crashes,
       'cancelled', NULL, ${now}, parent, schedule, slot, progress, ?, envelope
     FROM ${tables.queue} WHERE id = ?`,
    [error, id],
  );
  if (moved > 0) {
    await sql.run(`DELETE FROM ${tables.queue} WHERE id = ?`, [id]);
    return "cancelled";
  }
  const ended = await sql.all(
    `SELECT id FROM ${tables.task} WHERE id = ? UNION ALL SELECT id FROM ${tables.cached} WHERE id = ?`,
    [id, id],
  );
  return ended.length > 0 ? "ended" : "unknown";
}
