// The codec: every value comes back as it was or is refused with its path, and no text can do harm.
import { deepStrictEqual } from "node:assert/strict"; // vitest's own stumbles over a key called "constructor"
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CodecLimits, decode, encode } from "../../src/core/codec.ts";
import { isQuernError } from "../../src/core/errors.ts";

class Money {
  amount = 5;
}

const cycle: Record<string, unknown> = { name: "a" };
cycle["items"] = [{ parent: cycle }];

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { in: value };
  return value;
}

function hostile(handler: ProxyHandler<object>): object {
  return new Proxy({ a: 1 }, handler);
}

describe("plain JSON", () => {
  it("stays the JSON it is", () => {
    const value = { to: "a@b.c", n: 1.5e-7, list: [true, null, 'é😀\n\u2028"'], empty: {}, none: [] };
    expect(encode(value)).toBe(JSON.stringify(value));
  });

  it("never holds a raw newline, whatever the value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(encode({ [text]: text })).not.toMatch(/\n/);
      }),
    );
  });
});

describe("a value", () => {
  it.each<[unknown, string]>([
    [new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [new Date(Number.NaN), '{"$date":null}'],
    [-(2n ** 70n), '{"$bigint":"-1180591620717411303424"}'],
    [new Map([[{ a: 1 }, new Set([1, "2"])]]), '{"$map":[[{"a":1},{"$set":[1,"2"]}]]}'],
    [new Uint8Array([0, 255]), '{"$bytes":"AP8="}'],
    [undefined, '{"$value":"undefined"}'],
    [Number.NaN, '{"$value":"NaN"}'],
    [Number.NEGATIVE_INFINITY, '{"$value":"-Infinity"}'],
    [-0, '{"$value":"-0"}'],
    [{ $date: "soon" }, '{"$plain":{"$date":"soon"}}'],
    [{ $plain: { $plain: 1 } }, '{"$plain":{"$plain":{"$plain":{"$plain":1}}}}'],
    [{ $set: 1, other: 2 }, '{"$set":1,"other":2}'],
    ["\ud800 \u0000", '"\\ud800 \\u0000"'],
  ])("%o travels as %s and comes back", (value, text) => {
    expect(encode(value)).toBe(text);
    expect(decode(text)).toStrictEqual(value);
  });

  it("comes back as it was", () => {
    const keys = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("$date", "$map", "$plain", "$", "__proto__", "constructor", "toString", "0"),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.string({ unit: "binary" }),
        fc.double(),
        fc.bigInt(),
        fc.boolean(),
        fc.constantFrom(null, undefined, -0),
        fc.date({ noInvalidDate: true }),
        fc.uint8Array(),
        fc.array(tie("tree"), { maxLength: 6 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 4 }),
        fc.uniqueArray(tie("tree"), { maxLength: 4 }).map((items) => new Set(items)),
        fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 4 }).map((items) => new Map(items)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        deepStrictEqual(decode(encode(value)), plain(value));
      }),
      { numRuns: 500 },
    );
  });

  it("of any kind fast-check knows comes back as it was, or is refused with a typed error", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withBoxedValues: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        let text: string;
        try {
          text = encode(value);
        } catch (error) {
          expect(isQuernError(error, "QUERN_UNENCODABLE")).toBe(true);
          return;
        }
        deepStrictEqual(decode(text), plain(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it("may share parts with itself, and comes back with a copy of each", () => {
    const part = { a: 1 };
    expect(decode(encode([part, part]))).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });

  it("may be a Buffer, which comes back as the bytes", () => {
    expect(decode(encode(Buffer.from("hi")))).toStrictEqual(new Uint8Array([104, 105]));
  });

  it("may hold an error, which comes back with name, message, stack, code and cause", () => {
    class CardDeclined extends Error {
      override name = "CardDeclined";
      code = "DECLINED";
    }
    const error = new CardDeclined("no", { cause: new TypeError("limit") });
    const back = decode(encode({ error })) as { error: Error & { code: string } };
    expect(back.error).toBeInstanceOf(Error);
    expect(back.error).toMatchObject({ name: "CardDeclined", message: "no", code: "DECLINED" });
    expect(back.error.stack).toMatch(/^CardDeclined: no\n {4}at .*codec\.test/);
    expect(back.error.cause).toMatchObject({ name: "TypeError", message: "limit" });
  });

  it("with __proto__ as a key keeps it as data and pollutes nothing", () => {
    const back = decode('{"__proto__":{"admin":{"$bigint":"1"}},"constructor":{"prototype":{"x":1}}}');
    expect(Object.keys(back as object)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(back, "__proto__")?.value).toEqual({ admin: 1n });
    expect(encode(back)).toBe('{"__proto__":{"admin":{"$bigint":"1"}},"constructor":{"prototype":{"x":1}}}');
  });
});

describe("what can't travel is refused with its path:", () => {
  it.each<[string, unknown, string]>([
    ["a function", { items: [0, { when: () => 1 }] }, "input.items[1].when to be plain data, got a function"],
    ["a symbol", [Symbol("x")], "input[0] to be plain data, got a symbol"],
    ["a symbol as key", { a: { [Symbol("x")]: 1 } }, "input.a to be plain data, got an object with symbols"],
    ["a class instance", { total: new Money() }, "input.total to be plain data, got an instance of Money"],
    ["a WeakMap", new WeakMap(), "input to be plain data, got an instance of WeakMap"],
    ["a promise", { p: Promise.resolve(1) }, "input.p to be plain data, got an instance of Promise"],
    ["a RegExp", { p: /x/ }, "input.p to be plain data, got an instance of RegExp"],
    ["a URL, which has toJSON", new URL("http://a.b"), "got an instance of URL"],
    ["an object with toJSON", { toJSON: () => 1 }, "input.toJSON to be plain data, got a function"],
    ["a subclass of Date", new (class Day extends Date {})(), "got an instance of Day"],
    ["a subclass of Map", new (class Index extends Map {})(), "got an instance of Index"],
    ["a Date with a property", Object.assign(new Date(), { zone: "UTC" }), "got an instance of Date"],
    ["a boxed number", Object(1), "got an instance of Number"],
    ["another typed array", new Uint16Array(2), "got an instance of Uint16Array"],
    ["an ArrayBuffer", new ArrayBuffer(2), "got an instance of ArrayBuffer"],
    ["a hole", { list: Object.assign([1], { 2: 3 }) }, "input.list[1] to be plain data, got a hole"],
    ["a long hole", withLength(100), "input[0] to be plain data, got a hole"],
    ["an array with a property", { m: /b/.exec("abc") }, "input.m to be plain data, got an array with"],
    ["a cycle", cycle, "input.items[0].parent to be plain data, got a value that contains itself"],
    ["a cycle in a Map", cycleInMap(), "got a value that contains itself"],
    [
      "a getter that throws",
      {
        a: {
          get b() {
            throw new Error("no");
          },
        },
      },
      "input.a.b to be plain data, got something",
    ],
    [
      "a proxy that hides its keys",
      [
        hostile({
          ownKeys: () => {
            throw null;
          },
        }),
      ],
      "input[0] to be plain data",
    ],
    [
      "a proxy without prototype",
      [
        hostile({
          getPrototypeOf: () => {
            throw 1;
          },
        }),
      ],
      "input[0] to be plain data",
    ],
    [
      "a proxy that won't be read",
      hostile({
        get: () => {
          throw new Error();
        },
      }),
      "input.a to be plain data",
    ],
    ["a revoked proxy", { p: revoked() }, "input.p to be plain data"],
    ["a BigInt of a million digits", 10n ** 1_000_000n, "got a BigInt of more than"],
    ["Math", Math, "got an object with symbols"],
    ["an odd key's value", { "a b": { "": () => 1 } }, 'input["a b"][""] to be plain data'],
  ])("%s", (_, value, part) => {
    const error = thrownBy(() => encode(value));
    expect(isQuernError(error, "QUERN_UNENCODABLE")).toBe(true);
    expect((error as Error).message).toContain(part);
  });

  it("too many bytes", () => {
    const dag = Array.from({ length: 60 }).reduce((inner: unknown) => [inner, inner], 1);
    for (const value of [
      "x".repeat(2 ** 20 + 1),
      { a: { b: "é".repeat(600_000) } },
      new Uint8Array(800_000),
      dag,
    ]) {
      const error = thrownBy(() => encode(value));
      expect(isQuernError(error, "QUERN_TOO_LARGE")).toBe(true);
    }
    expect(() => encode({ a: ["x".repeat(200)] }, { maxBytes: 100, root: "result" })).toThrow(
      "got more at result.a[0]",
    );
    expect(() => encode(withLength(2 ** 32 - 1))).toThrow("QUERN_TOO_LARGE");
  });

  it("too many levels", () => {
    expect(decode(encode(deep(100)))).toStrictEqual(deep(100));
    expect(() => encode(deep(101))).toThrow(
      "QUERN_TOO_DEEP: expected at most 100 levels of nesting, got more at input",
    );
    expect(() => encode(deep(100_000))).toThrow("QUERN_TOO_DEEP");
    expect(() => encode([[1]], { maxDepth: 1 })).toThrow("QUERN_TOO_DEEP");
  });

  it("a getter is asked once, so it can't be one thing when checked and another when written", () => {
    let reads = 0;
    const value = {
      get a(): unknown {
        return ++reads === 1 ? 1 : () => 1;
      },
    };
    expect(encode(value)).toBe('{"a":1}');
  });
});

describe("text that the codec did not write", () => {
  it.each<[string, string, CodecLimits?]>([
    ["nothing", ""],
    ["no JSON", "{"],
    ["an unknown tag", '{"$regexp":"(a+)+$"}'],
    ["a tag of a tag", '{"$map":{"$set":[]}}'],
    ["a Map without pairs", '{"$map":[[1]]}'],
    ["a Map with a number", '{"$map":20000000}'],
    ["a Set with a length", '{"$set":{"length":20000000}}'],
    ["a BigInt with letters", '{"$bigint":"0x10"}'],
    ["a BigInt that is long", `{"$bigint":"${"9".repeat(10_000)}"}`],
    ["bytes that are none", '{"$bytes":"<script>"}'],
    ["a date that is none", '{"$date":"tomorrow"}'],
    ["an unknown constant", '{"$value":"constructor"}'],
    ["a wrapped array", '{"$plain":[1]}'],
    ["an error without message", '{"$error":{"name":"x"}}'],
    ["an error that is null", '{"$error":null}'],
    ["too many levels", "[".repeat(101) + "]".repeat(101)],
    ["a great many levels", "[".repeat(400_000) + "]".repeat(400_000)],
    ["too many levels in tags", '{"$plain":{"a":'.repeat(101) + "1" + "}}".repeat(101)],
    ["too many bytes", JSON.stringify("é".repeat(60)), { maxBytes: 100 }],
  ])("is refused: %s", (_, text, limits) => {
    expect(
      isQuernError(
        thrownBy(() => decode(text, limits)),
        "QUERN_UNDECODABLE",
      ),
    ).toBe(true);
  });

  it("keeps the message free of what stood in it", () => {
    expect((thrownBy(() => decode('{"password": hunter2}')) as Error).message).not.toContain("hunter2");
  });

  it("with an endless chain of causes is read in part", () => {
    const text = `{"$error":${'{"name":"E","message":"m","cause":'.repeat(5_000)}null${"}".repeat(5_000)}}`;
    expect(decode(text)).toBeInstanceOf(Error);
  });

  it("never does worse than being refused", () => {
    const json = fc
      .json({ maxDepth: 6 })
      .map((text) => text.replaceAll('"a', '"$map').replaceAll('"b', '"$date'));
    fc.assert(
      fc.property(fc.oneof(json, fc.string({ unit: "binary" })), (text) => {
        try {
          decode(text);
        } catch (error) {
          expect(isQuernError(error, "QUERN_UNDECODABLE")).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function withLength(length: number): unknown[] {
  return Object.assign([], { length });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cycleInMap(): unknown {
  const map = new Map<string, unknown>();
  return map.set("self", map);
}

// What decode gives for it: objects have the usual prototype.
function plain(value: unknown): unknown {
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [plain(key), plain(item)]));
  if (value instanceof Set) return new Set([...value].map(plain));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  const copy = {};
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, {
      value: plain(item),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}
