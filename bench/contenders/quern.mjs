// Quern among those that are compared: its defaults, with all history kept and signatures on.
import pg from "pg";
import { client } from "../measure.mjs";

export const variants = {
  "2 workers x 50": {
    settings: "tasks in 2 worker processes, history and attempt records kept, signed",
    tasks: 50_000,
  },
  "workers: 0": {
    settings: "tasks in the sentinel's own process, history and attempt records kept, signed",
    tasks: 50_000,
  },
};

const environment = (url, variant) => ({
  BENCH_DATABASE: url,
  BENCH_WORKERS: variant === "workers: 0" ? "0" : "2",
  BENCH_SLOTS: variant === "workers: 0" ? "100" : "50",
});

export async function open(url) {
  const { default: instance, noop, clock } = await client(environment(url));
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  let last;
  return {
    async prepare() {
      await instance.queues.pause("default"); // So that its workers are up before they are given work, as the peers' are.
    },
    release: () => instance.queues.resume("default"),
    add: () => instance.enqueue(noop),
    addMany: (count) => instance.enqueueMany(noop, Array(count).fill(undefined)),
    async addTimed() {
      last = await instance.enqueue(clock);
    },
    began: () => last.result({ timeout: "10s" }),
    async firstStart() {
      const { rows } = await connection.query("SELECT min(started) AS ms FROM quern_task");
      return Number(rows[0].ms);
    },
    async left() {
      const { rows } = await connection.query("SELECT EXISTS (SELECT 1 FROM quern_queue) AS some");
      return rows[0].some;
    },
    async close() {
      await connection.end();
      await instance.close();
    },
  };
}

export async function work(url, variant) {
  const { default: instance } = await client(environment(url, variant));
  const cluster = await instance.start({ project: new URL("../project.mjs", import.meta.url) });
  return async () => {
    await cluster.stop();
    await instance.close();
  };
}
