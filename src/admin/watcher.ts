// Looks at the store when something was committed, at most once a second, and tells what changed since the look before. One statement a look.
// Engines tell of what adds or ends tasks, not of each claim, heartbeat and note, and of what time brings nobody does. So a look that saw
// something is followed by another one a second later, and where all is quiet there is one every five.
import type { Clock, Timer } from "../core/clock.ts";
import type { Glance, Glimpse } from "../store/browse.ts";
import type { Store } from "../store/store.ts";
import { changesOf, headLimit, type HeadChanges, isQuiet } from "./engine/changes.ts";

/** No event of a model comes sooner after another; and so long what was read for one is good for all. */
export const leastBetweenMs = 1_000;
const quietLookMs = 5_000;
/** Of the database's time a look takes no more than the tenth part. */
const shareOfTime = 10;
/** Counting costs a query for each list, so it is done less often. */
const countsEveryMs = 5_000;
const aliveEveryMs = 15_000;

export interface Seen {
  changes: HeadChanges;
  /** Clusters that came, left, or are in another state. */
  clusters: string[];
}

export interface WatcherOptions {
  clock: Clock;
  open(): Promise<Store>;
  /** Null: there was nothing to compare the look to, and anything may have changed. Also where a commit changed no head. */
  looked(seen: Seen | null): void;
  count(): Promise<void>;
  /** Every 15 s, whatever happens. */
  alive(): Promise<void>;
  failed(error: unknown): void;
}

export class Watcher {
  readonly #options: WatcherOptions;
  readonly #timers = new Map<"look" | "count" | "alive", Timer>();
  #unwatch: (() => void) | undefined;
  #before: Glance | undefined;
  #woken = false;
  #looking = false;
  #sawSomething = false;
  #failing = false;
  #stopped = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WatcherOptions) {
    this.#options = options;
    void this.#watch();
    this.#armLook();
    this.#armAlive();
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    for (const timer of this.#timers.values()) timer.cancel();
  }

  async #watch(): Promise<void> {
    try {
      const store = await this.#options.open();
      if (!this.#stopped) this.#unwatch ??= store.watch(() => this.#wake());
    } catch (error) {
      this.#fails(error); // Tried again with the next sign of life.
    }
  }

  #after(name: "look" | "count" | "alive", ms: number, work: () => Promise<void>): void {
    if (this.#stopped) return; // It was stopped while it was waiting for the store.
    this.#timers.get(name)?.cancel();
    const carryOut = (): void => {
      void work()
        .catch((error: unknown) => this.#fails(error))
        .then(() => this.#timers.delete(name))
        .then(() => this.#stopped || this.#next(name));
    };
    this.#timers.set(name, this.#options.clock.after(Math.max(0, ms), carryOut, { background: true }));
  }

  /** Told once, until a look has come through again. */
  #fails(error: unknown): void {
    if (!this.#failing) this.#options.failed(error);
    this.#failing = true;
  }

  #next(name: "look" | "count" | "alive"): void {
    if (name === "alive") this.#armAlive();
    if (name === "look") this.#armLook();
  }

  #armAlive(): void {
    this.#after("alive", aliveEveryMs, async () => {
      if (this.#unwatch === undefined) await this.#watch();
      this.#armCount();
      await this.#options.alive();
    });
  }

  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    if (!this.#looking) this.#armLook();
  }

  #armLook(): void {
    const usualMs = this.#woken || this.#sawSomething ? leastBetweenMs : quietLookMs;
    const pauseMs = Math.max(usualMs, shareOfTime * this.#tookMs);
    this.#after("look", this.#lookedAt + pauseMs - this.#options.clock.monotonic(), async () => {
      const { clock } = this.#options;
      const woken = this.#woken;
      [this.#woken, this.#looking, this.#lookedAt] = [false, true, clock.monotonic()];
      await this.#look(woken).finally(() => {
        this.#looking = false;
        this.#tookMs = clock.monotonic() - this.#lookedAt;
      });
    });
  }

  async #look(woken: boolean): Promise<void> {
    const before = this.#before;
    this.#before = undefined; // What a look that fails would have seen is not told later as nothing.
    const now = await (await this.#options.open()).glance(headLimit);
    if (this.#stopped) return;
    this.#before = now;
    this.#failing = false;
    const changes = before === undefined ? null : changesOf(before, now);
    this.#sawSomething = changes === null || !isQuiet(changes);
    if (!this.#sawSomething && !woken) return;
    this.#options.looked(
      before === undefined || changes === null
        ? null
        : { changes, clusters: turned(before.clusters, now.clusters) },
    );
    this.#armCount();
  }

  #armCount(): void {
    if (this.#timers.has("count")) return;
    this.#after("count", this.#countedAt + countsEveryMs - this.#options.clock.monotonic(), async () => {
      this.#countedAt = this.#options.clock.monotonic();
      await this.#options.count();
    });
  }
}

/** A heartbeat alone, which is the end of its mark, turns no cluster. */
function turned(before: readonly Glimpse[], now: readonly Glimpse[]): string[] {
  const standing = ({ mark }: Glimpse): string => mark.slice(0, mark.lastIndexOf(" "));
  const was = new Map(before.map((one) => [one.id, standing(one)]));
  const is = new Map(now.map((one) => [one.id, standing(one)]));
  return [...new Set([...was.keys(), ...is.keys()])].filter((id) => was.get(id) !== is.get(id));
}
