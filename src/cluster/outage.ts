// What a cluster's loops know together of a database that is away: one line says so for all of them, and one that it is back.
import type { Clock } from "../core/clock.ts";
import { formatDuration } from "../core/duration.ts";
import { isQuernError, type QuernError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";

/** While it lasts a line says so again. */
const tellAgainMs = 15_000;
/** What comes and goes more often than that is not told each time. */
const tellApartMs = 2_500;

export interface OutageOptions {
  clock: Clock;
  logger: Logger;
  /** No repeating will help: the password is wrong, there is no such database. Told once. */
  onRefused: (error: QuernError) => void;
}

export class Outage {
  readonly #options: OutageOptions;
  /** The loops that have found it away since they last found it there, and how to make each try at once. */
  readonly #without = new Map<string, () => void>();
  #since = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #told = false;
  #refused = false;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  met(loop: string, error: QuernError, retry: () => void): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    const begins = this.#without.size === 0;
    if (begins) this.#since = now;
    this.#without.set(loop, retry);
    if (now - this.#toldAt < (begins ? tellApartMs : tellAgainMs)) return;
    this.#toldAt = now;
    const already = now - this.#since;
    const since = already < 1_000 ? "" : ` for ${formatDuration(Math.round(already / 1_000) * 1_000)} now`;
    logger.error(`${error.message} It is tried again and again${since}; running tasks go on`);
    this.#told = true;
  }

  /** A pass of this loop went well. The others try at once. */
  over(loop: string): void {
    if (!this.#without.delete(loop)) return;
    for (const retry of this.#without.values()) retry();
    if (this.#without.size > 0 || !this.#told) return;
    this.#told = false;
    const { clock, logger } = this.#options;
    logger.info(`the database is back after ${formatDuration(Math.round(clock.monotonic() - this.#since))}`);
  }

  refused(error: QuernError): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#options.onRefused(error);
  }
}

/** It does not pass by itself: somebody has to change something before this process can go on. */
export function isPermanent(error: unknown): error is QuernError {
  return isQuernError(error) && error.details["permanent"] === true;
}
