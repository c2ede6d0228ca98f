// Schedules as they are looked at: one, lists of them, what comes next and what ran.
import { anyText, didYouMean, wholeNumber } from "../../core/check.ts";
import { QuernError } from "../../core/errors.ts";
import { readSchedule } from "../../core/schedule/definition.ts";
import { resolveSchedule, type ScheduleOptions } from "../../core/schedule/schedule-options.ts";
import { firstSlot, upcoming } from "../../core/schedule/schedule.ts";
import type { ScheduleFilter, ScheduleRow } from "../../store/schedules.ts";
import type { Client } from "../client.ts";
import { pageRequest, type Paging, scheduleFilter } from "../list-filter.ts";
import { runInfo, scheduleInfo, type ScheduleInfo, type ScheduleRunInfo } from "./info.ts";

const mostOnPage = 1_000;

export async function listSchedules(
  client: Client,
  filter: ScheduleFilter,
  paging: Paging,
): Promise<{ schedules: ScheduleInfo[]; next: string | null }> {
  const asked = [
    scheduleFilter(filter, "quern.schedules.list"),
    pageRequest(paging, "quern.schedules.list"),
  ] as const;
  const { store } = await client.open();
  const page = await store.schedules(...asked);
  const now = await store.time();
  const lastRuns = await store.lastRuns(page.schedules.map(({ id }) => id));
  const lastOf = new Map(lastRuns.map((run) => [run.schedule, run]));
  return {
    schedules: page.schedules.map((row) => scheduleInfo(client, row, lastOf.get(row.id), now)),
    next: page.next,
  };
}

export async function getSchedule(client: Client, idOrName: string): Promise<ScheduleInfo | null> {
  anyText(idOrName, "the schedule", "quern.schedules.get(idOrName)");
  const { store } = await client.open();
  const row = await store.schedule(idOrName);
  return row === null ? null : infoOf(client, row);
}

/** With its last run. */
export async function infoOf(client: Client, row: ScheduleRow): Promise<ScheduleInfo> {
  const { store } = await client.open();
  const [last] = await store.lastRuns([row.id]);
  return scheduleInfo(client, row, last, await store.time());
}

/** For who is sure that it is there: throws QUERN_UNKNOWN_SCHEDULE with the name that was probably meant. */
export async function scheduleRow(client: Client, idOrName: string): Promise<ScheduleRow> {
  anyText(idOrName, "the schedule", "its id or name");
  const { store } = await client.open();
  const row = await store.schedule(idOrName);
  if (row !== null) return row;
  const { schedules } = await store.schedules({}, { limit: mostOnPage });
  const names = schedules.flatMap(({ name }) => name ?? []);
  throw new QuernError("QUERN_UNKNOWN_SCHEDULE", { schedule: idOrName, meant: didYouMean(idOrName, names) });
}

export async function previewSchedule(
  client: Client,
  schedule: string | ScheduleOptions,
  count: number,
): Promise<Date[]> {
  wholeNumber(count, "count", "quern.schedules.preview(schedule, count)", { max: mostOnPage });
  const now = await (await client.open()).store.time();
  if (typeof schedule === "string") {
    return upcoming(readSchedule(await scheduleRow(client, schedule)), { now, count });
  }
  const place = "quern.schedules.preview({ * }, count)";
  const resolved = resolveSchedule(schedule, client.options, "a schedule", place);
  const firstRun = resolved.firstRun ?? (resolved.type === "cron" ? null : now);
  const times = { ...resolved, firstRun };
  const nextRun = firstSlot(times, { now, graceMs: times.missedAfterMs });
  return upcoming({ ...times, nextRun }, { now, count });
}

export async function scheduleHistory(
  client: Client,
  idOrName: string,
  limit: number,
): Promise<ScheduleRunInfo[]> {
  wholeNumber(limit, "limit", "quern.schedules.history(idOrName, { * })", { min: 1 });
  const { store } = await client.open();
  const { id } = await scheduleRow(client, idOrName);
  return (await store.scheduleRuns(id, limit)).map(runInfo);
}
