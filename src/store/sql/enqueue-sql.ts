// Into the queue: new tasks, their unique keys, back again what was resubmitted, and what is changed by hand while it waits.
import type { Enqueued, NewTask, TaskChange, TaskRead } from "../broker.ts";
import { lockTasks } from "./claim-sql.ts";
import type { Value } from "./database.ts";
import type { Scope, Tables } from "./dialect.ts";

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
  const holders = await takeUniqueKeys(scope, tasks);
  const answers = tasks.map((task) => holders.get(task) ?? asItself(task));
  await insertRows(
    scope,
    tasks.filter((_, index) => answers[index]?.deduplicated === false),
  );
  return answers;
}

function asItself({ id, name }: NewTask): Enqueued {
  return { id, name, deduplicated: false };
}

// Looked up row by row. As EXISTS it might become a join, and that a reading of the whole table.
const isIn = (places: readonly string[], id: string): string =>
  `(${places.map((table) => `(SELECT x.id FROM ${table} x WHERE x.id = ${id} LIMIT 1) IS NOT NULL`).join(" OR ")})`;

/** An id that has ended stays ended: an enqueue that is repeated must not run its task again. */
const hasEnded = ({ task, attempt, cached }: Tables, id: string): string => isIn([task, attempt, cached], id);

const isKnown = ({ queue, task, attempt, cached }: Tables, id: string): string =>
  isIn([queue, task, attempt, cached], id);

async function insertRows(scope: Scope, tasks: readonly NewTask[]): Promise<void> {
  // In the order of their ids, so that two who add the same tasks wait for each other and never in a circle.
  const inOrder = [...tasks].sort((a, b) => (a.id < b.id ? -1 : 1));
  const step = scope.dialect.rowsAtOnce;
  for (let from = 0; from < inOrder.length; from += step) {
    const rows = inOrder.slice(from, from + step);
    await insertStep(from + step < inOrder.length ? { ...scope, last: () => {} } : scope, rows);
  }
}

async function insertStep(scope: Scope, tasks: readonly NewTask[]): Promise<void> {
  const { sql, tables, dialect, now, last } = scope;
  const source = dialect.rows(columns, tasks.map(values));
  const inserted = sql.run(
    `INSERT INTO ${tables.queue} (id, name, func, queue, "group", priority, tags, isolate, enqueued, due, state, parent, schedule, slot, envelope)
     SELECT n.id, n.name, n.func, n.queue, n.task_group, n.priority, n.tags, n.isolate, ${now},
       COALESCE(n.due_at, ${now} + n.delay_ms),
       CASE WHEN COALESCE(n.due_at, ${now} + n.delay_ms) > ${now} THEN 'waiting' ELSE 'ready' END,
       n.parent, n.schedule, n.slot, n.envelope
     FROM ${source.sql} n WHERE ${dialect.looksAgain ? "1 = 1" : `NOT ${hasEnded(tables, "n.id")}`}
     ON CONFLICT (id) DO NOTHING`,
    source.values,
  );
  const asked = Promise.all([
    inserted,
    dialect.looksAgain ? removeEnded(scope, tasks) : undefined,
    sql.wake(),
  ]);
  last();
  await asked;
}

/** The same, asked when the task may have ended while the INSERT waited for that end. Tried, and yet never claimed: it came back just now. */
async function removeEnded({ sql, tables, dialect }: Scope, tasks: readonly NewTask[]): Promise<void> {
  const source = dialect.rows(
    { id: "text" },
    tasks.map((task) => [task.id]),
  );
  await sql.run(
    `DELETE FROM ${tables.queue} WHERE attempt = 0
       AND ${dialect.among("id", `SELECT n.id FROM ${source.sql} n WHERE ${hasEnded(tables, "n.id")}`)}`,
    source.values,
  );
}

type UniqueTask = NewTask & { unique: NonNullable<NewTask["unique"]> };

const keyOf = (func: string, key: string): string => `${func}\n${key}`; // Neither has control characters.

/** The task that holds a key; its name is null when it is gone. */
interface Holder {
  id: string;
  name: string | null;
}

function answerOf(task: NewTask, { id, name }: Holder): Enqueued {
  return { id, name: name ?? task.name, deduplicated: id !== task.id };
}

/** Who holds the keys of the tasks that want one: another task, or the task itself. */
async function takeUniqueKeys(scope: Scope, tasks: readonly NewTask[]): Promise<Map<NewTask, Enqueued>> {
  const holders = new Map<NewTask, Enqueued>();
  let pending = tasks.filter((task): task is UniqueTask => task.unique !== undefined);
  while (pending.length > 0) {
    // Of the tasks of this very call that want the same key the first one may have it.
    const firsts = new Map<string, UniqueTask>();
    for (const task of pending) {
      const key = keyOf(task.func, task.unique.key);
      if (!firsts.has(key)) firsts.set(key, task);
    }
    const holding = await takeKeys(scope, [...firsts.values()]);
    for (const task of pending) {
      const first = firsts.get(keyOf(task.func, task.unique.key)) ?? task;
      const found = holding.get(first.id);
      const holder = found?.id === first.id ? first : found; // It is not in the queue yet, where its name would be found.
      if (holder !== undefined || task === first) holders.set(task, answerOf(task, holder ?? task));
    }
    pending = pending.filter((task) => !holders.has(task));
  }
  return holders;
}

const keyColumns = { func: "text", key: "text", task: "text", within_ms: "integer" } as const;

function keyValues({ func, unique, id }: UniqueTask): Value[] {
  return [func, unique.key, id, unique.withinMs ?? 0];
}

/** Takes their keys from tasks that have ended, where they hold them, for those that repeat them. */
export async function freeKeys(
  { sql, tables, dialect }: Scope,
  repeats: readonly { id: string; task: NewTask }[],
): Promise<void> {
  const wanting = repeats.flatMap(({ id, task: { func, unique } }) =>
    unique === undefined ? [] : [[func, unique.key, id]],
  );
  if (wanting.length === 0) return;
  const source = dialect.rows({ func: "text", key: "text", task: "text" }, wanting);
  await sql.run(
    `WITH n AS (SELECT * FROM ${source.sql} n)
     UPDATE ${tables.uniqueKey} AS u SET held_until = 0 FROM n
     WHERE u.func = n.func AND u.key = n.key AND u.task = n.task ${dialect.narrowed("u.key", "SELECT key FROM n")}`,
    source.values,
  );
}

/** Who holds each task's key now, by the task's id; nobody for a repeat of a task that is known already: it wants none. */
async function takeKeys(scope: Scope, wanting: readonly UniqueTask[]): Promise<Map<string, Holder>> {
  const { sql, tables, dialect, now } = scope;
  const inOrder = [...wanting].sort((a, b) =>
    keyOf(a.func, a.unique.key) < keyOf(b.func, b.unique.key) ? -1 : 1,
  );
  const source = dialect.rows(keyColumns, inOrder.map(keyValues));
  // Makes the keys' rows or, changing nothing, takes their locks: from here on nobody else can give them to another task.
  const rows = await sql.all(
    `INSERT INTO ${tables.uniqueKey} (func, key, task, held_until)
     SELECT n.func, n.key, n.task, ${now} + n.within_ms FROM ${source.sql} n WHERE NOT ${isKnown(tables, "n.task")}
     ON CONFLICT (func, key) DO UPDATE SET func = excluded.func
     RETURNING func, key, task`,
    source.values,
  );
  const holderOf = new Map(rows.map((row) => [keyOf(String(row.func), String(row.key)), String(row.task)]));
  const others = inOrder.filter(
    (task) => (holderOf.get(keyOf(task.func, task.unique.key)) ?? task.id) !== task.id,
  );
  const holding = others.length === 0 ? new Map<string, Holder>() : await takeFreeKeys(scope, others);
  for (const task of inOrder) {
    if (holderOf.get(keyOf(task.func, task.unique.key)) === task.id) holding.set(task.id, task);
  }
  return holding;
}

/** Of the keys, whose rows are locked, takes those that are free, and says who holds which. */
async function takeFreeKeys(
  { sql, tables, dialect, now }: Scope,
  wanting: readonly UniqueTask[],
): Promise<Map<string, Holder>> {
  const source = dialect.rows(keyColumns, wanting.map(keyValues));
  const narrowed = dialect.narrowed("u.key", "SELECT key FROM n");
  const names = [tables.queue, tables.task, tables.cached].map(
    (table) => `(SELECT x.name FROM ${table} x WHERE x.id = u.task)`,
  );
  // A statement after the lock: whether the holder is in the queue must be asked of what was committed until then.
  const taken = sql.run(
    `WITH n AS (SELECT * FROM ${source.sql} n)
     UPDATE ${tables.uniqueKey} AS u SET task = n.task, held_until = ${now} + n.within_ms FROM n
     WHERE u.func = n.func AND u.key = n.key AND u.held_until <= ${now} AND NOT ${isIn([tables.queue], "u.task")} ${narrowed}`,
    source.values,
  );
  const held = sql.all(
    `WITH n AS (SELECT * FROM ${source.sql} n)
     SELECT n.task AS wanting, u.task AS holder, COALESCE(${names.join(", ")}) AS name
     FROM n JOIN ${tables.uniqueKey} u ON u.func = n.func AND u.key = n.key WHERE 1 = 1 ${narrowed}`,
    source.values,
  );
  const [, rows] = await Promise.all([taken, held]);
  return new Map(
    rows.map(({ wanting, holder, name }) => [
      String(wanting),
      { id: String(holder), name: name === null ? null : String(name) },
    ]),
  );
}

/** Only as it was read: what was claimed, moved or changed since then stays as it is. */
export async function changeQueued(scope: Scope, read: TaskRead, change: TaskChange): Promise<boolean> {
  const { sql, tables, now } = scope;
  const due = change.dueAt ?? read.due;
  const locked = lockTasks(scope, [read.id]);
  const changing = sql.run(
    `UPDATE ${tables.queue} SET queue = ?, due = ?, priority = ?, envelope = ?, unknown = 0,
       state = CASE WHEN ? > ${now} THEN 'waiting' ELSE 'ready' END
     WHERE id = ? AND owner IS NULL AND attempt = ? AND queue = ? AND due = ? AND priority = ? AND envelope = ?`,
    [
      change.queue ?? read.queue,
      due,
      change.priority ?? read.priority,
      change.envelope ?? read.envelope,
      due,
      read.id,
      read.attempt,
      read.queue,
      read.due,
      read.priority,
      read.envelope,
    ],
  );
  const [changed] = await Promise.all([changing, locked, sql.wake()]);
  return changed > 0;
}
