// Who may do what: every route of the table for every kind of visitor, and what permission means object by object.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Boot, ListAnswer } from "../../src/admin/contract.ts";
import { hashPassword } from "../../src/admin/index.ts";
import type { AdminOptions } from "../../src/admin/index.ts";
import { ownGrants, rolePermissions } from "../../src/admin/access.ts";
import { builtIn } from "../../src/admin/models/built-in.ts";
import { permissionOf } from "../../src/admin/engine/actions.ts";
import { type Route, routes } from "../../src/admin/routes.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

const tokenOf = (name: string): string => `${name}-${"x".repeat(32)}`;
const tokens = {
  viewer: { token: tokenOf("viewer"), role: "viewer" },
  operator: { token: tokenOf("operator"), role: "operator" },
  admin: { token: tokenOf("admin"), role: "admin" },
  granted: { token: tokenOf("granted"), role: "admin", grants: ownGrants },
} as const;
type Visitor = keyof typeof tokens | "nobody" | "wrong";
const visitors: Visitor[] = ["nobody", "wrong", "viewer", "operator", "admin", "granted"];
const headersOf = (visitor: Visitor): Record<string, string> =>
  visitor === "nobody"
    ? {}
    : { authorization: `Bearer ${visitor === "wrong" ? tokenOf("wrong") : tokens[visitor].token}` };

let under: AdminUnderTest | undefined;
const open = (options: AdminOptions): AdminUnderTest => (under = new AdminUnderTest(options));
const on = (): AdminUnderTest => under ?? open({ debug: true });
afterEach(async () => {
  await under?.close();
  under = undefined;
});

interface Asking {
  route: Route;
  path: string;
  /** What it takes beyond being logged in. */
  permissions: string[];
  body?: unknown;
}

/** Every route with every model and every action in its place. */
const asked: Asking[] = routes.flatMap((route): Asking[] => {
  const body = route.body === undefined ? {} : { body: bodyFor(route) };
  const at = (model: string, action = ""): string =>
    `/api/${route.path.replace(":model", model).replace(":action", action).replace(":id", "none").replace(":func", "math.add")}`;
  switch (route.needs) {
    case "nothing":
    case "login":
      return [{ route, path: at(""), permissions: [], ...body }];
    case "permission":
      return [{ route, path: at(""), permissions: [route.permission], ...body }];
    case "verb":
      return builtIn.map(([name]) => ({
        route,
        path: at(name),
        permissions: [`${name}.${route.verb}`, ...(route.also === undefined ? [] : [route.also])],
        ...body,
      }));
    case "action":
      return builtIn.flatMap(([name, model]) =>
        model.actions.map((action) => ({
          route,
          path: at(name, action.name),
          permissions: [`${name}.view`, permissionOf(name, action)],
          ...body,
        })),
      );
  }
});

function bodyFor({ path }: Route): unknown {
  if (path === "login") return { name: "nobody", password: "wrong" };
  if (path.startsWith("models/:model/actions")) return { operation: "operation-1", ids: ["none"] };
  return path.includes("models") ? { values: {} } : {};
}

function mayByTable(visitor: Visitor, permission: string): boolean {
  if (visitor === "nobody" || visitor === "wrong") return false;
  const { role } = tokens[visitor];
  const grants: readonly string[] = visitor === "granted" ? ownGrants : [];
  if (grants.includes(permission)) return true;
  if (permission.endsWith(".view") && permission !== "audit.view") return true;
  if (role === "viewer") return false;
  if (rolePermissions.operator.includes(permission)) return true;
  return role === "admin" && rolePermissions.admin.includes(permission);
}

describe("every route", () => {
  const ask = async ({ route, path, body }: Asking, headers: Record<string, string>, address: string) =>
    on().ask(route.method, path, { ...(body === undefined ? {} : { body }), headers, address });
  // A stream would not end by itself.
  const ending = asked.filter(({ route }) => route.path !== "stream");

  it("is in the table with what it takes", () => {
    expect(asked.length).toBeGreaterThan(50);
    for (const { route } of asked)
      expect(["nothing", "login", "permission", "verb", "action"]).toContain(route.needs);
  });

  it.each([
    ["debug off", { debug: false }, "127.0.0.1"],
    ["debug on, but remote", { debug: true }, "10.0.0.9"],
    ["debug on, but the address is not told", { debug: true }, null],
  ] as const)("is closed without authenticate: %s", async (_, options, address) => {
    open(options);
    for (const { route, path, body } of asked) {
      const answer = await on().ask(route.method, path, {
        ...(body === undefined ? {} : { body }),
        address,
      });
      expect([path, answer.status, answer.json.error.code]).toEqual([path, 403, "closed"]);
    }
    for (const page of ["/", "/failed", "/assets/x.js", "/none"])
      expect((await on().get(page, { address })).status).toBe(403);
    const style = /<link rel="stylesheet" href="([^"]+)">/.exec((await on().get("/", { address })).text)?.[1];
    const { status, headers } = await on().get(style ?? "", { address });
    expect([status, headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
  });

  it("with debug on lets a visitor at this machine through, whatever it is", async () => {
    open({ debug: true });
    for (const asking of ending) {
      const { status } = await ask(asking, {}, "127.0.0.1");
      expect([asking.path, [200, 201, 400, 404, 409, 422].includes(status)]).toEqual([asking.path, true]);
    }
  });

  it("wants a login from a visitor at this machine too, once it is said how one logs in, unless debug is asked for", async () => {
    const local = { address: "127.0.0.1" };
    for (const [options, status] of [
      [{ authenticate: { tokens } }, 401],
      [{ authenticate: { tokens }, debug: true }, 200],
      [{}, 200],
    ] as const) {
      open(options);
      expect([options, (await on().get("/api/overview", local)).status]).toEqual([options, status]);
      await under?.close();
    }
  });

  it.each(visitors)("for %s answers as the table of grants says", async (visitor) => {
    open({ debug: false, authenticate: { tokens } });
    for (const asking of ending) {
      const { status } = await ask(asking, headersOf(visitor), "10.0.0.9");
      const known = visitor !== "nobody" && visitor !== "wrong";
      const may = asking.permissions.every((permission) => mayByTable(visitor, permission));
      const what = [visitor, asking.route.method, asking.path];
      if (asking.route.needs === "nothing")
        expect([...what, status === 401 || status === 403]).toEqual([...what, false]);
      else if (!known) expect([...what, status]).toEqual([...what, 401]);
      else expect([...what, status === 403]).toEqual([...what, !may]);
    }
  });

  it("that writes is refused while the admin is read only, to whoever asks", async () => {
    open({ debug: true, readOnly: true });
    for (const asking of ending.filter(
      ({ route }) => route.needs === "action" || (route.needs === "verb" && route.method !== "GET"),
    )) {
      const { status } = await ask(asking, {}, "127.0.0.1");
      expect([asking.path, status]).toEqual([asking.path, 403]);
    }
    const { json } = await on().get<Boot>("/api/boot");
    expect(json.models.flatMap(({ actions }) => actions)).toEqual([]);
    expect(json.models.some(({ may, form }) => may.add || may.change || form !== null)).toBe(false);
  });

  it("that was refused a change is in the audit log", async () => {
    open({ debug: false, authenticate: { tokens } });
    const id = await on().ended(add, { a: 1 }, {}, { outcome: "failed" });
    const headers = headersOf("viewer");
    expect(
      (await on().act("failure", "resubmit", { ids: [id] }, { headers, address: "10.0.0.9" })).status,
    ).toBe(403);
    const store = await on().store();
    expect(await store.audits(9)).toMatchObject([
      {
        who: "viewer",
        role: "viewer",
        action: "failure.resubmit",
        object: id,
        outcome: "refused",
        address: "10.0.0.9",
      },
    ]);
    expect(await store.task(id)).toMatchObject({ state: "failure" });
  });
});

describe("what a user is told", () => {
  it("before logging in: only how to", async () => {
    open({
      debug: false,
      authenticate: { passwords: { ann: { hash: await hashPassword("secret") } } },
      label: "Shop",
    });
    const { json } = await on().get<Boot>("/api/boot", { address: "10.0.0.9" });
    expect(json).toEqual({
      label: "Shop",
      environment: null,
      debug: false,
      readOnly: false,
      user: null,
      login: "password",
      timeZone: "UTC",
      version: "",
      models: [],
      pages: [],
      database: "",
    });
  });

  it("no action, form or list that is not his", async () => {
    open({ debug: false, authenticate: { tokens } });
    const modelsOf = async (visitor: Visitor) =>
      (await on().get<Boot>("/api/boot", { headers: headersOf(visitor), address: "10.0.0.9" })).json.models;
    const viewer = await modelsOf("viewer");
    expect(viewer.map(({ name }) => name)).not.toContain("audit");
    expect(viewer.flatMap(({ actions }) => actions)).toEqual([]);
    expect(viewer.every(({ form }) => form === null)).toBe(true);
    const admin = await modelsOf("admin");
    expect(admin.find(({ name }) => name === "queued")).toMatchObject({ form: null, may: { change: false } });
    const granted = await modelsOf("granted");
    expect(granted.find(({ name }) => name === "queued")).toMatchObject({ may: { change: true } });
  });
});

describe("permission of each object", () => {
  let kept: string;
  let hidden: string;
  beforeEach(async () => {
    open({
      debug: false,
      authenticate: { tokens },
      scope: (user, model) =>
        user.role === "operator" && model === "failure"
          ? [{ field: "group", is: "in", values: ["ours"] }]
          : undefined,
      authorize: (user, permission, object) =>
        user.name === "viewer" &&
        permission === "failure.resubmit" &&
        (object as { name?: string } | undefined)?.name === "for the viewer"
          ? true
          : undefined,
    });
    kept = await on().ended(add, { a: 1 }, { group: "ours", name: "for the viewer" }, { outcome: "failed" });
    hidden = await on().ended(add, { a: 1 }, { group: "theirs" }, { outcome: "failed" });
  });
  const operator = { headers: headersOf("operator"), address: "10.0.0.9" };

  it("what is outside of a user's scope is not there: in lists, counts, details, history and actions", async () => {
    const { json } = await on().get<ListAnswer>("/api/models/failure", operator);
    expect([json.rows.map(({ id }) => id), json.count.number]).toEqual([[kept], 1]);
    expect((await on().get<{ number: number }>("/api/models/failure/count", operator)).json.number).toBe(1);
    expect((await on().get(`/api/models/failure/${kept}`, operator)).status).toBe(200);
    for (const id of [hidden, "none"]) {
      expect((await on().get(`/api/models/failure/${id}`, operator)).status).toBe(404);
      expect((await on().act("failure", "resubmit", { ids: [id] }, operator)).status).toBe(404);
    }
    const { json: both } = await on().act("failure", "resubmit-keep", { ids: [kept, hidden] }, operator);
    expect([both.done, both.skipped.map(({ id }) => id)]).toEqual([1, [hidden]]);
    expect(
      (await on().get<ListAnswer>(`/api/models/failure?ids=${kept},${hidden}`, operator)).json.rows.length,
    ).toBe(1);
  });

  it("all that match are all that match within the scope", async () => {
    const matching = { query: "", at: Date.now() + 60_000 };
    const { status, json } = await on().act("failure", "resubmit-keep", { matching }, operator);
    expect([status, json.operation?.total.number]).toEqual([202, 1]);
    await on().admin.close(); // Waits for what goes on in the background.
    const queued = await (await on().store()).browse("queued", {
      where: [],
      order: { by: "id", descending: true },
      limit: 9,
      step: 9,
    });
    expect(queued.rows.map(({ parent }) => parent)).toEqual([kept]);
  });

  it("a selection of nothing grants nothing", async () => {
    for (const body of [{ ids: [] }, {}, { ids: [kept], matching: { query: "", at: 1 } }])
      expect((await on().act("failure", "resubmit", body, operator)).status).toBe(400);
    const viewer = { headers: headersOf("viewer"), address: "10.0.0.9" };
    expect((await on().act("failure", "resubmit", { ids: [] }, viewer)).status).toBe(403);
    expect((await on().act("failure", "resubmit", { matching: { query: "", at: 1 } }, viewer)).status).toBe(
      403,
    );
  });

  it("the application may allow one object to whom the role allows none", async () => {
    const viewer = { headers: headersOf("viewer"), address: "10.0.0.9" };
    expect((await on().act("failure", "resubmit", { ids: [kept, hidden] }, viewer)).status).toBe(403);
    expect((await on().act("failure", "resubmit", { ids: [hidden] }, viewer)).status).toBe(403);
    expect((await on().act("failure", "resubmit", { ids: [kept] }, viewer)).json.done).toBe(1);
  });
});
