// What a soak asks of a database behind Quern's back, for each engine: how far the run has come, and the faults that are the engine's own.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBarePostgres } from "./bare-postgres.mjs";
import { openBare, tryLock } from "./bare-sqlite.mjs";

/** Each answers, in a folder of the run: `url` for Quern, `source` for the dump, `version`, and what is below. */
export const engines = { sqlite: startSqlite, postgres: startPostgres };

const nothingLeft = `SELECT NOT EXISTS (SELECT 1 FROM quern_queue)
  AND NOT EXISTS (SELECT 1 FROM quern_schedule WHERE next_run IS NOT NULL) AS empty`;
const unreadable = "'ready', 'unreadable', 'soak.noop', 'default', 0, 0";
const unreadableColumns = "id, state, name, func, queue, priority, isolate, enqueued, due, envelope";

async function startSqlite(folder) {
  const path = join(folder, "quern.db");
  let database;
  let ended;
  const open = () => openBare(path, { timeout: 0 });
  const lock = async (handle) => {
    while (!tryLock(handle)) await sleep(5);
  };
  return {
    url: `sqlite:${path}`,
    source: path,
    lookEveryMs: 20,
    /** Throws until a cluster has made the tables. */
    async connect() {
      database ??= await openBare(path, { readOnly: false, timeout: 0 });
      ended = database.prepare("SELECT max(rowid) AS upTo FROM quern_task");
    },
    ended: async () => ended.all()[0].upTo ?? 0,
    drained: async () => database.prepare(nothingLeft).all()[0].empty === 1,
    async insertUnreadable(ids, envelope) {
      const insert = database.prepare(
        `INSERT INTO quern_queue (${unreadableColumns}) VALUES (?, ${unreadable}, ?, ?, ?)`,
      );
      await lock(database);
      for (const id of ids) insert.run(id, Date.now(), Date.now(), envelope);
      database.exec("COMMIT");
    },
    /** Whether a process that was stopped just now has not stopped everybody. */
    async isFree() {
      const handle = await open();
      try {
        for (let tries = 0; tries < 60; tries++) {
          if (tryLock(handle)) {
            handle.exec("ROLLBACK");
            return true;
          }
          await sleep(5);
        }
        return false;
      } finally {
        handle.close();
      }
    },
    async whileLocked(work) {
      const handle = await open();
      await lock(handle);
      await work();
      handle.exec("ROLLBACK");
      handle.close();
    },
    async version() {
      const handle = await openBare(":memory:");
      const [{ version }] = handle.prepare("SELECT sqlite_version() AS version").all();
      handle.close();
      return version;
    },
    disconnect: async () => database?.close(),
    stop: async () => undefined,
  };
}

const ways = ["kill", "immediate", "fast"];

async function startPostgres() {
  const { createJiti } = await import("jiti"); // The servers of the tests are written in TypeScript, which Node 20 does not read.
  const { FailingPostgres } = await createJiti(import.meta.url).import("../servers/failing-postgres.ts");
  const server = await FailingPostgres.start();
  const url = `${server.url}?schema=soak`;
  let client;
  let crashes = 0;
  let known = 0;
  /** The server may be away, or be back with nothing of our connection. */
  const ask = async (text, values) => {
    try {
      client ??= await openBarePostgres(url);
      return (await client.query(text, values)).rows;
    } catch (error) {
      void client?.end().catch(() => undefined);
      client = undefined;
      throw error;
    }
  };
  return {
    url,
    source: url,
    lookEveryMs: 100,
    connect: () => ask("SELECT count(*) FROM quern_queue"),
    async ended() {
      const [row] = await ask("SELECT count(*)::int AS n FROM quern_task").catch(() => []);
      known = row?.n ?? known;
      return known;
    },
    drained: async () => (await ask(nothingLeft).catch(() => []))[0]?.empty === true,
    async insertUnreadable(ids, envelope) {
      const sql = `INSERT INTO quern_queue (${unreadableColumns})
        SELECT id, ${unreadable}, $2, $2, $3 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING`;
      for (let done = false; !done; await sleep(done ? 0 : 50))
        done = await ask(sql, [ids, Date.now(), envelope]).then(
          () => true,
          () => false,
        );
    },
    isFree: async () => true, // What a stopped process holds are rows, and others pass over them.
    async whileLocked(work) {
      const holder = await openBarePostgres(url);
      await holder.query("BEGIN; LOCK TABLE quern_queue");
      await work();
      await holder.query("ROLLBACK");
      await holder.end();
    },
    /** The server is crashed, or stopped, and started again behind `meanwhile`. */
    crash: (meanwhile) => server.away(ways[crashes++ % ways.length], meanwhile),
    version: async () => (await ask("SHOW server_version"))[0].server_version,
    disconnect: async () => {
      await client?.end();
      client = undefined;
    },
    stop: () => server.stop(),
  };
}
