// A real PostgreSQL keeps every sentence of the seam.
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/postgres-store.ts";
import { testStore } from "../../src/testing/index.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { sortedForPeople, startPostgres, withParameters } from "../servers/postgres.ts";
import type { Server } from "../servers/server.ts";
import { storeOptions } from "./store-options.ts";

let sorted: Awaited<ReturnType<typeof sortedForPeople>>;

async function start(): Promise<Server> {
  const server = await startPostgres();
  sorted = await sortedForPeople(server.url);
  return server;
}

// All of it on a database that sorts by a language, as those of most applications do, and not by bytes.
await describeEngine("PostgreSQL", start, (server) => {
  const url = sorted?.url ?? server;
  let count = 0;
  /** With the tables of tests that have ended, empty again: to make them takes longer than most of the tests. */
  const free: string[] = [];

  afterAll(() => sorted?.drop());
  it.skipIf(sorted === undefined)(
    "its database sorts by a language (this server can make none)",
    async () => {
      const client = await connected();
      const { rows } = await client.query(
        `SELECT 'a' < 'B' AS "asPeople", 'a' COLLATE "C" < 'B' AS "asBytes"`,
      );
      await client.end();
      expect(rows).toEqual([{ asPeople: true, asBytes: false }]);
    },
  );

  async function connected(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  }

  const skipped = testStore(
    "PostgreSQL",
    {
      capabilities: { shared: true, notify: true, transactions: true, parallelWrites: true, browse: true },
      async open() {
        const { options, moveClock } = storeOptions();
        const schema = free.pop() ?? `suite_${process.pid}_${++count}`;
        const connect = () => openPostgresStore(withParameters(url, { schema }), options);
        const stores = [await connect()];
        return {
          store: stores[0]!,
          moveClock,
          async another() {
            const store = await connect();
            stores.push(store);
            return store;
          },
          async begin() {
            const tx = await connected();
            await tx.query("BEGIN");
            const end = async (word: string): Promise<void> => {
              await tx.query(word);
              await tx.end();
            };
            return { tx, commit: () => end("COMMIT"), rollback: () => end("ROLLBACK") };
          },
          async close() {
            await Promise.all(stores.map((store) => store.close()));
            const client = await connected();
            await client.query(emptied(schema));
            await client.end();
            free.push(schema);
          },
        };
      },
    },
    { describe, it, expect },
  );

  it("skips nothing", () => expect(skipped).toEqual([]));
});

/** All rows go but the one that says which version the tables are of. */
function emptied(schema: string): string {
  const butVersion = "CASE name WHEN 'quern_meta' THEN 'WHERE key <> ''schema''' ELSE '' END";
  return `DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '${schema}' LOOP
      EXECUTE format('DELETE FROM ${schema}.%I %s', name, ${butVersion});
    END LOOP;
  END $$`;
}
