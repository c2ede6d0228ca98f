// A condition to SQL: names come from this file, values are always bound, and what is unknown counts as not true.
import type { Condition, ListName } from "../browse.ts";
import { lowered } from "../condition.ts";
import type { Value } from "./database.ts";
import type { Scope, Tables } from "./dialect.ts";
import { containing, type Where } from "./where.ts";

/** How a field is written in SQL, and the columns that takes of its row, which is called `near`. */
interface FieldSql {
  readonly sql: string | ((tables: Tables) => string);
  readonly columns: readonly string[];
}

const columns = (...names: string[]): Record<string, FieldSql> =>
  Object.fromEntries(names.map((name) => [name, { sql: name, columns: [name] }]));

const ofTasks: Record<string, FieldSql> = {
  ...columns(
    "id",
    "state",
    "name",
    "func",
    "queue",
    "priority",
    "tags",
    "enqueued",
    "attempt",
    "parent",
    "schedule",
  ),
  group: { sql: '"group"', columns: ['"group"'] },
};

const fieldsOf: Record<ListName, Record<string, FieldSql>> = {
  ended: {
    ...ofTasks,
    ...columns("outcome", "started", "stopped"),
    errorClass: { sql: "error_class", columns: ["error_class"] },
    errorText: { sql: "error_text", columns: ["error_text"] },
    took: { sql: "(stopped - started)", columns: ["started", "stopped"] },
    wait: { sql: "(started - enqueued)", columns: ["started", "enqueued"] },
    worker: {
      sql: ({ attempt }) =>
        `(SELECT a.worker FROM ${attempt} a WHERE a.id = near.id ORDER BY a.attempt DESC LIMIT 1)`,
      columns: ["id"],
    },
  },
  queued: {
    ...ofTasks,
    ...columns("due", "owner", "unknown"),
    leasedAt: { sql: "leased_at", columns: ["leased_at"] },
    leasedUntil: { sql: "leased_until", columns: ["leased_until"] },
  },
  schedules: {
    ...columns(
      "id",
      "name",
      "func",
      "queue",
      "type",
      "note",
      "repeats",
      "error",
      "held",
      "created",
      "changed",
    ),
    nextRun: { sql: "next_run", columns: ["next_run"] },
  },
  audit: columns("id", "at", "who", "role", "action", "object", "outcome", "address"),
};

function knownField(list: ListName, field: string): FieldSql {
  const known = fieldsOf[list][field];
  if (known === undefined) throw new TypeError(`the list ${list} has no field ${field}`);
  return known;
}

export function fieldSql({ tables }: Pick<Scope, "tables">, list: ListName, field: string): string {
  const { sql } = knownField(list, field);
  return typeof sql === "string" ? sql : sql(tables);
}

export function columnsOf(list: ListName, field: string): readonly string[] {
  return knownField(list, field).columns;
}

/** The columns that these conditions read. */
export function columnsIn(list: ListName, conditions: readonly Condition[]): string[] {
  return conditions.flatMap((condition) => {
    if (condition.is === "not") return columnsIn(list, [condition.condition]);
    if (condition.is === "any" || condition.is === "all") return columnsIn(list, condition.conditions);
    return columnsOf(list, condition.field);
  });
}

export function conditionSql(scope: Scope, list: ListName, condition: Condition): Where {
  if (condition.is === "not") {
    const inner = conditionSql(scope, list, condition.condition);
    return { sql: `(${inner.sql}) IS NOT TRUE`, values: inner.values };
  }
  if (condition.is === "any" || condition.is === "all") {
    const parts = condition.conditions.map((one) => conditionSql(scope, list, one));
    return joined(parts, condition.is === "any" ? "OR" : "AND");
  }
  const sql = fieldSql(scope, list, condition.field);
  switch (condition.is) {
    case "null":
      return { sql: `${sql} IS NULL`, values: [] };
    case "in":
      return inList(sql, condition.values);
    case "contains":
      return {
        sql: `lower(${sql}${scope.dialect.bytewise}) LIKE ? ESCAPE '\\'`,
        values: [containing(lowered(condition.text))],
      };
    case "has":
      return { sql: `replace(${sql}, ?, '') <> ${sql}`, values: [JSON.stringify(condition.value)] }; // LIKE would not see the case
    case "between":
      return spanSql(sql, condition);
  }
}

/** From a number on, up to before another. */
export function spanSql(sql: string, { from, to }: Extract<Condition, { is: "between" }>): Where {
  return joined([
    ...(from === undefined ? [] : [{ sql: `${sql} >= ?`, values: [from] }]),
    ...(to === undefined ? [] : [{ sql: `${sql} < ?`, values: [to] }]),
    { sql: `${sql} IS NOT NULL`, values: [] },
  ]);
}

/** All of them as one; none: true for AND, false for OR. */
export function joined(parts: readonly Where[], word: "AND" | "OR" = "AND"): Where {
  if (parts.length === 0) return { sql: word === "AND" ? "1 = 1" : "1 = 0", values: [] };
  return {
    sql: parts.map((part) => `(${part.sql})`).join(` ${word} `),
    values: parts.flatMap((part) => part.values),
  };
}

function inList(sql: string, values: readonly Value[]): Where {
  const some = values.filter((value) => value !== null);
  return joined(
    [
      ...(some.length === 0 ? [] : [{ sql: `${sql} IN (${some.map(() => "?").join(", ")})`, values: some }]),
      ...(some.length === values.length ? [] : [{ sql: `${sql} IS NULL`, values: [] }]),
    ],
    "OR",
  );
}
