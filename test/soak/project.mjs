// The project module of a soak: what clusters, workers and the enqueuer load. Its settings come by the environment.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Ledger } from "./ledger.mjs";
import { makeTasks } from "./tasks.mjs";

const { SOAK_FOLDER: folder, SOAK_PACKAGE: dist, SOAK_DATABASE: database, SOAK_LATE: late } = process.env;
const { Quern, task } = await import(pathToFileURL(join(dist, "index.js")).href);

export const tasks = makeTasks({
  task,
  ledger: new Ledger(folder, "worker"),
  enqueue: (...call) => quern.enqueue(...call),
  late: late === "1",
});

const quern = new Quern({
  tasks: Object.values(tasks),
  database,
  workers: 2,
  concurrency: 10,
  lease: "3s",
  renew: "1s",
  stopGrace: "2s",
  killGrace: "500ms",
  saveLimit: 0,
  retry: { attempts: 1_000, backoff: "fixed", delay: "1s" },
  maxCrashes: 1_000,
  execArgv: ["--max-old-space-size=128"],
});

export default quern;
