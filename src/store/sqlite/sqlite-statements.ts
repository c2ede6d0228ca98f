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
      const { statement, names } = prepared(sql);
      const rows = statement.all(...values);
      return names === undefined ? (rows as Row[]) : (rows as Value[][]).map((row) => named(names, row));
    },
    async run(sql: string, values: readonly Value[] = []): Promise<number> {
      return Number(prepared(sql).statement.run(...values).changes);
    },
    async wake(): Promise<void> {}, // The write-ahead log tells of every commit.
  };
}

interface Prepared {
  statement: SqliteStatement;
  /** Of its columns, where it answers arrays. */
  names: readonly string[] | undefined;
}

function prepare(handle: SqliteHandle, sql: string): Prepared {
  const statement = handle.prepare(sql);
  const names =
    statement.setReturnArrays === undefined ? undefined : statement.columns?.().map((column) => column.name);
  if (names !== undefined) statement.setReturnArrays?.(true);
  return { statement, names };
}

// The driver's own objects have no prototype, and such objects are slow to read: a claim cost twice as much with them.
function named(names: readonly string[], values: readonly Value[]): Row {
  const row: Row = {};
  for (const [index, name] of names.entries()) row[name] = values[index] ?? null;
  return row;
}
