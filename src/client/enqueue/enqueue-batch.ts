// Lets the calls of one turn of the event loop travel together, and repeats them, with their ids, while the database is away.
import { isAway, repeatForMs } from "../../core/away.ts";
import { backoff, longestAwayMs } from "../../core/backoff.ts";
import { type Clock, nextTurn } from "../../core/clock.ts";
import { isQuernError, QuernError } from "../../core/errors.ts";
import type { Enqueued, NewTask } from "../../store/broker.ts";
import type { Store } from "../../store/store.ts";

interface Waiting {
  task: NewTask;
  giveUpAt: number;
  resolve(enqueued: Enqueued): void;
  reject(error: unknown): void;
}

const mostInOne = 500;
/** Of those that are tried one by one: when so many have waited for a lock in vain, nobody can write. */
const mostBusy = 2;

export class EnqueueBatch {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  /** What the database was away for. One of us asks for all whether it is back. */
  #stalled: Waiting[] = [];
  #repeating = false;
  /** Of the stalled ones those that are on their way. */
  #trying: readonly Waiting[] = [];
  #lastError: unknown;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(store: Store, task: NewTask): Promise<Enqueued> {
    return new Promise((resolve, reject) => {
      const giveUpAt = this.#clock.monotonic() + repeatForMs;
      this.#waiting.push({ task, giveUpAt, resolve, reject });
      if (this.#waiting.length === 1) nextTurn(() => void this.#send(store));
    });
  }

  async #send(store: Store): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#repeating) return this.#stall(store, waiting);
    for (let from = 0; from < waiting.length; from += mostInOne)
      await this.#sendTogether(store, waiting.slice(from, from + mostInOne));
  }

  /** Answers what they could not be stored for together, if there is something. When the database is away they wait for it. */
  async #sendTogether(store: Store, waiting: readonly Waiting[]): Promise<unknown> {
    try {
      const enqueued = await store.enqueue(waiting.map(({ task }) => task));
      waiting.forEach(({ resolve }, index) => resolve(enqueued[index] as Enqueued));
      return undefined;
    } catch (error) {
      if (isAway(error)) {
        this.#lastError = error;
        this.#stall(store, waiting);
      } else if (waiting.length === 1) waiting[0]?.reject(error);
      else await this.#sendEach(store, waiting);
      return error;
    }
  }

  /**
   * One of them may be at fault, or want what a transaction holds. An enqueue may be repeated, so each is tried by itself; but where
   * nobody can write they must not all wait for that, one behind the other.
   */
  async #sendEach(store: Store, waiting: readonly Waiting[]): Promise<void> {
    const busy: unknown[] = [];
    for (const one of waiting) {
      if (busy.length === mostBusy) {
        one.reject(busy[0]);
        continue;
      }
      const error = await this.#sendTogether(store, [one]);
      if (isQuernError(error, "QUERN_DATABASE_BUSY")) busy.push(error);
    }
  }

  #stall(store: Store, waiting: readonly Waiting[]): void {
    this.#stalled.push(...waiting);
    this.#giveUp();
    const [first] = waiting;
    if (first === undefined) return;
    // The deadline holds also while a try hangs on a connection that is dead.
    const leftMs = first.giveUpAt - this.#clock.monotonic();
    if (leftMs > 0) this.#clock.after(leftMs, () => this.#giveUp(), { background: true });
    if (!this.#repeating) void this.#repeat(store);
  }

  async #repeat(store: Store): Promise<void> {
    this.#repeating = true;
    for (let failures = 1; this.#stalled.length > 0; ) {
      const nextEnd = (this.#stalled[0]?.giveUpAt ?? 0) - this.#clock.monotonic();
      if (failures > 0)
        await this.#clock.sleep(Math.max(0, Math.min(backoff(failures, longestAwayMs), nextEnd)));
      this.#giveUp();
      this.#trying = this.#stalled.splice(0, mostInOne);
      if (this.#trying.length > 0)
        failures = isAway(await this.#sendTogether(store, this.#trying)) ? failures + 1 : 0;
      this.#trying = [];
    }
    this.#repeating = false;
  }

  /** Whoever has waited to the end of his time is told so, with the id by which the call may be repeated. */
  #giveUp(): void {
    const now = this.#clock.monotonic();
    for (const { task, giveUpAt, reject } of [...this.#trying, ...this.#stalled])
      if (giveUpAt <= now) reject(uncertain([task.id], this.#lastError));
    this.#stalled = this.#stalled.filter(({ giveUpAt }) => giveUpAt > now);
  }
}

export function uncertain(ids: readonly string[], cause: unknown): QuernError {
  const others = ids.length - 1;
  const id = others === 0 ? ids[0] : `${ids[0]} (and ${others} queued with it)`;
  return new QuernError("QUERN_ENQUEUE_UNCERTAIN", { id, ids }, { cause });
}
