// Live updates: one watcher for all open streams, which are told what changed and never its content; no stream, no watcher.
import type { Clock } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { User } from "./access.ts";
import type { Count, LiveEvents } from "./contract.ts";
import { modelChange, unknownChange } from "./engine/changes.ts";
import type { AnyModel } from "./engine/model-admin.ts";
import { type Operation, operationState } from "./operations.ts";
import { leastBetweenMs, type Seen, Watcher } from "./watcher.ts";

const mostShared = 200;
const mostStreams = 1_000;
/** Tabs of one browser share a stream, so this is a lot; nobody is to take all there are. */
const mostOfOne = 50;
/** So many events lie unread before a stream is given up: whoever reads so slowly is not there any more. */
const mostUnread = 100;

/** A list that a user may see; not `whole`: some of its rows may not be there for him. */
export interface Sight {
  model: string;
  whole: boolean;
}

export interface Listener {
  user: User;
  /** Tells sessions apart. */
  session: string;
  sights: readonly Sight[];
  /** What he may see by now; null: the session has ended. */
  look(): Promise<readonly Sight[] | null>;
}

interface Stream extends Listener {
  send(text: string): void;
  end(): void;
}

export interface LiveOptions {
  clock: Clock;
  models: ReadonlyMap<string, AnyModel>;
  open(): Promise<Store>;
  counts(user: User): Promise<Record<string, Count>>;
  mayFollow(operation: Operation, user: User): Promise<boolean>;
  failed(error: unknown): void;
}

export class Live {
  readonly #options: LiveOptions;
  readonly #streams = new Set<Stream>();
  readonly #shared = new Map<string, { at: number; read: Promise<unknown> }>();
  #watcher: Watcher | undefined;
  /** Operations are told one after the other, or the end of one might come before its beginning. */
  #telling: Promise<void> = Promise.resolve();

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
            // It may have left while something was read for it, or been given up in the midst of a bunch of events.
            if (!this.#streams.has(stream)) return;
            controller.enqueue(encoder.encode(text));
            if ((controller.desiredSize ?? 0) > -mostUnread) return;
            this.#remove(stream);
            controller.error(new Error("its events are not read"));
          },
          end: () => controller.close(),
        };
        this.#add(stream);
        stream.send("retry: 2000\n\n");
        tell(stream, "here", {});
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
    if (this.#streams.size === 0) return;
    const state = operationState(operation);
    this.#telling = this.#telling
      .then(() => this.#tellThose(({ user }) => this.#options.mayFollow(operation, user), "operation", state))
      .catch(this.#options.failed);
  }

  close(): void {
    for (const stream of this.#streams) {
      this.#remove(stream);
      stream.end();
    }
  }

  #add(stream: Stream): void {
    this.#streams.add(stream);
    const { clock, open, failed } = this.#options;
    this.#watcher ??= new Watcher({
      clock,
      open,
      looked: (seen) => this.#looked(seen),
      count: () => this.#tellCounts(),
      alive: () => this.#checkAlive(),
      failed,
    });
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#watcher?.stop();
    this.#watcher = undefined;
    this.#shared.clear();
  }

  async #checkAlive(): Promise<void> {
    // Asked once for each session, however many streams it has.
    const asked = new Map<string, Promise<readonly Sight[] | null>>();
    for (const stream of [...this.#streams]) {
      // A database that is away ends no stream.
      const asking = asked.get(stream.session) ?? stream.look().catch(() => stream.sights);
      asked.set(stream.session, asking);
      const sights = await asking;
      if (!this.#streams.has(stream)) continue;
      if (sights === null) {
        this.#remove(stream);
        stream.end();
      } else {
        stream.sights = sights;
        stream.send(": alive\n\n");
      }
    }
  }

  /**
   * Of a list of which a user may not see all, he is told nothing that depends on its rows: that something was committed somewhere, and
   * that he may look. What he then reads is his.
   */
  #looked(seen: Seen | null): void {
    this.#shared.clear();
    const changes = new Map(
      [...this.#options.models].map(([name, { source }]) => [
        name,
        seen === null ? unknownChange : modelChange(source, seen.changes),
      ]),
    );
    for (const stream of [...this.#streams]) {
      for (const { model, whole } of stream.sights) {
        const { ids, count } = (whole ? changes.get(model) : undefined) ?? unknownChange;
        if (ids === null || ids.length > 0) tell(stream, "rows", { model, ids });
        const admin = this.#options.models.get(model);
        if (admin?.navigation != null && (count === null || count.number > 0))
          tell(stream, "new", { model, count });
        if (admin?.source.heads?.own !== "clusters") continue;
        const turned = whole && seen !== null ? seen.clusters : null;
        if (turned === null || turned.length > 0) tell(stream, "cluster", { ids: turned });
      }
    }
  }

  /** Counted once for each user, however many streams he has. */
  async #tellCounts(): Promise<void> {
    const byUser = new Map<string, Promise<Record<string, Count>>>();
    for (const stream of [...this.#streams]) {
      const { user } = stream;
      const key = JSON.stringify(user);
      const counting = byUser.get(key) ?? this.#options.counts(user);
      byUser.set(key, counting);
      tell(stream, "counts", { counts: await counting });
    }
  }

  async #tellThose<Name extends keyof LiveEvents>(
    may: (stream: Stream) => Promise<boolean>,
    name: Name,
    data: LiveEvents[Name],
  ): Promise<void> {
    for (const stream of [...this.#streams]) if (await may(stream)) tell(stream, name, data);
  }
}

function tell<Name extends keyof LiveEvents>(stream: Stream, name: Name, data: LiveEvents[Name]): void {
  stream.send(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
