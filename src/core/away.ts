// Repeats what could not be done because the database is away.
import { backoff, longestAwayMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { isQuernError, type QuernError } from "./errors.ts";

/** So long a call is repeated before its caller hears that the database is away. */
export const repeatForMs = 5_000;

/** It may pass by itself, and the call may be repeated. */
export function isAway(error: unknown): error is QuernError {
  return isQuernError(error, "QUERN_DATABASE_AWAY");
}

/** Rejects with what `work` threw last when the next try would come too late, and at once when the database is not what is wrong. */
export async function whileAway<T>(
  clock: Clock,
  work: () => Promise<T>,
  { forMs = repeatForMs, onAway }: { forMs?: number; onAway?: (error: QuernError) => void } = {},
): Promise<T> {
  const giveUp = clock.monotonic() + forMs;
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      const pause = backoff(failures, longestAwayMs);
      if (clock.monotonic() + pause > giveUp) throw error;
      onAway?.(error);
      await clock.sleep(pause);
    }
  }
}
