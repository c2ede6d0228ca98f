// What became of tasks: one by one, as lists, for waiters and by group; and what of it may go.
import { type AttemptRecord, type EndedTask, hasEnded, type StoredTask } from "../../core/task.ts";
import type { AuditEntry, Enqueued } from "../broker.ts";
import type { PageRequest, TaskFilter, TaskPage } from "../filter.ts";
import type { Answer, PruneRequest, Repeat } from "../store.ts";
import { checkNewTasks, enqueueTask, freeUniqueKey, isFree } from "./memory-queue.ts";
import { endRun } from "./memory-schedules.ts";
import { type MemoryTables, type Scope, writeAudit } from "./memory-tables.ts";

export function findTask({ tables }: Scope, idOrName: string): StoredTask | null {
  const byId = tables.queue.get(idOrName) ?? tables.ended.get(idOrName);
  const [latest] = matching(tables, { name: idOrName }).sort(newestFirst);
  return byId ?? latest ?? null;
}

export function attemptsOf({ tables }: Scope, id: string): AttemptRecord[] {
  return (tables.attempts.get(id) ?? []).map(({ lapsed: _, gone: __, ...record }) => record);
}

export function answersOf({ tables }: Scope, ids: readonly string[]): Answer[] {
  return [...new Set(ids)].flatMap((id) => {
    const task = tables.ended.get(id);
    const cached = tables.answers.get(id);
    if (task !== undefined) return [answerOf(task)];
    return cached === undefined ? [] : [withoutExpiry(cached)];
  });
}

export function answerNamed({ tables }: Scope, name: string): Answer | null {
  const tasks = [...tables.ended.values()].filter((task) => task.name === name).map(answerOf);
  const cached = [...tables.answers.values()].filter((answer) => answer.name === name).map(withoutExpiry);
  const [latest] = [...tasks, ...cached].sort(newestFirst);
  return latest ?? null;
}

function answerOf({ id, state, outcome, name, func, result }: EndedTask): Answer {
  return { id, success: state === "success", outcome, name, func, result };
}

function withoutExpiry({ id, success, outcome, name, func, result }: Answer): Answer {
  return { id, success, outcome, name, func, result };
}

export function listTasks({ tables }: Scope, filter: TaskFilter, page: PageRequest): TaskPage {
  const { after, limit, oldestFirst = false } = page;
  const found = matching(tables, filter)
    .filter(({ id }) => after === undefined || (oldestFirst ? id > after : id < after))
    .sort((a, b) => (oldestFirst ? newestFirst(b, a) : newestFirst(a, b)));
  const tasks = found.slice(0, limit);
  return { tasks, next: found.length > limit ? (tasks.at(-1)?.id ?? null) : null };
}

export function countMatching({ tables }: Scope, filter: TaskFilter, upTo: number): number {
  return Math.min(matching(tables, filter).length, upTo);
}

function newestFirst(a: { id: string }, b: { id: string }): number {
  return a.id > b.id ? -1 : 1;
}

function matching({ queue, ended }: MemoryTables, filter: TaskFilter): StoredTask[] {
  return [...queue.values(), ...ended.values()].filter((task) => matches(task, filter));
}

function matches(task: StoredTask, filter: TaskFilter): boolean {
  const { name, schedule, tag, from, to } = filter;
  const words = filter.search?.split(/\s+/).filter(Boolean) ?? [];
  return (
    isOneOf(task.state, filter.state) &&
    isOneOf(hasEnded(task.state) ? (task as EndedTask).outcome : null, filter.outcome) &&
    isOneOf(task.func, filter.func) &&
    isOneOf(task.queue, filter.queue) &&
    isOneOf(task.group, filter.group) &&
    (name === undefined || task.name === name) &&
    (schedule === undefined || task.schedule === schedule) &&
    (tag === undefined || task.tags.includes(tag)) &&
    (from === undefined || task.enqueued >= from) &&
    (to === undefined || task.enqueued < to) &&
    words.every((word) => [task.name, task.func, task.group ?? ""].some((text) => containsWord(text, word)))
  );
}

function isOneOf(value: string | null, given: string | readonly string[] | undefined): boolean {
  if (given === undefined) return true;
  return value !== null && (typeof given === "string" ? given === value : given.includes(value));
}

function containsWord(text: string, word: string): boolean {
  return text.toLowerCase().includes(word.toLowerCase());
}

export function deleteTasks(scope: Scope, ids: readonly string[], audit?: AuditEntry): string[] {
  const { tables } = scope;
  return [...new Set(ids)].filter((id) => {
    const queued = tables.queue.get(id);
    if (queued?.state === "leased") return false;
    if (queued !== undefined) endRun(scope, queued, { started: null, stopped: null, outcome: "deleted" });
    const removed = [tables.queue, tables.ended, tables.answers].some((table) => table.delete(id));
    if (removed) markGone(tables, id);
    if (removed && audit !== undefined) writeAudit(scope, { ...audit, object: id });
    return removed;
  });
}

/** Attempt records outlive their task for a while: a late re-finish must still be told that it is `already` done. */
export function markGone({ attempts }: MemoryTables, id: string): void {
  const records = attempts.get(id);
  if (records !== undefined)
    attempts.set(
      id,
      records.map((record) => ({ ...record, gone: true })),
    );
}

export function resubmitTasks(scope: Scope, repeats: readonly Repeat[]): (Enqueued | null)[] {
  checkNewTasks(repeats.map(({ task }) => task));
  return repeats.map(({ id, task, remove, audit }) => {
    if (!scope.tables.ended.has(id)) return null;
    if (task.unique !== undefined) freeUniqueKey(scope, task.func, task.unique.key, id);
    const enqueued = enqueueTask(scope, task);
    if (remove && !enqueued.deduplicated) deleteTasks(scope, [id]);
    if (audit !== undefined && !enqueued.deduplicated) writeAudit(scope, audit);
    return enqueued;
  });
}

export function countGroup(
  { tables }: Scope,
  group: string,
): { total: number; succeeded: number; failed: number; open: number } {
  const count = (state: TaskFilter["state"]): number => matching(tables, { group, state }).length;
  const [succeeded, failed, open] = [
    count("success"),
    count("failure"),
    count(["waiting", "ready", "leased"]),
  ];
  return { total: succeeded + failed + open, succeeded, failed, open };
}

export function deleteGroup(scope: Scope, group: string, tasks: boolean): number {
  const { tables } = scope;
  const found = matching(tables, { group });
  if (tasks)
    return deleteTasks(
      scope,
      found.map(({ id }) => id),
    ).length;
  for (const task of found) {
    if (hasEnded(task.state)) tables.ended.set(task.id, { ...(task as EndedTask), group: null });
    else tables.queue.set(task.id, { ...(task as Exclude<StoredTask, EndedTask>), group: null });
  }
  return found.length;
}

export function pruneStep(scope: Scope, request: PruneRequest): number {
  const { tables, now } = scope;
  const { failuresBefore, attemptsBefore, clustersBefore, limit } = request;
  const failures = [...tables.ended.values()].filter(
    ({ state, stopped }) => state === "failure" && stopped < (failuresBefore ?? 0),
  );
  const tasks = [...successesBeyond(scope, request), ...failures.sort(oldestEndFirst).slice(0, limit)];
  for (const { id } of tasks) {
    tables.ended.delete(id);
    markGone(tables, id);
  }
  return (
    tasks.length +
    drop(tables.answers, limit, ({ expires }) => expires <= now) +
    drop(tables.uniqueKeys, limit, (held) => isFree(scope, held)) +
    dropAttempts(tables, limit, attemptsBefore) +
    drop(tables.clusters, limit, ({ heartbeat }) => heartbeat < clustersBefore)
  );
}

function successesBeyond({ tables }: Scope, { saveLimit, per, limit }: PruneRequest): EndedTask[] {
  if (saveLimit === null) return [];
  const kept = new Map<string | null, number>();
  const newest = [...tables.ended.values()]
    .filter(({ state }) => state === "success")
    .sort((a, b) => oldestEndFirst(b, a));
  const beyond = newest.filter((task) => {
    const counted = per === null ? "" : task[per];
    const place = (kept.get(counted) ?? 0) + 1;
    kept.set(counted, place);
    return place > saveLimit;
  });
  return beyond.sort(oldestEndFirst).slice(0, limit);
}

function oldestEndFirst(a: EndedTask, b: EndedTask): number {
  return a.stopped - b.stopped || (a.id < b.id ? -1 : 1);
}

function drop<T>(table: Map<string, T>, limit: number, unwanted: (row: T) => boolean): number {
  const keys = [...table].filter(([, row]) => unwanted(row)).map(([key]) => key);
  for (const key of keys.slice(0, limit)) table.delete(key);
  return Math.min(keys.length, limit);
}

function dropAttempts({ attempts }: MemoryTables, limit: number, before: number): number {
  const unwanted = [...attempts.values()]
    .flat()
    .filter(({ gone, stopped }) => gone && stopped < before)
    .sort((a, b) => a.stopped - b.stopped)
    .slice(0, limit);
  for (const record of unwanted) {
    const rest = (attempts.get(record.id) ?? []).filter(({ attempt }) => attempt !== record.attempt);
    if (rest.length > 0) attempts.set(record.id, rest);
    else attempts.delete(record.id);
  }
  return unwanted.length;
}
