// The life that all of a cluster's services share: start, stop, a loop that never overlaps itself, and its back-off.
import { type Clock, type Timer, turn } from "../core/clock.ts";
import { backoff, longestAwayMs } from "../core/backoff.ts";
import type { Logger } from "../core/log.ts";
import { isAway } from "../core/away.ts";
import { isQuernError } from "../core/errors.ts";
import { isPermanent, type Outage } from "./outage.ts";

/** One that goes on failing says so again after so long. */
const sayAgainMs = 10_000;

export interface LoopOptions {
  name: string;
  clock: Clock;
  logger: Logger;
  outage: Outage;
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
  #saidAt = Number.NEGATIVE_INFINITY;

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
    const { name, logger, outage, pass } = this.#options;
    try {
      const pause = await pass();
      if (this.#saidAt > Number.NEGATIVE_INFINITY) logger.info(`${name} works again`);
      this.#saidAt = Number.NEGATIVE_INFINITY;
      this.#failures = 0;
      outage.over(name);
      return pause;
    } catch (error) {
      this.#failures += 1;
      if (isAway(error)) {
        outage.met(name, error, () => this.#endPause());
        return backoff(this.#failures, longestAwayMs);
      }
      if (isPermanent(error)) outage.refused(error);
      else this.#say(error);
      // A lock that is let go is as good as a database that is back.
      return isQuernError(error, "QUERN_DATABASE_BUSY")
        ? backoff(this.#failures, longestAwayMs)
        : backoff(this.#failures);
    }
  }

  #say(error: unknown): void {
    const { name, clock, logger } = this.#options;
    const now = clock.monotonic();
    if (now - this.#saidAt < sayAgainMs) return;
    this.#saidAt = now;
    const times = this.#failures === 1 ? "" : ` (${this.#failures} times in a row)`;
    logger.error(`${name}: ${error instanceof Error ? error.message : String(error)}${times}`);
  }
}
