// plainjob on a file, through the SQLite library that Quern uses: its own pick has to be compiled. History kept.
import { defineQueue, defineWorker, JobStatus } from "plainjob";
import { openDriver } from "../driver.mjs";

export const variants = {
  "one by one": { settings: "WAL, synchronous=FULL, looks every 1 ms, history kept", tasks: 10_000 },
};

const name = "noop";
const silent = { error() {}, warn() {}, info() {}, debug() {} };

async function opened(url) {
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(url);
  const pragma = (text) => database.exec(`PRAGMA ${text}`);
  const transaction = (work) => {
    const run = (...args) => {
      database.exec("BEGIN IMMEDIATE");
      try {
        const answer = work(...args);
        database.exec("COMMIT");
        return answer;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    };
    return Object.assign(run, { immediate: run, deferred: run, exclusive: run });
  };
  const connection = {
    driver: "better-sqlite3",
    filename: url,
    pragma,
    exec: (text) => database.exec(text),
    prepare: (text) => database.prepare(text),
    transaction,
    close: () => database.close(),
  };
  const queue = defineQueue({ connection, logger: silent });
  for (const setting of ["journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000"]) pragma(setting);
  return queue;
}

export async function open(url) {
  const queue = await opened(url);
  return {
    add: async () => queue.add(name, {}),
    addMany: async (count) => queue.addMany(name, Array(count).fill({})),
    addTimed: async (key) => queue.add(name, { key }),
    left: async () =>
      [JobStatus.Pending, JobStatus.Processing].some((status) => queue.countJobs({ status }) > 0),
    close: async () => queue.close(),
  };
}

export async function work(url, _variant, began) {
  const queue = await opened(url);
  const worker = defineWorker(name, ({ data }) => began(JSON.parse(data).key), {
    queue,
    pollIntervall: 1,
    logger: silent,
  });
  const working = worker.start();
  return async () => {
    await worker.stop();
    await working;
    queue.close();
  };
}
