// What a failure is found by: class and text of its error, without secrets and without what an engine would refuse.
import { expect, it } from "vitest";
import { encodeError } from "../../src/core/codec.ts";
import { errorTextOf } from "../../src/core/error/error-text.ts";

const named = (error: Error, name: string): Error => Object.assign(error, { name });

it.each([
  ["an error", encodeError(new RangeError("too far")), "RangeError", "RangeError: too far"],
  ["one without a message", encodeError(new TypeError("")), "TypeError", "TypeError"],
  ["what is no error", encodeError("only a text"), "Thrown", expect.stringContaining("only a text")],
  ["a text that is no JSON", "gone wrong", "Error", "Error: gone wrong"],
  ["nothing", null, null, null],
  [
    "causes",
    encodeError(new Error("outer", { cause: new TypeError("inner") })),
    "Error",
    "Error: outer TypeError: inner",
  ],
  [
    "a secret",
    encodeError(
      new Error('login failed, {"password":"hunter2"} token=abc', { cause: new Error("api_key: k1") }),
    ),
    "Error",
    'Error: login failed, {"password":•••} token=••• Error: api_key: •••',
  ],
  [
    "several lines, NUL and half a pair",
    encodeError(new Error("a\n\n b\u0000\ud800c")),
    "Error",
    "Error: a b c",
  ],
  ["a class that is no name", encodeError(named(new Error("x"), "A\nB")), "A B", "A B: x"],
])("of %s", (_, encoded, errorClass, errorText) => {
  expect(errorTextOf(encoded)).toEqual({ errorClass, errorText });
});

it("is bounded, and no half of a character stands at its end", () => {
  const long = errorTextOf(encodeError(named(new Error("\u{1f511}".repeat(1_500)), "\u{1f511}".repeat(300))));
  expect([long.errorClass!.length <= 255, long.errorText!.length <= 1_000]).toEqual([true, true]);
  for (const text of [long.errorClass!, long.errorText!]) expect(/\p{Cs}/u.test(text)).toBe(false);
});
