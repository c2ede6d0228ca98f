// What somebody says of a schedule, checked; and what a row becomes by it. Nothing here writes.
import { refuse, text } from "../../core/check.ts";
import { decode, encode } from "../../core/codec.ts";
import { QuernError } from "../../core/errors.ts";
import type { ResolvedQuernOptions } from "../../core/options.ts";
import {
  type Declared,
  type Definition,
  readDefinition,
  withIntendedDate,
  writeDeclared,
  writeDefinition,
} from "../../core/schedule/definition.ts";
import {
  type AnyScheduleOptions,
  givenOptions,
  resolveSchedule,
} from "../../core/schedule/schedule-options.ts";
import { firstSlot, resume, statusOf } from "../../core/schedule/schedule.ts";
import { checkInput } from "../../core/schema.ts";
import type { ScheduleRow } from "../../store/schedules.ts";
import type { Registry } from "../registry.ts";

/** What is needed to check one: a client has it. */
export interface Knowing {
  readonly options: ResolvedQuernOptions;
  readonly registry: Registry;
}

export interface ScheduleDraft {
  name: string | null;
  func: string;
  queue: string;
  repeats: number;
  keepRuns: number;
  note: string | null;
  /** Its `firstRun` is null where nothing was said of it. */
  definition: Definition;
  /** As it was given: the schema is to see it before it is encoded. */
  input: unknown;
}

export interface Said {
  name: string | null;
  func: string;
  input: unknown;
  options: AnyScheduleOptions;
  /** Where it was said, for messages: `schedule("digest", …, { * })`. */
  place: string;
}

/** Checks all but the input against its schema, which may take time: `checkScheduledInput`. */
export function draftSchedule(known: Knowing, { name, func, input, options, place }: Said): ScheduleDraft {
  if (name !== null) text(name, "the name of a schedule");
  const task = known.registry.get(func);
  const what = name === null ? `a schedule of ${func}` : `schedule ${name}`;
  const { repeats, keepRuns, note, ...resolved } = resolveSchedule(options, known.options, what, place);
  const encoded = encode(input, known.options);
  if (resolved.intendedDateKey !== null && !takesKeys(decode(encoded, known.options))) {
    refuse(input, "the input", "an object, or none, as intendedDateKey puts the time into it");
  }
  return {
    name,
    func: task.taskName,
    queue: resolved.options.queue ?? task.options.queue ?? "default",
    repeats,
    keepRuns,
    note,
    definition: { ...resolved, input: encoded },
    input,
  };
}

function takesKeys(input: unknown): boolean {
  return input === undefined || (typeof input === "object" && input !== null && isPlain(input));
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** Throws QUERN_BAD_INPUT for an input that its task function could not take, with the time of a slot in it where that is asked for. */
export async function checkScheduledInput(
  known: Knowing,
  { func, input, definition: { intendedDateKey } }: ScheduleDraft,
  now: number,
): Promise<void> {
  const sample = intendedDateKey === null ? input : withIntendedDate(input, intendedDateKey, now);
  encode(sample, known.options);
  await checkInput(known.registry.get(func).schema, sample, func);
}

/** The same declaration is always the same text; what is left open, such as `firstRun`, stays open in it. */
export function contentOf({ repeats, func, queue, keepRuns, note, definition }: ScheduleDraft): string {
  const said = { repeats, func, queue, keepRuns, definition: writeDefinition(definition) };
  // Without a note the text is what it was before there were notes, and known by it.
  return JSON.stringify(note === null ? said : { ...said, note });
}

/** What the declaration said of the repeats. */
export function declaredRepeats({ content }: Declared): number {
  return Number(/^\{"repeats":(-?\d+)/.exec(content)?.[1]);
}

/** So often is a change tried again when somebody else was first. */
export const mostTries = 50;

export type RowToSave = Omit<ScheduleRow, "created" | "changed">;

/** Throws when it would never come. */
export function newRow(draft: ScheduleDraft, id: string, declared: Declared | null, now: number): RowToSave {
  const definition = begun(draft.definition, now);
  return {
    id,
    version: 1,
    revision: 1,
    ...columnsOf(draft, definition, declared),
    nextRun: firstSlot(definition, { now, graceMs: definition.missedAfterMs }),
    repeats: draft.repeats,
    pausedRepeats: null,
  };
}

/** How a change goes about what the row has and the draft may not say. */
export interface ChangeRules {
  now: number;
  declared: Declared | null;
  /** What was said of the repeats; undefined: nothing, so they go on. */
  repeats: number | undefined;
  /** The pause of a paused schedule outlives a new number of repeats, which then waits for the end of the pause. */
  keepPause: boolean;
  /** Times that have no slot any more finish it instead of being refused. */
  mayEnd: boolean;
}

/**
 * The row as the draft wants it. Its slots begin anew, as a new revision, when its times change or when it was finished and gets
 * new repeats. Whatever kept it from running is forgotten.
 */
export function changedRow(row: ScheduleRow, draft: ScheduleDraft, rules: ChangeRules): RowToSave {
  const { now } = rules;
  const definition = begun(draft.definition, now);
  const counts = countsOf(row, definition, rules);
  const finished = statusOf(row) === "finished";
  const begins =
    !sameTimes(row, definition) || (finished && rules.repeats !== undefined && counts.repeats !== 0);
  // A first run that was there before has had its slot.
  const graceMs = definitionIn(row)?.firstRun === definition.firstRun ? 0 : definition.missedAfterMs;
  const over = (finished && counts.repeats === 0) || (rules.mayEnd && isOver(definition, now));
  return {
    ...row,
    ...columnsOf(draft, definition, rules.declared),
    version: row.version + 1,
    revision: begins ? row.revision + 1 : row.revision,
    ...counts,
    ...(begins ? { nextRun: over ? null : firstSlot(definition, { now, graceMs }) } : {}),
  };
}

export function isOver({ end }: Definition, now: number): boolean {
  return end !== null && end < now;
}

function columnsOf(
  { name, func, queue, keepRuns, note }: ScheduleDraft,
  definition: Definition,
  declared: Declared | null,
): Omit<RowToSave, "id" | "version" | "revision" | keyof Counts> {
  return {
    name,
    func,
    queue,
    definition: writeDefinition(definition),
    type: definition.type,
    note,
    keepRuns,
    declared: declared && writeDeclared(declared),
    error: null,
    held: false,
  };
}

/** Without a word about its first run it begins now; only a cron line needs no beginning. */
function begun(definition: Definition, now: number): Definition {
  return definition.type === "cron" || definition.firstRun !== null
    ? definition
    : { ...definition, firstRun: now };
}

type Counts = Pick<ScheduleRow, "repeats" | "pausedRepeats" | "nextRun">;

function countsOf(
  row: ScheduleRow,
  definition: Definition,
  { repeats: said, keepPause, now }: ChangeRules,
): Counts {
  const { repeats, pausedRepeats, nextRun } = row;
  const status = statusOf(row);
  if (said === undefined) return { repeats, pausedRepeats, nextRun };
  if (said === 0) {
    return status === "active"
      ? { repeats: 0, pausedRepeats: repeats, nextRun }
      : { repeats, pausedRepeats, nextRun };
  }
  if (status !== "paused") return { repeats: said, pausedRepeats: null, nextRun };
  if (keepPause) return { repeats: 0, pausedRepeats: said, nextRun };
  const goesOn = resume({ ...definition, repeats, nextRun, pausedRepeats: said }, { now });
  return { repeats: said, pausedRepeats: null, nextRun: goesOn === null ? nextRun : goesOn.nextRun };
}

const timeKeys = ["type", "minutes", "cron", "timeZone", "firstRun", "end"] as const;

function sameTimes(row: ScheduleRow, definition: Definition): boolean {
  const before = definitionIn(row);
  return before !== null && timeKeys.every((key) => before[key] === definition[key]);
}

/** Null when it can't be read. */
export function definitionIn(row: Pick<ScheduleRow, "id" | "name" | "definition">): Definition | null {
  try {
    return readDefinition(row.definition, row.name ?? row.id);
  } catch (error) {
    if (error instanceof QuernError) return null;
    throw error;
  }
}

/** What is said of a schedule that stands, in the words of its options. */
export function saidBy(row: ScheduleRow, known: Knowing): Omit<Said, "place"> {
  const definition = readDefinition(row.definition, row.name ?? row.id);
  const { name, func, repeats, keepRuns, note } = row;
  return {
    name,
    func,
    input: decode(definition.input, known.options),
    options: givenOptions({ definition, repeats, keepRuns, note }),
  };
}
