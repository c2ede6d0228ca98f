// A private PostgreSQL as the tests start it, but durable: a commit waits for the disk, as it does where it matters.
import { createJiti } from "jiti";
import pg from "pg";

// Beside what is its default, only that it counts statements.
const settings = {
  fsync: "on",
  shared_preload_libraries: "pg_stat_statements",
};

/** `work` is given the server: what it is, and `database`, which makes an empty one for as long as something needs it. */
export async function withPostgres(work) {
  const { startPostgres } = await createJiti(import.meta.url).import("../test/servers/postgres.ts");
  const server = await startPostgres("package", settings);
  const admin = new pg.Pool({ connectionString: server.url, max: 1 });
  admin.on("error", () => {});
  let made = 0;
  try {
    const [{ server_version: version }] = (await admin.query("SHOW server_version")).rows;
    await admin.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    return await work({ what: `PostgreSQL ${version}, durable`, database, statements });
  } finally {
    await admin.end();
    await server.stop();
  }

  async function database(use) {
    const name = `bench_${++made}`;
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.query("CHECKPOINT"); // None is measured while the server writes what another left behind.
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    try {
      return await use(url.href);
    } finally {
      await whenLeft(name);
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  }

  /** Connections that are being closed are let go by themselves: one that is cut is an error to whoever had it. */
  async function whenLeft(name) {
    for (let tries = 0; tries < 50; tries++) {
      const { rows } = await admin.query("SELECT 1 FROM pg_stat_activity WHERE datname = $1", [name]);
      if (rows.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** So many statements this database has carried out. */
  async function statements(url) {
    const { rows } = await admin.query(
      `SELECT coalesce(sum(calls), 0)::int AS n FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE datname = $1`,
      [new URL(url).pathname.slice(1)],
    );
    return rows[0].n;
  }
}
