// Checks: the sentence they refuse with, and the guess at what was meant.
import { describe, expect, it } from "vitest";
import {
  byteCount,
  checkKeys,
  didYouMean,
  duration,
  durationOrNone,
  flag,
  kindOf,
  oneOf,
  refuse,
  show,
  text,
  wholeNumber,
} from "../../src/core/check.ts";

const place = "new Quern({ * })";

describe("an unknown option", () => {
  it("is refused with what was probably meant", () => {
    expect(() => checkKeys({ retries: 3 }, ["retry", "queue"], "mail.welcome")).toThrow(
      'QUERN_UNKNOWN_OPTION: mail.welcome has no option "retries". Did you mean "retry"? docs/options.md lists',
    );
  });

  it.each([
    ["attempts", "retry"],
    ["jobId", "id"],
    ["every", "minutes"],
  ])("by another queue's name, %s, is refused with ours", (name, ours) => {
    expect(() => checkKeys({ [name]: 3 }, ["retry", "id", "minutes", "tags"], "mail.welcome")).toThrow(
      `Did you mean "${ours}"?`,
    );
  });

  it.each(["constructor", "__proto__", "toString"])("called %s is none that is known", (name) => {
    const given = JSON.parse(`{"${name}":1}`) as object;
    expect(() => checkKeys(given, ["retry"], "mail.welcome")).toThrow(`no option "${name}"`);
  });

  it.each([[null], [[]], ["retry"], [7]])("can't be looked for in %j", (given) => {
    expect(() => checkKeys(given as never, ["retry"], "mail.welcome")).toThrow(
      "QUERN_BAD_OPTION: expected the options of mail.welcome to be an object, got",
    );
  });
});

describe("a value", () => {
  it.each<[() => unknown, string]>([
    [() => wholeNumber("ten", "concurrency", place, { min: 1 }), 'a whole number from 1 up, got "ten".'],
    [() => wholeNumber(1.5, "concurrency", place), "a whole number from 0 up, got 1.5."],
    [() => wholeNumber(Number.NaN, "concurrency", place), "a whole number from 0 up, got NaN."],
    [() => wholeNumber(9, "concurrency", place, { max: 8 }), "a whole number from 0 to 8, got 9."],
    [() => flag("yes", "concurrency", place), 'true or false, got "yes".'],
    [
      () => oneOf("norml", ["full", "normal"], "concurrency", place),
      '(did you mean "normal"?), got "norml".',
    ],
    [() => duration("soon", "concurrency", place), 'got "soon".'],
    [() => duration(0, "concurrency", place, { min: 1 }), "a duration of at least 1 ms, got 0."],
    [() => byteCount(["512MB"], "concurrency", place), 'a size such as "512MB", got an array.'],
    [() => byteCount("lots", "concurrency", place), 'a size such as "512MB", got "lots".'],
  ])("is refused with its name, what was expected, what came and where to set it (%#)", (check, part) => {
    expect(check).toThrow(part);
    expect(check).toThrow(/^QUERN_BAD_OPTION: expected concurrency to be /);
    expect(check).toThrow(/Set it in new Quern\(\{ concurrency \}\)\.$/);
  });

  it("of an inner field names the option that holds it", () => {
    expect(() => wholeNumber(0, "queues.long.concurrency", place, { min: 1 })).toThrow(
      "expected queues.long.concurrency to be a whole number from 1 up, got 0. Set it in new Quern({ queues }).",
    );
  });

  it("that is a secret is never shown", () => {
    expect(() => refuse("hunter2", "secret", "longer", place, true)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });

  it("that fits is handed back", () => {
    expect(wholeNumber(8, "n", place, { max: 8 })).toBe(8);
    expect(byteCount("512MB", "n")).toBe(512 * 1024 * 1024);
    expect(durationOrNone(false, "n")).toBeNull();
    expect(durationOrNone("5s", "n")).toBe(5_000);
  });
});

describe("text for a column", () => {
  it.each([["mail.welcome"], ["Grüße 😀"], ["x".repeat(255)], [" "]])("may be %j", (value) => {
    expect(text(value, "group")).toBe(value);
  });

  it.each([
    [""],
    ["x".repeat(256)],
    ["a\u0000"],
    ["a\nb"],
    ["\u009f"],
    ["\ud800"],
    ["a\udc00b"],
    [7],
    [null],
  ])("can't be %j", (value) => {
    expect(() => text(value, "group")).toThrow("QUERN_BAD_OPTION: expected group to be text");
  });
});

describe("what is shown of a value", () => {
  it("is short, quotes text and never throws", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(show("a".repeat(500)).length).toBeLessThan(70);
    expect(show(10n ** 300n).length).toBeLessThan(70);
    expect([show("x"), show(7), show(undefined), show(null), show([]), show({})]).toEqual([
      '"x"',
      "7",
      "undefined",
      "null",
      "an array",
      "an object",
    ]);
    expect(kindOf(proxy)).toBe("an object that can't be read");
    expect(kindOf(new Map())).toBe("an instance of Map");
    expect(kindOf(Object.create(null))).toBe("an object");
  });
});

describe("a guess", () => {
  it.each([
    ["timout", "timeout"],
    ["Timeout", "timeout"],
    ["retries", "retry"],
    ["tag", "tags"],
    ["bananas", undefined],
    ["x".repeat(1_000), undefined],
  ])("for %s is %s", (word, meant) => {
    expect(didYouMean(word, ["timeout", "retry", "tags", "queue"])).toBe(meant);
  });
});
