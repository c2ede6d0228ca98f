// A clock that stands still until a test moves it, so that hours pass in a moment and nothing depends on the machine's speed.
import { type Clock, type Timer, turn } from "../core/clock.ts";

export interface ManualClock extends Clock {
  /** Moves both clocks on and runs the timers that come due on the way, each at its own moment, with what follows from it. */
  advance(ms: number): Promise<void>;
  /** Lets the wall clock step, forth or back, as an administrator would: no timer notices. */
  step(ms: number): void;
  /** How many timers wait; sleepers count. */
  readonly waiting: number;
}

interface WaitingTimer {
  at: number;
  run: () => void;
}

/** `now` is where the wall clock stands at first. */
export function manualClock(now: Date | number = Date.UTC(2030, 0, 1)): ManualClock {
  const timers = new Set<WaitingTimer>();
  let wall = Number(now);
  let monotonic = 0;

  const after = (ms: number, run: () => void): Timer => {
    const timer = { at: monotonic + Math.max(0, ms), run };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer) };
  };
  const move = (to: number): void => {
    wall += to - monotonic;
    monotonic = to;
  };
  /** The earliest of those due by then; of several at one moment, the one that was set first. */
  const nextBy = (end: number): WaitingTimer | undefined =>
    [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];

  return {
    now: () => wall,
    monotonic: () => monotonic,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const end = (): void => {
          timer.cancel();
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const timer = after(ms, end);
        signal?.addEventListener("abort", end, { once: true });
      }),
    async advance(ms) {
      const end = monotonic + ms;
      await turn();
      for (let timer = nextBy(end); timer !== undefined; timer = nextBy(end)) {
        timers.delete(timer);
        move(Math.max(monotonic, timer.at));
        timer.run();
        await turn(); // What the timer set off may set timers too.
      }
      move(end);
    },
    step(ms) {
      wall += ms;
    },
    get waiting() {
      return timers.size;
    },
  };
}
