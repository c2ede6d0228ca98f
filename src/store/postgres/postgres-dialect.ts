// What PostgreSQL says differently.
import type { Value } from "../sql/database.ts";
import type { ColumnKind, Dialect } from "../sql/dialect.ts";

const typeOf: Record<ColumnKind, string> = { text: "text", integer: "bigint" };

export const postgresDialect: Dialect = {
  // The statement's moment: `now()` would be the transaction's, and stand still in a long one. As a subquery it is computed once
  // a statement and not once a row, and an index can be searched with it.
  now: (offsetMs) => `(SELECT floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint + ${offsetMs})`,
  rows(columns, rows) {
    const kinds = Object.values(columns);
    // Side by side in the list and not as one function in FROM, where the server puts each array into a store of its own first.
    const unnested = Object.entries(columns).map(([name, kind]) => `unnest(?::${typeOf[kind]}[]) AS ${name}`);
    return {
      sql: `(SELECT ${unnested.join(", ")})`,
      values: kinds.map((kind, index) => arrayOf(kind, rows, index)),
    };
  },
  rowsAtOnce: 1_000,
  lock: "FOR UPDATE",
  skipLocked: "FOR UPDATE SKIP LOCKED",
  looksAgain: true,
  place: "ctid", // A row stays where it is while it is locked, and to look up its id costs a tenth of a claim.
  movesInOne: true,
  keepsOldRows: true,
  // As an array the values are a condition of the index. As a join they would be one of several ways, and the one that is best for
  // an empty table, kept from when it was empty, reads all of a full one.
  among: (column, select) => `${column} = ANY (ARRAY(${select}))`,
  narrowed: (column, select) => `AND ${column} = ANY (ARRAY(${select}))`,
  bytewise: ` COLLATE "C"`,
  maintenance: [],
};

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const special = /["\\]/;

/** A column of the rows as an array's literal. One that has no values is empty: the server makes it as long as the others. */
function arrayOf(kind: ColumnKind, rows: readonly (readonly Value[])[], index: number): string {
  if (rows.every((row) => (row[index] ?? null) === null)) return "{}";
  const quoted = kind === "text";
  const items = rows.map((row) => {
    const value = row[index] ?? null;
    if (value === null) return "NULL";
    if (!quoted) return String(value);
    const text = String(value);
    return `"${special.test(text) ? text.replaceAll(/["\\]/g, "\\$&") : text}"`;
  });
  return `{${items.join(",")}}`;
}
