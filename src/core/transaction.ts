// The transactions of an application that a task can join: of each library the part that is used, as a type. Nothing of it is imported.

/** An open transaction of a library that Quern knows: docs/transactions.md says which, and how each is passed. */
export type Transaction =
  | PgTransaction
  | DatabaseSyncTransaction
  | KyselyTransaction
  | DrizzleTransaction
  | PrismaTransaction
  | KnexTransaction
  | TypeormManager
  | TypeormRunner;

/** The client of `pg` that BEGIN was run on. A pool has no `escapeIdentifier`. */
export interface PgTransaction {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
  escapeIdentifier(text: string): string;
}

/** The DatabaseSync that BEGIN was run on. */
export interface DatabaseSyncTransaction {
  prepare(sql: string): { all(...values: string[]): unknown[] };
  exec(sql: string): void;
  /** Only better-sqlite3 has it: another copy of the engine, whose locks Quern's does not see. */
  readonly inTransaction?: never;
}

/** A Transaction or ControlledTransaction of Kysely; of the database itself `isTransaction` is false. */
export interface KyselyTransaction {
  readonly isTransaction: true;
  withoutPlugins(): KyselyTransaction;
  executeQuery(query: {
    sql: string;
    parameters: readonly unknown[];
    query: { kind: "RawNode"; sqlFragments: readonly string[]; parameters: readonly never[] };
    queryId: { queryId: string };
  }): Promise<{ readonly rows: unknown[]; readonly numAffectedRows?: bigint | undefined }>;
}

/** What Drizzle's `db.transaction()` hands to its function. Only a transaction has `rollback`. */
export interface DrizzleTransaction {
  rollback(): never;
  execute(query: DrizzleQuery | string): PromiseLike<unknown>;
}

export interface DrizzleQuery {
  getSQL(): { toQuery(config: never): { sql: string; params: unknown[] } };
}

/** What Prisma's `$transaction()` hands to its function. Only the client itself has `$connect`. */
export interface PrismaTransaction {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(query: string, ...values: unknown[]): PromiseLike<number>;
  readonly $connect?: never;
}

/** A Transaction of Knex. */
export interface KnexTransaction {
  raw(sql: string, bindings: readonly (string | number | null)[]): PromiseLike<unknown>;
  isCompleted(): boolean;
}

/** What TypeORM's `dataSource.transaction()` hands to its function. */
export interface TypeormManager {
  query(sql: string, values?: unknown[]): Promise<unknown>;
  save(...entities: never[]): unknown;
  readonly queryRunner?: TypeormRunner | undefined;
}

/** A QueryRunner of TypeORM whose transaction was started. */
export interface TypeormRunner {
  query(
    sql: string,
    values: unknown[],
    structured: true,
  ): Promise<{ records: unknown[]; affected?: number | undefined }>;
  readonly isTransactionActive: boolean;
  readonly isReleased: boolean;
}
