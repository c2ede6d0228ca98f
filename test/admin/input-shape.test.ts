// What a form can be made of, read from the schemas of task functions.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ErrorAnswer, FunctionAnswer, Shape, ShapeField } from "../../src/admin/contract.ts";
import { shapeOf as shapeOfJson } from "../../src/admin/engine/input-shape.ts";
import { redactValue } from "../../src/core/redact.ts";
import { inputJsonSchema } from "../../src/core/schema.ts";
import { Tasks } from "../../src/client/tasks.ts";
import { task } from "../../src/client/registry.ts";
import { AdminUnderTest, add } from "./admin-under-test.ts";

const shapeOf = (schema: Parameters<typeof inputJsonSchema>[0]): Shape | null =>
  shapeOfJson(inputJsonSchema(schema), (text) => redactValue(text, ["mail.key"]));

const fieldsOf = (shape: Shape | null): Record<string, ShapeField> =>
  shape?.as === "object" ? Object.fromEntries(shape.fields.map((field) => [field.name, field])) : {};

describe("the shape of an input", () => {
  it.each<[string, z.ZodType, Shape]>([
    ["text", z.string().min(1).max(9), { as: "text", least: 1, most: 9 }],
    ["an address", z.url(), { as: "text", format: "uri" }],
    ["a number", z.number().min(0.5), { as: "number", whole: false, least: 0.5 }],
    ["a whole number, which has no limits but its own", z.int(), { as: "number", whole: true }],
    ["a switch", z.boolean(), { as: "switch" }],
    ["a choice", z.enum(["a", "b"]), { as: "choice", options: ["a", "b"] }],
    ["one of several literals", z.union([z.literal(1), z.literal("x")]), { as: "choice", options: [1, "x"] }],
    ["what may be null", z.number().nullable(), { as: "number", whole: false, nullable: true }],
    ["a choice that may be null", z.enum(["a"]).nullable(), { as: "choice", options: ["a"], nullable: true }],
    ["a date, which JSON has not", z.date(), { as: "moment" }],
    ["what becomes a date", z.coerce.date(), { as: "moment" }],
    ["what is changed later, as it is given", z.string().transform(Number), { as: "text" }],
    ["a list", z.array(z.int()).max(3), { as: "list", of: { as: "number", whole: true }, most: 3 }],
    [
      "a list of objects",
      z.array(z.object({ a: z.boolean() })).min(1),
      {
        as: "list",
        of: {
          as: "object",
          fields: [
            { name: "a", title: null, help: null, required: true, initial: null, shape: { as: "switch" } },
          ],
        },
        least: 1,
      },
    ],
    ["a list of lists", z.array(z.array(z.string())), { as: "json" }],
    ["a list of objects that may be null", z.array(z.object({ a: z.string() }).nullable()), { as: "json" }],
    ["a list of any", z.array(z.unknown()), { as: "json" }],
    ["a pair", z.tuple([z.string(), z.number()]), { as: "json" }],
    ["one of two kinds", z.union([z.string(), z.number()]), { as: "json" }],
    ["a record", z.record(z.string(), z.number()), { as: "json" }],
    ["a big integer", z.bigint(), { as: "json" }],
    ["a map", z.map(z.string(), z.number()), { as: "json" }],
    ["what looks like a tag of the codec", z.object({ $date: z.string() }), { as: "json" }],
  ])("%s", (_, schema, shape) => {
    expect(fieldsOf(shapeOf(z.object({ it: schema })))["it"]?.shape).toEqual(shape);
  });

  it("says what a field is called, what is said of it, and whether it is needed", () => {
    const { to, copies, note } = fieldsOf(
      shapeOf(
        z.object({
          to: z.string().meta({ title: "Recipient" }),
          copies: z.int().default(3),
          note: z.string().optional().describe("For people."),
        }),
      ),
    );
    expect([to?.title, to?.required, to?.initial]).toEqual(["Recipient", true, null]);
    expect([copies?.required, copies?.initial]).toEqual([false, "3"]);
    expect([note?.required, note?.help]).toEqual([false, "For people."]);
  });

  it("hides a default where what is given would be hidden", () => {
    const of = (schema: z.ZodType): string => JSON.stringify(shapeOf(z.object({ mail: schema })));
    expect(of(z.object({ apiToken: z.string().default("t0p") }))).not.toContain("t0p");
    expect(of(z.object({ key: z.string().default("t0p") }))).not.toContain("t0p");
    expect(of(z.object({ other: z.string().default("seen") }))).toContain("seen");
  });

  it("goes into lists of objects, five deep", () => {
    let schema: z.ZodType = z.string();
    for (let depth = 0; depth < 7; depth++) schema = z.array(z.object({ it: schema }));
    let shape = shapeOf(schema);
    let depth = 0;
    while (shape?.as === "list" && shape.of.as === "object") {
      shape = shape.of.fields[0]!.shape;
      depth++;
    }
    expect([depth, shape]).toEqual([5, { as: "json" }]);
  });

  it("goes into objects, not without end", () => {
    const tree: z.ZodType = z.object({ name: z.string(), child: z.lazy(() => tree.optional()) });
    const shape = shapeOf(z.object({ tree }));
    expect(JSON.stringify(shape).length).toBeLessThan(2_000);
    expect(shape?.as).toBe("object");
  });

  it.each([
    ["none", undefined],
    [
      "one that only checks",
      { "~standard": { version: 1, vendor: "own", validate: (value: unknown) => ({ value }) } },
    ],
    [
      "one that can't say what it is",
      {
        "~standard": {
          version: 1,
          vendor: "own",
          validate: (value: unknown) => ({ value }),
          jsonSchema: {
            input: () => {
              throw new Error("not representable");
            },
          },
        },
      },
    ],
    ["one of which nothing can be said", z.unknown()],
  ] as const)("is unknown of %s", (_, schema) => {
    expect(shapeOf(schema as Parameters<typeof shapeOf>[0])).toBeNull();
  });
});

it("a function is asked for by its name; one that is not registered is just not known", async () => {
  const typed = task("typed", { input: z.object({ to: z.string() }) }, async () => 1);
  const under = new AdminUnderTest({ debug: true }, { tasks: [typed, add] });
  const of = async (func: string) => (await under.get<FunctionAnswer>(`/api/functions/${func}`)).json;
  expect(fieldsOf((await of("typed")).input)["to"]?.required).toBe(true);
  expect(await of("math.add")).toEqual({ known: true, input: null });
  expect(await of("none")).toEqual({ known: false, input: null });
  await under.close();
});

it("a refused input says what is wrong at which path, of a schedule and of a queued task", async () => {
  const typed = task(
    "typed",
    { input: z.object({ to: z.string(), lines: z.array(z.object({ "a.b": z.int() })) }) },
    async () => 1,
  );
  const under = new AdminUnderTest({ debug: true }, { tasks: [typed] });
  const wrong = '{"to":1,"lines":[{"a.b":1},{"a.b":0.5}]}';
  const paths = ({ error }: ErrorAnswer) => error.issues?.["input"]?.map(({ path }) => path);
  const added = await under.ask("POST", "/api/models/schedule", {
    body: { values: { func: "typed", type: "daily", input: wrong } },
  });
  expect([added.status, paths(added.json)]).toEqual([422, [["to"], ["lines", 1, "a.b"]]]);
  expect(added.json.error.fields?.["input"]).toMatch(/^typed can't take this input/);
  const id = await under.enqueue(typed, { to: "a", lines: [] }, { delay: "1h" });
  const { version } = (await under.get<{ version: string }>(`/api/models/queued/${id}`)).json;
  const changed = await under.ask("PATCH", `/api/models/queued/${id}`, {
    body: { values: { input: wrong } },
    headers: { "if-match": JSON.stringify(version) },
  });
  expect([changed.status, paths(changed.json)]).toEqual([422, [["to"], ["lines", 1, "a.b"]]]);
  await under.close();
});

it("what is hidden in a list follows its entry; where that can't be told, the entry is refused", async () => {
  const { under, change, kept } = await withList();
  const [ann, bob] = [
    { user: "ann", token: "•••" },
    { user: "bob", token: "•••" },
  ];
  expect((await change([bob, ann])).status).toBe(200);
  expect(await kept()).toEqual([
    { user: "bob", token: "B" },
    { user: "ann", token: "A" },
  ]);
  const lost = await change([{ user: "robert", token: "•••" }]);
  expect([lost.status, lost.json.error.issues?.["input"]?.map(({ path }) => path)]).toEqual([
    422,
    [["users", 0, "token"]],
  ]);
  expect((await change([bob])).status).toBe(200);
  expect(await kept()).toEqual([{ user: "bob", token: "B" }]);
  await under.close();
});

async function withList() {
  const users = task("users", async (_: { users: { user: string; token: string }[] }) => 1);
  const under = new AdminUnderTest({ debug: true }, { tasks: [users] });
  const stored = [
    { user: "ann", token: "A" },
    { user: "bob", token: "B" },
  ];
  const id = await under.enqueue(users, { users: stored }, { delay: "1h" });
  const change = async (next: object[]) => {
    const { version } = (await under.get<{ version: string }>(`/api/models/queued/${id}`)).json;
    return under.ask("PATCH", `/api/models/queued/${id}`, {
      body: { values: { input: JSON.stringify({ users: next }) } },
      headers: { "if-match": JSON.stringify(version) },
    });
  };
  const kept = async (): Promise<unknown> => {
    const info = await new Tasks(under.client).get(id);
    return (info!.input as { users: unknown }).users;
  };
  return { under, change, kept };
}
