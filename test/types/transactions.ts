// Compiled, never run: which objects of which library `tx` takes, as their own types say it, and which it refuses.
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { Knex } from "knex";
import type { ControlledTransaction, Kysely, Transaction as KyselyTransaction } from "kysely";
import type pg from "pg";
import type { DataSource, EntityManager, QueryRunner } from "typeorm";
import { Quern, task, type Transaction } from "../../src/index.ts";
import type { Prisma, PrismaClient } from "../transactions/prisma/generated/client.ts";

type First<Function_> = Function_ extends (first: infer Argument, ...rest: never[]) => unknown
  ? Argument
  : never;
type DrizzleTransaction = First<First<NodePgDatabase["transaction"]>>;
type SynchronousTransaction = First<First<BetterSQLite3Database["transaction"]>>;

interface Tables {
  orders: { title: string };
}

interface Yours {
  client: pg.Client;
  pooled: pg.PoolClient;
  pool: pg.Pool;
  database: DatabaseSyncInstance;
  kysely: Kysely<Tables>;
  kyselyTransaction: KyselyTransaction<Tables>;
  controlled: ControlledTransaction<Tables>;
  knex: Knex;
  knexTransaction: Knex.Transaction;
  drizzle: NodePgDatabase;
  drizzleTransaction: DrizzleTransaction;
  synchronous: SynchronousTransaction;
  prisma: PrismaClient;
  prismaTransaction: Prisma.TransactionClient;
  dataSource: DataSource;
  manager: EntityManager;
  runner: QueryRunner;
  /** As better-sqlite3 types its database. */
  better: {
    prepare(sql: string): { all(...values: unknown[]): unknown[] };
    exec(sql: string): void;
    inTransaction: boolean;
  };
}

const add = task("math.add", ({ a, b }: { a: number; b: number }) => a + b);
const quern = new Quern({ tasks: [add] });
const input = { a: 1, b: 2 };

export async function right(your: Yours): Promise<void> {
  await quern.enqueue(add, input, { tx: your.client });
  await quern.enqueue(add, input, { tx: your.pooled });
  await quern.enqueue(add, input, { tx: your.database });
  await quern.enqueue(add, input, { tx: your.kyselyTransaction });
  await quern.enqueue(add, input, { tx: your.controlled });
  await quern.enqueue(add, input, { tx: your.knexTransaction });
  await quern.enqueue(add, input, { tx: your.drizzleTransaction });
  await quern.enqueue(add, input, { tx: your.prismaTransaction });
  await quern.enqueue(add, input, { tx: your.manager });
  await quern.enqueue(add, input, { tx: your.runner });
  await quern.enqueueMany(add, [input], { tx: your.manager });
  await quern.enqueueMany(add, [input], ({ a }) => ({ tx: your.manager, group: `a${a}` }));
  const any: Transaction = your.knexTransaction;
  await quern.enqueue(add, input, { tx: any });
  task("paid", async (_: void, { completeIn }) => completeIn(your.prismaTransaction, { paid: true }));
}

export async function wrong(your: Yours): Promise<void> {
  // @ts-expect-error a pool has no transaction, its clients have
  await quern.enqueue(add, input, { tx: your.pool });
  // @ts-expect-error Kysely's database is not its transaction
  await quern.enqueue(add, input, { tx: your.kysely });
  // @ts-expect-error Knex itself is not its transaction
  await quern.enqueue(add, input, { tx: your.knex });
  // @ts-expect-error Drizzle's database is not its transaction
  await quern.enqueue(add, input, { tx: your.drizzle });
  // @ts-expect-error in a synchronous transaction nothing can be waited for
  await quern.enqueue(add, input, { tx: your.synchronous });
  // @ts-expect-error Prisma's client is not the client of a transaction
  await quern.enqueue(add, input, { tx: your.prisma });
  // @ts-expect-error TypeORM's data source is not its transaction
  await quern.enqueue(add, input, { tx: your.dataSource });
  // @ts-expect-error better-sqlite3 brings its own copy of the engine
  await quern.enqueue(add, input, { tx: your.better });
  // @ts-expect-error no transaction at all
  await quern.enqueue(add, input, { tx: {} });
  // @ts-expect-error neither is a word
  await quern.enqueueMany(add, [input], { tx: "tx" });
  // @ts-expect-error nor a promise of one, which somebody has not awaited
  await quern.enqueue(add, input, { tx: Promise.resolve(your.client) });
  // @ts-expect-error the same for the end of a task
  task("paid", async (_: void, { completeIn }) => completeIn(your.pool));
}
