// Lets a call through to its handler, or not: who asks, from where, with what body, and whether he may.
import type { Opened } from "../client/client.ts";
import { userOf, type User } from "./access.ts";
import type { ActionCall, App, Call, ModelCall, OpenCall } from "./app.ts";
import { readBody, unstorable } from "./body.ts";
import { type CsrfOptions, refuseForeignWrite } from "./csrf.ts";
import { findAction, permissionOf } from "./engine/actions.ts";
import { contextFor } from "./engine/context.ts";
import { idsCondition, type Model } from "./engine/list.ts";
import type { AdminContext } from "./engine/admin-context.ts";
import type { Action } from "./engine/model-admin.ts";
import { bearerOf } from "./login.ts";
import { Refusal } from "./respond.ts";
import type { Route } from "./routes.ts";

export interface Arrival {
  app: App;
  request: Request;
  params: Record<string, string>;
  /** Null: not told. */
  address: string | null;
  /** Debug is on, and the visitor sits at this machine. */
  everything: boolean;
  csrf: CsrfOptions;
}

/** Everything: the developer at his own machine. */
const developer: User = { ...userOf({ name: "debug", role: "admin" }), everything: true };

export async function admit(route: Route, arrival: Arrival): Promise<Response> {
  if (route.method === "GET") return letThrough(route, arrival);
  return letThrough(route, arrival).finally(() => arrival.app.live.written());
}

async function letThrough(route: Route, arrival: Arrival): Promise<Response> {
  const { app, request, params, address, everything, csrf } = arrival;
  const search = new URL(request.url).searchParams;
  if (route.method !== "GET" && (everything || mayBeSentByAPage(request, app)))
    refuseForeignWrite(request, csrf);
  const opened = await openedFor(route, app);
  const user =
    opened === null
      ? null
      : everything
        ? developer
        : ((await app.login?.user(request, opened.store, true)) ?? null);
  if (user === null && route.needs !== "nothing") throw new Refusal(401, "not-logged-in", "Log in first.");
  // No row has a name that no engine stores, and some engines refuse to be asked.
  if (Object.values(params).some((value) => unstorable.test(value)))
    throw new Refusal(404, "not-found", "There is nothing under this address.");
  if (route.query !== "list") refuseUnknownParameters(route.query ?? [], search);
  const body = route.body === undefined ? {} : await readBody(request, route.body, app.client.clock);
  const ctx =
    user === null || opened === null ? null : await contextOf(app, opened, user, address, body["reason"]);
  const open: OpenCall = { app, request, address, search, body, ctx };
  if (route.needs === "nothing") return route.handler(open);
  if (ctx === null) throw new Refusal(401, "not-logged-in", "Log in first.");
  const call: Call = { ...open, ctx, params };
  switch (route.needs) {
    case "login":
      return route.handler(call);
    case "permission":
      await require(ctx, route, route.permission, "");
      return route.handler(call);
    case "action":
      return route.handler(await admitAction(call));
    case "verb": {
      const model = await modelOf(call);
      await require(ctx, route, `${model.name}.${route.verb}`, params["id"] ?? "");
      if (route.also !== undefined) await require(ctx, route, route.also, "");
      if (route.verb === "change" || route.verb === "raw") await requireWithObject({ ...call, model }, route);
      return route.handler({ ...call, model });
    }
  }
}

/** No browser sends a token by itself. But a proxy may add one for the application's own users. */
function mayBeSentByAPage(request: Request, { login }: App): boolean {
  if (bearerOf(request) === null) return true;
  return login?.asksApplication === true && !login.hasToken(request);
}

/** `health` says by itself that the database is away; everything else waits for it. */
async function openedFor({ path }: Route, { client }: App): Promise<Opened | null> {
  return path === "health" ? client.open().catch(() => null) : client.open();
}

async function contextOf(
  { setting }: App,
  opened: Opened,
  user: User,
  address: string | null,
  reason: unknown,
): Promise<AdminContext> {
  const now = await opened.store.time();
  return contextFor(setting, opened, {
    user,
    address,
    now,
    ...(typeof reason === "string" ? { reason } : {}),
  });
}

function refuseUnknownParameters(known: readonly string[], search: URLSearchParams): void {
  for (const name of search.keys())
    if (!known.includes(name))
      throw new Refusal(400, "unknown-parameter", `There is no parameter "${name.slice(0, 40)}" here.`);
}

async function modelOf({ app, params, ctx }: Call): Promise<Model> {
  const model = await app.model(params["model"] ?? "", ctx.user);
  if (model === undefined) throw new Refusal(404, "not-found", "There is no such model.");
  return model;
}

/** A write that is refused is written down as well, and so is looking at what is not redacted. */
async function require(ctx: AdminContext, route: Route, permission: string, object: string): Promise<void> {
  if (await ctx.can(permission)) return;
  await refuse(ctx, route, permission, object);
}

async function refuse(
  ctx: AdminContext,
  { method }: Pick<Route, "method">,
  permission: string,
  object: string,
): Promise<never> {
  if (method !== "GET" || permission.endsWith(".raw"))
    await ctx.store.audit(ctx.entry(permission, object.slice(0, 255), { outcome: "refused" }));
  throw new Refusal(403, "forbidden", "You may not do this.", {
    hint: `It takes the permission ${permission}.`,
  });
}

async function requireWithObject(
  { model, params, ctx }: ModelCall,
  route: Extract<Route, { needs: "verb" }>,
): Promise<void> {
  const id = params["id"] ?? "";
  const row = id.length > 255 ? null : await model.admin.source.get(ctx, id);
  const permission = `${model.name}.${route.verb}`;
  if (row !== null && !(await ctx.can(permission, row))) await refuse(ctx, route, permission, id);
}

/** In general, or with each of the objects that were named: a selection of nothing grants nothing. */
async function admitAction(call: Call): Promise<ActionCall> {
  const model = await modelOf(call);
  const { ctx, params, body } = call;
  if (!(await ctx.can(`${model.name}.view`))) await refuse(ctx, { method: "POST" }, `${model.name}.view`, "");
  const action = findAction(model.admin, params["action"] ?? "");
  const permission = permissionOf(model.name, action);
  const ids = (body["ids"] ?? []) as string[];
  if (!(await ctx.can(permission)) && !(await mayAll(model, action, ids, ctx)))
    await refuse(ctx, { method: "POST" }, permission, ids[0] ?? "");
  return { ...call, model, action };
}

const mostNamed = 200;

async function mayAll(
  model: Model,
  action: Action<unknown>,
  ids: readonly string[],
  ctx: AdminContext,
): Promise<boolean> {
  if (ids.length === 0 || ids.length > mostNamed) return false;
  const { rows } = await model.admin.source.list(ctx, {
    where: [...model.scope, idsCondition(model.admin, ids)],
    order: { by: "id", descending: true },
    limit: mostNamed,
    step: mostNamed,
  });
  if (rows.length === 0) return false;
  for (const row of rows) if (!(await ctx.can(permissionOf(model.name, action), row))) return false;
  return true;
}
