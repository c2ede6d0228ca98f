// A cron line: is it right, and when does it come in a time zone. What is wrong is refused with a sentence that names the field.
// croner is the calculator on the wall clock, as if that were UTC; its own handling of clock changes is not ours for lists,
// ranges and steps (`0 1-3`, `0,30 2`). Nor has it steps from a number (5/15), ranges that wrap (fri-mon), L5 or W31.
import { latestShown, type Stretch, stretchAt } from "./calendar.ts";
import { show } from "../check.ts";
import { QuernError } from "../errors.ts";
import { croner } from "./on-demand.ts";

export interface Cron {
  /** The first wall time of the line after this one; null when there is none. */
  next(wall: number): number | null;
  realTime: boolean;
  /** No two times of the line are closer together than this. */
  leastSpacingMs: number;
  /** How often it comes on a day that is one of its days, where no clock is changed. */
  timesOfDay: number;
  /** The line as cronstrue takes it: aliases written out, `5L` for `L5`. */
  words: string;
}

// Clock changes differ by at most a day, so this far away from one it does not matter.
const wellClearMs = 2 * 86_400_000;

// `* 2 * 3 sun#2` in New York names an hour that every year is skipped. A line that lost this many times in a row has no more.
const mostLostInGaps = 16;

// Each line is asked for again whenever its schedule fires, and to read it costs three times what counting from it does.
const lines = new Map<unknown, Cron>();
const mostLines = 1_000;

/** Refuses a line that is wrong or never comes with QUERN_BAD_CRON. */
export function parseCron(text: unknown): Cron {
  const known = lines.get(text);
  if (known !== undefined) return known;
  const cron = readCron(text);
  if (lines.size >= mostLines) lines.clear();
  lines.set(text, cron);
  return cron;
}

function readCron(text: unknown): Cron {
  const { patterns, realTime, hasSeconds, timesOfDay, words } = readLine(text);
  const Croner = croner();
  const croners = patterns.map((pattern) => new Croner(pattern, { mode: "6-part", utcOffset: 0 }));
  const next = (wall: number): number | null => earliest(croners.map((one) => one.nextRun(new Date(wall))));
  // croner looks 400 years ahead, in which the calendar repeats: what it does not find from any one day never comes.
  if (next(0) === null)
    refuseCron(text, "the day of month", "one that its months have", "a day that never comes");
  return { next, realTime, words, timesOfDay, leastSpacingMs: hasSeconds ? 1_000 : 60_000 };
}

/** The slots strictly later than `after`, as long as somebody asks. */
export function* cronSlots(cron: Cron, timeZone: string, after: number): Generator<number, void> {
  let stretch = stretchAt(timeZone, after);
  // Invariant: no time of the line lies between `from` and `wall`.
  let from = cron.realTime ? after + stretch.offsetMs : latestShown(timeZone, after);
  let lost = 0;
  for (let wall = cron.next(from); wall !== null && lost < mostLostInGaps; wall = cron.next(from)) {
    stretch = skipChanges(stretch, timeZone, from, wall);
    if (wall - stretch.offsetMs < stretch.end) {
      yield wall - stretch.offsetMs;
      from = wall;
      lost = 0;
      continue;
    }
    // The clock is changed before it shows `wall`, and goes on from `resumed`.
    const change = stretch.end;
    stretch = stretchAt(timeZone, change);
    const resumed = change + stretch.offsetMs;
    if (cron.realTime) {
      if (wall < resumed) lost++;
      from = resumed - 1;
    } else if (wall <= resumed) {
      // What was skipped comes once, now, and so does the time at which the clock goes on.
      yield change;
      from = resumed;
    }
  }
}

// A leap day is years of clock changes ahead. All but the last can be passed over, if the first shows nothing again.
function skipChanges(stretch: Stretch, timeZone: string, from: number, wall: number): Stretch {
  const clear = stretch.end + stretch.offsetMs;
  if (from + wellClearMs > clear || wall - wellClearMs < clear) return stretch;
  return stretchAt(timeZone, wall - stretch.offsetMs - wellClearMs);
}

function earliest(runs: (Date | null)[]): number | null {
  return runs.reduce<number | null>(
    (found, run) => (run && (found === null || +run < found) ? +run : found),
    null,
  );
}

interface CronLine {
  /** Six fields for croner, seconds first. A time belongs to the line when it matches one of these. */
  patterns: string[];
  words: string;
  hasSeconds: boolean;
  timesOfDay: number;
  /** Minute or hour begins with `*`: it means real time, so clock changes skip and repeat it. */
  realTime: boolean;
}

interface Field {
  name: string;
  min: number;
  max: number;
  /** How many values there are: of the days of the week 7, though 0 and 7 both stand for Sunday. */
  size: number;
  names?: readonly string[];
  also?: string;
}

/** One item of a field's list. */
interface Item {
  /** For croner: `*`, or numbers, each with its `#2` or `L`. */
  values: string[];
  words: string;
}

const anyValue: Item = { values: ["*"], words: "*" };
const longestLine = 256;
const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const dayOfMonth: Field = { name: "day of month", min: 1, max: 31, size: 31, also: "L, LW, 15W or ?" };
const dayOfWeek: Field = {
  name: "day of week",
  min: 0,
  max: 7,
  size: 7,
  names: dayNames,
  also: "5#2, 5L or ?",
};
const fields: readonly Field[] = [
  { name: "second", min: 0, max: 59, size: 60 },
  { name: "minute", min: 0, max: 59, size: 60 },
  { name: "hour", min: 0, max: 23, size: 24 },
  dayOfMonth,
  { name: "month", min: 1, max: 12, size: 12, names: monthNames },
  dayOfWeek,
];

const aliases = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

function readLine(cron: unknown): CronLine {
  const texts = splitLine(cron);
  const hasSeconds = texts.length === fields.length;
  const all = hasSeconds ? texts : ["0", ...texts];
  const items = all.map((text, index) => readField(text, fields[index]!, cron));
  const values = items.map((list) => [...new Set(list.flatMap((item) => item.values))]);
  const sizes = values.map((list, index) => (list.includes("*") ? fields[index]!.size : list.length));
  return {
    patterns: patternsOf(values),
    timesOfDay: sizes[0]! * sizes[1]! * sizes[2]!,
    words: items
      .slice(hasSeconds ? 0 : 1)
      .map((list) => list.map(({ words }) => words).join(","))
      .join(" "),
    hasSeconds,
    realTime: all[1]!.startsWith("*") || all[2]!.startsWith("*"),
  };
}

function refuseCron(cron: unknown, field: string, expected: string, given: string): never {
  throw new QuernError("QUERN_BAD_CRON", { cron: show(cron), field, expected, given });
}

function splitLine(cron: unknown): string[] {
  if (typeof cron !== "string") return refuseCron(cron, "the text", 'text such as "0 7 * * 1-5"', show(cron));
  if (cron.length > longestLine)
    refuseCron(cron, "the length", `at most ${longestLine} characters`, String(cron.length));
  const line = cron.trim().toLowerCase();
  const odd = /[^a-z0-9*?,/#@ \t-]/u.exec(line);
  if (odd) refuseCron(cron, "the text", "letters, digits, spaces and * ? , - / # only", show(odd[0]));
  const known = line.startsWith("@") ? aliases.get(line) : line;
  if (known === undefined) return refuseCron(cron, "the alias", [...aliases.keys()].join(", "), show(line));
  const texts = known.split(/[ \t]+/).filter((text) => text !== "");
  if (texts.length === 5 || texts.length === 6) return texts;
  const expected = "5 (minute, hour, day of month, month, day of week), or 6 with seconds first";
  return refuseCron(cron, "the number of fields", expected, String(texts.length));
}

function readField(text: string, field: Field, cron: unknown): Item[] {
  if (text === "?" && (field === dayOfMonth || field === dayOfWeek)) return [anyValue];
  const read = field === dayOfMonth ? dayItem : field === dayOfWeek ? weekdayItem : plainItem;
  const items = text
    .split(",")
    .map((item) =>
      read(item, field, (expected, given = item) =>
        refuseCron(cron, `the ${field.name}`, expected, show(given)),
      ),
    );
  return items.includes(anyValue) ? [anyValue] : items;
}

type Refuse = (expected: string, given?: string) => never;

function dayItem(item: string, field: Field, refuse: Refuse): Item {
  if (item === "l" || item === "lw") return { values: [item.toUpperCase()], words: item.toUpperCase() };
  const [, before, after] = /^(?:(.+)w|w(.+))$/.exec(item) ?? [];
  const day = before ?? after;
  if (day === undefined) return plainItem(item, field, refuse);
  if (!/^\d+$/.test(day)) refuse("one day with its W, such as 15W");
  const nearest = `${valueOf(day, field, refuse)}W`;
  return { values: [nearest], words: nearest };
}

function weekdayItem(item: string, field: Field, refuse: Refuse): Item {
  const [, counted, count] = /^([^*]+)#(.*)$/.exec(item) ?? [];
  const [, before, after] = /^(?:([^*]+)l|l([^*]+))$/.exec(item) ?? [];
  const days = counted ?? before ?? after;
  if (days === undefined) return plainItem(item, field, refuse);
  if (counted !== undefined && !/^[1-5]$/.test(count!))
    refuse("counted from #1 to #5, such as 5#2 for the second Friday");
  const suffix = counted === undefined ? "L" : `#${count}`;
  const values = plainItem(days, field, refuse).values.map((day) => day + suffix);
  return { values, words: values.join(",") };
}

function plainItem(item: string, field: Field, refuse: Refuse): Item {
  const parts = /^(?:\*|([a-z]{3}|\d{1,4})(?:-([a-z]{3}|\d{1,4}))?)(?:\/(\d{1,4}))?$/.exec(item);
  if (!parts) return refuse(formsOf(field));
  const [, first, last, stepText] = parts;
  if (first === undefined && stepText === undefined) return anyValue;
  const step = Number(stepText ?? 1);
  if (step < 1 || step > field.size) refuse(`a step from 1 to ${field.size}`);

  // Past the end a range goes on from the start, so 22-2 is counted as 22-26 and each value folded back.
  const from = first === undefined ? field.min : valueOf(first, field, refuse);
  const open = first === undefined || (last === undefined && stepText !== undefined);
  const to = open ? field.max : valueOf(last ?? first, field, refuse);
  const values: string[] = [];
  for (let value = from; value <= (to < from ? to + field.size : to); value += step) {
    values.push(String(field.min + ((value - field.min) % field.size)));
  }
  // cronstrue ends the week on Saturday where a step starts from a day.
  const words = open && first !== undefined && field === dayOfWeek ? `${first}-7/${step}` : item;
  return { values, words };
}

function valueOf(text: string, field: Field, refuse: Refuse): number {
  const named = field.names?.indexOf(text) ?? -1;
  const value = named < 0 ? Number(text) : named + (field === dayOfWeek ? 0 : 1);
  return value >= field.min && value <= field.max ? value : refuse(rangeOf(field), text);
}

// W and L mean a day that the month has: 31W is the last weekday of a shorter month, as LW is of every month. croner leaves
// such months out, and takes LW only by itself; so the line becomes two patterns, either of which may match.
function patternsOf([second, minute, hour, days, months, weekdays]: string[][]): string[] {
  const pattern = (day: readonly string[], month: readonly string[]): string =>
    [second, minute, hour, day, month, weekdays].map((values) => values!.join(",")).join(" ");
  const isLastWeekday = (day: string): boolean => day === "LW" || day === "31W";
  const others = days!.filter((day) => !isLastWeekday(day));
  const patterns = others.length > 0 ? [pattern(others, months!)] : [];
  if (days!.some(isLastWeekday)) {
    patterns.push(pattern(["LW"], months!));
  } else if (
    days!.some((day) => day === "29W" || day === "30W") &&
    months!.some((month) => month === "2" || month === "*")
  ) {
    patterns.push(pattern(["LW"], ["2"]));
  }
  return patterns;
}

function rangeOf({ min, max, names }: Field): string {
  const range = `a number from ${min} to ${max}`;
  return names ? `${range} or a name from ${names.join(", ")}` : range;
}

function formsOf(field: Field): string {
  const { min, max, also } = field;
  const forms = `* or ${rangeOf(field)}, also as ${min}-${max}, ${min},${max} or */${Math.min(5, max)}`;
  return also === undefined ? forms : `${forms}, or ${also}`;
}
