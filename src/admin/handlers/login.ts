// What is open before one is logged in: what the web app begins with, logging in, logging out, and whether the server is well.
import { maskPassword } from "../../core/mask.ts";
import { version } from "../../client/version.ts";
import type { App, OpenCall } from "../app.ts";
import type { BodySchema } from "../body.ts";
import type { Boot, LoginRequest, PageName } from "../contract.ts";
import { describeModel } from "../engine/describe.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import { json, Refusal } from "../respond.ts";

const longestPassword = 1_024;

export const loginBody: BodySchema = {
  name: { as: "text", most: 255 },
  password: { as: "text", most: longestPassword },
};

export async function boot({ app, ctx }: OpenCall): Promise<Response> {
  return json(ctx === null ? before(app) : await within(app, ctx));
}

function before(app: App): Boot {
  return {
    label: app.label,
    environment: app.environment,
    debug: app.debug,
    readOnly: app.setting.access.readOnly,
    user: null,
    login: app.login?.how ?? null,
    timeZone: "UTC",
    version: "",
    models: [],
    pages: [],
    database: "",
  };
}

async function within(app: App, ctx: AdminContext): Promise<Boot> {
  const models = [];
  for (const [name, admin] of app.models)
    if (await ctx.can(`${name}.view`)) models.push(await describeModel(name, admin, ctx));
  const pages: PageName[] = (await ctx.can("overview.view")) ? ["overview"] : [];
  return {
    ...before(app),
    user: { name: ctx.user.name, role: ctx.user.role },
    timeZone: ctx.timeZone,
    version,
    models,
    pages,
    database: maskPassword(ctx.store.location),
  };
}

export async function login({ app, request, body, address }: OpenCall): Promise<Response> {
  const { name, password } = body as unknown as LoginRequest;
  const { store } = await app.client.open();
  const answer = await (app.login?.enter(request, store, { name, password, address }) ?? "unavailable");
  if (answer === "unavailable") throw new Refusal(404, "no-passwords", "Nobody logs in here by password.");
  if (answer === "too-often")
    throw new Refusal(429, "too-often", "Too many tries. Wait a minute.", {}, { "retry-after": "60" });
  const entry = {
    who: name,
    action: "session.login",
    object: name,
    ...(address === null ? {} : { address }),
  };
  if (answer === "wrong") {
    await store.audit({ ...entry, outcome: "refused" });
    throw new Refusal(401, "wrong-login", "Name or password is wrong.");
  }
  await store.audit(entry);
  return json({}, 200, { "set-cookie": answer.cookie });
}

export async function logout({ app, request }: OpenCall): Promise<Response> {
  const { store } = await app.client.open();
  const cookie = await app.login?.leave(request, store);
  return json({}, 200, cookie === undefined ? {} : { "set-cookie": cookie });
}

export async function health({ app }: OpenCall): Promise<Response> {
  const well = await app.client.open().then(
    ({ store }) => store.time().then(() => true),
    () => false,
  );
  return json({ ok: well }, well ? 200 : 503);
}
