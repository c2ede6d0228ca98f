// A schedule: when it comes, and what one step of the scheduler does to its row. Everything that shows or fires slots asks here.
import { calendarSlots, calendarSpacingMs, checkTimeZone, elapsedSlots } from "./calendar.ts";
import { checkObject, didYouMean, show, wholeNumber } from "../check.ts";
import { cronSlots, parseCron } from "./cron.ts";
import { QuernError } from "../errors.ts";

export const scheduleTypes = [
  "once",
  "minutes",
  "hourly",
  "daily",
  "weekly",
  "biweekly",
  "monthly",
  "bimonthly",
  "quarterly",
  "yearly",
  "cron",
] as const;

export type ScheduleType = (typeof scheduleTypes)[number];

/** A moment, as the API gives it (`Date`) or as a row holds it (UTC epoch milliseconds). */
export type Moment = Date | number;

/** When a schedule comes. Nulls, as a row may hold them, are the same as nothing. */
export interface ScheduleTimes {
  type: ScheduleType;
  /** For `minutes`: how many lie between two slots. `0` is taken as 1, as Django Q does. */
  minutes?: number | null;
  /** For `cron`: five fields, or six with seconds first; or an alias such as `@daily`. */
  cron?: string | null;
  /** Whose wall clock is meant: an IANA time zone. */
  timeZone: string;
  /** The first slot, from which the others are counted. Only `cron` goes without; it then means: nothing before this. */
  firstRun?: Moment | null;
  /** The last moment that may be a slot. */
  end?: Moment | null;
}

/** Which of the slots that passed while nothing ran become tasks: all of them (the newest 1,000), the newest, or none. */
export type Missed = "all" | "one" | "none";

/** What `advance` needs of a schedule's row. Moments are UTC epoch milliseconds. */
export interface ScheduleState extends ScheduleTimes {
  /** Counts down with each task: from n to 0, which ends it; from -1 downwards for ever. 0 with a next run is paused. */
  repeats: number;
  /** Null: it does not come again. */
  nextRun: number | null;
  missed: Missed;
  /** How late a slot has to be to count as missed. */
  missedAfterMs?: number;
  /** Of what passed until then, instead of `missed`: how it was resumed. */
  catchUp?: CatchUp;
}

export interface CatchUp {
  missed: Missed;
  until: number;
}

/** One compare-and-set on a schedule whose next run is due. */
export interface Advance {
  /** The slot that becomes a task now; null: none, what was missed is passed over. */
  slot: number | null;
  /** The row afterwards. It may be due again. */
  next: { repeats: number; nextRun: number | null };
  /** It deletes itself: a *once* that was not to be kept. */
  remove: boolean;
}

export const defaultMissedAfterMs = 60_000;
const mostMissed = 1_000;
const mostRuns = 100_000;
const minuteMs = 60_000;
const mostMinutes = 100 * 366 * 1_440;

// The years that forms, databases and JSON write alike.
const firstMoment = Date.parse("0001-01-01T00:00:00Z");
const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The next slots, strictly later than `after`; fewer than `count` when the schedule ends before. This is what the scheduler
 * fires and the admin previews. Throws QUERN_BAD_SCHEDULE or QUERN_BAD_CRON for what could never run.
 */
export function nextRuns(schedule: ScheduleTimes, options: { after: Moment; count: number }): Date[] {
  checkObject(schedule, "a schedule");
  checkObject(options, "the options of nextRuns");
  const { after, count } = options;
  const times = readTimes(schedule);
  const from = epochMs(after, "after");
  wholeNumber(count, "count", "nextRuns(schedule, { after, * })", { max: mostRuns });
  return slotsUpTo(lastMoment, times, from, count).map((slot) => new Date(slot));
}

/** `graceMs`: so long ago may a first run lie and still be the first slot, for who says "now" says it a little before. */
export interface Beginning {
  now: number;
  graceMs: number;
}

/**
 * The next run of a schedule that is made, or whose times were changed: its first slot from now on, for nothing was promised before.
 * Only a *once* that lies in the past is due at once, and a first run that has just passed. Throws QUERN_BAD_SCHEDULE when it
 * would never come.
 */
export function firstSlot(schedule: ScheduleTimes, { now, graceMs }: Beginning): number {
  const slot = firstRunWithin(schedule, now, graceMs) ?? slotFrom(schedule, now);
  if (slot !== null) return slot;
  const { type, cron, timeZone, firstRun, end } = schedule;
  const withoutEnd = slotFrom({ ...schedule, end: null }, now);
  if (withoutEnd !== null)
    refuse("end", `no earlier than its next run (${isoText(withoutEnd)})`, isoText(end as Moment));
  return type === "cron"
    ? refuse("cron", `a line whose times come in ${timeZone}`, cron)
    : refuse("firstRun", "early enough for a run before the year 10000", isoText(firstRun as Moment));
}

function firstRunWithin(schedule: ScheduleTimes, now: number, graceMs: number): number | null {
  if (schedule.type === "cron" || schedule.type === "once" || schedule.firstRun == null) return null;
  const first = epochMs(schedule.firstRun, "firstRun");
  return first < now && first >= now - graceMs ? slotAfter(readTimes(schedule), first - 1) : null;
}

function slotFrom(schedule: ScheduleTimes, now: number): number | null {
  const times = readTimes(schedule);
  const { type, firstRun, end } = schedule;
  if (type === "once" && epochMs(firstRun, "firstRun") <= now)
    return end != null && epochMs(end, "end") < now ? null : now;
  return slotAfter(times, now - 1);
}

/**
 * The runs that a schedule has before it, those first that are due and will be made up for; never more than its repeats leave, and
 * none while it is paused.
 */
export function upcoming(schedule: ScheduleState, { now, count }: { now: number; count: number }): Date[] {
  const runs: number[] = [];
  let { repeats, nextRun } = schedule;
  for (const step of advances(schedule, { now })) {
    if (runs.length === count) break;
    if (step.slot !== null) runs.push(step.slot);
    ({ repeats, nextRun } = step.next);
  }
  const left = Math.min(count - runs.length, repeats < 0 ? count : repeats);
  if (nextRun === null || left <= 0) return runs.map((run) => new Date(run));
  const later = nextRuns(schedule, { after: nextRun, count: left - 1 });
  return [...runs, nextRun].map((run) => new Date(run)).concat(later);
}

/**
 * What happens to a schedule that is due, slot by slot until it is no longer: each step for one compare-and-set, the row as the
 * step before left it. Nothing when it is paused, finished or not due. Whoever loses a compare-and-set reads the row and starts anew.
 */
export function* advances(schedule: ScheduleState, { now }: { now: number }): Generator<Advance, void> {
  let { repeats } = schedule;
  if (repeats === 0 || schedule.nextRun === null || schedule.nextRun > now) return;
  const times = readTimes(schedule);
  let slot = slotInTurn(schedule, schedule.nextRun, times, now);
  if (slot === null || slot > now) {
    yield { slot: null, next: { repeats, nextRun: slot }, remove: false };
  } else if (schedule.type === "once") {
    yield { slot, next: { repeats: 0, nextRun: null }, remove: repeats < 0 };
  } else {
    const later = times.slotsAfter(slot);
    while (slot !== null && slot <= now) {
      repeats--;
      const nextRun: number | null = repeats === 0 ? null : (later.next().value ?? null);
      yield { slot, next: { repeats, nextRun }, remove: false };
      slot = nextRun;
    }
  }
}

/** The first of `advances`; null when nothing is due. Where many slots were missed, asking for one at a time counts them each time. */
export function advance(schedule: ScheduleState, now: { now: number }): Advance | null {
  return advances(schedule, now).next().value ?? null;
}

export type ScheduleStatus = "active" | "paused" | "finished";

export function statusOf({ repeats, nextRun }: Pick<ScheduleState, "repeats" | "nextRun">): ScheduleStatus {
  if (nextRun === null) return "finished";
  return repeats === 0 ? "paused" : "active";
}

/** So late must a next run be that its schedule counts as overdue: no cluster that runs has fired it. */
export const overdueAfterMs = 60_000;

export function isOverdue(schedule: Pick<ScheduleState, "repeats" | "nextRun">, now: number): boolean {
  return statusOf(schedule) === "active" && now - (schedule.nextRun ?? now) > overdueAfterMs;
}

/** The count a paused schedule goes on with: `pausedRepeats`, beside `repeats: 0`. */
export interface Pause {
  repeats: number;
  pausedRepeats: number | null;
}

/** Null when there is nothing to pause: it is paused already, or finished. */
export function pause(schedule: Pick<ScheduleState, "repeats" | "nextRun">): Pause | null {
  return statusOf(schedule) === "active" ? { repeats: 0, pausedRepeats: schedule.repeats } : null;
}

/**
 * Null when it is not paused. With `missed: "none"` what passed during the pause is not missed: it goes on with the next slot from now.
 * Only a *once* keeps its moment, for it has no other. Else it goes on from where it stood, and catches up as `catchUp` says.
 */
export function resume(
  schedule: ScheduleState & { pausedRepeats?: number | null },
  { now, missed = "none" }: { now: number; missed?: Missed },
): (Pause & { nextRun: number | null; catchUp?: CatchUp }) | null {
  if (statusOf(schedule) !== "paused") return null;
  const { type, nextRun, pausedRepeats } = schedule;
  const keeps = type === "once" || (nextRun as number) > now;
  const going = { repeats: pausedRepeats ?? -1, pausedRepeats: null };
  if (keeps) return { ...going, nextRun };
  if (missed === "none") return { ...going, nextRun: slotAfter(readTimes(schedule), now) };
  return { ...going, nextRun, catchUp: { missed, until: now } };
}

/** A schedule's times, checked and ready to count. */
interface Times {
  slotsAfter(after: number): Generator<number, void>;
  /** No two slots are closer together than this. */
  leastSpacingMs: number;
}

function readTimes(schedule: ScheduleTimes): Times {
  const { slotsAfter, leastSpacingMs } = readType(schedule);
  const last = schedule.end == null ? lastMoment : Math.min(lastMoment, epochMs(schedule.end, "end"));
  return {
    leastSpacingMs,
    *slotsAfter(after) {
      if (after >= last) return;
      for (const slot of slotsAfter(after)) {
        if (slot > last) return;
        yield slot;
      }
    },
  };
}

function readType(schedule: ScheduleTimes): Times {
  const { type, firstRun } = schedule;
  const timeZone = checkTimeZone(schedule.timeZone);
  if (type === "cron") {
    const cron = parseCron(schedule.cron);
    const earliest = firstRun == null ? Number.NEGATIVE_INFINITY : epochMs(firstRun, "firstRun") - 1;
    return { ...cron, slotsAfter: (after) => cronSlots(cron, timeZone, Math.max(after, earliest)) };
  }
  checkType(type);
  const start = epochMs(firstRun, "firstRun");
  if (type === "once")
    return { slotsAfter: (after) => onceSlots(start, after), leastSpacingMs: Number.POSITIVE_INFINITY };
  if (type === "minutes" || type === "hourly") {
    const stepMs = minuteMs * (type === "hourly" ? 60 : readMinutes(schedule.minutes));
    return { slotsAfter: (after) => elapsedSlots(stepMs, start, after), leastSpacingMs: stepMs };
  }
  return {
    slotsAfter: (after) => calendarSlots(type, timeZone, start, after),
    leastSpacingMs: calendarSpacingMs(type),
  };
}

function* onceSlots(start: number, after: number): Generator<number, void> {
  if (start > after) yield start;
}

// The slot a due schedule turns to: its next run, unless that was missed.
function slotInTurn(schedule: ScheduleState, nextRun: number, times: Times, now: number): number | null {
  const onTime = now - (schedule.missedAfterMs ?? defaultMissedAfterMs);
  if (nextRun >= onTime) return nextRun;
  const { catchUp } = schedule;
  const missed = catchUp !== undefined && nextRun <= catchUp.until ? catchUp.missed : schedule.missed;
  if (missed === "none") return slotAfter(times, onTime - 1);
  const most = missed === "one" ? 1 : mostMissed;
  const canBeMore = now - nextRun >= most * times.leastSpacingMs;
  if (!canBeMore || slotsUpTo(now, times, nextRun, most).length < most) return nextRun;
  return newestSlots(times, nextRun, now, most)[0] as number;
}

function slotAfter({ slotsAfter }: Times, after: number): number | null {
  return slotsAfter(after).next().value ?? null;
}

function slotsUpTo(
  to: number,
  { slotsAfter }: Times,
  from: number,
  most = Number.POSITIVE_INFINITY,
): number[] {
  const slots: number[] = [];
  const all = slotsAfter(from);
  while (slots.length < most) {
    const { value, done } = all.next();
    if (done || value > to) break;
    slots.push(value);
  }
  return slots;
}

// The newest slots later than `from` and up to `to`, oldest first. Halving the time finds them without walking through all
// that were missed: a year of every minute is half a million.
function newestSlots(times: Times, from: number, to: number, most: number): number[] {
  const first = slotAfter(times, from);
  if (first === null || first > to) return [];
  if (to - from <= most * times.leastSpacingMs) return slotsUpTo(to, times, from).slice(-most);
  const middle = Math.floor((from + to) / 2);
  const newest = newestSlots(times, middle, to, most);
  return newest.length === most
    ? newest
    : [...newestSlots(times, from, middle, most - newest.length), ...newest];
}

function checkType(type: unknown): void {
  if (scheduleTypes.includes(type as ScheduleType)) return;
  const meant = typeof type === "string" ? didYouMean(type, scheduleTypes) : undefined;
  refuse("type", `one of ${scheduleTypes.join(", ")}`, type, meant);
}

function readMinutes(minutes: unknown): number {
  if (Number.isInteger(minutes) && (minutes as number) >= 0 && (minutes as number) <= mostMinutes)
    return Number(minutes) || 1;
  return refuse("minutes", `a whole number from 1 to ${mostMinutes}`, minutes);
}

function epochMs(moment: unknown, field: string): number {
  const ms = moment instanceof Date ? moment.getTime() : moment;
  if (Number.isInteger(ms) && (ms as number) >= firstMoment && (ms as number) <= lastMoment)
    return ms as number;
  return refuse(field, "a Date in the years 1 to 9999", ms);
}

function refuse(field: string, expected: string, given: unknown, meant?: string): never {
  throw new QuernError("QUERN_BAD_SCHEDULE", { field, expected, given: show(given), meant });
}

function isoText(moment: Moment): string {
  return new Date(moment).toISOString();
}
