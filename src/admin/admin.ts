// createAdmin: a handler for web requests under any base path, with registrations that can be changed, added and taken away.
import { Hono } from "hono";
import { type Client, type clientKey, clientOf } from "../client/client.ts";
import { isQuernError } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import { Access, type Authorize, type Scope, type User } from "./access.ts";
import { admit } from "./admission.ts";
import type { App } from "./app.ts";
import { type Assets, loadAssets } from "./assets.ts";
import type { Condition } from "../store/browse.ts";
import type { Count } from "./contract.ts";
import { contextFor, type Setting } from "./engine/context.ts";
import type { Model } from "./engine/list.ts";
import type { AdminContext } from "./engine/admin-context.ts";
import { type AnyModel, BadModel, checkModel, type ModelAdmin } from "./engine/model-admin.ts";
import { Live } from "./live.ts";
import { type Authenticate, Login } from "./login.ts";
import { builtIn } from "./models/built-in.ts";
import { openapiOf } from "./openapi.ts";
import { Operations } from "./operations.ts";
import { json, plainPage, Refusal, refusalAnswer, secured } from "./respond.ts";
import { routes } from "./routes.ts";
import { addressOf, isLocal, type RequestInfo } from "./visitor.ts";

/** What is needed of a Quern; any copy of the package may have made it. */
export interface AnyQuern {
  readonly [clientKey]: Client;
}

export interface AdminOptions {
  /**
   * How one logs in. Without it the admin is closed, but for a developer at his own machine while `debug` is on.
   * @default closed
   */
  authenticate?: Authenticate;
  /** Who may do what, beside roles: true or false decides, undefined leaves it to the role. Asked for every object. */
  authorize?: Authorize;
  /** Which rows exist for a user: conditions that they must fit. The others are not there. */
  scope?: Scope;
  /**
   * Whether a visitor from this machine may do everything without logging in, queued tasks included.
   * @default there is no `authenticate`, and NODE_ENV is not "production"
   */
  debug?: boolean;
  /** Refuses every change, whoever asks. @default false */
  readOnly?: boolean;
  /** Stands in the header. @default "Quern" */
  label?: string;
  /** "production", "staging": shown beside the label. */
  environment?: string;
  /** Where it is mounted, unless the adapter says so: "/quern". @default "" */
  basePath?: string;
  /**
   * Where browsers find it, if a proxy takes a part off its address: "/tools/quern". Links and redirects begin with it.
   * @default where it is mounted
   */
  publicPath?: string;
  /** Believe X-Forwarded-For, -Proto and -Host. Only where a proxy of yours sets them. @default false */
  trustProxy?: boolean;
  /** Origins beside its own that may write: "https://tools.example". */
  origins?: readonly string[];
  /** The zone of dates without one. @default that of the application's schedules, UTC */
  timeZone?: string;
  /** By task function: paths in its input and result that nobody is shown. */
  redact?: Readonly<Record<string, readonly string[]>>;
}

export interface Admin {
  (request: Request, info?: RequestInfo): Promise<Response>;
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** Adds a model, or puts another in the place of one. Throws for a registration that can't be. */
  register<Row, F extends string>(name: string, model: ModelAdmin<Row, F>): void;
  unregister(name: string): void;
  /** Ends open streams and waits for the step of a bulk action that is under way. */
  close(): Promise<void>;
}

const plainBase = /^(?:\/[\w.~!$()*+,;=:@%-]+)*$/;
const methods: ReadonlySet<string> = new Set(routes.map(({ method }) => method));
const navigationCountUpTo = 10_000;

export function createAdmin(quern: AnyQuern, options: AdminOptions = {}): Admin {
  const client = clientOf(quern);
  if (client === undefined) throw new TypeError("expected createAdmin(quern) to be given a Quern");
  return new Assembly(client, options, loadAssets()).handler();
}

type Bindings = { path: string; arrival: Omit<Parameters<typeof admit>[1], "params"> };

class Assembly implements App {
  readonly client: Client;
  readonly setting: Setting;
  readonly label: string;
  readonly environment: string | null;
  readonly debug: boolean;
  readonly login: Login | null;
  readonly models: Map<string, AnyModel> = new Map<string, AnyModel>(builtIn);
  readonly operations: Operations;
  readonly live: Live;
  readonly #options: AdminOptions;
  readonly #assets: Assets;
  readonly #api: Hono<{ Bindings: Bindings }>;

  constructor(client: Client, options: AdminOptions, assets: Assets) {
    const { authenticate, authorize, scope, readOnly = false, trustProxy = false } = options;
    this.client = client;
    this.#options = options;
    this.#assets = assets;
    this.label = options.label ?? "Quern";
    this.environment = options.environment ?? null;
    this.debug = options.debug ?? (authenticate === undefined && process.env["NODE_ENV"] !== "production");
    this.login = authenticate === undefined ? null : new Login(authenticate, client.clock, trustProxy);
    this.setting = {
      client,
      access: new Access({ authorize, scope, readOnly }),
      scopeOf: (user, name) => this.#scopeOf(user, name),
      timeZone: options.timeZone ?? client.options.timeZone,
      redact: options.redact ?? {},
    };
    this.operations = new Operations({
      setting: this.setting,
      model: (name, user) => this.model(name, user),
      changed: (operation) => this.live.operation(operation),
    });
    this.live = new Live({
      clock: client.clock,
      models: this.models,
      mayFollow: (operation, user) => this.operations.mayFollow(operation, user),
      open: async () => (await client.open()).store,
      counts: async (user) => this.counts(await this.#context(user)),
      failed: (error) => client.logger.error(`the admin's live updates failed: ${String(error)}`),
    });
    this.#api = this.#router();
    if (this.debug)
      client.logger.warn(
        "The admin is in debug: whoever sits at this machine may do everything in it without logging in",
      );
  }

  handler(): Admin {
    const handle = (request: Request, info: RequestInfo = {}): Promise<Response> =>
      this.#handle(request, info);
    return Object.assign(handle, {
      fetch: handle,
      register: <Row, F extends string>(name: string, model: ModelAdmin<Row, F>): void => {
        if (!/^[a-z][a-z0-9-]*$/.test(name))
          throw new BadModel(`"${name}" is no name of a model: only a-z, 0-9 and -`);
        checkModel(name, model);
        this.models.set(name, model);
      },
      unregister: (name: string): void => void this.models.delete(name),
      close: async (): Promise<void> => {
        this.live.close();
        await this.operations.settled();
      },
    });
  }

  async model(name: string, user: User): Promise<Model | undefined> {
    const admin = this.models.get(name);
    return admin === undefined ? undefined : { name, admin, scope: await this.#scopeOf(user, name) };
  }

  /** Its own conditions; and where its rows stand in other lists, those of a list that has them. */
  async #scopeOf(user: User, name: string): Promise<readonly Condition[]> {
    const { access } = this.setting;
    const own = await access.scopeOf(user, name);
    const lists = Object.entries(this.models.get(name)?.within ?? {});
    const scoped = await Promise.all(
      lists.map(async ([list, condition]) => [condition, ...(await access.scopeOf(user, list))]),
    );
    if (scoped.every(({ length }) => length === 1)) return own;
    const conditions = scoped.map((all): Condition => ({ is: "all", conditions: all }));
    return [...own, { is: "any", conditions }];
  }

  async counts(ctx: AdminContext): Promise<Record<string, Count>> {
    const counts: Record<string, Count> = {};
    for (const [name, admin] of this.models) {
      if (admin.navigation?.count !== true || admin.unavailable?.(ctx) !== undefined) continue;
      if (!(await ctx.can(`${name}.view`))) continue;
      const scope = await ctx.scope(name);
      const { count, more } = await admin.source.count(ctx, scope, navigationCountUpTo);
      counts[name] = { number: count, capped: more };
    }
    return counts;
  }

  openapi(): unknown {
    return openapiOf(routes, this.label);
  }

  async #context(user: User): Promise<AdminContext> {
    const opened = await this.client.open();
    return contextFor(this.setting, opened, { user, address: null, now: await opened.store.time() });
  }

  #router(): Hono<{ Bindings: Bindings }> {
    const api = new Hono<{ Bindings: Bindings }>({
      // Of the address only what stands behind the base path is looked at.
      getPath: (_, context) => context?.env?.path ?? "",
    });
    for (const route of routes)
      api.on(route.method, `/${route.path}`, (c) =>
        admit(route, { ...c.env.arrival, params: c.req.param() as Record<string, string> }),
      );
    api.notFound(() => {
      throw new Refusal(404, "not-found", "There is nothing under this address.");
    });
    api.onError((error) => {
      throw error;
    });
    return api;
  }

  async #handle(request: Request, info: RequestInfo): Promise<Response> {
    const requestId = newId(this.client.clock);
    const response = await this.#answer(request, info).catch((error: unknown) =>
      this.#failure(error, requestId),
    );
    const answer = secured(response);
    if (request.method !== "HEAD") return answer;
    // A HEAD is a GET without its body, which may be one that does not end by itself.
    await answer.body?.cancel();
    return new Response(null, { status: answer.status, headers: answer.headers });
  }

  async #answer(request: Request, info: RequestInfo): Promise<Response> {
    const base = (this.#options.basePath ?? info.mount ?? "").replace(/\/+$/, "");
    const { pathname } = new URL(request.url);
    const shown = (this.#options.publicPath ?? base).replace(/\/+$/, "");
    // It becomes part of addresses, and some frameworks make it from what was asked for.
    if (!plainBase.test(base) || !plainBase.test(shown))
      throw new Refusal(404, "not-found", "There is nothing under this address.");
    const inside = pathname === base || pathname.startsWith(`${base}/`);
    const path = inside ? pathname.slice(base.length) : null;
    const { trustProxy = false, origins = [] } = this.#options;
    const everything = this.debug && isLocal(request, info);
    const isApi = path?.startsWith("/api/") === true;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!everything && this.login === null) {
      // The style of the page that says so, and nothing else.
      const isStyle = isRead && path !== null && path.slice(1) === this.#assets.plainStyle;
      return isStyle
        ? this.#page(path, shown, request)
        : isApi
          ? closedApi()
          : this.#plain(shown, 403, closed);
    }
    if (path === null) throw new Refusal(404, "not-found", "There is nothing under this address.");
    if (isApi) {
      const method = request.method === "HEAD" ? "GET" : request.method;
      if (!methods.has(method)) throw new Refusal(404, "not-found", "There is nothing under this address.");
      const arrival = {
        app: this,
        request,
        address: addressOf(request, info, trustProxy),
        everything,
        csrf: { trustProxy, origins },
      };
      const env: Bindings = { path: path.slice("/api".length), arrival };
      // What its router is to look at, without the body, which is read with limits.
      return this.#api.fetch(new Request(request.url, { method }), env);
    }
    if (!isRead) throw new Refusal(404, "not-found", "Nothing is written under this address.");
    return this.#page(path, shown, request);
  }

  #page(path: string, base: string, request: Request): Response {
    if (path === "")
      return new Response(null, {
        status: 308,
        headers: { location: `${base}/`, "cache-control": "no-store" },
      });
    const file = this.#assets.file(path.slice(1), request.headers.get("accept-encoding") ?? "");
    if (file !== undefined) return file;
    const [first = ""] = path.slice(1).split("/");
    const known =
      first === ""
        ? path === "/"
        : [...this.models.values()].some((model) => model.path === first) || first === "login";
    const page = this.#assets.index(base);
    // A file that is not there is told so shortly; a page is the web app's to tell, which knows the way back.
    if (!known && (page === null || path.includes(".")))
      return this.#plain(base, 404, ["Not found", "There is no page under this address."]);
    if (page === null) return this.#plain(base, 503, notBuilt);
    return new Response(page, {
      status: known ? 200 : 404,
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    });
  }

  #plain(base: string, status: number, [title, ...lines]: readonly [string, ...string[]]): Response {
    const { plainStyle } = this.#assets;
    return plainPage(status, title, lines, plainStyle === null ? null : `${base}/${plainStyle}`);
  }

  /** What was refused says why; anything else is ours, and says only under which id the log has it. */
  #failure(error: unknown, requestId: string): Response {
    if (error instanceof Refusal) return refusalAnswer(error, requestId);
    this.client.logger.error(`the admin failed: ${String(error)}`, { requestId });
    const busy = isQuernError(error) && error.code.startsWith("QUERN_DATABASE_");
    const refusal = busy
      ? new Refusal(503, "database", "The database did not answer.", { hint: "Try again." })
      : new Refusal(500, "failed", "Something went wrong on the server.", {
          hint: "Its log has the reason under this request id.",
        });
    return refusalAnswer(refusal, requestId);
  }
}

const howToOpen =
  "Set authenticate in the options of createAdmin, or open it on the machine it runs on, with debug on.";
const closed = ["The admin is closed", "Nobody can log in here yet.", howToOpen] as const;
const notBuilt = [
  "The web app is not built",
  "This copy of Quern has no web app in it. Run: npm run build",
  "The API works: see api/openapi.json.",
] as const;

function closedApi(): Response {
  const error = { code: "closed", message: "The admin is closed.", hint: howToOpen, requestId: "" };
  return json({ error }, 403);
}
