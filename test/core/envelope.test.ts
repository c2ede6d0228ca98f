// Envelopes and keys: what was sealed opens, and nothing else does.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCall, sealCall } from "../../src/core/envelope.ts";
import { isQuernError } from "../../src/core/errors.ts";
import { type ResolvedOptions, resolveQuernOptions, resolveTask } from "../../src/core/options.ts";
import { generateSecret, makeKeyring } from "../../src/core/signing.ts";

const keyring = makeKeyring("correct horse battery");
const { options, optionsText } = resolveTask(undefined, resolveQuernOptions({ tasks: [] }, {}));
const call = {
  id: "01890000-0000-7000-8000-000000000000",
  func: "mail.welcome",
  queue: "default",
  options: optionsText,
  input: '{"to":"a@b.c"}',
};
const sealed = sealCall(call, keyring);

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return isQuernError(error) ? error.code : String(error);
  }
  return undefined;
}

describe("a sealed call", () => {
  it("is one text whose options can be read without its input", () => {
    expect(sealed).toMatch(/^q1\.[0-9a-f]{8}\.[\w-]{43}\.\{.*\}\n\{"to":"a@b\.c"\}$/);
  });

  it("opens to what was sealed", () => {
    expect(openCall(sealed, call, keyring)).toEqual({ options, input: call.input });
  });

  it("shares its options with the others of its task function, where nobody can change them", () => {
    const [one, two] = [openCall(sealed, call, keyring), openCall(sealed, call, keyring)];
    expect(one.options).toBe(two.options);
    expect(Object.isFrozen(one.options)).toBe(true);
  });

  it("opens to the same, compressed or not, whatever stands in it", () => {
    const line = fc.string({ unit: "binary" }).map((text) => JSON.stringify(text));
    fc.assert(
      fc.property(line, line, fc.boolean(), fc.nat(2_000), (func, queue, compress, times) => {
        const some = { ...call, func, queue, input: JSON.stringify(func.repeat(times % 50)) };
        expect(openCall(sealCall(some, keyring, { compress }), some, keyring).input).toBe(some.input);
      }),
    );
  });

  it("is compressed only where that makes it smaller", () => {
    const large = { ...call, input: JSON.stringify("abc".repeat(10_000)) };
    const noise = { ...call, input: JSON.stringify(generateSecret().repeat(1)) };
    expect(sealCall(large, keyring, { compress: true }).slice(0, 4)).toBe("q1z.");
    expect(sealCall(large, keyring, { compress: true }).length).toBeLessThan(2_000);
    expect(sealCall(noise, keyring, { compress: true }).slice(0, 3)).toBe("q1.");
  });

  it("that would inflate to more than it may is refused", () => {
    const bomb = { ...call, input: `"${" ".repeat(5_000_000)}"` };
    const text = sealCall(bomb, keyring, { compress: true });
    expect(text.length).toBeLessThan(10_000);
    expect(codeOf(() => openCall(text, bomb, keyring, { maxBytes: 1_000_000 }))).toBe("QUERN_BAD_ENVELOPE");
  });
});

describe("a call that was tampered with", () => {
  it.each([
    ["in another row", { id: "01890000-0000-7000-8000-000000000001" }],
    ["under another function", { func: "mail.goodbye" }],
    ["in another queue", { queue: "long" }],
    ["with characters moved from func to queue", { func: "mail.welcom", queue: "edefault" }],
  ])("%s does not open", (_, changed) => {
    expect(codeOf(() => openCall(sealed, { ...call, ...changed }, keyring))).toBe("QUERN_BAD_SIGNATURE");
  });

  it("does not open with any one bit of it changed", () => {
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.nat(6), (index, bit) => {
        const changed = String.fromCharCode(sealed.charCodeAt(index) ^ (1 << bit));
        const text = sealed.slice(0, index) + changed + sealed.slice(index + 1);
        expect(codeOf(() => openCall(text, call, keyring))).toMatch(/BAD_SIGNATURE|BAD_ENVELOPE|UNKNOWN_KEY/);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["nothing", ""],
    ["garbage", "\u0000\uffff"],
    ["JSON", '{"to":"a@b.c"}'],
    ["half of one", sealed.slice(0, 40)],
    ["one without input", sealed.slice(0, sealed.indexOf("\n"))],
    ["one of a version to come", `q2${sealed.slice(2)}`],
    ["one with a short signature", sealed.replace(/\.[\w-]{43}\./, ".AAAA.")],
  ])("%s is named as no envelope", (_, text) => {
    expect(codeOf(() => openCall(text, call, keyring))).toBe("QUERN_BAD_ENVELOPE");
  });

  it("says plainly that it may be of a later version", () => {
    expect(() => openCall(`q2${sealed.slice(2)}`, call, keyring)).toThrow(
      "of a version this Quern does not know",
    );
  });

  it("whose compression flag was changed does not open", () => {
    expect(codeOf(() => openCall(`q1z${sealed.slice(2)}`, call, keyring))).toBe("QUERN_BAD_SIGNATURE");
  });

  it.each<[string, unknown]>([
    ["no JSON", undefined],
    ["null", null],
    ["no attempts", { ...options, attempts: undefined }],
    ["attempts 0", { ...options, attempts: 0 }],
    ["a timeout of text", { ...options, timeoutMs: "30s" }],
    ["an unknown backoff", { ...options, backoff: "random" }],
    ["a hook that is no name", { ...options, hook: {} }],
    ["a factor of nothing", { ...options, factor: Number.NaN }],
  ])("is refused for its options even when it is signed: %s", (_, wrong) => {
    const odd = { ...call, options: JSON.stringify(wrong) ?? "{" };
    expect(codeOf(() => openCall(sealCall(odd, keyring), odd, keyring))).toBe("QUERN_BAD_ENVELOPE");
  });

  it("with an option of a later Quern opens", () => {
    const later = {
      ...call,
      options: JSON.stringify({ ...options, later: 1 } satisfies ResolvedOptions & { later: 1 }),
    };
    expect(openCall(sealCall(later, keyring), later, keyring).options).toMatchObject({ later: 1 });
  });
});

describe("keys", () => {
  it("rotate: the first signs, all verify, and one that was taken out is named as unknown", () => {
    const old = makeKeyring("an old secret of ours");
    const both = makeKeyring("a new secret of ours!, an old secret of ours");
    const fresh = makeKeyring("a new secret of ours!");
    expect(openCall(sealCall(call, old), call, both).input).toBe(call.input);
    expect(openCall(sealCall(call, both), call, fresh).input).toBe(call.input);
    expect(codeOf(() => openCall(sealCall(call, old), call, fresh))).toBe("QUERN_UNKNOWN_KEY");
  });

  it.each(["", "short", "long enough for one,short", "long enough for one,"])(
    "of %j are refused, unshown",
    (secret) => {
      expect(() => makeKeyring(secret)).toThrow(
        "QUERN_BAD_OPTION: expected secret to be at least 16 characters long",
      );
      if (secret !== "") expect(() => makeKeyring(secret)).not.toThrow(secret);
    },
  );

  it("that are generated are long, different and without commas", () => {
    const secrets = new Set(Array.from({ length: 100 }, generateSecret));
    expect(secrets.size).toBe(100);
    for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
  });

  it("are told apart by an id that is the same everywhere", () => {
    expect(makeKeyring("correct horse battery").current.id).toBe(sealed.slice(3, 11));
  });
});
