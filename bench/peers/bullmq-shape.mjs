// BullMQ, whichever store it is given. What is done is removed, which is quicker for it than keeping all.
export const variants = {
  "50 at once": { settings: "concurrency 50, jobs removed when done", tasks: 5_000 },
};

const name = "noop";
const bulk = 1_000;
const options = { removeOnComplete: true, removeOnFail: true };

export async function openQueue(Queue, connection) {
  const queue = new Queue(name, { connection, defaultJobOptions: options });
  await queue.waitUntilReady();
  return {
    add: () => queue.add(name, {}),
    async addMany(count) {
      for (let from = 0; from < count; from += bulk)
        await queue.addBulk(Array.from({ length: Math.min(bulk, count - from) }, () => ({ name, data: {} })));
    },
    addTimed: (key) => queue.add(name, { key }),
    left: async () => (await queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized")) > 0,
    close: () => queue.close(),
  };
}

export async function startWorker(Worker, connection, began) {
  const worker = new Worker(name, async ({ data }) => began(data.key), { connection, concurrency: 50 });
  worker.on("error", () => {});
  await worker.waitUntilReady();
  return () => worker.close();
}
