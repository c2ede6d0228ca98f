// What a signal means to a command that runs until it is told to stop: first gently, then at once.
import { systemClock, type Timer } from "../core/clock.ts";

const one = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** npm sends a terminal's signal a second time, and an init system may signal the whole tree: within this time they are one. */
const oneWithinMs = 1_000;
/** How often a command that npm started looks whether npm is still there. */
const launcherCheckMs = 1_000;

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
  const stopWatching = onLauncherGone(heard);
  return () => {
    for (const signal of one) process.off(signal, heard);
    stopWatching();
  };
}

// npx and npm run put a shell between, which dies of a signal without passing it on: what they started would run on without them.
// A command that was put into the background by the shell has lost it before this line.
function onLauncherGone(heard: () => void): () => void {
  if (process.env["npm_command"] === undefined) return () => {};
  const launcher = process.ppid;
  const look = (): Timer =>
    systemClock.after(
      launcherCheckMs,
      () => {
        if (process.ppid === launcher) timer = look();
        else heard();
      },
      { background: true },
    );
  let timer = look();
  return () => timer.cancel();
}
