// Log lines: how they read, what is kept out of them, and that they do not come in floods.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { consoleLogger, throttled } from "../../src/core/log.ts";

let lines: string[];
const write = (line: string): void => void lines.push(line);
const clock = { now: () => new Date(2024, 0, 5, 12, 3, 31).getTime() };

beforeEach(() => {
  lines = [];
});

describe("a log line", () => {
  it("reads like Django Q's, with its details behind", () => {
    consoleLogger({}, write, clock).info("Processed quiet-mill", { func: "mail.welcome", ms: 12 });
    consoleLogger({}, write, clock).warn("late");
    expect(lines).toEqual([
      "12:03:31 [Q] INFO Processed quiet-mill func=mail.welcome ms=12",
      "12:03:31 [Q] WARNING late",
    ]);
  });

  it("can be one JSON object", () => {
    consoleLogger({ json: true }, write, clock).error("no", {
      level: "fake",
      error: new TypeError("x"),
      n: 1,
    });
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      time: new Date(clock.now()).toISOString(),
      level: "error",
      message: "no",
      error: "TypeError: x",
      n: 1,
    });
  });

  it("is left out below the level", () => {
    const logger = consoleLogger({ level: "warn" }, write, clock);
    logger.debug("a");
    logger.info("b");
    logger.warn("c");
    logger.error("d");
    expect(lines).toHaveLength(2);
  });

  it.each([false, true])("stays one short line whatever stands in it (json: %s)", (json) => {
    const logger = consoleLogger({ json }, write, clock);
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    logger.info("a\nb\u001b[31mc\u202e", { odd: "x\r\ny\u0000", cycle, none: undefined, big: 1n });
    logger.info("x".repeat(100_000));
    for (const line of lines) {
      expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
      expect(line.length).toBeLessThan(4_200);
    }
    expect(lines[0]).toContain("a b [31mc");
  });
});

describe("a throttled logger", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("writes the first line of a class at once, and within a second only the last, with a count", () => {
    const logger = throttled(
      consoleLogger({}, (line) => write(line.slice(9)), systemClock),
      systemClock,
    );
    for (let n = 1; n <= 5; n++) logger.warn(`claim failed, try ${n}`, { kind: "claim" });
    logger.warn("another");
    expect(lines).toEqual(["[Q] WARNING claim failed, try 1 kind=claim", "[Q] WARNING another"]);
    vi.advanceTimersByTime(1_000);
    expect(lines.slice(2)).toEqual(["[Q] WARNING claim failed, try 5 (and 3 like it) kind=claim"]);
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(3);
    logger.warn("claim failed, try 6", { kind: "claim" });
    expect(lines).toHaveLength(4);
  });

  it("writes at most one line a second of a class that never ends", () => {
    const logger = throttled(consoleLogger({}, write, systemClock), systemClock);
    for (let ms = 0; ms < 10_000; ms += 10) {
      logger.error("down");
      vi.advanceTimersByTime(10);
    }
    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.length).toBeLessThanOrEqual(11);
  });

  it("takes the same message at another level for another class", () => {
    const logger = throttled(consoleLogger({ level: "debug" }, write, systemClock), systemClock);
    logger.debug("x");
    logger.info("x");
    expect(lines).toHaveLength(2);
  });
});
