// The end of attempts: record, task or next attempt, follow-ups. Set by set, so that many results cost a handful of statements.
import { errorTextOf } from "../../core/error/error-text.ts";
import type { CancelAnswer, Ending, EndingAnswer, Note, TaskAgain, TaskEnd } from "../broker.ts";
import type { Value } from "./database.ts";
import type { Scope } from "./dialect.ts";
import { fenceColumns, freeTasks, leaseKey, lockTasks, ranOut } from "./claim-sql.ts";
import { insertTasks } from "./enqueue-sql.ts";
import { isKeptEnd, type KeptEnd, moveKeptEnds } from "./move-sql.ts";
import { markGone } from "./result-sql.ts";
import { endOpenRuns, endRuns, openRuns } from "./run-sql.ts";

// Each statement is handed what it needs and no more: reading a value out of the rows costs as much as writing it.
const recordColumns = {
  id: "text",
  attempt: "integer",
  owner: "text",
  lapsed: "integer",
  ends: "integer",
  gone: "integer",
  outcome: "text",
  worker: "text",
  started: "integer",
  stopped: "integer",
  error: "text",
  log: "text",
} as const;

function recordValues(ending: Ending): Value[] {
  const { id, attempt, owner, outcome, worker, started, stopped, error, log, next } = ending;
  const gone = "end" in next && !next.save;
  return [
    id,
    attempt,
    owner,
    flag(ending.lapsed),
    flag("end" in next),
    flag(gone),
    outcome,
    worker,
    started,
    stopped,
    error,
    log,
  ];
}

const endColumns = {
  id: "text",
  end_state: "text",
  outcome: "text",
  started: "integer",
  stopped: "integer",
  uncounted: "integer",
  crashes: "integer",
  progress: "text",
  result: "text",
  answer_ms: "integer",
} as const;

type EndOf<Next> = Ending & { next: Next };

function endValues({
  id,
  next,
  outcome,
  started,
  stopped,
  uncounted,
  crashes,
  progress,
}: EndOf<TaskEnd>): Value[] {
  return [id, next.end, outcome, started, stopped, uncounted, crashes, progress, next.result, next.answerMs];
}

const againColumns = {
  id: "text",
  delay_ms: "integer",
  unknown: "integer",
  isolate: "integer",
  uncounted: "integer",
  crashes: "integer",
  error: "text",
  progress: "text",
} as const;

function againValues({ id, next, uncounted, crashes, error, progress }: EndOf<TaskAgain>): Value[] {
  return [id, next.delayMs, next.unknown, flag(next.isolate), uncounted, crashes, error, progress];
}

const flag = (value: boolean | undefined): number => (value === true ? 1 : 0);
const hasEnd = (ending: Ending): ending is EndOf<TaskEnd> => "end" in ending.next;
const hasAgain = (ending: Ending): ending is EndOf<TaskAgain> => "again" in ending.next;

export async function finishAttempts(scope: Scope, endings: readonly Ending[]): Promise<EndingAnswer[]> {
  const answers: EndingAnswer[] = [];
  const groups = withoutRepeats(endings, scope.dialect.rowsAtOnce);
  for (const [index, group] of groups.entries()) {
    // By group: the same ending may be there twice, and is done only the first time.
    const answered = new Map<Ending, EndingAnswer>();
    const steps = stepsOf(scope, group);
    for (const [place, step] of steps.entries()) {
      const more = index < groups.length - 1 || place < steps.length - 1;
      for (const [ending, answer] of await step(more ? { ...scope, last: () => {} } : scope))
        answered.set(ending, answer);
    }
    answers.push(...group.map((ending) => answered.get(ending) ?? "lost"));
  }
  return answers;
}

type Answered = readonly (readonly [Ending, EndingAnswer])[];
type Step = (scope: Scope) => Promise<Answered>;

/** Most tasks end and are kept. Where that is one statement they go by themselves. */
function stepsOf({ dialect }: Scope, group: readonly Ending[]): Step[] {
  const kept = dialect.movesInOne ? group.filter(isKeptEnd) : [];
  if (kept.length === 0) return [(scope) => finishGroup(scope, group)];
  const keeping: Step = (scope) => finishKept(scope, kept);
  if (kept.length === group.length) return [keeping];
  const others = group.filter((ending) => !isKeptEnd(ending));
  return [
    // The rows of all of them in one order: see there.
    async (scope) => {
      const locked = lockTasks(
        scope,
        group.map(({ id }) => id),
      );
      const [answered] = await Promise.all([keeping(scope), locked]);
      return answered;
    },
    (scope) => finishGroup(scope, others),
  ];
}

async function finishKept(scope: Scope, endings: readonly KeptEnd[]): Promise<Answered> {
  const moving = moveKeptEnds(scope, endings);
  const opening = openRuns(
    scope,
    endings.map(({ id }) => id),
  );
  const [refused, open] = await Promise.all([moving, opening]);
  const done = refused.size === 0 ? endings : endings.filter(({ id }) => !refused.has(id));
  const follow = Promise.all([
    endOpenRuns(scope, open, done),
    noteErrors(scope, done),
    done.length > 0 ? scope.sql.wake() : undefined,
  ]);
  return afterwards(scope, endings, done, follow);
}

/** What has been asked is waited for, the tasks that follow are queued, and who was refused hears why. */
async function afterwards(
  scope: Scope,
  endings: readonly Ending[],
  done: readonly Ending[],
  asked: Promise<unknown>,
): Promise<Answered> {
  const followUps = done.flatMap((ending) => ending.followUps);
  const all = done.length === endings.length;
  if (followUps.length === 0 && all) scope.last();
  await asked;
  if (followUps.length > 0) await insertTasks({ ...scope, last: () => {} }, followUps);
  if (all) return endings.map((ending) => [ending, "done"]);
  const carriedOut = new Set(done);
  const why = await whyRefused(
    scope,
    endings.filter((ending) => !carriedOut.has(ending)),
  );
  return endings.map((ending) => [ending, carriedOut.has(ending) ? "done" : (why.get(ending.id) ?? "lost")]);
}

/** One statement can't change one row twice: what repeats an id begins a new group, and so does one too many. */
export function withoutRepeats<T extends { id: string }>(changes: readonly T[], mostInOne: number): T[][] {
  const groups: T[][] = [];
  let seen = new Set<string>();
  for (const change of changes) {
    if (groups.length === 0 || seen.has(change.id) || seen.size === mostInOne) {
      groups.push([]);
      seen = new Set();
    }
    seen.add(change.id);
    groups.at(-1)?.push(change);
  }
  return groups;
}

async function finishGroup(scope: Scope, endings: readonly Ending[]): Promise<Answered> {
  const { sql, tables, dialect, now } = scope;
  const source = dialect.rows(recordColumns, endings.map(recordValues));
  const narrowed = dialect.narrowed("q.id", "SELECT id FROM e");
  const locked = lockTasks(
    scope,
    endings.map((ending) => ending.id),
  );
  const recording = sql.run(
    `INSERT INTO ${tables.attempt} (id, attempt, owner, outcome, worker, started, stopped, error, log, lapsed, gone)
     WITH e AS (SELECT * FROM ${source.sql} e)
     SELECT e.id, e.attempt, e.owner, e.outcome, e.worker, e.started, e.stopped, e.error, e.log, e.lapsed, e.gone
     FROM e JOIN ${tables.queue} q ON q.id = e.id AND q.attempt = e.attempt AND q.owner = e.owner
     WHERE (e.lapsed = 0 OR ${ranOut("q.leased_until", now)}) AND (e.ends = 1 OR q.cancelled = 0)
       ${narrowed}`,
    source.values,
  );
  const ending = endings.filter(hasEnd).map(({ id }) => id);
  const opening = ending.length > 0 ? openRuns(scope, ending) : new Set<string>();
  const [recorded, open] = await Promise.all([recording, opening, locked]);
  const carriedOut = recorded === endings.length ? endings : await recordedOf(scope, endings);
  const ended = carriedOut.filter(hasEnd);
  const goingBack = carriedOut.filter(hasAgain);
  const moves = Promise.all([
    ended.length > 0 ? moveToEnded(scope, ended) : undefined,
    endOpenRuns(scope, open, ended),
    goingBack.length > 0 ? putBack(scope, goingBack) : undefined,
    carriedOut.length > 0 ? sql.wake() : undefined,
  ]);
  return afterwards(scope, endings, carriedOut, moves);
}

/**
 * Which of them were recorded just now: their tasks have not moved yet, and those of all that were recorded before have. Mostly it is
 * all of them, which their number tells; to answer every row cost a third of what it takes to write them.
 */
async function recordedOf({ sql, tables, dialect }: Scope, endings: readonly Ending[]): Promise<Ending[]> {
  const source = dialect.rows(
    fenceColumns,
    endings.map((ending) => [ending.id, ending.attempt, ending.owner]),
  );
  const rows = await sql.all(
    `WITH f AS (SELECT * FROM ${source.sql} f)
     SELECT f.of_id AS id FROM f
     JOIN ${tables.queue} q ON q.id = f.of_id AND q.attempt = f.of_attempt AND q.owner = f.of_owner ${dialect.narrowed("q.id", "SELECT of_id FROM f")}
     JOIN ${tables.attempt} a ON a.id = f.of_id AND a.attempt = f.of_attempt ${dialect.narrowed("a.id", "SELECT of_id FROM f")}`,
    source.values,
  );
  const recorded = new Set(rows.map((row) => String(row.id)));
  return endings.filter((ending) => recorded.has(ending.id));
}

async function moveToEnded(scope: Scope, ended: readonly EndOf<TaskEnd>[]): Promise<void> {
  const { sql, tables, dialect, now } = scope;
  const narrowed = dialect.narrowed("q.id", "SELECT id FROM e");
  const saved = ended.filter((ending) => ending.next.save);
  const unsaved = ended.filter((ending) => !ending.next.save);
  const moves: Promise<unknown>[] = [];
  if (saved.length > 0) {
    const source = dialect.rows(endColumns, saved.map(endValues));
    const kept = sql.run(
      `INSERT INTO ${tables.task} (id, state, name, func, queue, "group", priority, tags, enqueued, attempt, uncounted, crashes,
         outcome, started, stopped, parent, schedule, slot, progress, result, envelope)
       WITH e AS (SELECT * FROM ${source.sql} e)
       SELECT q.id, e.end_state, q.name, q.func, q.queue, q."group", q.priority, q.tags, q.enqueued, q.attempt, e.uncounted, e.crashes,
         e.outcome, e.started, e.stopped, q.parent, q.schedule, q.slot, COALESCE(e.progress, q.progress), e.result, q.envelope
       FROM e JOIN ${tables.queue} q ON q.id = e.id WHERE 1 = 1 ${narrowed}`,
      source.values,
    );
    moves.push(kept, noteErrors(scope, saved));
  }
  if (unsaved.length > 0) {
    const source = dialect.rows(endColumns, unsaved.map(endValues));
    const answered = sql.run(
      `INSERT INTO ${tables.cached} (id, state, outcome, name, func, result, expires)
       WITH e AS (SELECT * FROM ${source.sql} e)
       SELECT q.id, e.end_state, e.outcome, q.name, q.func, e.result, ${now} + e.answer_ms
       FROM e JOIN ${tables.queue} q ON q.id = e.id WHERE 1 = 1 ${narrowed}`,
      source.values,
    );
    moves.push(answered);
    // The attempts before this one were recorded while their task was there.
    const retried = unsaved.filter((ending) => ending.attempt > 1);
    moves.push(
      markGone(
        scope,
        retried.map((ending) => ending.id),
      ),
    );
  }
  const ids = dialect.rows(
    { id: "text" },
    ended.map((ending) => [ending.id]),
  );
  const removed = sql.run(
    `DELETE FROM ${tables.queue} WHERE ${dialect.among("id", `SELECT e.id FROM ${ids.sql} e`)}`,
    ids.values,
  );
  await Promise.all([...moves, removed]);
}

/** Apart from the rows themselves: most endings are successes, and each column that is handed over is felt. */
async function noteErrors(
  { sql, tables, dialect }: Scope,
  ended: readonly { id: string; next: Pick<TaskEnd, "end" | "result"> }[],
): Promise<void> {
  const failures = ended.filter(({ next }) => next.end === "failure" && next.result !== null);
  if (failures.length === 0) return;
  const source = dialect.rows(
    { id: "text", class: "text", said: "text" },
    failures.map(({ id, next }) => {
      const { errorClass, errorText } = errorTextOf(next.result);
      return [id, errorClass, errorText];
    }),
  );
  await sql.run(
    `WITH e AS (SELECT * FROM ${source.sql} e)
     UPDATE ${tables.task} AS t SET error_class = e.class, error_text = e.said
     FROM e WHERE t.id = e.id ${dialect.narrowed("t.id", "SELECT id FROM e")}`,
    source.values,
  );
}

async function putBack(
  { sql, tables, dialect, now }: Scope,
  goingBack: readonly EndOf<TaskAgain>[],
): Promise<void> {
  const source = dialect.rows(againColumns, goingBack.map(againValues));
  // Without a delay it keeps the due time it had: recovered tasks go before the backlog of their priority.
  await sql.run(
    `WITH e AS (SELECT * FROM ${source.sql} e)
     UPDATE ${tables.queue} AS q SET
       state = CASE WHEN e.delay_ms IS NOT NULL AND e.delay_ms > 0 THEN 'waiting' ELSE 'ready' END,
       due = CASE WHEN e.delay_ms IS NULL THEN q.due ELSE ${now} + e.delay_ms END,
       owner = NULL, leased_at = NULL, leased_until = NULL, log = NULL,
       uncounted = e.uncounted, crashes = e.crashes, unknown = e.unknown, isolate = e.isolate,
       error = COALESCE(e.error, q.error), progress = COALESCE(e.progress, q.progress)
     FROM e WHERE q.id = e.id ${dialect.narrowed("q.id", "SELECT id FROM e")}`,
    source.values,
  );
}

/** Decided by the attempt's own record and not by the task's row, which may have moved on to the next attempt. */
async function whyRefused(
  { sql, tables, dialect, now }: Scope,
  refused: readonly Ending[],
): Promise<Map<string, EndingAnswer>> {
  const source = dialect.rows(
    { id: "text", attempt: "integer", owner: "text", lapsed: "integer", again: "integer" },
    refused.map((it) => [it.id, it.attempt, it.owner, flag(it.lapsed), flag("again" in it.next)]),
  );
  const rows = await sql.all(
    `WITH e AS (SELECT * FROM ${source.sql} e)
     SELECT e.id AS id, a.owner = e.owner AND a.lapsed = e.lapsed AS mine,
       e.again = 1 AND q.attempt = e.attempt AND q.owner = e.owner AND q.cancelled = 1
         AND (e.lapsed = 0 OR ${ranOut("q.leased_until", now)}) AS cancelled
     FROM e
     LEFT JOIN ${tables.attempt} a ON a.id = e.id AND a.attempt = e.attempt ${dialect.narrowed("a.id", "SELECT id FROM e")}
     LEFT JOIN ${tables.queue} q ON q.id = e.id ${dialect.narrowed("q.id", "SELECT id FROM e")}`,
    source.values,
  );
  return new Map(
    rows.map((row) => [String(row.id), row.mine ? "already" : row.cancelled ? "cancelled" : "lost"]),
  );
}

export async function noteAttempts(scope: Scope, notes: readonly Note[]): Promise<boolean[]> {
  const { sql, tables, dialect } = scope;
  const source = dialect.rows(
    { ...fenceColumns, new_progress: "text", new_log: "text" },
    notes.map((note) => [note.id, note.attempt, note.owner, note.progress, note.log]),
  );
  const rows = await sql.all(
    `WITH n AS (SELECT * FROM ${source.sql} n), free AS (${freeTasks(scope, "SELECT of_id FROM n")})
     UPDATE ${tables.queue} AS q SET progress = COALESCE(n.new_progress, q.progress), log = COALESCE(n.new_log, q.log)
     FROM n WHERE q.id = n.of_id AND q.attempt = n.of_attempt AND q.owner = n.of_owner
       ${dialect.narrowed("q.id", "SELECT id FROM free")}
     RETURNING id, attempt, owner`,
    source.values,
  );
  const written = new Set(rows.map(leaseKey));
  return notes.map((note) => written.has(leaseKey(note)));
}

export async function cancelTask(scope: Scope, id: string, error: string): Promise<CancelAnswer> {
  const { sql, tables, now } = scope;
  // Locked, because a claim between these statements would make a running task end as one that never ran.
  const locked = lockTasks(scope, [id]);
  const asking = sql.run(`UPDATE ${tables.queue} SET cancelled = 1 WHERE id = ? AND owner IS NOT NULL`, [id]);
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
    await noteErrors(scope, [{ id, next: { end: "failure", result: error } }]);
    await sql.run(`DELETE FROM ${tables.queue} WHERE id = ?`, [id]);
    const [{ stopped } = {}] = await sql.all(`SELECT stopped FROM ${tables.task} WHERE id = ?`, [id]);
    await endRuns(scope, [{ id, started: null, stopped: Number(stopped), outcome: "cancelled" }]);
    return "cancelled";
  }
  const ended = await sql.all(
    `SELECT id FROM ${tables.task} WHERE id = ? UNION ALL SELECT id FROM ${tables.cached} WHERE id = ?`,
    [id, id],
  );
  return ended.length > 0 ? "ended" : "unknown";
}
