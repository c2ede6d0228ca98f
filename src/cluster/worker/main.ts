// The entry of a worker process: guards itself, loads the project module, runs what it is sent.
import { Worker as Thread } from "node:worker_threads";
import { encodeError } from "../../core/codec.ts";
import type { Client } from "../../client/client.ts";
import { markWorker } from "../../client/current-attempt.ts";
import type { FromWorker, Said, ToWorker } from "../messages.ts";
import { loadProject } from "../project.ts";
import { slateOn } from "../slate.ts";
import { Worker } from "./worker.ts";

const [project = "", sentinel = "", slate = ""] = process.argv.slice(2);

// Before any module of the user's: from here on nothing can make this process outlive its sentinel.
const watchdog = new Thread(new URL("./watchdog.js", import.meta.url), {
  workerData: { sentinel: Number(sentinel) },
  execArgv: [],
});
watchdog.unref();
// Only the sentinel ends a worker. A terminal or an init system signals the whole tree at once.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
// Whoever read what tasks print may have gone, such as a terminal that was closed. No task fails for it.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
markWorker();

// Resolves when all that was sent has left: a large report would die with the process that ends too soon.
let sent = Promise.resolve();
const send = (message: FromWorker): void => {
  if (!process.connected) return;
  sent = new Promise((resolve) => process.send?.({ quern: message } satisfies Said, () => resolve()));
};
const end = async (client: Client): Promise<void> => {
  await Promise.all([sent, client.close().catch(() => undefined)]);
  process.exit(0);
};

try {
  const client = await loadProject(project);
  const writeDown = slate === "" ? null : slateOn(Number(slate));
  const worker = new Worker({
    client,
    label: String(process.pid),
    send,
    writeDown,
    onEmpty: () => void end(client),
  });
  process.on("uncaughtException", (error) => worker.uncaught(error));
  process.on("unhandledRejection", (error) => worker.uncaught(error));
  process.on("exit", (code) => worker.exiting(code));
  process.on("message", (message) => worker.receive(message as ToWorker));
  worker.ready();
} catch (error) {
  const unusable: Said = { quern: { kind: "unusable", error: encodeError(error) } };
  process.send?.(unusable, () => process.exit(1));
}
