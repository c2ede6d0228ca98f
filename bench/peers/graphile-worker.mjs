// graphile-worker, plain and with its batching preset. A job that is done is deleted: it keeps no history.
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";

const plain = { concurrentJobs: 24, maxPoolSize: 25 };
export const variants = {
  plain: { settings: "24 at once, no history", tasks: 10_000, worker: plain },
  "batching preset": {
    settings: "localQueue of 1,000, completions and failures batched, 100 at once, no history",
    tasks: 50_000,
    worker: {
      ...plain,
      concurrentJobs: 100,
      localQueue: { size: 1_000 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
};

const logger = new Logger(() => () => {});
const bulk = 1_000;

export async function open(url) {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  return {
    add: () => utils.addJob("noop", {}),
    async addMany(count) {
      for (let from = 0; from < count; from += bulk)
        await utils.addJobs(Array(Math.min(bulk, count - from)).fill({ identifier: "noop", payload: {} }));
    },
    addTimed: (key) => utils.addJob("noop", { key }),
    async left() {
      const { rows } = await connection.query(
        "SELECT EXISTS (SELECT 1 FROM graphile_worker._private_jobs) AS some",
      );
      return rows[0].some;
    },
    async close() {
      await connection.end();
      await utils.release();
    },
  };
}

export async function work(url, variant, began) {
  const runner = await run({
    preset: { worker: { connectionString: url, ...variants[variant].worker, logger } },
    noHandleSignals: true,
    taskList: { noop: async ({ key }) => began(key) },
  });
  return () => runner.stop();
}
