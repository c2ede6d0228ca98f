// A thread that ends a command whose project module loops while it loads: the main thread can neither notice that nor hear a signal.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { afterMs, say } = workerData as { afterMs: number; say: string };
const stderr = 2;

Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, afterMs);
writeSync(stderr, `${say}\n`); // Not through process.stderr, which belongs to the main thread.
process.kill(process.pid, "SIGKILL");
