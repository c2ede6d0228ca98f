// Standard Schema with the libraries that have it: what is refused when it is queued, what the function is given, and what a form is made of.
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { shapeOf } from "../../src/admin/engine/input-shape.ts";
import type { Shape } from "../../src/admin/contract.ts";
import { type InputIssue, inputJsonSchema } from "../../src/core/schema.ts";
import { isQuernError, Quern, task } from "../../src/index.ts";

const libraries = {
  zod: z.object({
    to: z.email(),
    count: z.string().transform(Number),
    copies: z.int().min(1).default(3),
    kind: z.enum(["new", "gift"]),
    tags: z.array(z.string()),
    when: z.date().optional(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      to: v.pipe(v.string(), v.email()),
      count: v.pipe(v.string(), v.transform(Number)),
      copies: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 3),
      kind: v.picklist(["new", "gift"]),
      tags: v.array(v.string()),
      when: v.optional(v.date()),
    }),
  ),
  arktype: type({
    to: "string.email",
    count: "string.numeric.parse",
    copies: "number.integer >= 1 = 3",
    kind: "'new' | 'gift'",
    tags: "string[]",
    "when?": "Date",
  }),
};

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let quern: Quern | undefined;
afterEach(() => quern?.close());

describe.each(Object.entries(libraries))("%s", (library, input) => {
  const order = task("shop.order", { input: input as (typeof libraries)["zod"] }, async (given) => given);
  const open = (): Quern =>
    (quern = new Quern({ tasks: [order], database: "memory:", workers: 0, sync: true, logger: quiet }));

  it("refuses an input when it is queued, each thing with its path, and tells nothing of what was given", async () => {
    const wrong = { to: "s3cret", count: "7", copies: 0, kind: "new", tags: ["a", 48_151_623] };
    const error: unknown = await open()
      .enqueue(order, wrong as never)
      .catch((refused: unknown) => refused);
    if (!isQuernError(error, "QUERN_BAD_INPUT")) throw error;
    const list = error.details["list"] as InputIssue[];
    expect(list.map(({ keys }) => keys.join("/")).sort()).toEqual(["copies", "tags/1", "to"]);
    expect(error.message).toContain("tags[1]: ");
    expect([error.message, JSON.stringify(list)].join("\n")).not.toMatch(/s3cret|48151623/);
    expect(await quern!.tasks.count({})).toBe(0);
  });

  it("gives the function what it made of the input, and the queue what was given", async () => {
    const when = new Date(0);
    const given = { to: "a@example.org", count: "7", kind: "gift", tags: ["a"], when } as const;
    const handle = await open().enqueue(order, { ...given, tags: [...given.tags] });
    expect(await handle.result()).toEqual({ ...given, count: 7, copies: 3 });
    expect((await quern!.tasks.get(handle.id))?.input).toEqual(given);
  });

  it("can say what a form is made of", () => {
    const shape = shapeOf(inputJsonSchema(input), (text) => text);
    const fields = shape?.as === "object" ? shape.fields : [];
    const shapes = Object.fromEntries(fields.map((field): [string, Shape] => [field.name, field.shape]));
    const choice = shapes["kind"]?.as === "choice" ? [...shapes["kind"].options].sort() : [];
    expect(choice).toEqual(["gift", "new"]);
    expect(shapes).toMatchObject({
      to: { as: "text", format: "email" },
      count: { as: "text" },
      copies: { as: "number", whole: true, least: 1 },
      tags: { as: "list", of: { as: "text" } },
      // Only zod tells that it leaves out a Date.
      when: { as: library === "zod" ? "moment" : "json" },
    });
    const needed = fields.filter(({ required }) => required).map(({ name }) => name);
    expect(needed.sort()).toEqual(["count", "kind", "tags", "to"]);
  });
});

it("valibot's own schema checks, and says nothing of itself", async () => {
  const input = v.object({ to: v.string() });
  expect(inputJsonSchema(input)).toBe(null);
  const mail = task("mail", { input }, async ({ to }) => to);
  quern = new Quern({ tasks: [mail], database: "memory:", workers: 0, sync: true, logger: quiet });
  await expect(quern.enqueue(mail, { to: 1 } as never)).rejects.toThrow("mail can't take this input");
  expect(await (await quern.enqueue(mail, { to: "a" })).result()).toBe("a");
});

it("of a union arktype tells nothing of what was given deeper in it", async () => {
  const input = type({ by: type({ card: "string.numeric" }).or({ pin: "number > 50000" }) });
  const pay = task("pay", { input }, async () => null);
  quern = new Quern({ tasks: [pay], database: "memory:", workers: 0, sync: true, logger: quiet });
  for (const by of [{ card: "s3cret" }, { pin: 48_151 }]) {
    const error: unknown = await quern.enqueue(pay, { by } as never).catch((refused: unknown) => refused);
    if (!isQuernError(error, "QUERN_BAD_INPUT")) throw error;
    expect(error.message).toMatch(/was a (?:text|number)/);
    expect([error.message, JSON.stringify(error.details)].join("\n")).not.toMatch(/s3cret|48151/);
  }
});
