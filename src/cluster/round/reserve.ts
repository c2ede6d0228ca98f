// Tasks that are claimed and wait for a slot: as many as will be started in the next moments, so that one commit serves many of them.
import type { AttemptStart } from "../../client/run-attempt.ts";
import type { Attempt } from "../attempts.ts";

/** It holds what will be started within this time, going by how fast tasks ended of late. Of tasks that take long that is none. */
const reserveMs = 20;
/** If the cluster dies, so many tasks that had not begun wait for their leases to run out. */
const mostHeld = 100;
/** When no task has ended for so long, the next ones may be of another kind. */
const forgottenMs = 100;
/** Longer than this a task is not kept from other clusters: slots no longer come free as they did. */
const keptMs = 500;

export interface Reserved {
  readonly attempt: Attempt;
  readonly start: AttemptStart;
  /** Moments of the monotonic clock: when it was claimed, and after which its lease may be somebody else's. */
  readonly claimedAt: number;
  readonly notAfter: number;
}

export class Reserve {
  #held: Reserved[] = [];
  #target = 0;
  #ended = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#held.length;
  }

  /** How many more to claim, when so many tasks have ended since it was last asked. */
  wants(ended: number, now: number): number {
    const elapsed = now - this.#countedAt;
    this.#ended += ended;
    // From end to end: what a moment without any says depends on when one looks.
    if (ended > 0 && elapsed >= reserveMs) {
      this.#target = Math.min(mostHeld, Math.floor((this.#ended * reserveMs) / elapsed));
      this.#ended = 0;
      this.#countedAt = now;
    } else if (elapsed > forgottenMs) this.#target = 0;
    return Math.max(0, this.#target - this.#held.length);
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
