// The OpenAPI document is true: every route is in it, and what they answer, refusals too, is of the status, type and shape that it says.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SaveAnswer } from "../../src/admin/contract.ts";
import { routes } from "../../src/admin/routes.ts";
import { add, type Answered, AdminUnderTest, mail } from "./admin-under-test.ts";

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
}
interface Operation {
  parameters: { name: string; in: string }[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
  responses: Record<string, { content: Record<string, unknown> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: { Error: Schema } };
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

const typeOf = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "array"
      : Number.isInteger(value)
        ? "integer"
        : typeof value;

/** Where a value is not of the schema. */
function wrongIn(value: unknown, schema: Schema, at = ""): string[] {
  const { type, properties = {}, required = [], additionalProperties = true } = schema;
  if (type !== undefined && ![type].flat().includes(typeOf(value))) return [`${at}: ${typeOf(value)}`];
  if (typeOf(value) !== "object") return [];
  const entries = Object.entries(value as object);
  const missing = required.filter((name) => !Object.hasOwn(value as object, name));
  return [
    ...missing.map((name) => `${at}.${name}: missing`),
    ...entries.flatMap(([name, one]): string[] => {
      const known = properties[name];
      if (known !== undefined) return wrongIn(one, known, `${at}.${name}`);
      if (typeof additionalProperties === "object")
        return wrongIn(one, additionalProperties, `${at}.${name}`);
      return additionalProperties ? [] : [`${at}.${name}: unknown`];
    }),
  ];
}

function expectTrue(operation: Operation, { status, headers, json }: Answered<unknown>, what: string): void {
  const said = operation.responses[String(status)];
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  if (status < 300) {
    expect({ what, status, known: said !== undefined }).toEqual({ what, status, known: true });
    expect({ what, types: Object.keys(said?.content ?? {}) }).toEqual({ what, types: [type] });
  } else {
    expect({ what, said }).toEqual({ what, said: undefined });
    expect({ what, wrong: wrongIn(json, document.components.schemas.Error) }).toEqual({ what, wrong: [] });
  }
}

const operationOf = (method: string, route: string): Operation =>
  document.paths[`/${route.replace(/:(\w+)/g, "{$1}")}`]![method.toLowerCase()]!;

it("has each route once, with all parameters of its path", () => {
  const count = Object.values(document.paths).flatMap((one) => Object.keys(one)).length;
  expect(count).toBe(routes.length);
  for (const { method, path } of routes) {
    const inPath = operationOf(method, path).parameters.filter((one) => one.in === "path");
    expect(inPath.map(({ name }) => name)).toEqual(Array.from(path.matchAll(/:(\w+)/g), ([, name]) => name));
  }
});

it.each(routes.map(({ method, path }): [string, string] => [method, path]))(
  "tells the truth about %s %s",
  async (method, route) => {
    const operation = operationOf(method, route);
    const address = `/api/${route
      .replace(":model", route.endsWith("bytes") ? "failure" : "success")
      .replace(":id", path["success"]!)
      .replace(":action", "delete")}`;
    const query = route.endsWith("suggest") ? "?field=group" : "";
    if (route === "stream") {
      const { status, headers, body } = await under.admin(
        new Request(`http://localhost${address}`, { headers: { host: "localhost" } }),
        { address: "127.0.0.1" },
      );
      await body?.cancel();
      expectTrue(operation, { status, headers, json: null, text: "" }, "open");
    } else if (method === "GET")
      expectTrue(operation, await under.get<unknown>(address + query), "as it should be asked");
    for (const [what, asked] of Object.entries({
      "an unknown parameter": `${address}?colour=red`,
      "what is not there": address.replace(path["success"]!, "nobody").replace("success", "nothing"),
    }))
      if (route !== "stream" || what === "an unknown parameter")
        expectTrue(
          operation,
          await under.ask<unknown>(method, asked, { ...(method === "GET" ? {} : { body: {} }) }),
          what,
        );
    if (operation.requestBody === undefined) return;
    const { schema } = operation.requestBody.content["application/json"];
    for (const body of [{}, { unknown: 1 }, [], "no JSON"]) {
      const answer = await under.ask<unknown>(method, address, { body });
      expectTrue(operation, answer, JSON.stringify(body));
      // What the schema refuses is refused.
      if (wrongIn(body, schema).length > 0) expect(answer.status).toBeGreaterThanOrEqual(400);
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
  const adding = operationOf("POST", "models/:model");
  expectTrue(
    adding,
    await under.ask("POST", "/api/models/schedule?check", { body: { values: all } }),
    "check",
  );
  const added = await under.ask<SaveAnswer>("POST", "/api/models/schedule", { body: { values: all } });
  expectTrue(adding, added, "add");
  expect(added.status).toBe(201);
  const wrong = await under.ask("POST", "/api/models/schedule", {
    body: { values: { ...all, func: "none" } },
  });
  expectTrue(adding, wrong, "a wrong field");
  expect(wrong.status).toBe(422);
  const changing = operationOf("PATCH", "models/:model/:id");
  expect(changing.parameters.some(({ name, in: where }) => name === "If-Match" && where === "header")).toBe(
    true,
  );
  const change = (version: string): Promise<Answered<unknown>> =>
    under.ask("PATCH", `/api/models/schedule/${added.json.id}`, {
      body: { values: { ...all, note: "n" } },
      headers: { "if-match": JSON.stringify(version) },
    });
  for (const version of [added.json.version, "1000"]) expectTrue(changing, await change(version), version);
  const acting = operationOf("POST", "models/:model/actions/:action");
  const matching = { query: "", at: Date.now() + 1_000 };
  for (const selection of [{ ids: [path["failure"]!] }, { matching }])
    expectTrue(acting, await under.act("failure", "resubmit-keep", selection), JSON.stringify(selection));
});
