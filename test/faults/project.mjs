// The project module of the fault tests: what clusters and their workers load. Its settings come by the environment.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeQuern, writeLedger } from "./tasks.mjs";

const { FAULT_FOLDER: folder, FAULT_SETTINGS: settings } = process.env;

const ledger = writeLedger(folder, "worker");
// Only workers have a channel to a parent. A file says whether, and how, the module breaks in them.
if (process.connected && existsSync(join(folder, "broken"))) {
  const how = readFileSync(join(folder, "broken"), "utf8");
  ledger.write("fault", "worker-leave", process.pid, process.ppid);
  if (how === "throws") throw new Error("the module is broken");
  if (how === "hangs") for (;;);
  if (how === "waits") await new Promise(() => {});
  if (how === "exits") process.exit(3);
  // Right after the worker has said that it is ready: the last thing it does before that is to listen.
  const behindReady = (run) =>
    process.on("newListener", (event) => {
      if (event === "message") setImmediate(() => run());
    });
  if (how === "leaves") behindReady(() => process.exit(4));
  if (how === "raises")
    behindReady(() => {
      throw new Error("the module is broken");
    });
}
export default makeQuern(folder, JSON.parse(settings));
