// Errors: their sentences, and that they are known across two copies of the package.
import { describe, expect, it } from "vitest";
import {
  type ErrorCode,
  errorTable,
  isNonRetryable,
  isQuernError,
  NonRetryable,
  QuernError,
} from "../../src/core/errors.ts";

const codes = Object.keys(errorTable) as ErrorCode[];

describe("an error of Quern", () => {
  it("says what was expected, what came and where to set it", () => {
    const error = new QuernError("QUERN_BAD_OPTION", {
      field: "concurrency",
      expected: "a whole number from 1 up",
      given: '"ten"',
      where: "new Quern({ concurrency })",
    });
    expect(error.message).toBe(
      'QUERN_BAD_OPTION: expected concurrency to be a whole number from 1 up, got "ten". ' +
        "Set it in new Quern({ concurrency }).",
    );
    expect(error.code).toBe("QUERN_BAD_OPTION");
    expect(String(error)).toMatch(/^QuernError: QUERN_BAD_OPTION/);
  });

  it("leaves out the advice for which nothing is known", () => {
    const error = new QuernError("QUERN_UNKNOWN_OPTION", { what: "mail.welcome", option: "zzz" });
    expect(error.message).toBe(
      'QUERN_UNKNOWN_OPTION: mail.welcome has no option "zzz". docs/options.md lists them all.',
    );
  });

  it("ends somebody else's words with a full stop before it goes on, unless they have one", () => {
    const said = (message: string): string =>
      new QuernError("QUERN_TASK_FAILED", { name: "n", func: "f", outcome: "failed", message }).message;
    expect(said("no such mailbox")).toContain("no such mailbox. The error it threw");
    for (const message of ["It is gone.", "Gone?", "Gone!"])
      expect(said(message)).toContain(`${message} The error`);
  });

  it("does not read blanks or sentences out of what came", () => {
    const error = new QuernError("QUERN_BAD_OPTION", { field: "a", expected: "b", given: "{where}. $& $1" });
    expect(error.message).toBe("QUERN_BAD_OPTION: expected a to be b, got {where}. $& $1.");
  });

  it("keeps its cause and its details", () => {
    const cause = new Error("disk");
    const error = new QuernError("QUERN_DATABASE_BUSY", { path: "a.db", waited: "5 s" }, { cause });
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ path: "a.db", waited: "5 s" });
  });

  it.each(codes)("%s reads as a sentence with something to do, even without details", (code) => {
    const { sentence, fix } = errorTable[code];
    expect(sentence).toMatch(/[.}]$/);
    expect(fix).toMatch(/^\S.*\S$/);
    expect(new QuernError(code, {}).message).toMatch(new RegExp(`^${code}: \\S`));
  });

  it("is known by its brand, also when another copy of the package made it", () => {
    const foreign = Object.assign(new Error("x"), {
      code: "QUERN_CLOSED",
      [Symbol.for("quern.error")]: true,
    });
    expect(isQuernError(foreign)).toBe(true);
    expect(isQuernError(foreign, "QUERN_CLOSED")).toBe(true);
    expect(isQuernError(foreign, "QUERN_BAD_URL")).toBe(false);
  });

  it.each([[null], [undefined], ["QUERN_CLOSED"], [{ code: "QUERN_CLOSED" }], [new Error("x")]])(
    "is not %s",
    (value) => {
      expect(isQuernError(value)).toBe(false);
      expect(isNonRetryable(value)).toBe(false);
    },
  );

  it("is asked for without harm of something that throws when read", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(isQuernError(proxy)).toBe(false);
  });
});

it("NonRetryable is known by its brand, as are its subclasses, and it is no error of Quern's own", () => {
  class CardDeclined extends NonRetryable {}
  const error = new CardDeclined("declined", { cause: 7 });
  expect(isNonRetryable(error)).toBe(true);
  expect(isQuernError(error)).toBe(false);
  expect(error.name).toBe("NonRetryable");
  expect(error.cause).toBe(7);
});
