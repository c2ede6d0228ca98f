// What lists are asked for, checked: a filter nobody knows would else match everything, and a state that is none nothing.
import { anyText, between, type Check, checkEach, checkKeys, choice, flag, refuse } from "../core/check.ts";
import { isId } from "../core/id.ts";
import type { AttemptOutcome, TaskState } from "../core/task.ts";
import type { PageRequest, TaskFilter as StoredTaskFilter } from "../store/filter.ts";
import type { ScheduleFilter } from "../store/schedules.ts";

/** All that are given must hold. Lists mean "one of". */
export interface TaskFilter extends Omit<StoredTaskFilter, "from" | "to"> {
  /** Enqueued at this moment or later. */
  from?: Date;
  /** Enqueued before this moment. */
  to?: Date;
}

export interface Paging {
  /** 1 to 1,000. @default 100 */
  limit?: number;
  /** The `next` of the page before. */
  after?: string;
}

export interface ListOptions extends Paging {
  /** @default false: newest first */
  oldestFirst?: boolean;
}

const usualLimit = 100;
const mostOnPage = 1_000;

const moment: Check<Date> = (value, field, place) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value : refuse(value, field, "a Date", place);

/** One, or several of which one must hold. */
function some<T>(check: Check<T>): Check<T | readonly T[]> {
  return (value, field, place) =>
    Array.isArray(value) ? value.map((one) => check(one, field, place)) : check(value, field, place);
}

const taskChecks: Record<keyof TaskFilter, Check<unknown>> = {
  state: some(choice<TaskState>("waiting", "ready", "leased", "success", "failure")),
  outcome: some(
    choice<AttemptOutcome>(
      "success",
      "failed",
      "timeout",
      "crashed",
      "lost",
      "released",
      "snoozed",
      "cancelled",
      "quarantined",
    ),
  ),
  func: some(anyText),
  queue: some(anyText),
  group: some(anyText),
  name: anyText,
  schedule: anyText,
  tag: anyText,
  from: moment,
  to: moment,
  search: anyText,
};

const scheduleChecks: Record<keyof ScheduleFilter, Check<unknown>> = {
  status: choice("active", "paused", "finished"),
  func: anyText,
  queue: anyText,
  declared: flag,
  failing: flag,
  search: anyText,
};

const pageChecks: Record<keyof ListOptions, Check<unknown>> = {
  limit: between(1, mostOnPage),
  after: (value, field, place) =>
    isId(value) ? value : refuse(value, field, "the `next` of the page before", place),
  oldestFirst: flag,
};

/** Throws QUERN_BAD_OPTION and QUERN_UNKNOWN_OPTION; `what` is the call, such as `quern.tasks.list`. */
export function taskFilter(given: TaskFilter, what: string): StoredTaskFilter {
  checkFilter(given, taskChecks, what);
  const { from, to, ...rest } = given;
  return {
    ...rest,
    ...(from === undefined ? {} : { from: from.getTime() }),
    ...(to === undefined ? {} : { to: to.getTime() }),
  };
}

/** Throws as `taskFilter` does. */
export function scheduleFilter(given: ScheduleFilter, what: string): ScheduleFilter {
  checkFilter(given, scheduleChecks, what);
  return given;
}

/** Throws as `taskFilter` does. */
export function pageRequest(given: ListOptions, what: string): PageRequest {
  checkKeys(given, Object.keys(pageChecks), what);
  checkEach(given, pageChecks, `${what}(filter, { * })`);
  const { limit = usualLimit, after, oldestFirst = false } = given;
  return { limit, oldestFirst, ...(after === undefined ? {} : { after }) };
}

function checkFilter(given: object, checks: Readonly<Record<string, Check<unknown>>>, what: string): void {
  checkKeys(given, Object.keys(checks), what);
  checkEach(given, checks, `${what}({ * })`);
}
