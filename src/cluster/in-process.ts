// workers: 0: the same worker without a process. It can be asked to abort a task, but nothing can be killed.
import type { Client } from "../client/client.ts";
import type { AttemptKey, ToWorker } from "./messages.ts";
import { Worker } from "./worker/worker.ts";
import type { WorkerEvents, WorkerHandle } from "./worker-handle.ts";

export class InProcessWorker implements WorkerHandle {
  readonly pid = process.pid;
  readonly label: string = `${process.pid} (in process)`;
  readonly slots: number;
  readonly alone = false;
  readonly slate = null;
  readonly running: Set<AttemptKey> = new Set();
  state: WorkerHandle["state"] = "starting";
  done = 0;
  stuck = false;
  listens: ReadonlySet<string> = new Set();
  readonly #worker: Worker;

  constructor(client: Client, slots: number, events: WorkerEvents) {
    this.slots = slots;
    this.#worker = new Worker({
      client,
      label: this.label,
      send: (message) => events.message(this, message),
      writeDown: null,
      onEmpty: () => {
        this.state = "ended";
        events.ended(this, {
          reason: "stopped",
          outOfMemory: false,
          killed: false,
          culprit: null,
          unusable: null,
        });
      },
    });
  }

  start(): void {
    this.#worker.ready();
  }

  send(message: ToWorker): void {
    this.#worker.receive(message);
  }

  rss(): number {
    return process.memoryUsage.rss();
  }

  kill(): boolean {
    return false;
  }
}
