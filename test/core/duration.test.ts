// Durations: what is read, what is refused by name, and what people are shown.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Duration, formatDuration, parseDuration } from "../../src/core/duration.ts";

describe("a duration", () => {
  it.each<[Duration, number]>([
    [0, 0],
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["2d", 172_800_000],
  ])("%j is %d ms", (given, ms) => {
    expect(parseDuration(given, "timeout")).toBe(ms);
  });

  it.each([
    ["5 bananas"],
    [""],
    ["s"],
    ["-5s"],
    ["1e3s"],
    ["5S"],
    ["30"],
    ["5s "],
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ["99999d"],
    [null],
    [{}],
    [undefined],
    [["5m"]],
    [Object.create(null)],
    [Symbol("5m")],
    [() => "5m"],
  ])("%j is refused with the name of its option", (given) => {
    expect(() => parseDuration(given as Duration, "stopGrace")).toThrow(
      /^QUERN_BAD_OPTION: expected stopGrace to be a duration such as "30s"/,
    );
  });

  it("with a wrong unit does not compile", () => {
    // @ts-expect-error a duration has one of five units
    const bananas: Duration = "5 bananas";
    expect(bananas).toBe("5 bananas");
  });

  it("reads what it was written with, in any unit", () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]));
    fc.assert(
      fc.property(fc.nat(36_500), unit, (amount, name) => {
        expect(parseDuration(`${amount}${name}`, "delay")).toBe(amount * units[name]);
      }),
    );
  });
});

describe("a duration for people", () => {
  it.each([
    [0, "0 ms"],
    [240.4, "240 ms"],
    [999.7, "1.0 s"],
    [1_234, "1.2 s"],
    [9_960, "10 s"],
    [59_700, "1 min"],
    [200_000, "3 min 20 s"],
    [3_599_900, "1 h"],
    [18_120_000, "5 h 2 min"],
    [86_400_000, "1 d"],
    [183_600_000, "2 d 3 h"],
    [-1_500, "-1.5 s"],
  ])("%d ms is shown as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("never shows a full minute as 60 s, or a full hour as 60 min", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b(60 s|60 min|24 h)\b/);
      }),
    );
  });
});
