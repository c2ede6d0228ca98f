// A transaction of the caller's, told by its shape, as the few calls that statements of ours need.
import type { Row, Value } from "../sql/database.ts";

/** Statements on the connection that the transaction runs on. */
export interface Statements {
  all(sql: string, values: readonly Value[]): Promise<Row[]>;
  /** Answers how many rows it changed. */
  run(sql: string, values: readonly Value[]): Promise<number>;
  /** The library has just told that the transaction is open: nobody has to try it. */
  readonly open?: boolean;
}

/** Anything that has members. */
export type Candidate = Readonly<Record<string, unknown>>;

/**
 * What one library's transactions look like: how to run statements on this one, or a sentence why it can't be joined; undefined
 * when it is none of this library's. Statements come with `?` for values; `written` makes of it what the engine reads.
 */
export type Shape = (tx: Candidate, written: (sql: string) => string) => Statements | string | undefined;

/** The first of the shapes that knows it. Otherwise `otherwise`, which says what to pass. */
export function statementsOf(
  tx: unknown,
  shapes: readonly Shape[],
  written: (sql: string) => string,
  otherwise: string,
): Statements | string {
  if (!isCandidate(tx)) return otherwise;
  for (const shape of shapes) {
    const known = shape(tx, written);
    if (typeof known === "object") return inTurn(tx, known);
    if (known !== undefined) return known;
  }
  return otherwise;
}

/** Whether all of these are there to be called. */
export function offers(tx: Candidate, ...names: readonly string[]): boolean {
  return names.every((name) => typeof tx[name] === "function");
}

/** Rows as a driver of the caller's gives them: numbers may be bigints. */
export function rowsOf(rows: readonly unknown[]): Row[] {
  return rows.map((row) => {
    const entries = Object.entries(row as Record<string, Value | bigint>);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]),
    );
  });
}

function isCandidate(tx: unknown): tx is Candidate {
  return typeof tx === "function" || (typeof tx === "object" && tx !== null);
}

/** What each transaction was asked last: a connection that is not pipelined wants one statement at a time. */
const lastAsked = new WeakMap<object, Promise<unknown>>();

function inTurn(tx: Candidate, statements: Statements): Statements {
  const next = <T>(ask: () => Promise<T>): Promise<T> => {
    const asked = (lastAsked.get(tx) ?? Promise.resolve()).then(ask);
    lastAsked.set(
      tx,
      asked.catch(() => undefined),
    );
    return asked;
  };
  return {
    ...statements,
    all: (sql, values) => next(() => statements.all(sql, values)),
    run: (sql, values) => next(() => statements.run(sql, values)),
  };
}
