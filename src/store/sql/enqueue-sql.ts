// Into the queue: new tasks, their unique keys, and back again what was resubmitted.
import type { Enqueued, NewTask } from "../broker.ts";
import type { Value } from "./database.ts";
import type { Scope } from "./dialect.ts";

const columns = {
  id: "text",
  name: "text",
  func: "text",
  queue: "text",
  task_group: "text",
  priority: "integer",
  tags: "text",
  isolate: "integer",
  due_at: "integer",
  delay_ms: "integer",
  parent: "text",
  schedule: "text",
  slot: "integer",
  envelope: "text",
} as const;

function values(task: NewTask): Value[] {
  return [
    task.id,
    task.name,
    task.func,
    task.queue,
    task.group,
    task.priority,
    task.tags.length === 0 ? null : JSON.stringify(task.tags),
    task.isolate ? 1 : 0,
    task.dueAt ?? null,
    task.delayMs ?? 0,
    task.parent,
    task.schedule,
    task.slot,
    task.envelope,
  ];
}

export async function insertTasks(scope: Scope, tasks: readonly NewTask[]): Promise<Enqueued[]> {
  const answers: Enqueued[] = [];
  const wanted: NewTask[] = [];
  for (const task of tasks) {
    const { unique } = task;
    const noKey = unique === undefined || (await isKnown(scope, task.id));
    const holder = noKey ? null : await takeUniqueKey(scope, task, unique);
    if (holder === null) wanted.push(task);
    answers.push(holder ?? { id: task.id, name: task.name, deduplicated: false });
    // A later task of this very call may want the same key, and must find this one in the queue.
    if (holder === null && unique !== undefined) await insertRows(scope, wanted.splice(0));
  }
  await insertRows(scope, wanted);
  return answers;
}

async function insertRows({ sql, tables, dialect, now }: Scope, tasks: readonly NewTask[]): Promise<void> {
  if (tasks.length === 0) return;
  const source = dialect.rows(columns);
  // An id that has ended stays ended: an enqueue that is repeated must not run its task again.
  await sql.run(
    `INSERT INTO ${tables.queue} (id, name, func, queue, "group", priority, tags, isolate, enqueued, due, state, parent, schedule, slot, envelope)
     SELECT n.id, n.name, n.func, n.queue, n.task_group, n.priority, n.tags, n.isolate, ${now},
       COALESCE(n.due_at, ${now} + n.delay_ms),
       CASE WHEN COALESCE(n.due_at, ${now} + n.delay_ms) > ${now} THEN 'waiting' ELSE 'ready' END,
       n.parent, n.schedule, n.slot, n.envelope
     FROM ${source.sql} n
     WHERE NOT EXISTS (SELECT 1 FROM ${tables.task} t WHERE t.id = n.id)
       AND NOT EXISTS (SELECT 1 FROM ${tables.attempt} a WHERE a.id = n.id)
       AND NOT EXISTS (SELECT 1 FROM ${tables.cached} c WHERE c.id = n.id)
     ON CONFLICT (id) DO NOTHING`,
    source.bind(tasks.map(values)),
  );
}

async function isKnown({ sql, tables }: Scope, id: string): Promise<boolean> {
  const known = [tables.queue, tables.task, tables.attempt, tables.cached];
  const rows = await sql.all(known.map((table) => `SELECT id FROM ${table} WHERE id = ?`).join(" UNION ALL "), known.map(() => id));
  return rows.length > 0;
}

/** Null: the key is this task's now. Otherwise the task that holds it. */
async function takeUniqueKey(
  { sql, tables, now }: Scope,
  task: NewTask,
  unique: { key: string; withinMs?: number },
): Promise<Enqueued | null> {
  const taken = await sql.all(
    `INSERT INTO ${tables.uniqueKey} (func, key, task, held_until) VALUES (?, ?, ?, ${now} + ?)
     ON CONFLICT (func, key) DO UPDATE SET task = excluded.task, held_until = excluded.held_until
     WHERE ${tables.uniqueKey}.held_until <= ${now}
       AND NOT EXISTS (SELECT 1 FROM ${tables.queue} q WHERE q.id = ${tables.uniqueKey}.task)
     RETURNING task`,
    [task.func, unique.key, task.id, unique.withinMs ?? 0],
  );
  if (taken.length > 0) return null;
  const [held] = await sql.all(
    `SELECT u.task, COALESCE(q.name, t.name, c.name) AS name FROM ${tables.uniqueKey} u
     LEFT JOIN ${tables.queue} q ON q.id = u.task LEFT JOIN ${tables.task} t ON t.id = u.task
     LEFT JOIN ${tables.cached} c ON c.id = u.task
     WHERE u.func = ? AND u.key = ?`,
    [task.func, unique.key],
  );
  const holder = String(held?.task);
  return { id: holder, name: held?.name == null ? task.name : String(held.name), deduplicated: holder !== task.id };
}
