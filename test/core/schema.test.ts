// Inputs and schemas: what passes is what the schema made of it, what does not is named field by field.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expect, it } from "vitest";
import { z } from "zod";
import { isQuernError } from "../../src/core/errors.ts";
import { checkInput } from "../../src/core/schema.ts";

const welcome = z.object({ to: z.string(), items: z.array(z.object({ count: z.number() })).default([]) });

function schemaThatSays(
  result: StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>,
) {
  return { "~standard": { version: 1, vendor: "test", validate: () => result } } as const;
}

it("an input without a schema passes as it is", () => {
  const input = { any: 1 };
  expect(checkInput(undefined, input, "mail.welcome")).toBe(input);
});

it("an input that fits passes as the schema changed it, at once", () => {
  expect(checkInput(welcome, { to: "a", extra: 1 }, "mail.welcome")).toEqual({ to: "a", items: [] });
});

it.each([
  [1_000, "expected at least 10000 (was 1000)", "expected at least 10000 (was a number)"],
  [1_000, "expected 0.1000 to 21000, got 1000.", "expected 0.1000 to 21000, got a number."],
  [-1_234.5, "got -1234.5, of -1234.56", "got a number, of -1234.56"],
  [1e21, "Received 1e+21", "Received a number"],
])(
  "of %d only itself is left out of what its schema says, not the same digits in its limits",
  (given, said, told) => {
    const schema = schemaThatSays({ issues: [{ message: said }] });
    expect(() => checkInput(schema, given, "mail.welcome")).toThrow(told);
  },
);

it("an input that does not fit is refused with the path of each field and without its values", () => {
  const input = { to: 42, items: [{ count: 1 }, { count: "secret" }] };
  expect(() => checkInput(welcome, input, "mail.welcome")).toThrow(
    /^QUERN_BAD_INPUT: mail\.welcome can't take this input \(an object\): to: .*; items\[1\]\.count: .*\. Nothing was/,
  );
  expect(() => checkInput(welcome, input, "mail.welcome")).not.toThrow("secret");
});

it("an input that is nothing at all is said to be nothing", () => {
  expect(() => checkInput(welcome, undefined, "mail.welcome")).toThrow("(nothing): input: ");
});

it("paths of keys and of { key } objects read the same", () => {
  const schema = schemaThatSays({
    issues: [
      { message: "one", path: ["a", 0, "b"] },
      { message: "two", path: [{ key: "a" }, { key: 0 }, { key: "b" }] },
      { message: "three", path: [Symbol("s")] },
    ],
  });
  expect(() => checkInput(schema, {}, "t")).toThrow("a[0].b: one; a[0].b: two; Symbol(s): three.");
});

it("a schema with a thousand complaints makes no message of a thousand lines", () => {
  const issues = Array.from({ length: 1_000 }, (_, n) => ({ message: "wrong", path: [n] }));
  expect(() => checkInput(schemaThatSays({ issues }), [], "t")).toThrow("[9]: wrong; and 990 more.");
});

it("a schema that needs time gives a promise of the same", async () => {
  await expect(checkInput(schemaThatSays(Promise.resolve({ value: 7 })), 1, "t")).resolves.toBe(7);
  const refused = Promise.resolve(
    checkInput(schemaThatSays(Promise.resolve({ issues: [{ message: "no" }] })), 1, "t"),
  );
  expect(isQuernError(await refused.catch((error: unknown) => error), "QUERN_BAD_INPUT")).toBe(true);
});
