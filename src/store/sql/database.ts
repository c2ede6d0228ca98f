// The few calls a driver offers to the SQL chapters. Each engine has one file that answers them.

export type Value = string | number | null;
export type Row = Record<string, Value>;

/**
 * Statements with `?` for values, inside whatever transaction it was handed out for. They are carried out in the order in which
 * they were asked for, also when nobody waits for one before asking for the next: ones that don't need each other's answers travel
 * together.
 */
export interface Sql {
  all(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /** For a statement whose rows do not matter; answers how many it changed. */
  run(sql: string, values?: readonly Value[]): Promise<number>;
  /** Wakes the watchers when this transaction commits; at once also where they see every commit by themselves. */
  wake(): Promise<void>;
  /**
   * All has been asked: the commit may go out behind it, before the answers are there. If one of them is an error nothing is
   * committed. Absent where a statement is no journey.
   */
  last?(): void;
}

export interface Database {
  /** Where it is, for people. */
  readonly location: string;
  /** Reads what is committed. */
  readonly reader: Sql;
  /**
   * One write transaction, from its first statement on. Repeated whole when the engine was busy, so `work` must be free of other
   * effects. `idempotent`: also when it may have been committed, because a repeat then changes nothing and answers the same.
   */
  write<T>(work: (sql: Sql) => Promise<T>, idempotent?: boolean): Promise<T>;
  /**
   * The same statements inside a transaction of the caller. Throws QUERN_TX_NOT_JOINABLE when `tx` is not an open one of this
   * database, which is told by `table`, one of ours: until then nothing is written.
   */
  join(tx: unknown, table: string): Promise<Sql>;
  /** Runs statements that create or change tables, one version at a time, when several processes may do so at once. */
  exclusive<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  watch(wake: () => void): () => void;
  close(): Promise<void>;
}
