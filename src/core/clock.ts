// The time and the timers: the only file that asks the system what time it is, sets a timer or waits for the
// event loop.

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, epoch milliseconds. It may step; never measure or time anything with it. */
  now(): number;
  /** Milliseconds that never step back; only differences mean something, also between the processes of one machine. */
  monotonic(): number;
  /**
   * Calls `run` once, later. A `background` timer does not keep the process alive. Any length is right,
   * months too.
   */
  after(ms: number, run: () => void, options?: { background?: boolean }): Timer;
  /** Resolves after `ms`, or early and without throwing when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// performance.now() counts from the start of its process, hrtime from that of the machine.
const machineOrigin = Number(process.hrtime.bigint() / 1_000n) / 1_000 - performance.now();

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => machineOrigin + performance.now(),
  after: (ms, run, options) => arm(ms, run, options?.background ?? false),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = (): void => {
        timer.cancel();
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = arm(ms, end, false);
      signal?.addEventListener("abort", end, { once: true });
    }),
};

/** Resolves after one turn of the event loop: what lay in sockets and pipes has been read by then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls `run` in the next turn of the event loop. */
export function nextTurn(run: () => void): void {
  setImmediate(run);
}

// What Node's timers can hold; a longer one fires at once, so a long wait is made of several.
const longestTimer = 2 ** 31 - 1;

function arm(ms: number, run: () => void, background: boolean): Timer {
  let handle: NodeJS.Timeout;
  const wait = (left: number): void => {
    const step = Math.min(left, longestTimer);
    handle = setTimeout(() => (left > step ? wait(left - step) : run()), step);
    if (background) handle.unref();
  };
  wait(Math.max(0, ms));
  return { cancel: () => clearTimeout(handle) };
}
