// Into the queue and out of it: new tasks and their unique keys, leases, and what says who holds what.
import { longestLeaseMs, type QueuedTask } from "../../core/task.ts";
import type {
  Claim,
  ClaimRequest,
  Enqueued,
  Fence,
  NewTask,
  Note,
  QueueCount,
  TaskChange,
  TaskRead,
} from "../broker.ts";
import { type MemoryTables, refuseOddNumbers, type Scope, uniqueKeyOf } from "./memory-tables.ts";
import { pausedKey, pausedPrefix } from "../paused.ts";

export function checkNewTasks(tasks: readonly NewTask[]): void {
  for (const task of tasks) {
    refuseOddNumbers(`task ${task.id}`, task);
    refuseOddNumbers(`task ${task.id}`, task.unique ?? {});
  }
}

export function enqueueTask(scope: Scope, task: NewTask): Enqueued {
  const { tables } = scope;
  const own: Enqueued = { id: task.id, name: task.name, deduplicated: false };
  if (isKnown(tables, task.id)) return own;
  if (task.unique !== undefined) {
    const holder = takeUniqueKey(scope, task, task.unique);
    if (holder !== null) return holder;
  }
  tables.queue.set(task.id, queued(scope, task));
  return own;
}

/** An id that has ended stays ended: an enqueue that is repeated must not run its task again. */
function isKnown({ queue, ended, attempts, answers }: MemoryTables, id: string): boolean {
  return queue.has(id) || ended.has(id) || attempts.has(id) || answers.has(id);
}

function queued({ now }: Scope, task: NewTask): QueuedTask {
  const due = task.dueAt ?? now + (task.delayMs ?? 0);
  return {
    id: task.id,
    state: due > now ? "waiting" : "ready",
    name: task.name,
    func: task.func,
    queue: task.queue,
    group: task.group,
    priority: task.priority,
    tags: [...task.tags],
    isolate: task.isolate,
    enqueued: now,
    due,
    attempt: 0,
    uncounted: 0,
    crashes: 0,
    unknown: 0,
    cancelled: false,
    owner: null,
    leasedAt: null,
    leasedUntil: null,
    parent: task.parent,
    schedule: task.schedule,
    slot: task.slot,
    error: null,
    log: null,
    progress: null,
    envelope: task.envelope,
  };
}

/** Null: the key is this task's now. Otherwise the task that holds it. */
function takeUniqueKey(
  { tables, now }: Scope,
  task: NewTask,
  unique: { key: string; withinMs?: number },
): Enqueued | null {
  const key = uniqueKeyOf(task.func, unique.key);
  const held = tables.uniqueKeys.get(key);
  if (held?.task === task.id) return null; // Its task was deleted, and is added once more.
  if (held === undefined || isFree({ tables, now }, held)) {
    tables.uniqueKeys.set(key, {
      func: task.func,
      key: unique.key,
      task: task.id,
      heldUntil: now + (unique.withinMs ?? 0),
    });
    return null;
  }
  const holder = tables.queue.get(held.task) ?? tables.ended.get(held.task) ?? tables.answers.get(held.task);
  return { id: held.task, name: holder?.name ?? task.name, deduplicated: true };
}

/** Takes the key from a task that has ended, if it is the one that holds it. */
export function freeUniqueKey({ tables }: Scope, func: string, key: string, task: string): void {
  const held = tables.uniqueKeys.get(uniqueKeyOf(func, key));
  if (held?.task === task) tables.uniqueKeys.set(uniqueKeyOf(func, key), { ...held, heldUntil: 0 });
}

export function isFree({ tables, now }: Scope, held: { task: string; heldUntil: number }): boolean {
  return held.heldUntil <= now && !tables.queue.has(held.task);
}

export function claimTasks(scope: Scope, request: ClaimRequest): Claim {
  const nextDueMs = makeDueReady(scope);
  const tasks: QueuedTask[] = [];
  let { slots, isolated } = request;
  for (const { queue, limit } of request.lanes) {
    const shared = claimLane(scope, request, queue, false, Math.min(slots, limit));
    const alone = claimLane(scope, request, queue, true, Math.min(isolated, limit - shared.length));
    slots -= shared.length;
    isolated -= alone.length;
    tasks.push(...shared, ...alone);
  }
  return { tasks, nextDueMs };
}

function makeDueReady({ tables, now }: Scope): number | null {
  let nextDueMs: number | null = null;
  for (const task of tables.queue.values()) {
    if (task.state !== "waiting") continue;
    if (task.due <= now) tables.queue.set(task.id, { ...task, state: "ready" });
    else nextDueMs = Math.min(nextDueMs ?? Number.POSITIVE_INFINITY, task.due - now);
  }
  return nextDueMs;
}

function claimLane(
  { tables, now }: Scope,
  { owner, leaseMs }: ClaimRequest,
  queue: string,
  isolate: boolean,
  limit: number,
): QueuedTask[] {
  if (limit <= 0 || tables.meta.has(pausedKey(queue))) return [];
  return [...tables.queue.values()]
    .filter((task) => task.state === "ready" && task.queue === queue && task.isolate === isolate)
    .sort(inClaimOrder)
    .slice(0, limit)
    .map((task) => {
      const attempt = task.attempt + 1;
      const leased: QueuedTask = {
        ...task,
        state: "leased",
        attempt,
        owner,
        leasedAt: now,
        leasedUntil: now + leaseMs,
      };
      tables.queue.set(task.id, leased);
      return leased;
    });
}

function inClaimOrder(a: QueuedTask, b: QueuedTask): number {
  return b.priority - a.priority || a.due - b.due || (a.id < b.id ? -1 : 1);
}

/** The running attempt that these three name together; undefined: the lease is lost. */
export function heldTask({ queue }: MemoryTables, fence: Fence): QueuedTask | undefined {
  const task = queue.get(fence.id);
  const held = task?.state === "leased" && task.attempt === fence.attempt && task.owner === fence.owner;
  return held ? task : undefined;
}

export function extendLeases(
  { tables, now }: Scope,
  leases: readonly Fence[],
  leaseMs: number,
): { lost: Fence[]; cancelled: string[] } {
  const lost: Fence[] = [];
  const cancelled = new Set<string>();
  for (const lease of leases) {
    const task = heldTask(tables, lease);
    if (task !== undefined) tables.queue.set(task.id, { ...task, leasedUntil: now + leaseMs });
    if (task === undefined) lost.push(lease);
    else if (task.cancelled) cancelled.add(lease.id);
  }
  return { lost, cancelled: [...cancelled] };
}

export function noteAttempt({ tables }: Scope, note: Note): boolean {
  const task = heldTask(tables, note);
  if (task === undefined) return false;
  tables.queue.set(task.id, { ...task, progress: note.progress ?? task.progress, log: note.log ?? task.log });
  return true;
}

/** Also one that ends later than any that is taken or renewed now: the clock was set back since its owner last did. */
export function ranOut({ leasedUntil }: QueuedTask, now: number): boolean {
  return leasedUntil === null || leasedUntil <= now || leasedUntil > now + longestLeaseMs;
}

export function reclaimableTasks({ tables, now }: Scope, limit: number): QueuedTask[] {
  const until = (task: QueuedTask): number => task.leasedUntil ?? Number.POSITIVE_INFINITY;
  return leased(tables, (task) => ranOut(task, now))
    .sort((a, b) => until(a) - until(b))
    .slice(0, limit);
}

export function leasesOfOwner({ tables }: Scope, owner: string): QueuedTask[] {
  return leased(tables, (task) => task.owner === owner);
}

export function cancellationsOf({ tables }: Scope, owner: string): string[] {
  return leased(tables, (task) => task.owner === owner && task.cancelled).map((task) => task.id);
}

function leased({ queue }: MemoryTables, wanted: (task: QueuedTask) => boolean): QueuedTask[] {
  return [...queue.values()].filter((task) => task.state === "leased" && wanted(task));
}

/** Only as it was read: what was claimed, moved or changed since then stays as it is. */
export function changeQueued({ tables, now }: Scope, read: TaskRead, change: TaskChange): boolean {
  const task = tables.queue.get(read.id);
  if (task === undefined || task.state === "leased") return false;
  if (
    (["attempt", "queue", "due", "priority", "envelope"] as const).some(
      (field) => task[field] !== read[field],
    )
  )
    return false;
  const {
    dueAt: due = task.due,
    queue = task.queue,
    priority = task.priority,
    envelope = task.envelope,
  } = change;
  const changed: QueuedTask = {
    ...task,
    state: due > now ? "waiting" : "ready",
    due,
    queue,
    priority,
    envelope,
    unknown: 0,
  };
  refuseOddNumbers(task.id, changed);
  tables.queue.set(task.id, changed);
  return true;
}

export function callBackFuncs({ tables, now }: Scope, funcs: readonly string[]): number {
  let count = 0;
  for (const task of tables.queue.values()) {
    if (task.state !== "waiting" || task.unknown === 0 || !funcs.includes(task.func)) continue;
    tables.queue.set(task.id, { ...task, state: "ready", due: now });
    count++;
  }
  return count;
}

export function queuesToServe({ tables, now }: Scope): string[] {
  const tasks = [...tables.queue.values()];
  const claimable = tasks.filter(
    ({ state, due }) => state === "ready" || (state === "waiting" && due <= now),
  );
  return [...new Set(claimable.map((task) => task.queue))];
}

export function countQueues({ tables }: Scope): QueueCount[] {
  const counts = new Map<string, QueueCount>();
  const countOf = (queue: string): QueueCount => {
    const count = counts.get(queue) ?? { queue, waiting: 0, ready: 0, leased: 0, paused: false };
    counts.set(queue, count);
    return count;
  };
  for (const task of tables.queue.values()) countOf(task.queue)[task.state]++;
  for (const key of tables.meta.keys())
    if (key.startsWith(pausedPrefix)) countOf(key.slice(pausedPrefix.length)).paused = true;
  return [...counts.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
}
