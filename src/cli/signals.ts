// What a signal means to a command that runs until it is told to stop: first gently, then at once.
import { systemClock } from "../core/clock.ts";

const one = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** npm sends a terminal's signal a second time, and an init system may signal the whole tree: within this time they are one. */
const oneWithinMs = 1_000;

/**
 * Calls `gently` at the first signal and `atOnce` at one that comes more than a second later. Returns how to stop listening.
 */
export function onStop(gently: () => void, atOnce: () => void): () => void {
  let first: number | undefined;
  const heard = (): void => {
    const now = systemClock.monotonic();
    if (first === undefined) {
      first = now;
      gently();
    } else if (now - first > oneWithinMs) atOnce();
  };
  for (const signal of one) process.on(signal, heard);
  return () => {
    for (const signal of one) process.off(signal, heard);
  };
}
