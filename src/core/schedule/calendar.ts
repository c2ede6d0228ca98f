// The wall clock of a time zone through its changes, and the slots that are counted from a first run on it: minutes to yearly.
// Wall times are milliseconds as if they were UTC. temporal-polyfill hands over to the built-in Temporal where there is one.
import type { Temporal } from "temporal-polyfill";
import { type Place, refuse, show } from "../check.ts";
import { QuernError } from "../errors.ts";
import { temporal } from "./on-demand.ts";

/** How far apart on the calendar; the time of day is that of the first run, on the wall clock. */
const calendarSteps = {
  daily: { days: 1 },
  weekly: { days: 7 },
  biweekly: { days: 14 },
  monthly: { months: 1 },
  bimonthly: { months: 2 },
  quarterly: { months: 3 },
  yearly: { months: 12 },
} as const;

export type CalendarType = keyof typeof calendarSteps;

const hourMs = 3_600_000;

// Which of two instants a repeated wall time means. In a gap, compatible and later are both forward by the gap.
const earlier = { disambiguation: "earlier" } as const;
const later = { disambiguation: "later" } as const;
const compatible = { disambiguation: "compatible" } as const;

/** Elapsed time, which no clock change touches. Strictly later than `after`, as long as somebody asks. */
export function* elapsedSlots(stepMs: number, firstRun: number, after: number): Generator<number, void> {
  const passed = Math.max(0, Math.floor((after - firstRun) / stepMs) + 1);
  for (let slot = firstRun + passed * stepMs; ; slot += stepMs) yield slot;
}

/**
 * Strictly later than `after`, as long as somebody asks. A shorter month gives its last day, a time in a gap moves forward by
 * the gap, and of a time that comes twice it is the first; the second only if the first run was itself a second.
 */
export function* calendarSlots(
  type: CalendarType,
  timeZone: string,
  firstRun: number,
  after: number,
): Generator<number, void> {
  const start = zonedTime(timeZone, firstRun);
  const wall = start.toPlainDateTime();
  const repeated = wall.toZonedDateTime(timeZone, earlier).epochMilliseconds < firstRun;
  const slotAt = (number: number): number =>
    wall.add(span(type, number)).toZonedDateTime(timeZone, repeated ? later : compatible).epochMilliseconds;
  const passed = passedProbably(type, start, after);
  // Where a whole day is skipped, two slots are one instant; it comes once.
  let latest = after;
  // Slots never go back, so if that one has passed, so have those before it.
  for (let number = slotAt(passed) <= after ? passed + 1 : Math.max(0, passed - 2); ; number++) {
    const slot = slotAt(number);
    if (slot > latest) yield slot;
    latest = Math.max(latest, slot);
  }
}

/** No two slots of the type are closer together than this: a clock change takes at most a few hours. */
export function calendarSpacingMs(type: CalendarType): number {
  const { days = 0, months = 0 } = span(type, 1);
  return 20 * hourMs * (days + 28 * months);
}

// How many slots lie between start and `after`. Clocks and months make it one or two too many, which is why the caller looks.
function passedProbably(type: CalendarType, start: ZonedTime, after: number): number {
  const { days = 0, months = 0 } = span(type, 1);
  if (days > 0) return Math.max(0, Math.floor((after - start.epochMilliseconds) / (24 * hourMs * days)));
  const now = zonedTime(start.timeZoneId, after);
  const passed = (now.year - start.year) * 12 + now.month - start.month;
  return Math.max(0, Math.floor(passed / months));
}

function span(type: CalendarType, steps: number): { days?: number; months?: number } {
  const step = calendarSteps[type];
  return "days" in step ? { days: step.days * steps } : { months: step.months * steps };
}

type ZonedTime = Temporal.ZonedDateTime;

/** A time between two clock changes: all through it the wall clock shows UTC + `offsetMs`. */
export interface Stretch {
  offsetMs: number;
  /** The instant of the next clock change, no longer part of it; Infinity when none is known. */
  end: number;
}

const someTimeZone = 'an IANA time zone such as "Europe/Amsterdam" or "UTC"';

/** Refuses what is no IANA time zone, with a sentence. */
export function checkTimeZone(timeZone: unknown): string {
  if (isTimeZone(timeZone)) return timeZone;
  throw new QuernError("QUERN_BAD_SCHEDULE", {
    field: "timeZone",
    expected: someTimeZone,
    given: show(timeZone),
  });
}

/** The same for an option. */
export function timeZoneName(value: unknown, field: string, place?: Place): string {
  return isTimeZone(value) ? value : refuse(value, field, someTimeZone, place);
}

// Asking costs 0.3 ms, half of what a firing does. There are some 600, but their letters may be large or small.
const knownZones = new Set<string>();
const mostKnownZones = 1_000;

// The constructor, not Intl.supportedValuesOf: that list lacks UTC and names that were changed, such as Asia/Kolkata.
// Offsets such as "+02:00" are a zone to some Node versions only, so they are one to none.
function isTimeZone(name: unknown): name is string {
  if (typeof name !== "string" || !/^[a-z][\w+/-]{0,63}$/i.test(name)) return false;
  if (knownZones.has(name)) return true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    if (knownZones.size < mostKnownZones) knownZones.add(name);
    return true;
  } catch {
    return false;
  }
}

function zonedTime(timeZone: string, instant: number): ZonedTime {
  return temporal().Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
}

export function stretchAt(timeZone: string, instant: number): Stretch {
  const zoned = zonedTime(timeZone, instant);
  return {
    offsetMs: offsetMsOf(zoned),
    end: zoned.getTimeZoneTransition("next")?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
  };
}

/**
 * The latest wall time shown up to an instant. After the clock was set back that is, until the repetition is over,
 * not what it shows now but the last it showed before.
 */
export function latestShown(timeZone: string, instant: number): number {
  const now = zonedTime(timeZone, instant);
  const firstTime = now.toPlainDateTime().toZonedDateTime(timeZone, earlier);
  if (firstTime.epochMilliseconds >= instant) return instant + offsetMsOf(now);
  const setBack = firstTime.getTimeZoneTransition("next") as ZonedTime;
  return setBack.epochMilliseconds + offsetMsOf(firstTime) - 1;
}

function offsetMsOf(zoned: ZonedTime): number {
  return zoned.offsetNanoseconds / 1e6;
}
