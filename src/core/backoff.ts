// How long to wait before the next try of what failed so often in a row.

export const shortestBackoffMs = 50;
const longestBackoffMs = 5_000;

/** A database that is away may be back at any moment, and then work is to go on within two seconds. */
export const longestAwayMs = 1_000;

/** 50 ms to `longest`, with full jitter: many who lost one database must not come back together. */
export function backoff(failures: number, longest: number = longestBackoffMs): number {
  return Math.max(shortestBackoffMs, Math.random() * Math.min(longest, shortestBackoffMs * 2 ** failures));
}
