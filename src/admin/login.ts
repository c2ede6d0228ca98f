// Who a request is from: development on this machine, a bearer token, a session that a password began, or what the application says.
import type { Clock } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import { type Identity, type User, userOf } from "./access.ts";
import { isPasswordHash, passwordFits, sameText } from "./password.ts";
import { Sessions } from "./sessions.ts";
import { isEncrypted } from "./visitor.ts";

/** An account of the configuration. */
export interface Account {
  role?: User["role"];
  /** Permissions beside those of the role, such as `queued.change`. */
  grants?: readonly string[];
}

/** How one logs in. The three can stand side by side. */
export interface AuthenticateOptions {
  /** By name, with what `hashPassword` made of the password. */
  passwords?: Readonly<Record<string, Account & { hash: string }>>;
  /** By name; sent as `Authorization: Bearer …`, never in an address. At least 32 characters. */
  tokens?: Readonly<Record<string, Account & { token: string }>>;
  /** The application knows its own users: null is nobody. */
  custom?: CustomAuthenticate;
}

export type CustomAuthenticate = (request: Request) => Identity | null | Promise<Identity | null>;
export type Authenticate = AuthenticateOptions | CustomAuthenticate;

export type LoginAnswer = { cookie: string } | "wrong" | "too-often" | "unavailable";

const triesAMinute = 5;
const minuteMs = 60_000;
const mostCounted = 10_000;
const shortestToken = 32;
const cookieName = "quern";
const longestMs = 12 * 3_600_000;

export class Login {
  readonly #passwords: Map<string, Account & { hash: string }>;
  readonly #tokens: [name: string, Account & { token: string }][];
  readonly #custom: CustomAuthenticate | undefined;
  readonly #sessions: Sessions;
  readonly #tries: Tries;
  readonly #trustProxy: boolean;

  constructor(given: Authenticate, clock: Clock, trustProxy: boolean) {
    const { passwords = {}, tokens = {}, custom } = typeof given === "function" ? { custom: given } : given;
    for (const [name, { hash }] of Object.entries(passwords))
      if (!isPasswordHash(hash))
        throw new TypeError(`expected the hash of ${name} to be what hashPassword() made`);
    for (const [name, { token }] of Object.entries(tokens))
      if (typeof token !== "string" || token.length < shortestToken)
        throw new TypeError(`expected the token of ${name} to have at least ${shortestToken} characters`);
    this.#passwords = new Map(Object.entries(passwords));
    this.#tokens = Object.entries(tokens);
    this.#custom = custom;
    this.#trustProxy = trustProxy;
    this.#sessions = new Sessions(clock, (name) => {
      const account = this.#passwords.get(name);
      return account && { user: userOf({ name, ...account }), hash: account.hash };
    });
    this.#tries = new Tries(clock);
  }

  get how(): "password" | "elsewhere" {
    return this.#passwords.size > 0 ? "password" : "elsewhere";
  }

  /** Whether the request has one of the configuration's tokens, which no browser and no page sends. */
  hasToken(request: Request): boolean {
    const bearer = bearerOf(request);
    return bearer !== null && this.#byToken(bearer) !== null;
  }

  /** Whether the application is asked who it is: by a cookie, or by what a proxy adds, as far as we can know. */
  get asksApplication(): boolean {
    return this.#custom !== undefined;
  }

  async user(request: Request, store: Store, renew: boolean): Promise<User | null> {
    const bearer = bearerOf(request);
    const known = bearer === null ? null : this.#byToken(bearer);
    if (known !== null) return known;
    // Who sends a token that is none of these is the application's to know, and no session.
    const cookie = bearer === null ? this.#cookieOf(request) : null;
    const user = cookie === null ? null : await this.#sessions.user(store, cookie, renew);
    if (user !== null) return user;
    const identity = await this.#custom?.(request);
    return identity == null ? null : userOf(identity);
  }

  async enter(
    request: Request,
    store: Store,
    { name, password, address }: { name: string; password: string; address: string | null },
  ): Promise<LoginAnswer> {
    if (this.#passwords.size === 0) return "unavailable";
    // Counted before it is checked, so that tries side by side count too.
    const allowed = [this.#tries.take(`user ${name}`), this.#tries.take(`address ${address}`)];
    if (allowed.includes(false)) return "too-often";
    const account = this.#passwords.get(name);
    if (!(await passwordFits(password, account?.hash))) return "wrong";
    await this.leave(request, store);
    const token = await this.#sessions.begin(store, name);
    return { cookie: this.#cookie(request, token, longestMs / 1_000) };
  }

  /** Ends the session on the server, and answers the header that takes its cookie away. */
  async leave(request: Request, store: Store): Promise<string> {
    const token = this.#cookieOf(request);
    if (token !== null) await this.#sessions.end(store, token);
    return this.#cookie(request, "", 0);
  }

  #byToken(bearer: string): User | null {
    const found = this.#tokens.filter(([, { token }]) => sameText(token, bearer)); // All of them, so that time tells nothing.
    const [first] = found;
    return first === undefined ? null : userOf({ name: first[0], ...first[1] });
  }

  #cookieOf(request: Request): string | null {
    const name = this.#nameOf(request);
    const pairs = (request.headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
    const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
    return value !== undefined && /^[\w-]{43}$/.test(value) ? value : null;
  }

  // A browser takes the prefix only with Secure, and Secure only over https.
  #nameOf(request: Request): string {
    return isEncrypted(request, this.#trustProxy) ? `__Host-${cookieName}` : cookieName;
  }

  #cookie(request: Request, value: string, seconds: number): string {
    const secure = isEncrypted(request, this.#trustProxy) ? "; Secure" : "";
    return `${this.#nameOf(request)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }
}

export function bearerOf(request: Request): string | null {
  return /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
}

/** How often each name and address has tried within the last minute. Bounded: the oldest are forgotten first. */
class Tries {
  readonly #clock: Clock;
  readonly #at = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(key: string): boolean {
    const now = this.#clock.monotonic();
    const recent = (this.#at.get(key) ?? []).filter((at) => now - at < minuteMs);
    const allowed = recent.length < triesAMinute;
    if (allowed) recent.push(now);
    this.#at.delete(key);
    this.#at.set(key, recent);
    const [oldest] = this.#at.size > mostCounted ? this.#at.keys() : [];
    if (oldest !== undefined) this.#at.delete(oldest);
    return allowed;
  }
}
