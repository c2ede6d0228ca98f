// Checks of what a caller gave, in one sentence: expected <field> to be <what>, got <value>. Set it in <where>.
import { isDate } from "node:util/types";
import { type Duration, parseDuration } from "./duration.ts";
import { QuernError } from "./errors.ts";

/** Where a caller sets something: `new Quern({ * })`. `*` stands for the first part of the field's name. */
export type Place = string;

export type Check<T> = (value: unknown, field: string, place?: Place) => T;

/** Refuses the first key that nobody reads, and says which one was probably meant. */
export function checkKeys(given: object, known: readonly string[], what: string): void {
  checkObject(given, `the options of ${what}`);
  for (const option of Object.keys(given)) {
    if (known.includes(option)) continue;
    const ours = Object.hasOwn(elsewhere, option) ? elsewhere[option] : undefined;
    const meant = ours !== undefined && known.includes(ours) ? ours : didYouMean(option, known);
    throw new QuernError("QUERN_UNKNOWN_OPTION", { what, option, meant });
  }
}

// What other queues call it.
const elsewhere: Readonly<Record<string, string>> = {
  attempts: "retry",
  maxAttempts: "retry",
  retryLimit: "retry",
  backoff: "retry",
  retryBackoff: "retry",
  jobId: "id",
  jobKey: "unique",
  singletonKey: "unique",
  deduplication: "unique",
  startAfter: "runAt",
  expireInSeconds: "timeout",
  removeOnComplete: "save",
  queueName: "queue",
  every: "minutes",
  pattern: "cron",
  tz: "timeZone",
  limit: "repeats",
};

/** Each option that is given, by its own check. */
export function checkEach(
  given: object,
  checks: Readonly<Record<string, Check<unknown>>>,
  place?: Place,
  prefix = "",
): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) checks[name]?.(value, prefix + name, place);
  }
}

export function checkObject(value: unknown, field: string, place?: Place): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(value, field, "an object", place);
  }
}

export function wholeNumber(
  value: unknown,
  field: string,
  place?: Place,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
    return value as number;
  }
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} up` : `${min} to ${max}`;
  return refuse(value, field, `a whole number from ${range}`, place);
}

export function between(min: number, max?: number): Check<number> {
  return (value, field, place) => wholeNumber(value, field, place, { min, max });
}

export function numberFrom1(value: unknown, field: string, place?: Place): number {
  return Number.isFinite(value) && (value as number) >= 1
    ? (value as number)
    : refuse(value, field, "a number from 1 up", place);
}

/** A number of bytes, or a size such as `"512MB"`. */
export function byteCount(value: unknown, field: string, place?: Place): number {
  const written = typeof value === "string" ? value : "";
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)([KMG])B$/.exec(written) ?? [];
  const bytes = unit === undefined ? value : Math.round(Number(amount) * 1024 ** ("KMG".indexOf(unit) + 1));
  if (Number.isSafeInteger(bytes) && (bytes as number) >= 0) return bytes as number;
  return refuse(value, field, 'a number of bytes, or a size such as "512MB"', place);
}

export function flag(value: unknown, field: string, place?: Place): boolean {
  return typeof value === "boolean" ? value : refuse(value, field, "true or false", place);
}

export function oneOf<T extends string>(
  value: unknown,
  choices: readonly T[],
  field: string,
  place?: Place,
): T {
  if (choices.includes(value as T)) return value as T;
  const meant = typeof value === "string" ? didYouMean(value, choices) : undefined;
  const list = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  return refuse(value, field, meant === undefined ? list : `${list} (did you mean "${meant}"?)`, place);
}

export function choice<T extends string>(...choices: readonly T[]): Check<T> {
  return (value, field, place) => oneOf(value, choices, field, place);
}

/** Text that stands in a column: func, queue, group, name, a key, a tag. */
export function text(value: unknown, field: string, place?: Place): string {
  if (typeof value === "string" && value.length > 0 && value.length <= 255 && !oddText.test(value)) {
    return value;
  }
  return refuse(
    value,
    field,
    "text of 1 to 255 characters without control characters or lone surrogates",
    place,
  );
}

/** Text to look something up by: any, for one that fits no column is simply not there. */
export function anyText(value: unknown, field: string, place?: Place): string {
  return typeof value === "string" ? value : refuse(value, field, "text", place);
}

export function textList(value: unknown, field: string, place?: Place): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  return refuse(value, field, "an array of texts", place);
}

export function duration(
  value: unknown,
  field: string,
  place?: Place,
  { min = 0 }: { min?: number } = {},
): number {
  const ms = parseDuration(value as Duration, field, whereToSet(field, place));
  return ms >= min ? ms : refuse(value, field, `a duration of at least ${min} ms`, place);
}

export function someTime(value: unknown, field: string, place?: Place): number {
  return duration(value, field, place, { min: 1 });
}

/** A duration above nothing, or `false` for none, which is `null` from here on. */
export function durationOrNone(value: unknown, field: string, place?: Place): number | null {
  return value === false ? null : someTime(value, field, place);
}

export function callable<T>(value: T, field: string, place?: Place): T {
  return typeof value === "function" ? value : refuse(value, field, "a function", place);
}

/** Throws QUERN_BAD_OPTION. `secret` keeps what was given out of the message. */
export function refuse(
  value: unknown,
  field: string,
  expected: string,
  place?: Place,
  secret = false,
): never {
  throw new QuernError("QUERN_BAD_OPTION", {
    field,
    expected,
    given: secret ? "something else" : show(value),
    where: whereToSet(field, place),
  });
}

/** A value in a few characters for a message: strings quoted, big things by their kind. Never throws. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  }
  if (typeof value === "bigint" || typeof value === "number") return String(value).slice(0, 60);
  if (value === undefined || value === null || typeof value === "boolean") return String(value);
  if (isDate(value)) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  return kindOf(value);
}

/** What sort of value this is, without showing it. Never throws. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    if (Array.isArray(value)) return "an array";
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object"
      ? `an instance of ${name.slice(0, 60)}`
      : "an object";
  } catch {
    return "an object that can't be read";
  }
}

/** The candidate that differs from the word in few enough letters to be what was meant. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let fewest = Math.max(1, Math.ceil(word.length * 0.4)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

// Control characters, and halves of a surrogate pair: with the u flag a whole pair is one character and no
// match.
const oddText = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/u;

function whereToSet(field: string, place: Place | undefined): string | undefined {
  return place?.replace("*", () => field.split(/[.[]/, 1)[0] ?? field);
}

// Levenshtein's, one row at a time.
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
