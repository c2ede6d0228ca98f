// Waits for tasks to end: all waiters of a process share one watch of the store and one query per wake.
import { nextTurn } from "../core/clock.ts";
import type { Answer, Store } from "../store/store.ts";
import { QuernError } from "../core/errors.ts";

interface Waiter {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const idsPerQuery = 500;

export class Waiters {
  readonly #store: Store;
  readonly #waiting = new Map<string, Set<Waiter>>();
  #unwatch: (() => void) | undefined;
  #looking = false;
  #again = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves when the task has ended; rejects with the signal's reason when it fires before. */
  wait(id: string, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const waiter: Waiter = { resolve, reject };
      const waiters = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiters.add(waiter));
      signal?.addEventListener(
        "abort",
        () => {
          this.#forget(id, waiter);
          reject(signal.reason);
        },
        { once: true },
      );
      this.#unwatch ??= this.#store.watch(() => this.#lookSoon());
      this.#lookSoon();
    });
  }

  /** Calls `look` now and at every wake, until it answers something. */
  async until<T>(look: () => Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> {
    let wake = (): void => {};
    const unwatch = this.#store.watch(() => wake());
    const stop = (): void => wake();
    signal.addEventListener("abort", stop);
    try {
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const found = await look();
        if (found !== undefined || signal.aborted) return found;
        await woken;
      }
    } finally {
      unwatch();
      signal.removeEventListener("abort", stop);
    }
  }

  close(): void {
    for (const waiters of this.#waiting.values())
      for (const waiter of waiters) waiter.reject(new QuernError("QUERN_CLOSED", {}));
    this.#waiting.clear();
    this.#rest();
  }

  #forget(id: string, waiter: Waiter): void {
    const waiters = this.#waiting.get(id);
    if (waiters?.delete(waiter) && waiters.size === 0) this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#rest();
  }

  #rest(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #lookSoon(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    nextTurn(() => void this.#look());
  }

  async #look(): Promise<void> {
    do {
      this.#again = false;
      const ids = [...this.#waiting.keys()];
      for (let from = 0; from < ids.length; from += idsPerQuery)
        await this.#ask(ids.slice(from, from + idsPerQuery));
    } while (this.#again);
    this.#looking = false;
    if (this.#waiting.size === 0) this.#rest();
  }

  async #ask(ids: string[]): Promise<void> {
    try {
      for (const answer of await this.#store.answers(ids)) {
        for (const waiter of this.#waiting.get(answer.id) ?? []) waiter.resolve(answer);
        this.#waiting.delete(answer.id);
      }
    } catch {
      // The store is away for a moment. Who waits has a deadline of his own, and the next wake asks again.
    }
  }
}
