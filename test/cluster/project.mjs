// The project module of the tests of clusters with worker processes: it listens to events, and its tasks misuse what they are given.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Quern, task } from "../../dist/index.js";
import { eventTable } from "../../dist/core/events.js";

const { FAULT_FOLDER: folder, FAULT_SETTINGS: settings } = process.env;
const { startOptions, ...options } = JSON.parse(settings);

const codeOf = (promise) =>
  promise.then(
    () => "nothing was thrown",
    (error) => error.code,
  );

export const tasks = {
  where: task("where", () => ({ pid: process.pid, sentinel: process.ppid })),
  nap: task("nap", (ms, { signal }) => pause(ms, process.pid, { signal })),
  lone: task("lone", async (ms) => {
    await pause(ms);
    return process.pid;
  }),
  fails: task("fails", () => {
    throw new TypeError("as asked");
  }),
  starts: task("starts", () => codeOf(quern.start())),
  awaits: task("awaits", async () => codeOf((await quern.enqueue(tasks.where)).result())),
  enqueues: task("enqueues", async () => (await quern.enqueue(tasks.where)).id),
  large: task("large", () => "x".repeat(900_000)),
};

const note = (what) => {
  if (process.connected)
    appendFileSync(join(folder, "events.txt"), `${JSON.stringify({ ...what, by: process.pid })}\n`);
};

const quern = new Quern({
  tasks: Object.values(tasks),
  database: `sqlite:${join(folder, "quern.db")}`,
  workers: 2,
  lease: "3s",
  renew: "1s",
  stopGrace: "2s",
  killGrace: "500ms",
  onError: (error, failed) => {
    note({ event: "onError", message: error.message, id: failed.id });
    if (failed.queue === "rude") throw new Error("onError itself fails");
  },
  ...options,
});
for (const event of Object.keys(eventTable)) quern.on(event, (payload) => note({ event, ...payload }));

export { startOptions };
export default quern;
