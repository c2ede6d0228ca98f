// Schedules as people and applications change them, each change with its line in the audit log.
import { anyText, checkKeys, checkObject, choice, refuse } from "../../core/check.ts";
import { QuernError } from "../../core/errors.ts";
import { newId } from "../../core/id.ts";
import type { TaskLike } from "../../core/options.ts";
import { readDeclared, readDefinition, writeDefinition } from "../../core/schedule/definition.ts";
import {
  type AnyScheduleOptions,
  type ScheduleOptions,
  scheduleKeys,
} from "../../core/schedule/schedule-options.ts";
import { type Missed, pause, resume } from "../../core/schedule/schedule.ts";
import type { ScheduleRow } from "../../store/schedules.ts";
import type { Client } from "../client.ts";
import { drain } from "../drain.ts";
import { handleOf, type TaskHandle } from "../handle.ts";
import { taskNameOf } from "../registry.ts";
import { scheduledTask } from "../scheduled-task.ts";
import { auditEntry, type By, Tasks } from "../tasks.ts";
import { scheduleChange } from "./audit.ts";
import {
  changedRow,
  checkScheduledInput,
  draftSchedule,
  mostTries,
  newRow,
  type RowToSave,
  type Said,
  saidBy,
} from "./draft.ts";
import type { ScheduleInfo } from "./info.ts";
import { infoOf, scheduleRow } from "./reading.ts";

const checkMissed = choice("all", "one", "none");

/** What is to be different. What is not named stays; `null` takes an option back to its default. */
export type ScheduleChanges = {
  [Option in keyof AnyScheduleOptions]?: AnyScheduleOptions[Option] | null;
} & {
  name?: string | null;
  func?: string | TaskLike;
  input?: unknown;
};

export interface UpdateOptions extends By {
  /** Only if it is still at this version, else QUERN_STALE_SCHEDULE. Without it the change is made to whatever it is now. */
  version?: number;
}

export async function createSchedule(
  client: Client,
  task: string | TaskLike,
  input: unknown,
  given: ScheduleOptions & { name?: string },
  by: By | undefined,
): Promise<ScheduleInfo> {
  const func = funcOf(task);
  checkObject(given, `the options of a schedule of ${func}`);
  const { name, ...options } = given;
  const place = `quern.schedules.create(${func}, input, { * })`;
  const draft = draftSchedule(client, { name: name ?? null, func, input, options, place });
  const { store } = await client.open();
  const now = await store.time();
  await checkScheduledInput(client, draft, now);
  const row = newRow(draft, newId(client.clock), null, now);
  const audit = auditEntry(by, "schedule.create", row.id, scheduleChange(null, row));
  if ((await store.saveSchedule(row, null, audit)) === "taken")
    throw new QuernError("QUERN_SCHEDULE_NAME_TAKEN", { name });
  // A once that is due may have run and deleted itself by now.
  return infoOf(client, (await store.schedule(row.id)) ?? { ...row, created: now, changed: now });
}

export async function updateSchedule(
  client: Client,
  idOrName: string,
  changes: ScheduleChanges,
  options: UpdateOptions,
): Promise<ScheduleInfo> {
  const place = `quern.schedules.update(${JSON.stringify(idOrName)}, { * })`;
  checkKeys(changes, [...scheduleKeys, "name", "func", "input"], `schedule ${idOrName}`);
  const saved = await change(client, idOrName, options, "schedule.update", async (row, now) => {
    const declared = readDeclared(row.declared);
    if (declared !== null && changes.name !== undefined && changes.name !== row.name)
      refuse(changes.name, "name", "left as it is, for its declaration knows it by that", place);
    const draft = draftSchedule(client, { ...changedSaid(saidBy(row, client), changes), place });
    await checkScheduledInput(client, draft, now);
    const repeats = changes.repeats === null ? draft.repeats : changes.repeats;
    return changedRow(row, draft, { now, declared, repeats, keepPause: false, mayEnd: false });
  });
  return infoOf(client, saved as ScheduleRow);
}

export async function pauseSchedule(
  client: Client,
  idOrName: string,
  options: By | undefined,
): Promise<boolean> {
  const paused = await change(client, idOrName, options, "schedule.pause", (row) => {
    const counts = pause(row);
    return counts && { ...row, ...counts };
  });
  return paused !== null;
}

export interface ResumeOptions extends By {
  /** Which of the times that passed during the pause are made up for. @default "none" */
  missed?: Missed;
}

export async function resumeSchedule(
  client: Client,
  idOrName: string,
  options: ResumeOptions | undefined,
): Promise<boolean> {
  const missed = checkMissed(options?.missed ?? "none", "missed", "quern.schedules.resume(name, { * })");
  const resumed = await change(client, idOrName, options, "schedule.resume", (row, now) => {
    const definition = readDefinition(row.definition, labelOf(row));
    const { repeats, nextRun, pausedRepeats } = row;
    const goesOn = resume({ ...definition, repeats, nextRun, pausedRepeats }, { now, missed });
    if (goesOn === null) return null;
    const { catchUp, ...counts } = goesOn;
    const { catchUp: _, ...kept } = definition;
    return {
      ...row,
      ...counts,
      definition: writeDefinition(catchUp === undefined ? kept : { ...kept, catchUp }),
    };
  });
  return resumed !== null;
}

export async function deleteSchedule(
  client: Client,
  idOrName: string,
  options: By | undefined,
): Promise<boolean> {
  anyText(idOrName, "the schedule", "quern.schedules.delete(idOrName)");
  const { store } = await client.open();
  const row = await store.schedule(idOrName);
  if (row === null) return false;
  const audit = auditEntry(options, "schedule.delete", row.id, scheduleChange(row, null));
  return store.deleteSchedule(row.id, audit);
}

export async function runScheduleNow(
  client: Client,
  idOrName: string,
  options: By | undefined,
): Promise<TaskHandle<unknown>> {
  const { store, keyring } = await client.open();
  const row = await scheduleRow(client, idOrName);
  const task = scheduledTask(client, keyring, row, await store.time());
  const audit = auditEntry(options, "schedule.run", row.id, { after: task.id });
  const queued = await store.runSchedule(row.id, task, audit);
  if (queued === null) throw new QuernError("QUERN_UNKNOWN_SCHEDULE", { schedule: idOrName });
  const { func, queue, group } = task;
  const { id, name } = queued;
  if (!queued.deduplicated)
    void client.events.emit("task:enqueued", { id, name, func, queue, ...(group === null ? {} : { group }) });
  if (client.options.sync) await drain(client, [queue]);
  return handleOf(client, queued, () => new Tasks(client).cancel(id));
}

/** Reads, changes and saves, anew when somebody else was first. Null: there was nothing to change. */
async function change(
  client: Client,
  idOrName: string,
  options: UpdateOptions | undefined,
  action: string,
  changed: (row: ScheduleRow, now: number) => RowToSave | null | Promise<RowToSave | null>,
): Promise<ScheduleRow | null> {
  const { store } = await client.open();
  const version = options?.version;
  let row = await scheduleRow(client, idOrName);
  for (let tries = 0; tries < mostTries; tries++) {
    if (version !== undefined && version !== row.version) break;
    const wanted = await changed(row, await store.time());
    if (wanted === null) return null;
    const to: RowToSave = { ...wanted, version: row.version + 1, error: null, held: false };
    const audit = auditEntry(options, action, row.id, scheduleChange(row, to));
    const answer = await store.saveSchedule(to, row, audit);
    if (answer === "taken") throw new QuernError("QUERN_SCHEDULE_NAME_TAKEN", { name: to.name });
    // A once that was due may have run and deleted itself by now.
    if (answer === "saved") return (await store.schedule(row.id)) ?? { ...row, ...to };
    row = await scheduleRow(client, row.id);
  }
  throw new QuernError("QUERN_STALE_SCHEDULE", { schedule: labelOf(row), current: row.version, version });
}

// A type does not outlive its own option: who says cron of a daily schedule makes it a cron.
function changedSaid(
  { options, ...said }: Omit<Said, "place">,
  { name, func, input, ...changes }: ScheduleChanges,
): Omit<Said, "place"> {
  const { type, cron, minutes, ...rest } = options;
  const named = changes.type ?? (changes.cron != null ? "cron" : changes.minutes != null ? "minutes" : type);
  const merged = {
    ...rest,
    ...(named === "cron" && cron !== undefined ? { cron } : {}),
    ...(named === "minutes" && minutes !== undefined ? { minutes } : {}),
    ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)),
    type: named,
  };
  const kept = Object.entries(merged).filter(([, value]) => value !== null);
  return {
    name: name === undefined ? said.name : name,
    func: func === undefined ? said.func : funcOf(func),
    input: input === undefined ? said.input : input,
    options: Object.fromEntries(kept) as AnyScheduleOptions,
  };
}

function funcOf(task: string | TaskLike): string {
  return typeof task === "string" ? task : taskNameOf(task, "the schedule");
}

function labelOf({ id, name }: ScheduleRow): string {
  return name ?? id;
}
