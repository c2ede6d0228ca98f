// Wakes watchers by LISTEN, on a connection of its own that is made again whenever it breaks; beneath it they wake every five seconds.
import type { Clock, Timer } from "../../core/clock.ts";
import { quoted } from "./postgres-dialect.ts";
import type { PgClient } from "./postgres-driver.ts";

const netMs = 1_000;
/** While we listen. What it would be needed for then is a connection that is dead without a word, until the probe. */
const listeningNetMs = 5_000;
const probeMs = 10_000;
const firstPauseMs = 50;
const longestPauseMs = 5_000;
const closeWithinMs = 1_000;
/** Who waits for one result after the other listens on one connection: making it would cost more than the answer. */
const lingerMs = 10_000;

export class Listener {
  readonly #connect: () => PgClient;
  readonly #channel: string | null;
  readonly #clock: Clock;
  readonly #wakes = new Set<() => void>();
  #net: Timer | undefined;
  /** Nobody is left to be woken. */
  #leaving: Timer | undefined;
  #listening = false;
  #stop: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();

  /** Without a channel there is only the net. */
  constructor(connect: () => PgClient, channel: string | null, clock: Clock) {
    this.#connect = connect;
    this.#channel = channel;
    this.#clock = clock;
  }

  add(wake: () => void): () => void {
    const mine = (): void => wake(); // The same function may be given twice, and be taken back once.
    this.#wakes.add(mine);
    this.#leaving?.cancel();
    if (this.#net === undefined) this.#start();
    return () => {
      if (this.#wakes.delete(mine) && this.#wakes.size === 0)
        this.#leaving = this.#clock.after(lingerMs, () => void this.stop(), { background: true });
    };
  }

  async stop(): Promise<void> {
    this.#leaving?.cancel();
    this.#net?.cancel();
    this.#net = undefined;
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#ended;
  }

  #start(): void {
    this.#armNet();
    if (this.#channel === null) return;
    const stop = new AbortController();
    this.#stop = stop;
    // The connection before is let go first: two at a time would be more than was promised.
    this.#ended = this.#ended.then(() => this.#listenOn(this.#channel as string, stop.signal));
  }

  #armNet(): void {
    this.#net = this.#clock.after(
      this.#listening ? listeningNetMs : netMs,
      () => {
        this.#armNet();
        this.#wakeAll();
      },
      { background: true },
    );
  }

  #wakeAll(): void {
    for (const wake of this.#wakes) wake();
  }

  async #listenOn(channel: string, signal: AbortSignal): Promise<void> {
    for (let pauseMs = firstPauseMs; !signal.aborted; ) {
      try {
        await this.#listenOnce(channel, signal, () => (pauseMs = firstPauseMs));
      } catch {
        // The next try is the answer, and the net wakes meanwhile: whoever looks is told by its own query that the server is away.
      }
      await this.#sleep(Math.random() * pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  /** Resolves or rejects when the connection is of no use any more. */
  async #listenOnce(channel: string, signal: AbortSignal, established: () => void): Promise<void> {
    const client = this.#connect();
    const broken = new AbortController();
    const end = (): void => broken.abort();
    client.on("error", end).on("end", end);
    client.on("notification", () => this.#wakeAll());
    signal.addEventListener("abort", end, { once: true });
    try {
      await client.connect();
      client.unref();
      await client.query({ text: `LISTEN ${quoted(channel)}` });
      established();
      this.#listening = true;
      this.#wakeAll(); // What was told before we listened is to be looked for.
      for (;;) {
        await this.#sleep(probeMs, broken.signal);
        if (broken.signal.aborted) return;
        await client.query({ text: "SELECT 1" }); // A half-open connection never ends by itself; this has a deadline.
      }
    } finally {
      this.#listening = false;
      signal.removeEventListener("abort", end);
      client.ref(); // Whoever waits for the end must see it, though nothing else keeps the process alive.
      const ended = client.end().catch(() => undefined);
      await Promise.race([ended, this.#sleep(closeWithinMs, new AbortController().signal)]); // A half-open one never says so.
    }
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.after(ms, end, { background: true });
      signal.addEventListener("abort", end, { once: true });
    });
  }
}
