// How far a run has come: how many tasks have ended. Faults come by it and not by the clock, so that a slow machine has no more to bear.
import { setTimeout as sleep } from "node:timers/promises";

/** Longer than a lease, a careful reaper and the start of a cluster take together. */
const standstillMs = 30_000;

export class Progress {
  ended = 0;
  #engine;
  #waiting = [];
  #stalled = new AbortController();

  constructor(engine) {
    this.#engine = engine;
  }

  /** Fires when nothing has ended for so long that nothing ever will. */
  get stalled() {
    return this.#stalled.signal;
  }

  /** Resolves when so many tasks have ended. */
  async reached(count, signal) {
    if (this.ended >= count) return;
    await new Promise((resolve, reject) => {
      this.#waiting.push({ count, resolve });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** Looks until `signal` fires, or the run stands still. */
  async watch(signal) {
    for (let moved = performance.now(); performance.now() - moved < standstillMs; ) {
      await sleep(this.#engine.lookEveryMs, undefined, { signal });
      const ended = await this.#engine.ended();
      if (ended === this.ended) continue;
      moved = performance.now();
      this.ended = ended;
      const due = this.#waiting.filter(({ count }) => count <= ended);
      this.#waiting = this.#waiting.filter(({ count }) => count > ended);
      for (const { resolve } of due) resolve();
    }
    this.#stalled.abort(new Error(`no task has ended for ${standstillMs} ms`));
  }
}
