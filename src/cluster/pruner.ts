// Removes what is past its limit, in the background and a little at a time.
import type { Client, Opened } from "../client/client.ts";
import type { Outage } from "./outage.ts";
import { Loop } from "./service.ts";

const passEveryMs = 5_000;
/** After many passes that found nothing. */
const seldomMs = 20_000;
const rowsPerStep = 500;
/** A late re-finish must still be told that it is `already` done. */
const attemptsKeptMs = 3_600_000;
const clustersKeptMs = 24 * 3_600_000;

export class Pruner {
  readonly #client: Client;
  readonly #opened: Opened;
  readonly #loop: Loop;
  #pauseMs = passEveryMs;

  constructor(client: Client, opened: Opened, outage: Outage) {
    this.#client = client;
    this.#opened = opened;
    const { clock, logger } = client;
    this.#loop = new Loop({ name: "pruning", clock, logger, outage, pass: () => this.#pass() });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #pass(): Promise<number> {
    const { options, clock } = this.#client;
    const { store } = this.#opened;
    const now = await store.time();
    const began = clock.monotonic();
    const removed = await store.prune({
      saveLimit: options.saveLimit > 0 ? options.saveLimit : null,
      per: options.saveLimitPer ?? null,
      failuresBefore: options.failureRetentionMs === null ? null : now - options.failureRetentionMs,
      attemptsBefore: now - attemptsKeptMs,
      clustersBefore: now - clustersKeptMs,
      limit: rowsPerStep,
    });
    // Half of the time at most goes into pruning, however much there is.
    if (removed > 0) {
      this.#pauseMs = passEveryMs;
      return clock.monotonic() - began;
    }
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, seldomMs);
    return pauseMs;
  }
}
