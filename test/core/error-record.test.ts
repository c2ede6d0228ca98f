// What is kept of an error: small, readable, and never an error itself.
import { describe, expect, it } from "vitest";
import { decode, encodeError, errorSummary } from "../../src/core/codec.ts";

function chain(length: number): Error {
  let error = new Error("the first");
  for (let n = 1; n < length; n++) error = new Error(`wrapped ${n}`, { cause: error });
  return error;
}

const loop = new Error("loop");
loop.cause = loop;

const odd: [string, unknown, string, string][] = [
  ["an error", new RangeError("too far"), "RangeError", "too far"],
  ["a text", "just text", "Thrown", "just text"],
  ["null", null, "Thrown", "null"],
  ["undefined", undefined, "Thrown", "undefined"],
  ["a number", 7, "Thrown", "7"],
  ["plain data", { status: 400 }, "Thrown", '{"status":400}'],
  ["an object with nothing to tell", Object.create(null), "Thrown", "an object"],
  ["a symbol", Symbol("s"), "Thrown", "Symbol(s)"],
  ["a function", () => 1, "Thrown", "a function"],
  ["something like an error", { name: "HttpError", message: "gone", code: 410 }, "HttpError", "gone"],
  ["a frozen error", Object.freeze(new Error("cold")), "Error", "cold"],
  ["an abort", AbortSignal.abort().reason, "AbortError", "This operation was aborted"],
  ["a cause that is a text", new Error("a", { cause: "b" }), "Error", "a"],
  ["a cause that is itself", loop, "Error", "loop"],
  [
    "several errors without a message for all",
    Object.assign(new AggregateError([new Error("::1 refused"), new Error("127.0.0.1 refused")]), {
      code: "X",
    }),
    "AggregateError",
    "::1 refused; 127.0.0.1 refused",
  ],
  [
    "several of any kind",
    new AggregateError([new Error(""), "b", 7], "all failed"),
    "AggregateError",
    "all failed: b; 7",
  ],
  ["several that are none", Object.assign(new Error("x"), { errors: 5 }), "Error", "x"],
  ["a thousand causes", chain(1_000), "Error", "wrapped 999"],
  ["odd characters", new Error("\u0000\ud800\n😀"), "Error", "\u0000\ud800\n😀"],
  ["a name that is none", Object.assign(new Error("x"), { name: 7 }), "Error", "x"],
];

describe("an error that is kept", () => {
  it.each(odd)("may be %s", (_, error, name, message) => {
    const text = encodeError(error);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_192);
    expect(errorSummary(text)).toMatchObject({ name, message });
    expect(decode(text)).toBeInstanceOf(Error);
    expect(decode(text)).toMatchObject({ name, message });
  });

  it.each(["stack", "message", "name", "cause", "code"])("may throw when its %s is read", (property) => {
    const error = Object.defineProperty(new Error("x"), property, {
      get() {
        throw new Error("no");
      },
    });
    expect(decode(encodeError(error))).toBeInstanceOf(Error);
  });

  it("leaves out the frames of who called what threw, and of Node beneath them", () => {
    const own = "    at welcome (/shop/jobs.ts:4:11)";
    const frames = [
      own,
      "    at async /quern/dist/client/enqueue/enqueue.js:9:1",
      "    at async next (/shop/jobs.ts:8:3)",
      "    at Object.run (file:///quern/dist/client/registry.js:31:40)",
      "    at AsyncLocalStorage.run (node:async_hooks:346:14)",
      "    at process.emit (node:events:524:28)",
    ];
    const stackOf = (lines: string[]): string => {
      const error = new Error("full", { cause: new Error("inner") });
      for (const each of [error, error.cause as Error])
        each.stack = [`Error: ${each.message}`, ...lines].join("\n");
      const kept = decode(encodeError(error, { callers: "/quern/dist/" })) as Error;
      expect((kept.cause as Error).stack).toBe(kept.stack?.replace("full", "inner"));
      return kept.stack ?? "";
    };
    expect(stackOf(frames)).toBe(["Error: full", ...frames.slice(0, 3)].join("\n"));
    expect(stackOf([own])).toBe(`Error: full\n${own}`);
    expect(stackOf(frames.slice(3))).toBe(["Error: full", ...frames.slice(3)].join("\n")); // It is the callers' own.
  });

  it("may be a proxy that throws at everything", () => {
    const handler = new Proxy(
      {},
      {
        get: () => () => {
          throw new Error("no");
        },
      },
    );
    expect(errorSummary(encodeError(new Proxy({}, handler))).name).toBe("Thrown");
  });

  it.each([["x"], ["\u0000"], ["é"], ["😀"]])(
    "keeps its frames and stays small when its message is a million times %j",
    (text) => {
      const kept = encodeError(new Error(text.repeat(1_000_000)));
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(8_192);
      const { message, stack } = errorSummary(kept);
      expect(message.startsWith(text.repeat(100))).toBe(true);
      expect(stack).toContain("error-record.test");
    },
  );

  it("stays small when everything about it is large", () => {
    const long = "y".repeat(1_000_000);
    const error = Object.assign(new Error(long, { cause: long }), { name: long, stack: long, code: long });
    for (const maxBytes of [8_192, 1_000, 100]) {
      expect(Buffer.byteLength(encodeError(error, { maxBytes }))).toBeLessThanOrEqual(maxBytes);
    }
  });

  it("keeps its name, message and first causes, and its stack says the name once", () => {
    class Declined extends Error {
      override name = "Declined";
    }
    const text = encodeError(new Declined("no funds", { cause: chain(3) }));
    expect(text.match(/no funds/g)).toHaveLength(1);
    const error = decode(text) as Error;
    expect(error.stack).toMatch(/^Declined: no funds\n {4}at /);
    expect(error.cause).toMatchObject({ message: "wrapped 2", cause: { message: "wrapped 1" } });
  });

  it.each([[""], ["no JSON"], ["null"], ["[]"], ['"text"'], ['{"$error":{}}'], ["x".repeat(1_000_000)]])(
    "is shown in some way when its text is damaged (%#)",
    (text) => {
      const { name, message } = errorSummary(text);
      expect(name).toBe("Error");
      expect(message.length).toBeLessThanOrEqual(1_000);
    },
  );
});
