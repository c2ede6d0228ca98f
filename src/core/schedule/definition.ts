// What a schedule's row says of it as text: its times, and what its tasks are made of. The only reader and the only writer.
import { createHash } from "node:crypto";
import { kindOf } from "../check.ts";
import { QuernError } from "../errors.ts";
import type { CallOptions } from "../task-options.ts";
import {
  type CatchUp,
  type Missed,
  type ScheduleState,
  type ScheduleTimes,
  scheduleTypes,
} from "./schedule.ts";

/** The options of a call that a schedule keeps for its tasks; as they were given, so that what they leave open is decided when a task is made. */
export type ScheduledCallOptions = Omit<CallOptions, "id" | "name" | "delay" | "runAt" | "tx">;

/** Moments are UTC epoch milliseconds. */
export interface Definition extends ScheduleTimes {
  minutes: number | null;
  cron: string | null;
  firstRun: number | null;
  end: number | null;
  missed: Missed;
  missedAfterMs: number;
  /** The slot's time goes into the input under this key, as ISO text. */
  intendedDateKey: string | null;
  /** Absent but after a resume that catches up on what passed meanwhile. */
  catchUp?: CatchUp;
  /** What the codec wrote. */
  input: string;
  options: ScheduledCallOptions;
}

/** What is read here of a row. */
export interface DefinedRow {
  id: string;
  name: string | null;
  repeats: number;
  nextRun: number | null;
  definition: string;
}

/** A schedule as its row stands: what `advances` takes, and what its tasks are made of. */
export interface ReadSchedule extends Definition, ScheduleState {
  missedAfterMs: number;
  minutes: number | null;
  cron: string | null;
  firstRun: number | null;
  end: number | null;
  /** The label of its tasks: their group option, else the schedule's name, else its id. */
  group: string;
}

/** The same definition is always the same text. */
export function writeDefinition(definition: Definition): string {
  return JSON.stringify(Object.fromEntries(definitionKeys.map((key) => [key, definition[key]])), sortedKeys);
}

// An object that is part of an option may have been written in any order.
function sortedKeys(key: string, value: unknown): unknown {
  if (key === "" || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The input as a task gets it: with the intended time of its slot, as ISO text. */
export function withIntendedDate(input: unknown, key: string, slot: number): unknown {
  return { ...(input as object | undefined), [key]: new Date(slot).toISOString() };
}

/** Throws QUERN_UNREADABLE_SCHEDULE. What it reads may still be times that could never come; `advances` says that. */
export function readSchedule(row: DefinedRow): ReadSchedule {
  const definition = readDefinition(row.definition, row.name ?? row.id);
  return {
    ...definition,
    repeats: row.repeats,
    nextRun: row.nextRun,
    group: definition.options.group ?? row.name ?? row.id,
  };
}

export function readDefinition(text: string, schedule: string): Definition {
  const unreadable = (reason: string, cause?: unknown): never => {
    throw new QuernError("QUERN_UNREADABLE_SCHEDULE", { schedule, reason }, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return unreadable("it is no JSON", error);
  }
  if (typeof value !== "object" || value === null) return unreadable(`it is ${kindOf(value)}`);
  const fields = value as Record<string, unknown>;
  const wrong = definitionKeys.find((key) => !shapes[key](fields[key]));
  if (wrong !== undefined) unreadable(`its ${wrong} is missing or wrong`);
  return value as Definition;
}

/** Who declares a schedule: `schedules` in new Quern, or `quern.schedule()`. */
export type DeclaredBy = "config" | "code";

/** The declaration a schedule was made from: who made it, and what it says. */
export interface Declared {
  by: DeclaredBy;
  /** The same declaration is always the same text. */
  content: string;
}

/** As the row keeps it. */
export function writeDeclared({ by, content }: Declared): string {
  return `${by} ${content}`;
}

/** Null: people made it, or nobody we know. */
export function readDeclared(text: string | null): Declared | null {
  const [, by, content] = /^(config|code) ([^]*)$/.exec(text ?? "") ?? [];
  return by === undefined || content === undefined ? null : { by: by as DeclaredBy, content };
}

/**
 * Where `meta` remembers that a declared schedule deleted itself, so that its declaration does not make it again; undefined for one
 * that people made.
 */
export function rememberKey(row: { name: string | null; declared: string | null }): string | undefined {
  const declared = readDeclared(row.declared);
  if (row.name === null || declared === null) return undefined;
  const known = createHash("sha256").update(JSON.stringify([row.name, declared.content]));
  return `schedule-done:${known.digest("hex")}`;
}

const longestReason = 1_000;

/** Why it can't run, as its row keeps it: a text that every engine takes. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, longestReason).replaceAll(/[\p{Cc}\p{Cs}]+/gu, " ");
}

const isText = (value: unknown): boolean => typeof value === "string";
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const orNull =
  (fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || fits(value);

const isMissed = (value: unknown): boolean => value === "all" || value === "one" || value === "none";
const isCatchUp = (value: unknown): boolean => {
  const { missed, until } = (value ?? {}) as Partial<CatchUp>;
  return isMissed(missed) && Number.isSafeInteger(until);
};

// What a newer Quern adds is let through. The order is the one they are written in.
const shapes: Record<keyof Definition, (value: unknown) => boolean> = {
  type: (value) => scheduleTypes.some((type) => type === value),
  minutes: orNull(isCount),
  cron: orNull(isText),
  timeZone: isText,
  firstRun: orNull(Number.isSafeInteger),
  end: orNull(Number.isSafeInteger),
  missed: isMissed,
  missedAfterMs: isCount,
  intendedDateKey: orNull(isText),
  catchUp: (value) => value === undefined || isCatchUp(value),
  input: isText,
  options: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};
const definitionKeys = Object.keys(shapes) as (keyof Definition)[];
