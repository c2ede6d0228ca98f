// The OpenAPI document is valid and true: every route is in it, and what they answer, refusals too, is of the status, type and shape that
// it says. That is checked of every answer that any test gets (described.ts); here each route is asked.
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SaveAnswer } from "../../src/admin/contract.ts";
import { routes } from "../../src/admin/routes.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";
import { undescribed } from "./described.ts";

interface Operation {
  parameters: { name: string; in: string }[];
  requestBody?: { content: { "application/json": { schema: object } } };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

let under: AdminUnderTest;
let document: Document;
const path: Record<string, string> = {};
beforeAll(async () => {
  under = new AdminUnderTest({ debug: true });
  ({ json: document } = await under.get<Document>("/api/openapi.json"));
  path["success"] = await under.ended(add, { a: 1 });
  path["failure"] = await under.ended(mail, { to: "x" }, {}, { outcome: "failed" });
});
afterAll(() => under.close());

const operationOf = (method: string, route: string): Operation =>
  document.paths[`/${route.replace(/:(\w+)/g, "{$1}")}`]![method.toLowerCase()]!;

it("is an OpenAPI document of version 3.1", async () => {
  const validator = new Validator();
  expect(await validator.validate({ ...document })).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

it("has no reference to what is not there, and nothing that nothing refers to", () => {
  const all = JSON.stringify(document);
  const referred = Array.from(all.matchAll(/"#\/components\/schemas\/(\w+)"/g), ([, name]) => name);
  expect([...new Set(referred)].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

it("has each route once, with all parameters of its path", () => {
  const count = Object.values(document.paths).flatMap((one) => Object.keys(one)).length;
  expect(count).toBe(routes.length);
  for (const { method, path } of routes) {
    const inPath = operationOf(method, path).parameters.filter((one) => one.in === "path");
    expect(inPath.map(({ name }) => name)).toEqual(Array.from(path.matchAll(/:(\w+)/g), ([, name]) => name));
  }
});

it("of an answer that is not as it says, what is wrong is told", () => {
  const headers = new Headers({ "content-type": "application/json; charset=utf-8" });
  const told = (address: string, status: number, json: unknown): string | null =>
    undescribed("GET", address, { status, headers, text: "…", json });
  const error = { error: { code: "c", message: "m", hint: null, requestId: "" } };
  expect(told("/admin/api/counts", 200, { counts: { queued: { number: 1, capped: false } } })).toBe(null);
  expect(told("/api/counts", 200, { counts: { queued: 1 } })).toMatch("/counts/queued must be object");
  expect(told("/api/models/x/1?a=b", 200, { counts: {} })).toMatch("must have required property 'row'");
  expect(told("/api/counts", 204, {})).toMatch("which the document does not have");
  expect(told("/api/counts", 500, error)).toBe(null);
  expect(told("/api/nothing", 404, error)).toBe(null);
  expect(told("/api/nothing", 404, { error: { ...error.error, more: 1 } })).toMatch("additional properties");
  expect(told("/api/stream", 200, {})).toMatch("of the type application/json");
});

it.each(routes.map(({ method, path }): [string, string] => [method, path]))(
  "tells the truth about %s %s",
  async (method, route) => {
    const operation = operationOf(method, route);
    const address = `/api/${route
      .replace(":model", route.endsWith("bytes") ? "failure" : "success")
      .replace(":id", path["success"]!)
      .replace(":func", "math.add")
      .replace(":action", "delete")}`;
    const query = route.endsWith("suggest") ? "?field=group" : "";
    if (route === "stream") {
      const { status, headers, body } = await under.admin(
        new Request(`http://localhost${address}`, { headers: { host: "localhost" } }),
        { address: "127.0.0.1" },
      );
      await body?.cancel();
      expect(undescribed(method, address, { status, headers, json: null, text: "…" })).toBe(null);
    } else if (method === "GET") {
      const { status } = await under.get<unknown>(address + query);
      expect(status).toBe(route.endsWith("bytes") ? 404 : 200);
    }
    const asked = { ...(method === "GET" ? {} : { body: {} }) };
    expect((await under.ask<unknown>(method, `${address}?colour=red`, asked)).status).toBe(400);
    if (route !== "stream")
      await under.ask<unknown>(
        method,
        address.replace(path["success"]!, "nobody").replace("success", "nothing"),
        asked,
      );
    if (operation.requestBody === undefined) return;
    const isRight = new Ajv2020({ strictTypes: false }).compile(
      operation.requestBody.content["application/json"].schema,
    );
    for (const body of [{}, { unknown: 1 }, [], "no JSON"]) {
      const { status } = await under.ask<unknown>(method, address, { body });
      // What the schema refuses is refused.
      if (!isRight(body)) expect(status).toBeGreaterThanOrEqual(400);
    }
  },
);

it("tells the truth about what is added, checked, changed and done", async () => {
  const values = {
    func: "math.add",
    input: '{"a":1}',
    type: "daily",
    timeZone: "UTC",
    repeats: -1,
    missed: "one",
  };
  const all = { ...values, nextRun: Date.now() + 3_600_000, name: "nightly" };
  const add = (check: string, changes: object = {}) =>
    under.ask<SaveAnswer>("POST", `/api/models/schedule${check}`, {
      body: { values: { ...all, ...changes } },
    });
  expect((await add("?check")).status).toBe(200);
  const added = await add("");
  expect(added.status).toBe(201);
  expect((await add("", { func: "none" })).status).toBe(422);
  const { parameters } = operationOf("PATCH", "models/:model/:id");
  expect(parameters.some(({ name, in: where }) => name === "If-Match" && where === "header")).toBe(true);
  const change = (version: string) =>
    under.ask<unknown>("PATCH", `/api/models/schedule/${added.json.id}`, {
      body: { values: { ...all, note: "n" } },
      headers: { "if-match": JSON.stringify(version) },
    });
  expect((await change(added.json.version)).status).toBe(200);
  expect((await change("1000")).status).toBe(409);
  const matching = { query: "", at: Date.now() + 1_000 };
  expect((await under.act("failure", "resubmit-keep", { ids: [path["failure"]!] })).status).toBe(200);
  expect((await under.act("failure", "resubmit-keep", { matching })).status).toBe(202);
});
