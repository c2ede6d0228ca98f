// A thread in every worker that ends it when its sentinel is gone, whatever the main thread is doing.
import { workerData } from "node:worker_threads";

const lookEveryMs = 250;
const pause = new Int32Array(new SharedArrayBuffer(4));
const { sentinel } = workerData as { sentinel: number };

while (process.ppid === sentinel) Atomics.wait(pause, 0, 0, lookEveryMs);
// The group, so that commands which a task has started end with it.
process.kill(-process.pid, "SIGKILL");
