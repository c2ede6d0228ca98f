// quern.queues: what waits where, and pausing it.
import { anyText, text } from "../core/check.ts";
import type { QueueCount } from "../store/broker.ts";
import type { Client } from "./client.ts";
import { auditEntry, type By } from "./tasks.ts";

export class Queues {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Every queue that holds tasks or is paused, with how many of its tasks wait, are ready and run. */
  async list(): Promise<QueueCount[]> {
    return (await this.#client.open()).store.queueCounts();
  }

  /** From now on no cluster starts tasks of this queue; running ones go on, new ones are taken in. False: it was paused already. */
  async pause(queue: string, options?: By): Promise<boolean> {
    text(queue, "the queue", "quern.queues.pause(queue)");
    return (await this.#client.open()).store.pause(queue, auditEntry(options, "queue.pause", queue));
  }

  /** False: it was not paused. */
  async resume(queue: string, options?: By): Promise<boolean> {
    anyText(queue, "the queue", "quern.queues.resume(queue)");
    return (await this.#client.open()).store.resume(queue, auditEntry(options, "queue.resume", queue));
  }
}
