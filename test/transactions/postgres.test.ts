// The query builders and the driver itself, on a real PostgreSQL.
import { sql as drizzleSql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import knexOf from "knex";
import { CamelCasePlugin, Kysely, ParseJSONResultsPlugin, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { expect, it } from "vitest";
import { Quern, task } from "../../src/index.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { kyselyLibrary } from "./kysely-library.ts";
import { postgresBench } from "./postgres-bench.ts";
import { type Open, ship, testTransactions } from "./transaction-suite.ts";

await describeEngine("PostgreSQL", startPostgres, (url) => {
  testTransactions("pg", () =>
    postgresBench(url, ({ connection }) => {
      const pool = new pg.Pool(connection);
      const openOn = (client: pg.ClientBase): Open => ({
        tx: client,
        insert: (title) => client.query("INSERT INTO orders VALUES ($1)", [title]),
      });
      const within = async (
        client: pg.ClientBase,
        [begin, commit, rollback]: readonly [string, string, string],
        work: (open: Open) => Promise<void>,
      ): Promise<void> => {
        await client.query(begin);
        try {
          await work(openOn(client));
          await client.query(commit);
        } catch (error) {
          await client.query(rollback);
          throw error;
        }
      };
      return {
        async transaction(work) {
          const client = await pool.connect();
          try {
            await within(client, ["BEGIN", "COMMIT", "ROLLBACK"], work);
          } finally {
            client.release();
          }
        },
        nested: ({ tx }, work) =>
          within(tx as pg.PoolClient, ["SAVEPOINT a", "RELEASE a", "ROLLBACK TO a"], work),
        notOne: { pool, "a client that is not connected": new pg.Client(connection) },
        close: () => pool.end(),
      };
    }),
  );

  testTransactions("Kysely", () =>
    postgresBench(url, ({ connection }) =>
      kyselyLibrary({
        dialect: new PostgresDialect({ pool: new pg.Pool(connection) }),
        plugins: [new CamelCasePlugin(), new ParseJSONResultsPlugin()],
      }),
    ),
  );

  testTransactions("Kysely, controlled by hand", () =>
    postgresBench(url, ({ connection }) => {
      const db = new Kysely<{ orders: { title: string } }>({
        dialect: new PostgresDialect({ pool: new pg.Pool(connection) }),
      });
      return {
        async transaction(work) {
          const tx = await db.startTransaction().execute();
          try {
            await work({ tx, insert: (title) => tx.insertInto("orders").values({ title }).execute() });
            await tx.commit().execute();
          } catch (error) {
            await tx.rollback().execute();
            throw error;
          }
        },
        async nested({ tx: outer, insert }, work) {
          const tx = outer as unknown as Awaited<
            ReturnType<ReturnType<typeof db.startTransaction>["execute"]>
          >;
          const inner = await tx.savepoint("a").execute();
          try {
            await work({ tx: inner, insert });
            await inner.releaseSavepoint("a").execute();
          } catch (error) {
            await inner.rollbackToSavepoint("a").execute();
            throw error;
          }
        },
        notOne: {},
        close: () => db.destroy(),
      };
    }),
  );

  testTransactions("Drizzle", () =>
    postgresBench(url, ({ connection }) => {
      const pool = new pg.Pool(connection);
      const db = drizzle(pool);
      type Tx = Parameters<Parameters<typeof db.transaction>[0]>[0];
      const openOn = (tx: Tx): Open => ({
        tx,
        insert: (title) => tx.execute(drizzleSql`INSERT INTO orders VALUES (${title})`),
      });
      return {
        transaction: (work) => db.transaction((tx) => work(openOn(tx))),
        nested: ({ tx }, work) => (tx as unknown as Tx).transaction((inner) => work(openOn(inner))),
        notOne: { "the database": db },
        close: () => pool.end(),
      };
    }),
  );

  testTransactions("Knex", () =>
    postgresBench(url, ({ connection }) => {
      const knex = knexOf({ client: "pg", connection });
      const openOn = (tx: knexOf.Knex.Transaction): Open => ({
        tx,
        insert: async (title) => tx("orders").insert({ title }),
      });
      return {
        transaction: (work) => knex.transaction((tx) => work(openOn(tx))),
        nested: ({ tx }, work) =>
          (tx as unknown as knexOf.Knex.Transaction).transaction((inner) => work(openOn(inner))),
        notOne: { knex, "a query": knex("orders") },
        close: () => knex.destroy(),
      };
    }),
  );

  it("a transaction on another database of the server, or on other tables of this one, is refused", async () => {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query("CREATE DATABASE elsewhere");
    const there = new URL(url);
    there.pathname = "/elsewhere";
    const quern = new Quern({ tasks: [ship], database: url });
    const twin = new Quern({ tasks: [ship], database: there.href });
    const client = new pg.Client({ connectionString: there.href });
    await client.connect();
    try {
      await twin.enqueue(ship, { title: "twin" });
      await client.query("BEGIN");
      await expect(quern.enqueue(ship, { title: "stray" }, { tx: client })).rejects.toThrow(
        "Your transaction is on another database",
      );
      await twin.enqueue(ship, { title: "mine" }, { tx: client }); // It goes on.
      await client.query("COMMIT");
      expect((await twin.tasks.list()).tasks.length).toBe(2);

      await admin.query("BEGIN");
      await admin.query("SET LOCAL search_path = pg_catalog");
      await expect(quern.enqueue(ship, { title: "stray" }, { tx: admin })).rejects.toThrow("search_path");
      await admin.query("ROLLBACK");
      expect((await quern.tasks.list()).tasks).toEqual([]);
    } finally {
      await Promise.all([quern.close(), twin.close(), client.end()]);
      await admin.query("DROP DATABASE elsewhere");
      await admin.end();
    }
  });

  it("a transaction that has failed is refused, with what it answered", async () => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) });
    const quern = new Quern({ tasks: [ship], database: url });
    await client.query("BEGIN");
    await client.query("SELEKT").catch(() => undefined);
    await expect(quern.enqueue(ship, { title: "late" }, { tx: client })).rejects.toThrow("roll it back");
    await db
      .transaction()
      .execute(async (tx) => {
        await sql`SELEKT`.execute(tx).catch(() => undefined);
        await expect(quern.enqueue(ship, { title: "late" }, { tx })).rejects.toThrow(
          "yours answered: current transaction is aborted",
        );
      })
      .catch(() => undefined);
    await Promise.all([client.end(), db.destroy(), quern.close()]);
  });

  it.each(["REPEATABLE READ", "SERIALIZABLE"])(
    "under %s a key that another transaction took since is a conflict with a name, and run again it works",
    async (level) => {
      const database = withParameters(url, { schema: `conflict_${level.charAt(0).toLowerCase()}` });
      const job = task("job", () => null);
      const quern = new Quern({ tasks: [job], database });
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await quern.queues.list();
        await client.query(`BEGIN ISOLATION LEVEL ${level}`);
        await client.query("SELECT count(*) FROM pg_class"); // From here on it sees nothing that others commit.
        const first = await quern.enqueue(job, undefined, { unique: "key" });
        await expect(quern.enqueue(job, undefined, { unique: "key", tx: client })).rejects.toMatchObject({
          code: "QUERN_TX_CONFLICT",
          cause: { code: "40001" },
        });
        await client.query("ROLLBACK");
        await client.query(`BEGIN ISOLATION LEVEL ${level}`);
        const again = await quern.enqueue(job, undefined, { unique: "key", tx: client });
        const other = await quern.enqueue(job, undefined, { tx: client });
        await client.query("COMMIT");
        expect([again.id, again.deduplicated]).toEqual([first.id, true]);
        expect((await quern.queues.list())[0]?.ready).toBe(2);
        expect(other.deduplicated).toBe(false);
      } finally {
        await client.end();
        await quern.close();
      }
    },
  );
});
