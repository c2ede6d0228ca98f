// The life that all of a cluster's services share: start, stop, a loop that never overlaps itself, and its back-off.
import { type Clock, type Timer, turn } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";

const shortestBackoffMs = 50;
const longestBackoffMs = 5_000;

export interface LoopOptions {
  name: string;
  clock: Clock;
  logger: Logger;
  /** One pass; answers in how many milliseconds the next one should come, if nobody pokes before. */
  pass: () => Promise<number>;
}

/** Starting twice, stopping twice and stopping unstarted are all safe. */
export class Loop {
  readonly #options: LoopOptions;
  #running: Promise<void> | undefined;
  #stopping = new AbortController();
  #pause: { timer: Timer; end: () => void } | undefined;
  #poked = false;
  #failures = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Lets the pass that runs end, and no other begin. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endPause();
    await this.#running;
    this.#running = undefined;
  }

  /** One more pass after the loop has stopped; what it throws is only logged. */
  async once(): Promise<void> {
    await this.#pass();
  }

  /** Makes the next pass come at once. During a back-off it waits for its end. */
  poke(): void {
    this.#poked = true;
    if (this.#failures === 0) this.#endPause();
  }

  async #run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      this.#poked = false;
      const pause = await this.#pass();
      if (stopping.aborted) break;
      if (pause <= 0 || (this.#poked && this.#failures === 0)) {
        await turn(); // Whoever pokes all the time must not keep the process from hearing anything else.
        continue;
      }
      // No abort signal: to make one and to fire it is most of what a short pause costs, and of what a wake waits for.
      await new Promise<void>((end) => {
        this.#pause = { timer: this.#options.clock.after(pause, end), end };
      });
      this.#pause = undefined;
    }
  }

  #endPause(): void {
    this.#pause?.timer.cancel();
    this.#pause?.end();
  }

  async #pass(): Promise<number> {
    const { name, logger, pass } = this.#options;
    try {
      const pause = await pass();
      if (this.#failures > 0) logger.info(`${name} works again`);
      this.#failures = 0;
      return pause;
    } catch (error) {
      this.#failures += 1;
      logger.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return backoff(this.#failures);
    }
  }
}

/** 50 ms to 5 s, with full jitter: many clusters that lost one database must not come back together. */
export function backoff(failures: number): number {
  return Math.max(
    shortestBackoffMs,
    Math.random() * Math.min(longestBackoffMs, shortestBackoffMs * 2 ** failures),
  );
}
