// What SQLite says differently.
import type { Dialect } from "../sql/dialect.ts";

export const sqliteDialect: Dialect = {
  now: (offsetMs) => `(CAST(unixepoch('subsec') * 1000 AS INTEGER) + ${offsetMs})`,
  rows(columns) {
    const picked = Object.keys(columns).map((name, index) => `value ->> ${index} AS ${name}`);
    return {
      // With a LIMIT, although it limits nothing, each value is read out of the JSON once, and not at every place that names it.
      sql: `(SELECT ${picked.join(", ")} FROM json_each(?) LIMIT -1)`,
      bind: (rows) => [JSON.stringify(rows)],
    };
  },
  // One writer at a time: nothing is ever locked by another, or changed while a statement waits.
  lock: "",
  skipLocked: "",
  looksAgain: false,
  among: (column, select) => `${column} IN (${select})`,
  narrowed: () => "", // A join begins with the given rows.
  maintenance: ["PRAGMA incremental_vacuum(200)"],
};
