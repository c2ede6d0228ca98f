// TypeORM and Prisma, in a file of their own because they are heavy. Prisma's client is as its generator writes it: see prisma/.
import { PrismaPg } from "@prisma/adapter-pg";
import { DataSource, type EntityManager, type QueryRunner } from "typeorm";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres } from "../servers/postgres.ts";
import { postgresBench } from "./postgres-bench.ts";
import { type Prisma, PrismaClient } from "./prisma/generated/client.ts";
import { BetterLike, sqliteBench } from "./sqlite-bench.ts";
import { type Library, type Open, testTransactions } from "./transaction-suite.ts";

function onTypeorm(dataSource: DataSource, insert: string): Library {
  const openOn = (tx: EntityManager): Open => ({ tx, insert: (title) => tx.query(insert, [title]) });
  return {
    transaction: (work) => dataSource.transaction((tx) => work(openOn(tx))),
    nested: ({ tx }, work) => (tx as unknown as EntityManager).transaction((inner) => work(openOn(inner))),
    notOne: {
      "the data source": dataSource,
      "its manager": dataSource.manager,
      "a runner without a transaction": dataSource.createQueryRunner(),
    },
    close: () => dataSource.destroy(),
  };
}

testTransactions("TypeORM on SQLite", () =>
  sqliteBench(async ({ path }) => {
    const dataSource = new DataSource({ type: "better-sqlite3", database: path, driver: BetterLike });
    return onTypeorm(await dataSource.initialize(), "INSERT INTO orders VALUES (?)");
  }),
);

await describeEngine("PostgreSQL", startPostgres, (url) => {
  const dataSourceAt = ({ connectionString, options }: { connectionString: string; options: string }) =>
    new DataSource({ type: "postgres", url: connectionString, extra: { options } }).initialize();

  testTransactions("TypeORM", () =>
    postgresBench(url, async ({ connection }) =>
      onTypeorm(await dataSourceAt(connection), "INSERT INTO orders VALUES ($1)"),
    ),
  );

  testTransactions("TypeORM, by its QueryRunner", () =>
    postgresBench(url, async ({ connection }) => {
      const dataSource = await dataSourceAt(connection);
      const openOn = (tx: QueryRunner): Open => ({
        tx,
        insert: (title) => tx.query("INSERT INTO orders VALUES ($1)", [title]),
      });
      const within = async (runner: QueryRunner, work: (open: Open) => Promise<void>): Promise<void> => {
        await runner.startTransaction();
        try {
          await work(openOn(runner));
          await runner.commitTransaction();
        } catch (error) {
          await runner.rollbackTransaction();
          throw error;
        }
      };
      return {
        async transaction(work) {
          const runner = dataSource.createQueryRunner();
          try {
            await within(runner, work);
          } finally {
            await runner.release();
          }
        },
        nested: ({ tx }, work) => within(tx as unknown as QueryRunner, work),
        notOne: {},
        close: () => dataSource.destroy(),
      };
    }),
  );

  testTransactions("Prisma", () =>
    postgresBench(url, ({ connection }) => {
      const prisma = new PrismaClient({ adapter: new PrismaPg(connection) });
      const openOn = (tx: Prisma.TransactionClient): Open => ({
        tx,
        insert: (title) => tx.$executeRaw`INSERT INTO orders VALUES (${title})`,
      });
      return {
        transaction: (work) => prisma.$transaction((tx) => work(openOn(tx))),
        nested: ({ tx }, work) =>
          (tx as unknown as Prisma.TransactionClient).$transaction((inner) => work(openOn(inner))),
        notOne: { "the client": prisma },
        close: () => prisma.$disconnect(),
      };
    }),
  );
});
