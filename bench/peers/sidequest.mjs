// Sidequest on PostgreSQL, its jobs in the process that takes them, which is quicker for it than its threads. History kept.
import pg from "pg";
import { Job, Sidequest } from "sidequest";

export const variants = {
  inline: { settings: "100 at once, looks every 5 ms, in its own process, history kept", tasks: 2_000 },
};

let heard = () => {};

export class Noop extends Job {
  run(key) {
    heard(key ?? undefined);
  }
}

const configuration = (url) => ({
  backend: { driver: "@sidequest/postgres-backend", config: url },
  queues: [{ name: "default", concurrency: 100 }],
  logger: { level: "error", json: false },
});

export async function open(url) {
  await Sidequest.configure(configuration(url));
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  const add = (key) => Sidequest.build(Noop).enqueue(key ?? null);
  const together = 100;
  return {
    add: () => add(),
    async addMany(count) {
      for (let from = 0; from < count; from += together)
        await Promise.all(Array.from({ length: Math.min(together, count - from) }, () => add()));
    },
    addTimed: add,
    async left() {
      const { rows } = await connection.query(
        "SELECT EXISTS (SELECT 1 FROM sidequest_jobs WHERE state IN ('waiting', 'claimed', 'running')) AS some",
      );
      return rows[0].some;
    },
    async close() {
      await connection.end();
      await Sidequest.stop();
    },
  };
}

export async function work(url, _variant, began) {
  heard = began;
  await Sidequest.start({
    ...configuration(url),
    fork: false,
    runner: "inline",
    maxConcurrentJobs: 100,
    jobPollingInterval: 5,
    gracefulShutdown: false,
    dashboard: { enabled: false },
  });
  return () => Sidequest.stop();
}
