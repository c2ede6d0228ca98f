// Schedules and their runs: rows that are saved, found when due, and fired by comparing them with what was read.
import { statusOf } from "../../core/schedule/schedule.ts";
import type { Enqueued, NewTask } from "../broker.ts";
import type { KeptRun } from "../copying.ts";
import type {
  Due,
  Fired,
  Firing,
  FiringAnswer,
  SaveAnswer,
  ScheduleFilter,
  SchedulePage,
  ScheduleRead,
  ScheduleRow,
  ScheduleRun,
} from "../schedules.ts";
import { checkNewTasks, enqueueTask } from "./memory-queue.ts";
import { type MemoryTables, refuseOddNumbers, type Scope } from "./memory-tables.ts";

/** Revisions begin at 1: runs that somebody asked for are beside all of them. */
const manualRevision = 0;

export function findSchedule({ tables }: Scope, idOrName: string): ScheduleRow | null {
  return tables.schedules.get(idOrName) ?? named(tables, idOrName) ?? null;
}

function named({ schedules }: MemoryTables, name: string): ScheduleRow | undefined {
  return [...schedules.values()].find((row) => row.name === name);
}

export function listSchedules(
  { tables }: Scope,
  filter: ScheduleFilter,
  { limit, after = "" }: { limit: number; after?: string },
): SchedulePage {
  const found = matching(tables, filter)
    .filter(({ id }) => id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const schedules = found.slice(0, limit);
  return { schedules, next: found.length > limit ? (schedules.at(-1)?.id ?? null) : null };
}

export function countSchedules({ tables }: Scope, filter: ScheduleFilter, upTo: number): number {
  return Math.min(matching(tables, filter).length, upTo);
}

function matching({ schedules }: MemoryTables, filter: ScheduleFilter): ScheduleRow[] {
  const { status, func, queue, declared, failing, search } = filter;
  const words = search?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  return [...schedules.values()].filter(
    (row) =>
      (status === undefined || statusOf(row) === status) &&
      (func === undefined || row.func === func) &&
      (queue === undefined || row.queue === queue) &&
      (declared === undefined || (row.declared !== null) === declared) &&
      (failing === undefined || (row.error !== null) === failing) &&
      words.every((word) => [row.name ?? "", row.func].some((text) => text.toLowerCase().includes(word))),
  );
}

export function saveScheduleRow(
  { tables, now }: Scope,
  row: Omit<ScheduleRow, "created" | "changed">,
  read: ScheduleRead | null,
): SaveAnswer {
  refuseOddNumbers(`schedule ${row.id}`, row);
  const standing = tables.schedules.get(row.id);
  if (read === null ? standing !== undefined : !stands(standing, read)) return "stale";
  if (row.name !== null && (named(tables, row.name)?.id ?? row.id) !== row.id) return "taken";
  tables.schedules.set(row.id, { ...row, created: standing?.created ?? now, changed: now });
  return "saved";
}

function stands(row: ScheduleRow | undefined, read: ScheduleRead): row is ScheduleRow {
  return row?.version === read.version && row.repeats === read.repeats && row.nextRun === read.nextRun;
}

export function deleteScheduleRow({ tables }: Scope, id: string): boolean {
  tables.runs.delete(id);
  return tables.schedules.delete(id);
}

export function dueSchedules(
  { tables, now }: Scope,
  { queues, funcs, limit }: { queues: readonly string[] | null; funcs: readonly string[]; limit: number },
): Due {
  const waiting = [...tables.schedules.values()]
    .filter(({ held, repeats, queue }) => !held && repeats !== 0 && (queues?.includes(queue) ?? true))
    .flatMap((row) => (row.nextRun === null ? [] : [{ row, comes: row.nextRun }]))
    .sort((a, b) => a.comes - b.comes || (a.row.id < b.row.id ? -1 : 1));
  const due = waiting.filter(({ comes }) => comes <= now).map(({ row }) => row);
  const known = due.filter(({ func }) => funcs.includes(func));
  const unknown = due.filter(({ func, error }) => !funcs.includes(func) && error === null);
  const next = waiting.find(({ comes }) => comes > now);
  const isMore = known.length > limit || unknown.length > limit;
  return {
    schedules: known.slice(0, limit),
    unknown: unknown.slice(0, limit),
    nextDueMs: isMore ? 0 : next === undefined ? null : next.comes - now,
    now,
  };
}

export function fireSchedules(scope: Scope, firings: readonly Firing[]): FiringAnswer[] {
  for (const firing of firings) {
    refuseOddNumbers(`schedule ${firing.id}`, firing);
    for (const { slot } of firing.slots) refuseOddNumbers(`schedule ${firing.id}`, { slot });
    checkNewTasks(firing.slots.map(({ task }) => task));
  }
  return firings.map((firing) => fireSchedule(scope, firing));
}

function fireSchedule(scope: Scope, firing: Firing): FiringAnswer {
  const { tables } = scope;
  const { id, revision, repeats, nextRun } = firing;
  const row = tables.schedules.get(id);
  if (!stands(row, firing.read) || row.held) return null;

  const fired = firing.slots.map(({ slot, task }): Fired | null => {
    if (hasFired(tables, id, revision, slot)) return null;
    const enqueued = enqueueTask(scope, task);
    addRun(scope, id, { revision, kind: "slot", slot }, enqueued);
    return { slot, task: enqueued.id };
  });
  tables.schedules.set(id, { ...row, repeats, nextRun, error: null });
  pruneRuns(tables, row);
  if (firing.remove) {
    deleteScheduleRow(scope, id);
    if (firing.remember !== undefined) tables.meta.set(firing.remember, id);
  }
  return fired;
}

/** Slots come in order, so that a later one stands for those whose runs are no longer kept. */
function hasFired(tables: MemoryTables, schedule: string, revision: number, slot: number): boolean {
  return runsOf(tables, schedule).some((run) => run.revision === revision && run.slot >= slot);
}

export function runSchedule(scope: Scope, id: string, task: NewTask): Enqueued | null {
  const { tables, now } = scope;
  checkNewTasks([task]);
  const row = tables.schedules.get(id);
  if (row === undefined) return null;
  const runs = runsOf(tables, id);
  const isRepeated = runs.some((run) => run.task === task.id);
  if (isRepeated) return { id: task.id, name: task.name, deduplicated: false };
  const enqueued = enqueueTask(scope, task);
  const manual = runs.filter(({ kind }) => kind === "manual");
  const slot = Math.max(now, ...manual.map((run) => run.slot + 1));
  addRun(scope, id, { revision: manualRevision, kind: "manual", slot }, enqueued);
  pruneRuns(tables, row);
  return enqueued;
}

function addRun(
  { tables, now }: Scope,
  schedule: string,
  place: Pick<KeptRun, "revision" | "kind" | "slot">,
  { id, deduplicated }: Enqueued,
): void {
  const outcome = deduplicated ? "deduplicated" : null;
  const run = { schedule, ...place, task: id, enqueued: now, started: null, stopped: null, outcome } as const;
  tables.runs.set(schedule, [...runsOf(tables, schedule), run]);
}

/** The last slot of the revision stays whatever came after it: it is what tells that it has been fired. */
function pruneRuns(tables: MemoryTables, { id, revision, keepRuns }: ScheduleRow): void {
  const newest = runsOf(tables, id).sort(newestFirst);
  const last = Math.max(...newest.filter((run) => run.revision === revision).map(({ slot }) => slot));
  const kept = newest.filter(
    (run, place) => place < keepRuns || (run.revision === revision && run.slot === last),
  );
  tables.runs.set(id, kept);
}

export function failSchedule(
  { tables }: Scope,
  id: string,
  version: number,
  error: string,
  hold: boolean,
): boolean {
  const row = tables.schedules.get(id);
  if (row?.version !== version) return false;
  tables.schedules.set(id, { ...row, error, held: row.held || hold });
  return true;
}

export function scheduleRuns({ tables }: Scope, id: string, limit: number): ScheduleRun[] {
  return runsOf(tables, id).sort(newestFirst).slice(0, limit).map(withoutRevision);
}

export function lastRuns(scope: Scope, ids: readonly string[], each: number): ScheduleRun[] {
  return [...new Set(ids)].flatMap((id) => scheduleRuns(scope, id, each));
}

function withoutRevision({ revision: _, ...run }: KeptRun): ScheduleRun {
  return run;
}

function runsOf({ runs }: MemoryTables, schedule: string): KeptRun[] {
  return [...(runs.get(schedule) ?? [])];
}

function newestFirst(a: KeptRun, b: KeptRun): number {
  return b.enqueued - a.enqueued || b.slot - a.slot || b.revision - a.revision;
}

/** What became of the task of a run; nothing to write where no schedule made it, or its run is no longer kept. */
export function endRun(
  { tables }: Scope,
  task: { id: string; schedule: string | null },
  end: Pick<ScheduleRun, "started" | "stopped" | "outcome">,
): void {
  const runs = task.schedule === null ? undefined : tables.runs.get(task.schedule);
  if (task.schedule === null || runs === undefined) return;
  const { started, stopped, outcome } = end;
  const isOpen = (run: KeptRun): boolean => run.task === task.id && run.outcome === null;
  tables.runs.set(
    task.schedule,
    runs.map((run) => (isOpen(run) ? { ...run, started, stopped, outcome } : run)),
  );
}
