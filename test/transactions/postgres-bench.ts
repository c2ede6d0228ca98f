// A schema of its own on a real PostgreSQL, with a Quern and a table of an application's.
import pg from "pg";
import { Quern } from "../../src/index.ts";
import { openPostgresStore } from "../../src/store/postgres/postgres-store.ts";
import { withParameters } from "../servers/postgres.ts";
import { storeOptions } from "../store/store-options.ts";
import { type Bench, type Library, ship } from "./transaction-suite.ts";

/** Inside the library's transaction `orders` is found by its search path. */
export interface PostgresPlace {
  /** Of a pool or a client of the application's. */
  connection: { connectionString: string; options: string };
  admin: pg.Client;
}

let count = 0;

export async function postgresBench(
  url: string,
  libraryAt: (place: PostgresPlace) => Library | Promise<Library>,
): Promise<Bench> {
  const schema = `tx_${process.pid}_${++count}`;
  const connection = { connectionString: url, options: `-c search_path=${schema}` };
  const database = withParameters(url, { schema });
  const store = await openPostgresStore(database, storeOptions().options);
  const admin = new pg.Client(connection);
  await admin.connect();
  await admin.query("CREATE TABLE orders (title text NOT NULL)");
  return {
    quern: new Quern({ tasks: [ship], database }),
    store,
    library: await libraryAt({ connection, admin }),
    async titles() {
      const { rows } = await admin.query<{ title: string }>("SELECT title FROM orders");
      return rows.map(({ title }) => title);
    },
    async close() {
      await admin.query(`DROP SCHEMA ${schema} CASCADE`);
      await admin.end();
    },
  };
}
