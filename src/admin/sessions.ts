// Sessions: rows of the meta chapter, known by the hash of what the cookie holds, so that reading the database logs nobody in.
import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { User } from "./access.ts";
import { digest } from "./password.ts";

const prefix = "session:";
const idleMs = 30 * 60_000;
const longestMs = 12 * 3_600_000;
/** A session that is used is renewed at most so often. */
const renewEveryMs = 60_000;
const tokenBytes = 32;
const tidyStep = 200;

interface Session {
  name: string;
  /** Of the account's hash: another password ends the sessions of the one before. */
  mark: string;
  began: number;
  seen: number;
}

/** What an account is now: a session holds only its name, so that a role that was taken away is gone at once. */
export type FindAccount = (name: string) => { user: User; hash: string } | undefined;

export class Sessions {
  readonly #clock: Clock;
  readonly #account: FindAccount;

  constructor(clock: Clock, account: FindAccount) {
    this.#clock = clock;
    this.#account = account;
  }

  /** Begins one and answers what its cookie is to hold. */
  async begin(store: Store, name: string): Promise<string> {
    await this.#tidy(store);
    const token = randomBytes(tokenBytes).toString("base64url");
    const now = this.#clock.now();
    await store.metaSwap(
      keyOf(token),
      null,
      JSON.stringify({ name, mark: this.#markOf(name), began: now, seen: now } satisfies Session),
    );
    return token;
  }

  /** Whose it is. `renew`: somebody is at it, and not only a page left open. */
  async user(store: Store, token: string, renew: boolean): Promise<User | null> {
    const text = await store.meta(keyOf(token));
    if (text === null) return null;
    const session = JSON.parse(text) as Session;
    const now = this.#clock.now();
    if (isOver(session, now) || session.mark !== this.#markOf(session.name)) {
      await store.metaSwap(keyOf(token), text, null);
      return null;
    }
    if (renew && now - session.seen >= renewEveryMs)
      await store.metaSwap(keyOf(token), text, JSON.stringify({ ...session, seen: now } satisfies Session));
    return this.#account(session.name)?.user ?? null;
  }

  #markOf(name: string): string {
    const hash = this.#account(name)?.hash;
    return hash === undefined ? "" : digest(hash).toString("base64url");
  }

  async end(store: Store, token: string): Promise<void> {
    const text = await store.meta(keyOf(token));
    if (text !== null) await store.metaSwap(keyOf(token), text, null);
  }

  async #tidy(store: Store): Promise<void> {
    const now = this.#clock.now();
    for (const { key, value } of await store.metas(prefix, { limit: tidyStep }))
      if (isOver(JSON.parse(value) as Session, now)) await store.metaSwap(key, value, null);
  }
}

function isOver({ began, seen }: Session, now: number): boolean {
  return now - seen > idleMs || now - began > longestMs;
}

function keyOf(token: string): string {
  return prefix + digest(token).toString("hex");
}
