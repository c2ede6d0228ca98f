// Tasks that are claimed and wait for a slot: as many as will be started in the next moments, so that one commit serves many of them.
import type { Attempt } from "../attempts.ts";
import type { SentAttempt } from "../messages.ts";

/** It holds what will be started within this time, going by how long tasks took of late. Of tasks that take long that is none. */
const reserveMs = 20;
/** If the cluster dies, so many tasks that had not begun wait for their leases to run out. */
const mostHeld = 500;
/** One is held for so many that ended in the last half second to a second: no more than the slots start in a quarter of one. */
const endedForEach = 4;
const countedMs = 500;
/** When no task has ended for so long, the next ones may be of another kind. */
const forgottenMs = 100;
/** So many tasks weigh in how long they took. */
const lastOnes = 32;
const shortestMs = 0.1;
/** Longer than this a task is not kept from other clusters: slots no longer come free as they did. */
const keptMs = 500;

export interface Reserved {
  readonly attempt: Attempt;
  readonly start: SentAttempt;
  /** Moments of the monotonic clock: when it was claimed, and after which its lease may be somebody else's. */
  readonly claimedAt: number;
  readonly notAfter: number;
}

export class Reserve {
  #held: Reserved[] = [];
  #meanMs = 0;
  #lastEnd = Number.NEGATIVE_INFINITY;
  /** How many have ended since a moment, and in as long a time before. */
  #countedSince = 0;
  #counted = 0;
  #countedBefore = 0;

  get size(): number {
    return this.#held.length;
  }

  /** A task has run for so long. What the store takes to save its end is not in it: that is what the reserve makes up for. */
  ended(ms: number, now: number): void {
    const counting = now - this.#countedSince;
    if (counting >= countedMs) {
      this.#countedBefore = counting < 2 * countedMs ? this.#counted : 0;
      this.#counted = 0;
      this.#countedSince = now;
    }
    this.#counted += 1;
    this.#meanMs += now - this.#lastEnd > forgottenMs ? ms - this.#meanMs : (ms - this.#meanMs) / lastOnes;
    this.#lastEnd = now;
  }

  /** How many more to claim for so many slots, idle or not. */
  wants(slots: number, now: number): number {
    if (now - this.#lastEnd > forgottenMs) return 0;
    const started = Math.floor((slots * reserveMs) / Math.max(this.#meanMs, shortestMs));
    // Slots on a machine that is busy with other things start less than their tasks would let them.
    const paced = Math.floor((this.#counted + this.#countedBefore) / endedForEach);
    return Math.max(0, Math.min(mostHeld, started, paced) - this.#held.length);
  }

  add(reserved: Reserved): void {
    this.#held.push(reserved);
  }

  /** The one that was claimed first. */
  next(): Reserved | undefined {
    return this.#held.shift();
  }

  /** Those that have waited too long, at most until the given moment; they are not held any more. */
  takeStale(now: number): Reserved[] {
    const stale = this.#held.filter(({ claimedAt }) => now - claimedAt > keptMs);
    if (stale.length > 0) this.#held = this.#held.filter(({ claimedAt }) => now - claimedAt <= keptMs);
    return stale;
  }

  takeAll(): Reserved[] {
    return this.#held.splice(0);
  }
}
