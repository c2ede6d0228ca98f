// How long a failed task waits: the arithmetic of back-off at its ends and in between.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay, unknownDelay } from "../../src/core/retry.ts";

const usual = {
  backoff: "exponential",
  delayMs: 2_000,
  factor: 4,
  maxDelayMs: 3_600_000,
  jitter: false,
} as const;
const waits = (more: object, ...used: number[]): number[] =>
  used.map((n) => retryDelay({ ...usual, ...more }, n, () => 0.5));

describe("the wait before the next attempt", () => {
  it.each<[string, object, number[], number[]]>([
    [
      "by default",
      {},
      [1, 2, 3, 4, 5, 6, 7, 99],
      [2_000, 8_000, 32_000, 128_000, 512_000, 2_048_000, 3_600_000, 3_600_000],
    ],
    ["linear", { backoff: "linear" }, [1, 2, 10, 5_000], [2_000, 4_000, 20_000, 3_600_000]],
    ["fixed", { backoff: "fixed" }, [1, 2, 1_000_000], [2_000, 2_000, 2_000]],
    ["with a factor of 1", { factor: 1 }, [1, 2, 1_000_000], [2_000, 2_000, 2_000]],
    ["with half a step", { factor: 1.5, delayMs: 1 }, [1, 2, 3, 4], [1, 2, 2, 3]],
    ["with full jitter", { jitter: true }, [1, 2, 99], [1_000, 4_000, 1_800_000]],
    ["shorter than its first step", { maxDelayMs: 500 }, [1, 2], [500, 500]],
    ["of nothing, however often", { delayMs: 0 }, [1, 2, 600, 1_000_000], [0, 0, 0, 0]],
    ["of nothing at most", { maxDelayMs: 0 }, [1, 600], [0, 0]],
    [
      "past what a number can hold",
      { factor: Number.MAX_VALUE },
      [1, 2, 3, 1_000_000],
      [2_000, 3_600_000, 3_600_000, 3_600_000],
    ],
  ])("%s", (_, policy, used, expected) => {
    expect(waits(policy, ...used)).toEqual(expected);
  });

  it("is whole milliseconds from nothing to the longest, whatever the policy, and never shrinks without jitter", () => {
    const policy = fc.record({
      backoff: fc.constantFrom("exponential", "linear", "fixed"),
      delayMs: fc.oneof(fc.nat(100_000), fc.constant(0)),
      factor: fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
      maxDelayMs: fc.nat(3_155_760_000_000),
      jitter: fc.boolean(),
    });
    fc.assert(
      fc.property(
        policy,
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (given, used, drawn) => {
          const [wait, later] = [used, used + 1].map((n) => retryDelay(given, n, () => drawn)) as [
            number,
            number,
          ];
          expect(Number.isSafeInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(given.maxDelayMs);
          expect(later).toBeGreaterThanOrEqual(wait);
        },
      ),
    );
  });
});

it("a task that nobody knows waits 5 s, twice as long each time, and never above 5 minutes", () => {
  expect([1, 2, 3, 6, 7, 5_000].map(unknownDelay)).toEqual([
    5_000, 10_000, 20_000, 160_000, 300_000, 300_000,
  ]);
});
