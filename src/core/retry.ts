// Attempts so far and a policy: how long until the next one.
import type { ResolvedOptions } from "./options.ts";

type Policy = Pick<ResolvedOptions, "backoff" | "delayMs" | "factor" | "maxDelayMs" | "jitter">;

/**
 * Milliseconds until the attempt after `used` used-up ones. With jitter anything from 0 to the computed delay ("full jitter"):
 * many tasks that failed together must not come back together.
 */
export function retryDelay(policy: Policy, used: number, random: () => number): number {
  const grown = {
    fixed: () => policy.delayMs,
    linear: () => policy.delayMs * used,
    // After some 500 attempts the power is no finite number any more, and nothing times that is none at all.
    exponential: () => policy.delayMs * Math.min(policy.factor ** (used - 1), Number.MAX_VALUE),
  }[policy.backoff]();
  const delay = Math.min(grown, policy.maxDelayMs);
  return Math.round(policy.jitter ? delay * random() : delay);
}

const firstUnknownDelayMs = 5_000;
const longestUnknownDelayMs = 300_000;

/** How long a task waits whose func nobody here knows, for the nth time in a row (from 1). */
export function unknownDelay(times: number): number {
  return Math.min(firstUnknownDelayMs * 2 ** (times - 1), longestUnknownDelayMs);
}
