// What SQLite says differently.
import type { Value } from "../sql/database.ts";
import type { Dialect, RowSource } from "../sql/dialect.ts";

/** So many rows are handed over value by value. More of them make a statement longer, and none of them faster. */
const rowsAtOnce = 64;

/** Of fewer rows too many are alike by chance, in columns that differ each time, and each choice of columns is a statement of its own. */
const fewestAlike = 9;

export const sqliteDialect: Dialect = {
  now: (offsetMs) => `(CAST(unixepoch('subsec') * 1000 AS INTEGER) + ${offsetMs})`,
  rows: (columns, rows) =>
    rows.length <= rowsAtOnce ? asValues(Object.keys(columns), rows) : asJson(Object.keys(columns), rows),
  rowsAtOnce,
  // One writer at a time: nothing is ever locked by another, or changed while a statement waits.
  lock: "",
  skipLocked: "",
  looksAgain: false,
  place: "rowid",
  movesInOne: false,
  keepsOldRows: false,
  among: (column, select) => `${column} IN (${select})`,
  narrowed: () => "", // A join begins with the given rows.
  bytewise: "",
  maintenance: ["PRAGMA incremental_vacuum(200)"],
};

/**
 * Filled up with empty rows to the next power of two, so that a handful of prepared statements serve every number. What stands in
 * all of the rows is handed over once: most columns of most rows are alike, and each value costs as much as it does to store it.
 */
function asValues(names: readonly string[], rows: readonly (readonly Value[])[]): RowSource {
  const size = 2 ** Math.ceil(Math.log2(Math.max(1, rows.length)));
  const [first = []] = rows;
  const isAlike = names.map(
    (_, column) =>
      column > 0 && rows.length >= fewestAlike && rows.every((row) => row[column] === first[column]),
  );
  const own = names.flatMap((_, column) => (isAlike[column] === true ? [] : [column]));
  const alike = names.flatMap((_, column) => (isAlike[column] === true ? [first[column] ?? null] : []));
  const picked = names.map((name, column) => {
    const value = isAlike[column] === true ? "?" : `column${own.indexOf(column) + 1}`;
    return `${value} AS ${name}`;
  });
  const row = `(${Array(own.length).fill("?").join(", ")})`;
  // As long as it will be: to let it grow was a twelfth of what a bulk insert took.
  const values = Array<Value>(alike.length + size * own.length).fill(null);
  let next = 0;
  for (const value of alike) values[next++] = value;
  for (const given of rows) for (const column of own) values[next++] = given[column] ?? null;
  return {
    sql: `(SELECT ${picked.join(", ")} FROM (VALUES ${Array(size).fill(row).join(", ")}) WHERE column1 IS NOT NULL)`,
    values,
  };
}

/** Costs two to three times as much a row, and takes any number of them. */
function asJson(names: readonly string[], rows: readonly (readonly Value[])[]): RowSource {
  const picked = names.map((name, index) => `value ->> ${index} AS ${name}`);
  return {
    // With a LIMIT, although it limits nothing, each value is read out of the JSON once, and not at every place that names it.
    sql: `(SELECT ${picked.join(", ")} FROM json_each(?) LIMIT -1)`,
    values: [JSON.stringify(rows)],
  };
}
