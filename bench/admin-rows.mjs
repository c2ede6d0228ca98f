// The rows of the admin's benchmark, made in bulk: successes by SQL, what must be signed through the store.
import pg from "pg";
import { encodeError } from "../dist/core/codec.js";
import { openDriver } from "./driver.mjs";

const count = 1_000_000;
const together = 500;

/** One statement each for tasks and attempts; as an application leaves them that has run for eleven days. */
export async function successes({ engine, url }) {
  const end = Date.now();
  const step = 1_000;
  const envelope = `q1.00000000.${"x".repeat(43)}.${JSON.stringify({ timeoutMs: 900_000, attempts: 5 })}\n${JSON.stringify({ to: "x".repeat(60) })}`;
  if (engine === "sqlite") {
    const { DatabaseSync } = await openDriver();
    const database = new DatabaseSync(url.slice("sqlite:".length));
    database.exec(
      "PRAGMA busy_timeout = 60000; PRAGMA synchronous = off; PRAGMA cache_size = -400000; BEGIN",
    );
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})`;
    const id = "printf('019a0000-0000-7000-8000-%012x', i)";
    database.prepare(`${numbers} ${tasks(id, end - count * step, step)}`).run(envelope);
    database.prepare(`${numbers} ${attempts(id, end - count * step, step)}`).run();
    database.exec("COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
  } else {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("SET search_path TO quern_bench_admin");
    const numbers = `WITH n(i) AS (SELECT generate_series(0::bigint, ${count - 1}))`;
    const id = "'019a0000-0000-7000-8000-' || lpad(to_hex(i), 12, '0')";
    await client.query(`${numbers} ${tasks(id, end - count * step, step).replace("?", "$1::text")}`, [
      envelope,
    ]);
    await client.query(`${numbers} ${attempts(id, end - count * step, step)}`);
    await client.end();
  }
}

/** As the server does by itself after a while: its planner knows what is there. */
export async function settle({ engine, url }) {
  if (engine !== "postgres") return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("VACUUM ANALYZE");
  await client.end();
}

const tasks = (id, first, step) =>
  `, e(envelope) AS (SELECT ?) INSERT INTO quern_task (id, state, name, func, queue, "group", priority, enqueued, attempt, uncounted, crashes,
     outcome, started, stopped, result, envelope)
   SELECT ${id}, 'success', 'task ' || i, 'func.' || (i % 20), 'queue-' || (i % 5), 'group-' || (i % 200000), 0, ${first} + i * ${step}, 1, 0, 0,
     'success', ${first} + i * ${step} + 20, ${first} + i * ${step} + 120, '{"sum":42}', envelope FROM n, e`;

const attempts = (id, first, step) =>
  `INSERT INTO quern_attempt (id, attempt, owner, outcome, worker, started, stopped)
   SELECT ${id}, 1, 'owner', 'success', '4711', ${first} + i * ${step} + 20, ${first} + i * ${step} + 120 FROM n`;

/** Queued, claimed and ended, as a cluster does it. */
export async function failures({ store, client }, sealed, many) {
  const classes = ["RangeError", "TypeError", "TimeoutError", "Error"];
  const results = classes.map((name) =>
    encodeError(Object.assign(new Error("it went wrong, as it does"), { name })),
  );
  for (let from = 0; from < many; from += together) {
    await store.enqueue(Array.from({ length: together }, (_, index) => sealed(from + index)));
    const lanes = [{ queue: "default", limit: together }];
    const { tasks } = await store.claim({
      owner: "bench",
      leaseMs: 60_000,
      lanes,
      slots: together,
      isolated: 0,
    });
    const stopped = client.clock.now();
    const endings = tasks.map((task, index) => {
      const result = results[index % results.length];
      const { id, queue, attempt, owner } = task;
      return {
        ...{
          id,
          queue,
          attempt,
          owner,
          outcome: "failed",
          worker: "4711",
          started: stopped - 100,
          stopped,
          error: result,
        },
        ...{ log: null, progress: null, uncounted: 0, crashes: 0, followUps: [] },
        next: { end: "failure", result, save: true, answerMs: 60_000 },
      };
    });
    await store.finish(endings);
  }
}

export async function queued({ store }, sealed, many) {
  for (let from = 0; from < many; from += together)
    await store.enqueue(
      Array.from({ length: together }, (_, index) => ({
        ...sealed(from + index),
        ...(index % 5 === 0 ? {} : { queue: `queue-${index % 5}` }),
        ...(index % 4 === 0 ? { delayMs: 86_400_000 + index } : {}),
      })),
    );
}

export async function schedules({ client, store }, task, many) {
  const { createSchedule } = await import("../dist/client/schedule/changing.js");
  const types = ["daily", "hourly", "weekly", "monthly"];
  const made = [];
  for (const type of types)
    made.push(
      await createSchedule(client, task, {}, { type, firstRun: new Date(Date.now() + 3_600_000) }, undefined),
    );
  const rows = await Promise.all(made.map(({ id }) => store.schedule(id)));
  for (let index = 0; index < many; index++) {
    const row = rows[index % rows.length];
    const id = row.id.replace(/.{12}$/, index.toString(16).padStart(12, "0"));
    await store.saveSchedule(
      { ...row, id, name: `schedule ${index}`, nextRun: row.nextRun + index * 1_000 },
      null,
    );
  }
}
