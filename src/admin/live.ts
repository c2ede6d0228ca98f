// Live updates: one watcher for all open streams, which are told what changed and never its content; no stream, no watcher.
import type { Clock, Timer } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { User } from "./access.ts";
import type { Count, LiveEvents } from "./contract.ts";
import { type Operation, operationState } from "./operations.ts";

const leastBetweenMs = 1_000;
/** Counting costs a query for each list, so it is done less often. */
const countsEveryMs = 5_000;
const aliveEveryMs = 15_000;
const mostShared = 200;
const mostStreams = 1_000;
/** Tabs of one browser share a stream, so this is a lot; nobody is to take all there are. */
const mostOfOne = 50;
/** So many events lie unread before a stream is given up: whoever reads so slowly is not there any more. */
const mostUnread = 100;

export interface Listener {
  user: User;
  /** The models whose changes this user may know of. */
  models: readonly string[];
  /** Tells sessions apart. */
  session: string;
  /** False: the session has ended. */
  stillIn(): Promise<boolean>;
}

interface Stream extends Listener {
  send(text: string): void;
  end(): void;
}

export interface LiveOptions {
  clock: Clock;
  open(): Promise<Store>;
  counts(user: User): Promise<Record<string, Count>>;
  failed(error: unknown): void;
}

export class Live {
  readonly #options: LiveOptions;
  readonly #streams = new Set<Stream>();
  readonly #shared = new Map<string, { at: number; read: Promise<unknown> }>();
  #stop: (() => void) | undefined;
  #timer: Timer | undefined;
  #countTimer: Timer | undefined;
  #aliveTimer: Timer | undefined;
  #lastTold = Number.NEGATIVE_INFINITY;
  #lastCounted = Number.NEGATIVE_INFINITY;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Null: there are too many already. */
  stream(listener: Listener): Response | null {
    const own = [...this.#streams].filter(({ user }) => user.name === listener.user.name);
    if (this.#streams.size >= mostStreams || own.length >= mostOfOne) return null;
    const encoder = new TextEncoder();
    let stream: Stream;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = {
          ...listener,
          send: (text) => {
            controller.enqueue(encoder.encode(text));
            if ((controller.desiredSize ?? 0) > -mostUnread) return;
            this.#remove(stream);
            controller.error(new Error("its events are not read"));
          },
          end: () => controller.close(),
        };
        stream.send("retry: 2000\n\n");
        this.#add(stream);
      },
      cancel: () => this.#remove(stream),
    });
    return new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        // Whoever compresses on the way would hold events back until there are enough of them.
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      },
    });
  }

  /**
   * What open pages read after an event is read once for all that ask the same, until the next event or the next write; a commit elsewhere
   * is seen as late as an event would tell of it. Where no stream is open nothing is shared.
   */
  async share<T>(key: string, read: () => Promise<T>): Promise<T> {
    if (this.#streams.size === 0) return read();
    const now = this.#options.clock.monotonic();
    const known = this.#shared.get(key);
    if (known !== undefined && now - known.at < leastBetweenMs) return known.read as Promise<T>;
    if (this.#shared.size >= mostShared) this.#shared.clear();
    const shared = { at: now, read: read() };
    this.#shared.set(key, shared);
    shared.read.catch(() => this.#shared.delete(key)); // The next one asks anew.
    return shared.read;
  }

  /** Somebody writes through this admin, and is to see it at once. */
  written(): void {
    this.#shared.clear();
  }

  operation(operation: Operation): void {
    this.written();
    for (const stream of this.#streams) {
      const own =
        stream.user.name === operation.by.name ||
        stream.user.role === "admin" ||
        stream.user.everything === true;
      if (own) tell(stream, "operation", operationState(operation));
    }
  }

  close(): void {
    for (const stream of this.#streams) {
      this.#remove(stream);
      stream.end();
    }
  }

  #add(stream: Stream): void {
    this.#streams.add(stream);
    if (this.#streams.size > 1) return;
    const { clock, open, failed } = this.#options;
    const stopped = { yes: false };
    let unwatch: (() => void) | undefined;
    this.#stop = () => {
      stopped.yes = true;
      unwatch?.();
    };
    open()
      .then((store) => {
        if (!stopped.yes) unwatch = store.watch(() => this.#wake());
      })
      .catch(failed);
    const alive = (): void => {
      this.#aliveTimer = clock.after(aliveEveryMs, alive, { background: true });
      void this.#checkAlive();
    };
    this.#aliveTimer = clock.after(aliveEveryMs, alive, { background: true });
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#stop?.();
    for (const timer of [this.#timer, this.#countTimer, this.#aliveTimer]) timer?.cancel();
    this.#timer = undefined;
    this.#countTimer = undefined;
  }

  async #checkAlive(): Promise<void> {
    // Asked once for each session, however many streams it has.
    const asked = new Map<string, Promise<boolean>>();
    for (const stream of [...this.#streams]) {
      // A database that is away ends no stream.
      const asking = asked.get(stream.session) ?? stream.stillIn().catch(() => true);
      asked.set(stream.session, asking);
      const isIn = await asking;
      if (!this.#streams.has(stream)) continue; // It has left meanwhile, and can't be written to.
      if (isIn) stream.send(": alive\n\n");
      else {
        this.#remove(stream);
        stream.end();
      }
    }
  }

  #wake(): void {
    if (this.#timer !== undefined) return;
    const { clock } = this.#options;
    const wait = Math.max(0, this.#lastTold + leastBetweenMs - clock.monotonic());
    this.#timer = clock.after(
      wait,
      () => {
        this.#timer = undefined;
        this.#lastTold = clock.monotonic();
        this.#shared.clear();
        this.#tellRows();
      },
      { background: true },
    );
  }

  #tellRows(): void {
    for (const stream of this.#streams) for (const model of stream.models) tell(stream, "rows", { model });
    if (this.#countTimer !== undefined) return;
    const { clock, failed } = this.#options;
    const wait = Math.max(0, this.#lastCounted + countsEveryMs - clock.monotonic());
    this.#countTimer = clock.after(
      wait,
      () => {
        this.#countTimer = undefined;
        this.#lastCounted = clock.monotonic();
        this.#tellCounts().catch(failed);
      },
      { background: true },
    );
  }

  /** Counted once for each user, however many streams he has. */
  async #tellCounts(): Promise<void> {
    const byUser = new Map<string, Promise<Record<string, Count>>>();
    for (const stream of [...this.#streams]) {
      const { user } = stream;
      const key = JSON.stringify(user);
      const counting = byUser.get(key) ?? this.#options.counts(user);
      byUser.set(key, counting);
      const counts = await counting;
      if (this.#streams.has(stream)) tell(stream, "counts", { counts });
    }
  }
}

function tell<Name extends keyof LiveEvents>(stream: Stream, name: Name, data: LiveEvents[Name]): void {
  stream.send(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
