// The options of a schedule: what each does and defaults to, and their check. A call's options for its tasks stand in the same object.
import {
  between,
  type Check,
  checkEach,
  checkKeys,
  choice,
  duration,
  oneOf,
  type Place,
  refuse,
  text,
} from "../check.ts";
import type { Duration } from "../duration.ts";
import { callChecks, hookName } from "../options.ts";
import type { CallOptions } from "../task-options.ts";
import { timeZoneName } from "./calendar.ts";
import type { Definition, ScheduledCallOptions } from "./definition.ts";
import { defaultMissedAfterMs, type Missed, nextRuns, type ScheduleType, scheduleTypes } from "./schedule.ts";

/** Every option a schedule may have. */
export interface AnyScheduleOptions<Key extends string = string> extends ScheduledCallOptions {
  /**
   * When it comes: `once`, or every so often from `firstRun` on: `minutes`, `hourly`, `daily`, `weekly`, `biweekly`, `monthly`,
   * `bimonthly`, `quarterly`, `yearly`; or by a `cron` line. It may be left out beside `cron` and `minutes`.
   *
   * From `daily` on it is the wall clock of `timeZone` that counts: 07:00 stays 07:00 when the clocks change, and a 31st is the last
   * day of a shorter month.
   */
  type?: ScheduleType;
  /** How many minutes lie between two runs. Only with `type: "minutes"`. Minimum 1. */
  minutes?: number;
  /**
   * A cron line of five fields, or of six with seconds first: names, ranges, steps, lists, `L`, `15W`, `5#2`, `?` and aliases such
   * as `@daily`. With a day of month and a weekday either is enough. Only with `type: "cron"`.
   */
  cron?: string;
  /**
   * Whose wall clock is meant: an IANA time zone such as `"Europe/Amsterdam"`.
   * @default the one of new Quern
   */
  timeZone?: string;
  /**
   * The first run, from which the others are counted; for a `cron` the moment before which nothing comes. When it has passed
   * already, a *once* is due at once, and the others begin with the first of their times from now on, or with this one if it is no
   * longer ago than `missedAfter`. Left out, `daily` runs at once, and then every day at that time; a `cron` waits for its next time.
   * @default the moment it is made
   */
  firstRun?: Date;
  /**
   * The last moment that may be a run. After it the schedule is finished.
   * @default it has no end
   */
  end?: Date;
  /**
   * How often it runs: `n` counts down to 0, and then it is finished. `-1` runs for ever and keeps counting down (-2, -3 …). `0` makes
   * it paused. A *once* with a negative number deletes itself when it has run; with a positive one it stays.
   * @default -1
   */
  repeats?: number;
  /**
   * Which of the times that passed while nothing ran are made up for: `all` (the newest 1,000), `one` (the newest) or `none`.
   * @default "one"
   */
  missed?: Missed;
  /**
   * How late a run has to be to count as missed. Minimum 1 s.
   * @default "60s"
   */
  missedAfter?: Duration;
  /**
   * Puts the intended time of each run into the input under this key, as ISO text. The input must be an object, or none. Without
   * it a task function finds the time in `context.scheduledFor`.
   */
  intendedDateKey?: Key;
  /**
   * How many of its last runs are kept, whatever `saveLimit` prunes. 1 to 10,000.
   * @default 100
   */
  keepRuns?: number;
  /** What people should know of it, such as who asked for it. Shown beside it, and searched. At most 255 characters. */
  note?: string;
  /**
   * The label of its tasks.
   * @default the schedule's name, or its id when it has none
   */
  group?: string;
}

/** The same, with the rule that `cron` and `minutes` each go with their type only. */
export type ScheduleOptions<Key extends string = string> = AnyScheduleOptions<Key> &
  (
    | { type?: "cron"; cron: string; minutes?: undefined }
    | { type?: "minutes"; minutes: number; cron?: undefined }
    | { type: Exclude<ScheduleType, "cron" | "minutes">; cron?: undefined; minutes?: undefined }
  );

/** Checked, with its defaults. No `firstRun` stands for the moment it is made. */
export interface ResolvedSchedule extends Omit<Definition, "input"> {
  repeats: number;
  keepRuns: number;
  note: string | null;
}

const mostRepeats = 1_000_000_000;
const mostKeptRuns = 10_000;
const defaultKeepRuns = 100;
const leastMissedAfterMs = 1_000;
const neverKept = ["id", "name", "delay", "runAt", "tx"] as const satisfies readonly (keyof CallOptions)[];

/** `what` is named in the message about an unknown option, `place` is where one sets them: `schedule("digest", …, { * })`. */
export function resolveSchedule(
  given: AnyScheduleOptions,
  defaults: { timeZone: string },
  what: string,
  place: Place,
): ResolvedSchedule {
  checkKeys(given, scheduleKeys, what);
  checkEach(given, scheduleChecks, place);
  const type = typeOf(given, place);
  const resolved: ResolvedSchedule = {
    type,
    minutes: given.minutes ?? null,
    cron: given.cron ?? null,
    timeZone: given.timeZone ?? defaults.timeZone,
    firstRun: given.firstRun?.getTime() ?? null,
    end: given.end?.getTime() ?? null,
    missed: given.missed ?? "one",
    missedAfterMs:
      given.missedAfter === undefined ? defaultMissedAfterMs : duration(given.missedAfter, "missedAfter"),
    intendedDateKey: given.intendedDateKey ?? null,
    options: callOptionsOf(given),
    repeats: given.repeats ?? -1,
    keepRuns: given.keepRuns ?? defaultKeepRuns,
    note: given.note ?? null,
  };
  // Whether the line and the zone are right can be said without knowing when it begins.
  nextRuns({ ...resolved, firstRun: resolved.firstRun ?? 0 }, { after: 0, count: 0 });
  return resolved;
}

/** The options that a definition came from: what is resolved again when one of them changes. */
export function givenOptions({
  definition,
  repeats,
  keepRuns,
  note,
}: {
  definition: Definition;
  repeats: number;
  keepRuns: number;
  note: string | null;
}): AnyScheduleOptions {
  const { type, minutes, cron, timeZone, firstRun, end, missed, missedAfterMs, intendedDateKey, options } =
    definition;
  return {
    ...options,
    type,
    ...(minutes === null ? {} : { minutes }),
    ...(cron === null ? {} : { cron }),
    timeZone,
    ...(firstRun === null ? {} : { firstRun: new Date(firstRun) }),
    ...(end === null ? {} : { end: new Date(end) }),
    repeats,
    missed,
    missedAfter: missedAfterMs,
    ...(intendedDateKey === null ? {} : { intendedDateKey }),
    keepRuns,
    ...(note === null ? {} : { note }),
  };
}

function typeOf({ type, cron, minutes }: AnyScheduleOptions, place: Place): ScheduleType {
  const meant = type ?? (cron !== undefined ? "cron" : minutes !== undefined ? "minutes" : undefined);
  if (meant === undefined)
    refuse(type, "type", `one of ${scheduleTypes.join(", ")}, or cron or minutes to be given`, place);
  for (const [own, value, example] of [
    ["cron", cron, 'a line such as "0 7 * * 1-5"'],
    ["minutes", minutes, "a whole number from 1 up"],
  ] as const) {
    if (meant === own && value === undefined)
      refuse(value, own, `${example}, as the type is "${own}"`, place);
    if (meant !== own && value !== undefined)
      refuse(value, own, `left out where the type is "${meant}"`, place);
  }
  return meant;
}

function callOptionsOf(given: AnyScheduleOptions): ScheduledCallOptions {
  const kept = Object.entries(given).filter(([key, value]) => keptKeys.includes(key) && value !== undefined);
  const options = Object.fromEntries(kept) as ScheduledCallOptions;
  return options.hook === undefined ? options : { ...options, hook: hookName(options.hook, "hook") };
}

const ownChecks: Record<Exclude<keyof AnyScheduleOptions, keyof ScheduledCallOptions>, Check<unknown>> = {
  type: (value, ...at) => oneOf(value, scheduleTypes, ...at),
  minutes: between(1),
  cron: (value, field, place) =>
    typeof value === "string" ? value : refuse(value, field, 'text such as "0 7 * * 1-5"', place),
  timeZone: timeZoneName,
  firstRun: moment,
  end: moment,
  repeats: between(-mostRepeats, mostRepeats),
  missed: choice("all", "one", "none"),
  missedAfter: (value, ...at) => duration(value, ...at, { min: leastMissedAfterMs }),
  intendedDateKey: propertyName,
  keepRuns: between(1, mostKeptRuns),
  note: text,
};

const keptKeys = Object.keys(callChecks).filter((key) => !neverKept.some((never) => never === key));
/** What they are called. */
export const scheduleKeys: readonly string[] = [...Object.keys(ownChecks), ...keptKeys];
const scheduleChecks: Record<string, Check<unknown>> = { ...callChecks, ...ownChecks };

function moment(value: unknown, field: string, place?: Place): Date {
  const fits = value instanceof Date && !Number.isNaN(value.getTime());
  return fits ? value : refuse(value, field, "a Date that is one", place);
}

function propertyName(value: unknown, field: string, place?: Place): string {
  const name = text(value, field, place);
  if (/^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__") return name;
  return refuse(value, field, 'a name such as "day": letters, digits, _ and $, no digit first', place);
}
