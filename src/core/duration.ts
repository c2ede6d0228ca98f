// Spans of time: "5m" to milliseconds, and milliseconds to words for people.
import { QuernError } from "./errors.ts";

/** Milliseconds, or a number with a unit: `"250ms"`, `"30s"`, `"5m"`, `"1h"`, `"2d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longestMs = 36_500 * unitMs.d;

/** Whole milliseconds. What is no duration is refused with the name of the option it stood in. */
export function parseDuration(value: Duration | string, field: string, where?: string): number {
  const ms = typeof value === "number" ? value : typeof value === "string" ? textToMs(value) : Number.NaN;
  if (ms >= 0 && ms <= longestMs) return Math.round(ms);
  throw new QuernError("QUERN_BAD_OPTION", {
    field,
    expected: 'a duration such as "30s", "5m" or 1500 (milliseconds)',
    given: typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : shown(value),
    where,
  });
}

/** For people: `"240 ms"`, `"1.2 s"`, `"3 min 20 s"`, `"5 h 2 min"`, `"2 d 3 h"`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return pair(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return pair(minutes, 60, "h", "min");
  return pair(Math.round(minutes / 60), 24, "d", "h");
}

// Whatever it is: an object without a prototype can't even be made a text.
function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 60);
}

function textToMs(text: string): number {
  const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return Number(amount) * unitMs[unit as keyof typeof unitMs];
}

function pair(amount: number, size: number, big: string, small: string): string {
  const rest = amount % size;
  return `${Math.floor(amount / size)} ${big}${rest > 0 ? ` ${rest} ${small}` : ""}`;
}
