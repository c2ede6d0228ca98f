// The end of tasks that are kept, where a statement may add to other tables what it has deleted: record and end in one, so that each
// row of the queue is looked up once.
import type { Ending, TaskEnd } from "../broker.ts";
import type { Value } from "./database.ts";
import type { Scope } from "./dialect.ts";

export type KeptEnd = Ending & { next: TaskEnd };

/** Nothing but its fence decides whether it is carried out. */
export function isKeptEnd(ending: Ending): ending is KeptEnd {
  return "end" in ending.next && ending.next.save && ending.lapsed !== true;
}

const endColumns = {
  id: "text",
  attempt: "integer",
  owner: "text",
  end_state: "text",
  outcome: "text",
  worker: "text",
  started: "integer",
  stopped: "integer",
  uncounted: "integer",
  crashes: "integer",
  error: "text",
  log: "text",
  progress: "text",
  result: "text",
} as const;

function valuesOf(ending: KeptEnd): Value[] {
  const { id, attempt, owner, outcome, worker, started, stopped, uncounted, crashes } = ending;
  const { error, log, progress, next } = ending;
  return [
    id,
    attempt,
    owner,
    next.end,
    outcome,
    worker,
    started,
    stopped,
    uncounted,
    crashes,
    error,
    log,
    progress,
    next.result,
  ];
}

const byId = (a: Ending, b: Ending): number => (a.id < b.id ? -1 : 1);

/** Answers the ids of those that were not carried out, because their attempts are others' or over. */
export async function moveKeptEnds(
  { sql, tables, dialect }: Scope,
  endings: readonly KeptEnd[],
): Promise<ReadonlySet<string>> {
  // In the order of their ids, as everybody takes the rows of tasks: found by their index, they are deleted in it. Where the server is
  // left to choose (through a pooler) it may be another, and who then waits in a circle is repeated.
  const source = dialect.rows(endColumns, [...endings].sort(byId).map(valuesOf));
  const refused = await sql.all(
    `WITH e AS (SELECT * FROM ${source.sql} e),
     gone AS (DELETE FROM ${tables.queue} AS q USING e
       WHERE q.id = e.id AND q.attempt = e.attempt AND q.owner = e.owner ${dialect.narrowed("q.id", "SELECT id FROM e")}
       RETURNING q.id, q.name, q.func, q.queue, q."group", q.priority, q.tags, q.enqueued, q.attempt, q.owner, q.parent, q.schedule,
         q.slot, q.envelope, COALESCE(e.progress, q.progress) AS progress, e.end_state, e.outcome, e.worker, e.started, e.stopped,
         e.uncounted, e.crashes, e.error, e.log, e.result),
     recorded AS (INSERT INTO ${tables.attempt} (id, attempt, owner, outcome, worker, started, stopped, error, log)
       SELECT id, attempt, owner, outcome, worker, started, stopped, error, log FROM gone),
     kept AS (INSERT INTO ${tables.task} (id, state, name, func, queue, "group", priority, tags, enqueued, attempt, uncounted, crashes,
         outcome, started, stopped, parent, schedule, slot, progress, result, envelope)
       SELECT id, end_state, name, func, queue, "group", priority, tags, enqueued, attempt, uncounted, crashes,
         outcome, started, stopped, parent, schedule, slot, progress, result, envelope FROM gone)
     SELECT e.id FROM e WHERE e.id NOT IN (SELECT gone.id FROM gone)`,
    source.values,
  );
  return new Set(refused.map((row) => String(row.id)));
}
