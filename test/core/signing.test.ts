// Signatures: the HMAC that everybody else computes, over fields that can't be shifted into each other.
import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeKeyring, sign, verify } from "../../src/core/signing.ts";

const secrets = fc.string({ minLength: 16, maxLength: 200 }).filter((secret) => !secret.includes(","));

describe("a signature", () => {
  it("is the HMAC-SHA-256 of the fields with their lengths in front, for short and long keys and texts", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("x".repeat(4_096), "é€😀".repeat(3_000)),
    );
    fc.assert(
      fc.property(secrets, fc.array(texts, { minLength: 1 }), (secret, fields) => {
        fc.pre(secret.trim().length >= 16);
        const text = `${fields.map((field) => `${field.length}:`).join("")}\n${fields.join("")}`;
        const expected = createHmac("sha256", secret.trim()).update(text).digest("base64url");
        const key = makeKeyring(secret).current;
        expect(sign(key, fields)).toBe(expected);
        expect(verify(key, fields, expected)).toBe(true);
      }),
    );
  });

  it("is another one when a character moves from one field to the next", () => {
    const { current } = makeKeyring("correct horse battery");
    expect(sign(current, ["ab", "c"])).not.toBe(sign(current, ["a", "bc"]));
  });
});

it("a key that is printed shows its id and nothing of the secret", () => {
  const { current } = makeKeyring("correct horse battery");
  expect(inspect(current, { depth: 9, showHidden: true })).toBe(`SigningKey { id: '${current.id}' }`);
});
