// pg-boss with a handler that takes 500 jobs, which is quickest for it; what is done stays in its table.
import pg from "pg";
import { PgBoss } from "pg-boss";

export const variants = {
  "a handler of 500": {
    settings: "500 a call, 2 at once, no wait after a full batch, woken by NOTIFY, history kept",
    tasks: 30_000,
    work: {
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
      batchSize: 500,
      localConcurrency: 2,
      burstWhenBatchFull: true,
    },
  },
};

const queue = "noop";
const bulk = 1_000;

async function started(url) {
  const boss = new PgBoss({ connectionString: url, schedule: false, useListenNotify: true });
  boss.on("error", () => {});
  await boss.start();
  await boss.createQueue(queue, { notify: true });
  return boss;
}

export async function open(url) {
  const boss = await started(url);
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  return {
    add: () => boss.send(queue, {}),
    async addMany(count) {
      for (let from = 0; from < count; from += bulk)
        await boss.insert(
          queue,
          Array.from({ length: Math.min(bulk, count - from) }, () => ({ data: {} })),
        );
    },
    addTimed: (key) => boss.send(queue, { key }),
    async left() {
      const { rows } = await connection.query(
        `SELECT EXISTS (SELECT 1 FROM pgboss.job WHERE name = '${queue}' AND state < 'completed') AS some`,
      );
      return rows[0].some;
    },
    async close() {
      await connection.end();
      await boss.stop({ graceful: false });
    },
  };
}

export async function work(url, variant, began) {
  const boss = await started(url);
  await boss.work(queue, variants[variant].work, async (jobs) => {
    for (const { data } of jobs) began(data?.key);
  });
  return () => boss.stop({ graceful: false });
}
