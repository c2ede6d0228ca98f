// How SQL engines differ, as values and pieces of statements. Chapters put these in; they never ask which engine it is.
import type { Sql, Value } from "./database.ts";

export type ColumnKind = "text" | "integer";

/** Rows handed to a statement as values, so that one statement works on many. */
export interface RowSource {
  /** What stands after FROM, with the columns named as asked. */
  readonly sql: string;
  readonly values: Value[];
}

export interface Dialect {
  /** The engine's clock in epoch milliseconds, moved by `offsetMs`. */
  now(offsetMs: number): string;
  /** The first column is never null. */
  rows(columns: Readonly<Record<string, ColumnKind>>, rows: readonly (readonly Value[])[]): RowSource;
  /** A statement of the hot path is handed so many rows at most: larger sets come in several. */
  readonly rowsAtOnce: number;
  /** After a SELECT of rows to change: waits for whoever is changing them, and keeps them until the commit. */
  readonly lock: string;
  /** The same, passing over those that somebody else is changing. */
  readonly skipLocked: string;
  /**
   * A statement that had to wait for another transaction still sees, in its subqueries, what was committed before it began.
   * Where this is so, what must hold after the wait is asked again by a statement of its own. False where writers take turns.
   */
  readonly looksAgain: boolean;
  /** What finds a row that this statement has locked: where it lies, if that can be said. */
  readonly place: string;
  /** A statement may add to other tables what it deletes from one. */
  readonly movesInOne: boolean;
  /** What was changed stays in the indexes while a transaction is open that began before: who claims is better off not passing over it. */
  readonly keepsOldRows: boolean;
  /** That a column's value is one of those a SELECT gives: found by the column's index, however small the table was thought to be. */
  among(column: string, select: string): string;
  /** The same, added to a join with given rows, for engines that might else read the whole table for it. */
  narrowed(column: string, select: string): string;
  /** Put behind a text: it is compared, ordered and lowered byte by byte, as JavaScript does, whatever the database's language is. */
  readonly bytewise: string;
  /** What keeps the file or tables in shape, a little at a time. */
  readonly maintenance: readonly string[];
}

/** The tables by name, all with one prefix. */
export interface Tables {
  queue: string;
  task: string;
  attempt: string;
  cached: string;
  uniqueKey: string;
  schedule: string;
  slot: string;
  cluster: string;
  audit: string;
  meta: string;
}

export function tablesWith(prefix: string): Tables {
  return {
    queue: `${prefix}queue`,
    task: `${prefix}task`,
    attempt: `${prefix}attempt`,
    cached: `${prefix}cached`,
    uniqueKey: `${prefix}unique_key`,
    schedule: `${prefix}schedule`,
    slot: `${prefix}slot`,
    cluster: `${prefix}cluster`,
    audit: `${prefix}audit`,
    meta: `${prefix}meta`,
  };
}

/** What every chapter's functions work with: a connection in a transaction, the names, and the clock. */
export interface Scope {
  readonly sql: Sql;
  readonly tables: Tables;
  readonly dialect: Dialect;
  /** The SQL expression for the engine's present moment. */
  readonly now: string;
  /** What a chapter says when it has asked all it will. It does nothing where other chapters follow in the same transaction. */
  readonly last: () => void;
}
