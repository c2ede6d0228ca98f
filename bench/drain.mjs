// Drain of no-op tasks by one cluster: 2 workers with 50 slots, history kept, signatures on, beside the hand-written loop.
import { join } from "node:path";
import { openDriver } from "./driver.mjs";
import { envelopeSize, rowId } from "./enqueue.mjs";
import { limitStore } from "./limit.mjs";
import { client, inTempFolder, median, rate, startCluster } from "./measure.mjs";

export async function drain({ runs, tasks, report }) {
  for (const [synchronous, slots] of [
    ["full", 50],
    ["full", 10],
    ["normal", 50],
  ]) {
    const quern = [];
    const limit = [];
    for (let run = 0; run < runs; run++) {
      await inTempFolder(async (folder) => {
        const environment = {
          BENCH_DATABASE: `sqlite:${join(folder, "q.db")}`,
          BENCH_SYNCHRONOUS: synchronous,
          BENCH_SLOTS: String(slots),
        };
        const { default: instance, noop } = await client(environment);
        await instance.queues.pause("default");
        const [first] = await instance.enqueueMany(noop, Array(tasks).fill(undefined));
        const size = await envelopeSize(folder, first.id);
        const cluster = await startCluster(environment);
        await instance.queues.resume("default");
        await drained(instance);
        await cluster.stop();
        await instance.close();
        quern.push(await rateOf(folder, tasks));

        const store = await limitStore(folder, synchronous);
        for (let from = 0; from < tasks; from += 1_000) {
          store.insert(
            Array.from({ length: 1_000 }, (_, index) => ({
              id: rowId(from + index),
              body: "x".repeat(size),
            })),
          );
        }
        limit.push(await rate(tasks, () => store.drain()));
        store.close();
      });
    }
    report({
      name: `drain, 2 workers x ${slots}, ${synchronous}`,
      value: median(quern),
      unit: "tasks/s",
      limit: median(limit),
    });
  }
}

async function drained(instance) {
  const seen = setInterval(() => {}, 1_000);
  while ((await instance.queues.list()).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  clearInterval(seen);
}

/** From the first start to the last end, as the rows tell it. */
async function rateOf(folder, tasks) {
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(join(folder, "q.db"));
  const [{ ms, n }] = database
    .prepare(
      "SELECT max(stopped) - min(started) AS ms, count(*) AS n FROM quern_task WHERE state = 'success'",
    )
    .all();
  database.close();
  if (n !== tasks) throw new Error(`${n} of ${tasks} tasks succeeded`);
  return (tasks / ms) * 1000;
}
