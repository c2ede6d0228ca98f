// Enqueue one by one, a hundred calls at a time, and in bulk.
import { join } from "node:path";
import { limitStore } from "./limit.mjs";
import { client, inTempFolder, medianOf, rate } from "./measure.mjs";

const ways = 100;
/** As many rows in a transaction of the limit as Quern puts into one. */
const bulkStep = 1_000;

export async function enqueue({ runs, tasks, report }) {
  for (const synchronous of ["full", "normal"]) {
    const single = Math.max(200, Math.round(tasks / 100));
    const quern = { single: [], ways: [], bulk: [] };
    const limit = { single: [], bulk: [] };
    for (let run = 0; run < runs; run++) {
      await inTempFolder(async (folder) => {
        const { default: instance, noop } = await client({
          BENCH_DATABASE: `sqlite:${join(folder, "q.db")}`,
          BENCH_SYNCHRONOUS: synchronous,
        });
        await instance.enqueue(noop);
        quern.single.push(
          await rate(single, async () => {
            for (let index = 0; index < single; index++) await instance.enqueue(noop);
          }),
        );
        quern.ways.push(
          await rate(tasks, async () => {
            const one = async () => {
              for (let index = 0; index < tasks / ways; index++) await instance.enqueue(noop);
            };
            await Promise.all(Array.from({ length: ways }, one));
          }),
        );
        quern.bulk.push(await rate(tasks, () => instance.enqueueMany(noop, Array(tasks).fill(undefined))));
        const task = (await instance.tasks.list({}, { limit: 1 })).tasks[0];
        const bodySize = await envelopeSize(folder, task.id);
        await instance.close();

        const store = await limitStore(folder, synchronous);
        let made = 0;
        const rows = (count) =>
          Array.from({ length: count }, () => ({ id: rowId(made++), body: "x".repeat(bodySize) }));
        limit.single.push(
          await rate(single, () => {
            for (let index = 0; index < single; index++) store.insert(rows(1));
          }),
        );
        limit.bulk.push(
          await rate(tasks, () => {
            for (let index = 0; index < tasks; index += bulkStep) store.insert(rows(bulkStep));
          }),
        );
        store.close();
      });
    }
    const middle = (values) => medianOf(values.length, async (index) => values[index]);
    const bulk = await middle(quern.bulk);
    report({
      name: `enqueue one by one, ${synchronous}`,
      value: await middle(quern.single),
      unit: "tasks/s",
      limit: await middle(limit.single),
    });
    report({
      name: `enqueue 100-way, ${synchronous} (limit: bulk)`,
      value: await middle(quern.ways),
      unit: "tasks/s",
      limit: bulk,
    });
    report({
      name: `enqueue bulk, ${synchronous}`,
      value: bulk,
      unit: "tasks/s",
      limit: await middle(limit.bulk),
    });
  }
}

/** A text like a UUIDv7: the same length, and growing. */
export function rowId(number) {
  return `019359ab-cdef-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** The bytes of a row's longest column, so that the limit writes rows of the same size. */
export async function envelopeSize(folder, id) {
  const { openDriver } = await import("./driver.mjs");
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(join(folder, "q.db"));
  const [row] = database
    .prepare(
      "SELECT length(envelope) + length(name) + length(func) + length(queue) + 40 AS size FROM quern_queue WHERE id = ?",
    )
    .all(id);
  database.close();
  return row.size;
}
