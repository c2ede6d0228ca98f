// Schedules and firings for tests of a store: complete, small, and changed where a test says so.
import { systemClock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { ClaimedTask } from "../../core/task.ts";
import type { Firing, FiringAnswer, ScheduleRow } from "../../store/schedules.ts";
import type { Store } from "../../store/store.ts";
import { claimBy, exampleTask } from "./examples.ts";

export const minuteMs = 60_000;

/** Long ago by every engine's clock, so that it is due. */
export const firstSlot = Date.parse("2024-02-29T12:00:00Z");

export type NewSchedule = Omit<ScheduleRow, "created" | "changed">;

export function exampleSchedule(changes: Partial<NewSchedule> = {}): NewSchedule {
  const id = changes.id ?? newId(systemClock);
  return {
    id,
    version: 1,
    revision: 1,
    name: null,
    func: "mail.welcome",
    queue: "default",
    nextRun: firstSlot,
    repeats: -1,
    pausedRepeats: null,
    definition: `{"for":"${id}"}`,
    type: "daily",
    note: null,
    keepRuns: 10,
    declared: null,
    error: null,
    held: false,
    ...changes,
  };
}

/** Saves a schedule and reads it. */
export async function savedSchedule(store: Store, changes: Partial<NewSchedule> = {}): Promise<ScheduleRow> {
  const schedule = exampleSchedule(changes);
  const answer = await store.saveSchedule(schedule, null);
  if (answer !== "saved") throw new Error(`expected the schedule to be saved, but it is ${answer}`);
  return readSchedule(store, schedule.id);
}

export async function readSchedule(store: Store, id: string): Promise<ScheduleRow> {
  const row = await store.schedule(id);
  if (row === null) throw new Error(`expected schedule ${id} to be there`);
  return row;
}

/** Saves changes to a schedule, as a form does that has read it. */
export async function changedSchedule(
  store: Store,
  id: string,
  changes: Partial<NewSchedule>,
): Promise<ScheduleRow> {
  const read = await readSchedule(store, id);
  const answer = await store.saveSchedule({ ...read, version: read.version + 1, ...changes }, read);
  if (answer !== "saved") throw new Error(`expected the change to be saved, but it is ${answer}`);
  return readSchedule(store, id);
}

/** The step of a schedule that comes every minute: one task for its next run. */
export function firing(row: ScheduleRow, changes: Partial<Firing> = {}): Firing {
  const slot = row.nextRun ?? firstSlot;
  return {
    id: row.id,
    read: row,
    revision: row.revision,
    slots: [slotOf(row, slot)],
    repeats: row.repeats - 1,
    nextRun: slot + minuteMs,
    remove: false,
    ...changes,
  };
}

export function slotOf(
  { id, func, queue }: ScheduleRow,
  slot: number,
  changes: Parameters<typeof exampleTask>[0] = {},
): Firing["slots"][number] {
  return { slot, task: exampleTask({ func, queue, schedule: id, slot, ...changes }) };
}

/** Fires the next run of a schedule, and answers the id of its task. */
export async function fired(store: Store, id: string, changes: Partial<Firing> = {}): Promise<string> {
  const [answer] = await store.fireSchedules([firing(await readSchedule(store, id), changes)]);
  const task = answer?.[0]?.task;
  if (task === undefined) throw new Error(`expected schedule ${id} to have been fired`);
  return task;
}

export function slotsOf(answer: FiringAnswer | undefined): (number | null)[] | null {
  return answer?.map((fired) => fired?.slot ?? null) ?? null;
}

/** Claims what is in the default queue, and answers the first of it. */
export async function claimedTask(store: Store): Promise<ClaimedTask> {
  const [task] = (await store.claim(claimBy("owner"))).tasks;
  if (task === undefined) throw new Error("expected a task to claim");
  return task;
}
