// Agenda on PostgreSQL. It has no bulk; a job that is done is removed.
import { PostgresBackend } from "@agendajs/postgres-backend";
import { Agenda } from "agenda";
import pg from "pg";

export const variants = {
  "100 at once": { settings: "woken by NOTIFY, 100 at once, jobs removed when done", tasks: 1_000 },
};

const name = "noop";
const together = 100;

async function opened(url) {
  const pool = new pg.Pool({ connectionString: url });
  pool.on("error", () => {});
  const agenda = new Agenda({
    backend: new PostgresBackend({ pool }),
    processEvery: 500,
    defaultConcurrency: 100,
    maxConcurrency: 100,
    defaultLockLimit: 0,
    removeOnComplete: true,
  });
  await agenda.ready;
  return { agenda, pool };
}

export async function open(url) {
  const { agenda, pool } = await opened(url);
  await agenda.start(); // It tells others of a job only when it has begun itself, and takes none, because it defines none.
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  const add = (key) => agenda.now(name, { key });
  return {
    add: () => add(),
    async addMany(count) {
      for (let from = 0; from < count; from += together)
        await Promise.all(Array.from({ length: Math.min(together, count - from) }, () => add()));
    },
    addTimed: add,
    async left() {
      const { rows } = await connection.query("SELECT EXISTS (SELECT 1 FROM agenda_jobs) AS some");
      return rows[0].some;
    },
    async close() {
      await connection.end();
      await agenda.stop();
      await pool.end();
    },
  };
}

export async function work(url, _variant, began) {
  const { agenda, pool } = await opened(url);
  agenda.define(
    name,
    ({ attrs }, done) => {
      began(attrs.data?.key);
      done();
    },
    { removeOnComplete: true },
  );
  await agenda.start();
  return async () => {
    await agenda.stop();
    await pool.end();
  };
}
