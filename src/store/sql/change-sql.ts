// Changes by hand to a task that nobody runs.
import type { TaskChange, TaskRead } from "../broker.ts";
import { lockTasks } from "./claim-sql.ts";
import type { Scope } from "./dialect.ts";

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
