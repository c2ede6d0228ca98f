// A filter to a WHERE: names come from this file, values are always bound.
import { hasEnded, type TaskState } from "../../core/task.ts";
import type { TaskFilter } from "../filter.ts";
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
  for (const word of filter.search?.split(/\s+/).filter(Boolean) ?? []) {
    const pattern = containing(word);
    const columns = ["name", "func", '"group"'].map((column) => `lower(${column}) LIKE lower(?) ESCAPE '\\'`);
    add(`(${columns.join(" OR ")})`, pattern, pattern, pattern);
  }
  return { sql: parts.join(" AND "), values };
}

/** A LIKE pattern for a literal part of a text. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
