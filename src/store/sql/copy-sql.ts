// All rows of a table, as they are, out of one database and into another: a page or a step at a time.
import type { CopiedRows, CopiedTable, CopyStep, RowsPage, RowsRequest } from "../copying.ts";
import { swapMeta } from "./audit-sql.ts";
import { rowsOf } from "./columns.ts";
import { copied } from "./copied-tables.ts";
import type { Row, Value } from "./database.ts";
import type { Scope } from "./dialect.ts";

const countedAtOnce = 100_000;

interface Place {
  /** The order of the table's keys. */
  order: string;
  /** What lies behind the cursor. */
  where: string;
  values: Value[];
}

function placeBehind(table: CopiedTable, after: string | null): Place {
  const { key, except = "1 = 1" } = copied[table];
  const order = key.join(", ");
  if (after === null) return { order, where: except, values: [] };
  const values = JSON.parse(after) as Value[];
  return { order, where: `${except} AND (${order}) > (${key.map(() => "?").join(", ")})`, values };
}

function cursorOf(table: CopiedTable, row: Row): string {
  return JSON.stringify(copied[table].key.map((name) => row[name]));
}

export async function readTable<T extends CopiedTable>(
  scope: Scope,
  table: T,
  request: RowsRequest,
): Promise<RowsPage<T>> {
  const { name, read } = copied[table];
  const { order, where, values } = placeBehind(table, request.after);
  const limit = await fittingRows(scope, table, request);
  const rows = await scope.sql.all(
    `SELECT * FROM ${scope.tables[name]} WHERE ${where} ORDER BY ${order} LIMIT ?`,
    [...values, limit],
  );
  const last = rows.at(-1);
  return { rows: rows.map(read), reached: last === undefined ? null : cursorOf(table, last) };
}

/** How many rows may be read at once: asked first, because a driver hands over all it was asked for. */
async function fittingRows(
  { sql, tables }: Scope,
  table: CopiedTable,
  { after, limit, maxBytes }: RowsRequest,
): Promise<number> {
  const { name, texts } = copied[table];
  if (texts.length === 0) return limit;
  const { order, where, values } = placeBehind(table, after);
  const size = texts.map((column) => `COALESCE(octet_length(${column}), 0)`).join(" + ");
  const sizes = await sql.all(
    `SELECT ${size} AS bytes FROM ${tables[name]} WHERE ${where} ORDER BY ${order} LIMIT ?`,
    [...values, limit],
  );
  let bytes = 0;
  const over = sizes.findIndex((row) => (bytes += Number(row.bytes)) > maxBytes);
  return over === -1 ? limit : Math.max(1, over);
}

export async function addTable<T extends CopiedTable>(
  scope: Scope,
  table: T,
  rows: readonly CopiedRows[T][],
  step: CopyStep,
): Promise<number | null> {
  const { sql, tables, dialect } = scope;
  const { name, columns, unless } = copied[table];
  if (!(await swapMeta(scope, step.key, step.from, step.to))) return null;
  const names = Object.keys(columns);
  const given = names.map((_, index) => `c${index}`);
  let added = 0;
  for (let from = 0; from < rows.length; from += dialect.rowsAtOnce) {
    const source = rowsOf(dialect, columns, rows.slice(from, from + dialect.rowsAtOnce), given);
    added += await sql.run(
      `INSERT INTO ${tables[name]} (${names.join(", ")})
       SELECT ${given.map((column) => `n.${column}`).join(", ")} FROM ${source.sql} n
       WHERE ${unless === undefined ? "1 = 1" : `NOT (${unless(tables)})`} ON CONFLICT DO NOTHING`,
      source.values,
    );
  }
  if (added > 0) await sql.wake();
  return added;
}

/** In steps: what is asked of a server has a deadline. */
export async function countTable({ sql, tables }: Scope, table: CopiedTable): Promise<number> {
  const { name, key } = copied[table];
  let after: string | null = null;
  for (let count = 0; ; count += countedAtOnce) {
    const { order, where, values } = placeBehind(table, after);
    const [last] = await sql.all(
      `SELECT ${key.join(", ")} FROM ${tables[name]} WHERE ${where} ORDER BY ${order} LIMIT 1 OFFSET ?`,
      [...values, countedAtOnce - 1],
    );
    if (last === undefined) {
      const [rest] = await sql.all(`SELECT count(*) AS n FROM ${tables[name]} WHERE ${where}`, values);
      return count + Number(rest?.n);
    }
    after = cursorOf(table, last);
  }
}
