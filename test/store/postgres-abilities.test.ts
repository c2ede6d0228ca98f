// What a server can't do is said in a sentence when it is opened, or done without. It is a real server that hides what it has: our search
// path leads past functions of its catalog to ones that answer otherwise.
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/postgres-store.ts";
import type { Store } from "../../src/store/store.ts";
import { exampleTask } from "../../src/testing/store/examples.ts";
import { nextWake } from "../../src/testing/store/wake.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { storeOptions } from "./store-options.ts";

await describeEngine("PostgreSQL", startPostgres, (url) => {
  const ask = async (sql: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const made: string[] = [];

  /** Opens a store on a server on which these functions are as `lies` says. */
  async function opened(lies: string): Promise<Store> {
    const schema = `lies_${process.pid}_${made.length}`;
    made.push(schema);
    await ask(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${lies}`);
    const options = `-c search_path=${schema},pg_catalog`;
    return openPostgresStore(
      withParameters(url, { schema, options, application_name: schema }),
      storeOptions().options,
    );
  }

  afterAll(async () => {
    for (const schema of made) await ask(`DROP SCHEMA ${schema} CASCADE`);
  });

  const setting = (name: string, value: string): string =>
    `CREATE FUNCTION current_setting(name text) RETURNS text LANGUAGE sql AS
      $$SELECT CASE name WHEN '${name}' THEN '${value}' ELSE pg_catalog.current_setting(name) END$$`;
  const without = (part: string): string =>
    `CREATE FUNCTION to_regprocedure(name text) RETURNS regprocedure LANGUAGE sql AS
      $$SELECT CASE WHEN name LIKE '%${part}%' THEN NULL ELSE pg_catalog.to_regprocedure(name) END$$`;

  it.for([
    [
      "too old",
      setting("server_version_num", "120022"),
      /it is version .*Quern needs PostgreSQL 13 or newer/,
    ],
    ["not in UTF-8", setting("server_encoding", "LATIN1"), /keeps texts as LATIN1.*ENCODING 'UTF8'/],
    ["without advisory locks", without("advisory"), /no advisory locks/],
    [
      "without SKIP LOCKED",
      "CREATE FUNCTION pg_get_keywords() RETURNS TABLE (word text) LANGUAGE sql AS $$SELECT 'select'$$",
      /no SKIP LOCKED/,
    ],
    [
      "that is something else",
      "CREATE FUNCTION current_setting(name text) RETURNS text LANGUAGE sql AS $$SELECT 'x' || 1/0$$",
      /could not say what it can do \(division by zero\)/,
    ],
  ] as const)("a server %s is refused in a sentence", async ([, lies, sentence]) => {
    await expect(opened(lies)).rejects.toMatchObject({
      code: "QUERN_DATABASE_UNUSABLE",
      message: expect.stringMatching(sentence),
    });
    const connected = await ask(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = '${made.at(-1)}' AND state IS DISTINCT FROM 'idle'`,
    );
    expect(connected.rowCount).toBe(0);
  });

  it("a server without LISTEN and NOTIFY is asked every second instead", async () => {
    const store = await opened(without("notify"));
    try {
      expect(store.capabilities).toMatchObject({ notify: false, transactions: true });
      const woken = nextWake({ store });
      await store.enqueue([exampleTask()]);
      await woken;
      const told = await ask(
        `SELECT query FROM pg_stat_activity WHERE application_name = '${made.at(-1)}' AND query ~ 'LISTEN|NOTIFY'`,
      );
      expect(told.rows).toEqual([]);
    } finally {
      await store.close();
    }
  });
});
