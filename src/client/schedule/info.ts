// A schedule and its runs as applications and people read them: dates, a decoded input, words for its times.
import { decode } from "../../core/codec.ts";
import type { ScheduledCallOptions } from "../../core/schedule/definition.ts";
import {
  type DeclaredBy,
  type Definition,
  readDeclared,
  readDefinition,
} from "../../core/schedule/definition.ts";
import { describe } from "../../core/schedule/describe.ts";
import {
  isOverdue,
  type Missed,
  type ScheduleStatus,
  type ScheduleType,
  statusOf,
} from "../../core/schedule/schedule.ts";
import type { ScheduleRow, ScheduleRun } from "../../store/schedules.ts";
import type { Client } from "../client.ts";

export interface ScheduleInfo {
  id: string;
  /** Null: it is known by its id. */
  name: string | null;
  func: string;
  queue: string;
  /** The label of its tasks. */
  group: string;
  /** Undefined when it can't be read; `unreadable` says why. */
  input: unknown;
  /** Null when the row can't be read; `unreadable` says why. So are the times below. */
  type: ScheduleType | null;
  minutes: number | null;
  cron: string | null;
  timeZone: string | null;
  firstRun: Date | null;
  end: Date | null;
  /** When it comes, in words: "Every day at 07:00, Europe/Amsterdam". */
  words: string | null;
  repeats: number;
  /** The count that a paused schedule goes on with. */
  pausedRepeats: number | null;
  status: ScheduleStatus;
  nextRun: Date | null;
  /** It should have run more than a minute ago: no cluster fires it. */
  overdue: boolean;
  /** The newest of its runs, and whether it went well: null while it has not ended, or its task was deleted. */
  lastRun: ScheduleRunInfo | null;
  success: boolean | null;
  missed: Missed | null;
  missedAfterMs: number | null;
  intendedDateKey: string | null;
  keepRuns: number;
  note: string | null;
  /** The options of its tasks, as they were given. */
  options: ScheduledCallOptions;
  /** Why it can't run. */
  error: string | null;
  /** It is not fired until it is saved again, because of its error. */
  held: boolean;
  /** Why input or times can't be read; null: they can. */
  unreadable: string | null;
  /** `config`: declared in `new Quern({ schedules })`; `code`: by `quern.schedule()`; null: made by a person. */
  declared: DeclaredBy | null;
  /** Raised by every save; for `update(…, { version })`. */
  version: number;
  created: Date;
  changed: Date;
}

/** One run of a schedule. */
export interface ScheduleRunInfo {
  /** `manual`: somebody asked for it, beside its times. */
  kind: ScheduleRun["kind"];
  /** The intended time. */
  slot: Date;
  /** The id of its task. */
  task: string;
  enqueued: Date;
  started: Date | null;
  stopped: Date | null;
  /** Null: it has not ended. */
  outcome: ScheduleRun["outcome"];
  /** Whether it went well; null while it has not ended, or when there is no telling. */
  success: boolean | null;
}

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

/** `now`: by the clock of the engine. */
export function scheduleInfo(
  client: Client,
  row: ScheduleRow,
  last: ScheduleRun | undefined,
  now: number,
): ScheduleInfo {
  const { definition, ...read } = readRow(client, row);
  const lastRun = last === undefined ? null : runInfo(last);
  return {
    id: row.id,
    name: row.name,
    func: row.func,
    queue: row.queue,
    group: definition?.options.group ?? row.name ?? row.id,
    type: definition?.type ?? null,
    minutes: definition?.minutes ?? null,
    cron: definition?.cron ?? null,
    timeZone: definition?.timeZone ?? null,
    firstRun: dateOf(definition?.firstRun ?? null),
    end: dateOf(definition?.end ?? null),
    repeats: row.repeats,
    pausedRepeats: row.pausedRepeats,
    status: statusOf(row),
    nextRun: dateOf(row.nextRun),
    overdue: isOverdue(row, now),
    lastRun,
    success: lastRun?.success ?? null,
    missed: definition?.missed ?? null,
    missedAfterMs: definition?.missedAfterMs ?? null,
    intendedDateKey: definition?.intendedDateKey ?? null,
    keepRuns: row.keepRuns,
    note: row.note,
    options: definition?.options ?? {},
    error: row.error,
    held: row.held,
    declared: readDeclared(row.declared)?.by ?? null,
    version: row.version,
    created: new Date(row.created),
    changed: new Date(row.changed),
    ...read,
  };
}

export function runInfo(run: ScheduleRun): ScheduleRunInfo {
  return {
    kind: run.kind,
    slot: new Date(run.slot),
    task: run.task,
    enqueued: new Date(run.enqueued),
    started: dateOf(run.started),
    stopped: dateOf(run.stopped),
    outcome: run.outcome,
    success: successOf(run),
  };
}

function successOf({ outcome }: ScheduleRun): boolean | null {
  if (outcome === null || outcome === "deleted" || outcome === "deduplicated") return null;
  return outcome === "success";
}

interface Readings {
  definition: Definition | null;
  input: unknown;
  words: string | null;
  unreadable: string | null;
}

// One schedule that can't be read is shown as that, in a list of those that can.
function readRow(client: Client, row: ScheduleRow): Readings {
  const readings: Readings = { definition: null, input: undefined, words: null, unreadable: null };
  try {
    readings.definition = readDefinition(row.definition, row.name ?? row.id);
    readings.words = describe(readings.definition);
    readings.input = decode(readings.definition.input, client.options);
  } catch (error) {
    readings.unreadable = error instanceof Error ? error.message : String(error);
  }
  return readings;
}
