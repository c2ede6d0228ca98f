// Statements on one connection, each prepared once.
import type { Row, Sql, Value } from "../sql/database.ts";
import type { SqliteHandle, SqliteStatement } from "./sqlite-driver.ts";

const mostStatements = 200;

export function sqlOn(handle: SqliteHandle): Sql {
  const statements = new Map<string, Prepared>();
  const prepared = (sql: string): Prepared => {
    const statement = statements.get(sql) ?? prepare(handle, sql);
    // The one used longest ago goes first: a list with odd filters must not cost the claims theirs.
    statements.delete(sql);
    statements.set(sql, statement);
    const [oldest] = statements.size > mostStatements ? statements.keys() : [];
    if (oldest !== undefined) statements.delete(oldest);
    return statement;
  };
  return {
    async all(sql: string, values: readonly Value[] = []): Promise<Row[]> {
      const known = prepared(sql);
      const rows = known.statement.all(...values);
      return known.names === undefined ? (rows as Row[]) : namedRows(known, rows as Value[][]);
    },
    async run(sql: string, values: readonly Value[] = []): Promise<number> {
      return Number(prepared(sql).statement.run(...values).changes);
    },
    async wake(): Promise<void> {}, // The write-ahead log tells of every commit, a little later.
  };
}

interface Prepared {
  statement: SqliteStatement;
  /** Of its columns, where it answers arrays. */
  names: readonly string[] | undefined;
}

function prepare(handle: SqliteHandle, sql: string): Prepared {
  const statement = handle.prepare(sql);
  const names = statement.setReturnArrays === undefined ? undefined : namesOf(statement);
  if (names !== undefined) statement.setReturnArrays?.(true);
  return { statement, names };
}

function namesOf(statement: SqliteStatement): readonly string[] | undefined {
  return statement.columns?.().map((column) => column.name);
}

function namedRows(known: Prepared, rows: readonly Value[][]): Row[] {
  const [first] = rows;
  // A newer version has added a column since the statement was prepared, and SQLite has prepared it anew by itself.
  if (first !== undefined && first.length !== known.names?.length) known.names = namesOf(known.statement);
  const names = known.names ?? [];
  return rows.map((row) => named(names, row));
}

// The driver's own objects have no prototype, and such objects are slow to read: a claim cost twice as much with them.
function named(names: readonly string[], values: readonly Value[]): Row {
  const row: Row = {};
  for (const [index, name] of names.entries()) row[name] = values[index] ?? null;
  return row;
}
