// Wakes when another connection has committed: told by the file system that the WAL was written, sure by `data_version`.
import { type FSWatcher, utimesSync, watch } from "node:fs";
import type { Clock, Timer } from "../../core/clock.ts";

// The event comes when the WAL is written, which under synchronous=FULL is before the commit is visible. So whoever has committed
// touches the file, and that event finds it. Others, such as an application whose transaction was joined, do not: for them we look
// again every millisecond for a while. A single look would find most of those only with the next event or the net beneath.
// Tried: a look in every turn of the event loop. It holds up the very commit it looks for, and 3.5 ms from enqueue to start became 7.
const lookEveryMs = 1;
const lookForMs = 20;
const netMs = 1_000;

export class WalWatch {
  readonly #wal: string;
  readonly #dataVersion: () => number;
  readonly #clock: Clock;
  readonly #wakes = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  #net: Timer | undefined;
  #seen = 0;
  #lookUntil = 0;
  #looking = false;

  constructor(wal: string, dataVersion: () => number, clock: Clock) {
    this.#wal = wal;
    this.#dataVersion = dataVersion;
    this.#clock = clock;
  }

  add(wake: () => void): () => void {
    const own = (): void => wake(); // The same function may watch twice, and stop once.
    this.#wakes.add(own);
    if (this.#wakes.size === 1) this.#start();
    return () => {
      if (this.#wakes.delete(own) && this.#wakes.size === 0) this.stop();
    };
  }

  /** We have committed: whoever watches, in whatever process, is to look now. */
  touch(): void {
    const seconds = this.#clock.now() / 1_000;
    try {
      utimesSync(this.#wal, seconds, seconds);
    } catch {
      // Not ours to touch, or gone: they will find it a little later.
    }
  }

  stop(): void {
    this.#wakes.clear(); // Nobody is left to look for, also when a look is due in a millisecond and the database closes.
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#net?.cancel();
    this.#net = undefined;
    this.#lookUntil = 0;
  }

  #start(): void {
    this.#seen = this.#dataVersion();
    this.#watchFile();
    this.#armNet();
  }

  #watchFile(): void {
    try {
      this.#watcher = watch(this.#wal, { persistent: false }, () => this.#written());
      this.#watcher.on("error", () => this.#forgetWatcher());
    } catch {
      this.#forgetWatcher(); // No such file, or no more watches to be had: the net is there, and tries again.
    }
  }

  #forgetWatcher(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #armNet(): void {
    this.#net = this.#clock.after(
      netMs,
      () => {
        if (this.#watcher === undefined) this.#watchFile();
        this.#look();
        if (this.#net !== undefined) this.#armNet();
      },
      { background: true },
    );
  }

  #written(): void {
    this.#lookUntil = this.#clock.monotonic() + lookForMs;
    this.#look();
    if (!this.#looking) this.#lookAgain();
  }

  #lookAgain(): void {
    this.#looking = this.#clock.monotonic() < this.#lookUntil;
    if (!this.#looking) return;
    const again = (): void => {
      this.#look();
      this.#lookAgain();
    };
    this.#clock.after(lookEveryMs, again, { background: true });
  }

  #look(): void {
    if (this.#wakes.size === 0) return;
    const version = this.#dataVersion();
    if (version === this.#seen) return;
    this.#seen = version;
    for (const wake of this.#wakes) wake();
  }
}
