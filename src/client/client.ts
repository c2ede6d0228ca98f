// What a Quern is made of: options, task functions, events, and the store, opened when it is first needed.
import type { Clock } from "../core/clock.ts";
import { systemClock } from "../core/clock.ts";
import { Events } from "../core/events.ts";
import { consoleLogger, type Logger } from "../core/log.ts";
import { type QuernOptions, type ResolvedQuernOptions, resolveQuernOptions } from "../core/options.ts";
import { generateSecret, type Keyring, makeKeyring } from "../core/signing.ts";
import { checkUrl, openStore } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { draftDeclarations } from "./declarations.ts";
import { Registry } from "./registry.ts";
import type { ScheduleDraft } from "./schedule/draft.ts";
import { Waiters } from "./waiters.ts";
import { QuernError } from "../core/errors.ts";

/** The store and what comes with having it. */
export interface Opened {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly waiters: Waiters;
}

/** Of the generated secret in the meta chapter. */
export const secretKey = "secret";

/** Where a Quern keeps its client. By symbol: a project module may hold a second copy of this package, whose Quern is no instance of ours. */
export const clientKey: unique symbol = Symbol.for("quern.client") as never;

/** The client inside a Quern, whichever copy of the package made it; undefined for anything else. */
export function clientOf(value: unknown): Client | undefined {
  return typeof value === "object" && value !== null
    ? (value as { [clientKey]?: Client })[clientKey]
    : undefined;
}

export class Client {
  readonly options: ResolvedQuernOptions;
  readonly registry: Registry;
  /** The schedules that the options declare. */
  readonly declarations: readonly ScheduleDraft[];
  readonly events: Events;
  readonly clock: Clock;
  readonly logger: Logger;
  #opened: Promise<Opened> | undefined;
  #closed = false;

  constructor(
    given: QuernOptions,
    env: Readonly<Record<string, string | undefined>>,
    clock: Clock = systemClock,
  ) {
    this.options = resolveQuernOptions(given, env);
    checkUrl(this.options.database);
    this.registry = new Registry(this.options.tasks);
    this.declarations = draftDeclarations(this, this.options.schedules);
    this.clock = clock;
    this.logger =
      this.options.logger ?? consoleLogger({}, (line) => process.stdout.write(`${line}\n`), clock);
    this.events = new Events((error, event) => {
      this.logger.error(`a listener of ${event} failed: ${String(error)}`);
    }, clock);
  }

  /** Opens the store, once; a later call after a failure tries again. */
  open(): Promise<Opened> {
    if (this.#closed) return Promise.reject(new QuernError("QUERN_CLOSED", {}));
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined);
    opened?.waiters.close();
    await opened?.store.close();
  }

  async #open(): Promise<Opened> {
    const { database, synchronous, tablePrefix, migrate, secret, clockOffsetMs } = this.options;
    const store = await openStore(database, {
      synchronous,
      tablePrefix,
      migrate,
      clockOffsetMs: () => clockOffsetMs,
    });
    const keyring = makeKeyring(
      secret ?? (await store.meta(secretKey)) ?? (await store.metaOnce(secretKey, generateSecret())),
    );
    return { store, keyring, waiters: new Waiters(store) };
  }
}
