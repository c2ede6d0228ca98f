// A filter to a WHERE: names come from this file, values are always bound.
import { hasEnded, type TaskState } from "../../core/task.ts";
import { lowered } from "../condition.ts";
import type { TaskFilter } from "../filter.ts";
import type { ScheduleFilter } from "../schedules.ts";
import type { Value } from "./database.ts";

export interface Where {
  sql: string;
  values: Value[];
}

const allStates: readonly TaskState[] = ["waiting", "ready", "leased", "success", "failure"];

function listOf<T extends string>(given: T | readonly T[] | undefined): readonly T[] | undefined {
  return typeof given === "string" ? [given] : given;
}

/** The states a filter leaves, split by the table they are in. An empty list: that table has nothing for it. */
export function statesIn(filter: TaskFilter): { queued: TaskState[]; ended: TaskState[] } {
  const states = listOf(filter.state) ?? allStates;
  return {
    queued: filter.outcome === undefined ? states.filter((state) => !hasEnded(state)) : [],
    ended: states.filter(hasEnded),
  };
}

/** `states` are those of the one table this is for. */
export function taskWhere(filter: TaskFilter, states: readonly TaskState[]): Where {
  const parts: string[] = [];
  const values: Value[] = [];
  const add = (sql: string, ...bound: Value[]): void => {
    parts.push(sql);
    values.push(...bound);
  };
  const oneOf = (column: string, given: readonly string[] | undefined): void => {
    if (given !== undefined)
      add(given.length === 0 ? "1 = 0" : `${column} IN (${given.map(() => "?").join(", ")})`, ...given);
  };
  oneOf("state", states);
  oneOf("outcome", listOf(filter.outcome));
  oneOf("func", listOf(filter.func));
  oneOf("queue", listOf(filter.queue));
  oneOf('"group"', listOf(filter.group));
  if (filter.name !== undefined) add("name = ?", filter.name);
  if (filter.schedule !== undefined) add("schedule = ?", filter.schedule);
  if (filter.tag !== undefined) add("replace(tags, ?, '') <> tags", JSON.stringify(filter.tag)); // LIKE would not see the case
  if (filter.from !== undefined) add("enqueued >= ?", filter.from);
  if (filter.to !== undefined) add("enqueued < ?", filter.to);
  addSearch(add, filter.search, ["name", "func", '"group"']);
  return { sql: parts.join(" AND "), values };
}

const scheduleStatus = {
  active: "next_run IS NOT NULL AND repeats <> 0",
  paused: "next_run IS NOT NULL AND repeats = 0",
  finished: "next_run IS NULL",
} as const;

export function scheduleWhere(filter: ScheduleFilter): Where {
  const parts: string[] = ["1 = 1"];
  const values: Value[] = [];
  const add = (sql: string, ...bound: Value[]): void => {
    parts.push(sql);
    values.push(...bound);
  };
  const isSet = (column: string, set: boolean | undefined): void => {
    if (set !== undefined) add(`${column} IS ${set ? "NOT NULL" : "NULL"}`);
  };
  if (filter.status !== undefined) add(scheduleStatus[filter.status]);
  if (filter.func !== undefined) add("func = ?", filter.func);
  if (filter.queue !== undefined) add("queue = ?", filter.queue);
  isSet("declared", filter.declared);
  isSet("error", filter.failing);
  addSearch(add, filter.search, ["name", "func"]);
  return { sql: parts.join(" AND "), values };
}

function addSearch(
  add: (sql: string, ...bound: Value[]) => void,
  search: string | undefined,
  columns: readonly string[],
): void {
  for (const word of search?.split(/\s+/).filter(Boolean) ?? []) {
    const pattern = containing(lowered(word));
    const matches = columns.map((column) => `lower(${column}) LIKE ? ESCAPE '\\'`);
    add(`(${matches.join(" OR ")})`, ...columns.map(() => pattern));
  }
}

/** A LIKE pattern for a literal part of a text. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
