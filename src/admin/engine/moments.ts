// Moments as people ask for them: a preset, a date, a span, "1h" ago; all in one time zone.
import type { Option } from "../contract.ts";

/** From, included, to, not included; UTC epoch milliseconds. */
export interface Span {
  from?: number;
  to?: number;
}

const dayMs = 86_400_000;

export const momentPresets: Option[] = [
  { value: "today", label: "Today" },
  { value: "7d", label: "Past 7 days" },
  { value: "month", label: "This month" },
  { value: "year", label: "This year" },
  { value: "none", label: "No date" },
  { value: "any", label: "Has date" },
];

/** What a preset means now; null: no value, undefined: no such preset. */
export function presetSpan(value: string, now: number, timeZone: string): Span | null | undefined {
  const [year, month, day] = dateIn(now, timeZone);
  switch (value) {
    case "today":
      return { from: startOf(year, month, day, timeZone), to: startOf(year, month, day + 1, timeZone) };
    case "7d":
      return { from: startOf(year, month, day - 6, timeZone), to: startOf(year, month, day + 1, timeZone) };
    case "month":
      return { from: startOf(year, month, 1, timeZone), to: startOf(year, month + 1, 1, timeZone) };
    case "year":
      return { from: startOf(year, 1, 1, timeZone), to: startOf(year + 1, 1, 1, timeZone) };
    case "none":
      return null;
    case "any":
      return {};
    default:
      return undefined;
  }
}

/** `from..to`, of which one may be missing; a date as the end includes its day. Undefined: not understood. */
export function parseSpan(text: string, now: number, timeZone: string): Span | undefined {
  const [from = "", to = "", ...more] = text.split("..");
  if (more.length > 0 || !text.includes("..") || (from === "" && to === "")) return undefined;
  const first = from === "" ? {} : parseMoment(from, now, timeZone);
  const last = to === "" ? {} : parseMoment(to, now, timeZone);
  if (first === undefined || last === undefined) return undefined;
  return {
    ...(first.from === undefined ? {} : { from: first.from }),
    ...(last.to === undefined ? {} : { to: last.to }),
  };
}

const isoDate = /^(\d{4})-(\d{2})-(\d{2})$/;
const isoMoment =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:\d{2})?$/;
const duration = /^(\d{1,6})(ms|s|m|h|d|w)$/;

/** A date is its day, a moment itself, a duration the time since then. */
export function parseMoment(text: string, now: number, timeZone: string): Span | undefined {
  const date = isoDate.exec(text);
  if (date !== null) {
    const [year, month, day] = date.slice(1).map(Number) as [number, number, number];
    if (!isDate(year, month, day)) return undefined;
    return { from: startOf(year, month, day, timeZone), to: startOf(year, month, day + 1, timeZone) };
  }
  const moment = isoMoment.exec(text);
  if (moment !== null) {
    const [year, month, day, hour, minute, second, fraction] = moment
      .slice(1, 8)
      .map((part, index) => Number(index === 6 ? (part ?? "0").padEnd(3, "0") : (part ?? 0))) as number[] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
    const wall = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
    const zone = moment[8];
    const at = zone === undefined ? inZone(wall, timeZone) : wall - offsetOf(zone);
    return { from: at, to: at + 1 };
  }
  const ago = duration.test(text) ? durationOf(text) : undefined;
  return ago === undefined ? undefined : { from: now - ago };
}

/** Milliseconds of a duration as people write it; undefined: it is none. */
export function durationOf(text: string): number | undefined {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  const [, count, unit] = duration.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * (unitMs[unit] as number);
}

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: dayMs, w: 7 * dayMs };

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const [hours, minutes] = zone.slice(1).split(":").map(Number) as [number, number];
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function dateIn(at: number, timeZone: string): [year: number, month: number, day: number] {
  const date = new Date(at + offsetIn(at, timeZone));
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
}

function startOf(year: number, month: number, day: number, timeZone: string): number {
  return inZone(Date.UTC(year, month - 1, day), timeZone);
}

/** The instant at which clocks of that zone show this time. Where they skip it, the first one after. */
function inZone(wall: number, timeZone: string): number {
  const guess = wall - offsetIn(wall, timeZone);
  return wall - offsetIn(guess, timeZone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a zone are ahead of UTC at that instant. */
export function offsetIn(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}
