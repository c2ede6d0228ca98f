// Cron lines: what is accepted, what is refused and how, and when they come, through clock changes.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describe as inWords } from "../../src/core/schedule/describe.ts";
import { isQuernError } from "../../src/core/errors.ts";
import { nextRuns } from "../../src/core/schedule/schedule.ts";
import {
  type Change,
  changesBetween,
  dayMs,
  long,
  type Minutes,
  minuteMs,
  minutesAround,
} from "./wall-clock.ts";

interface CronCase {
  id: string;
  cron: string;
  timeZone: string;
  after: string;
  next: string[];
}

const { cases } = vectors<CronCase>("cron");
const refused = vectors<{ cron: string }>("cron-refused").cases;

describe("cron", () => {
  it.each(cases)("$id: $cron in $timeZone", ({ cron, timeZone, after, next }) => {
    expect(runs(cron, timeZone, after, next.length)).toEqual(next.map(iso));
  });

  it.each(refused)("refuses $cron", ({ cron }) => {
    expect(refusal(cron)).toMatch(/^QUERN_BAD_CRON: expected the .+ to be .+, got .+\. /);
  });

  it.each([
    ["61 * * * *", 'expected the minute of cron "61 * * * *" to be a number from 0 to 59, got "61".'],
    [
      "0 0 0 1-32 * *",
      'expected the day of month of cron "0 0 0 1-32 * *" to be a number from 1 to 31, got "32".',
    ],
    ["* * * * mon#6", "to be counted from #1 to #5, such as 5#2 for the second Friday"],
    ["*/61 * * * *", 'to be a step from 1 to 60, got "*/61"'],
    ["0 0 31 4 *", "to be one that its months have, got a day that never comes"],
    ["0 0 30 2 *", "got a day that never comes"],
    ["1-999999999 * * * *", 'got "1-999999999"'],
    ["? * * * *", "expected the minute"],
    ["0 0 1? * *", "expected the day of month"],
    ["* * * * * * *", "got 7"],
    ["constructor", "got 1"],
    ["@reboot", "expected the alias"],
    ["0".repeat(257), "to be at most 256 characters, got 257"],
    ["0 0 * * é", 'got "é"'],
    ["0 0 * * *\n", undefined],
    ["05 07 * * *", undefined],
    [" @Daily ", undefined],
  ])("of %j says what is wrong", (cron, sentence) => {
    if (sentence === undefined) expect(refusal(cron)).toBeUndefined();
    else expect(refusal(cron)).toContain(sentence);
  });

  it("refuses what is no text", () => {
    for (const cron of [undefined, null, 5, {}, ["* * * * *"], Symbol("x")]) {
      expect(refusal(cron as string)).toContain("expected the text of cron");
    }
  });

  it("answers 200 hostile lines with a sentence or a schedule each, and is not kept busy by any", () => {
    const before = process.cpuUsage();
    for (const cron of hostileLines(200)) {
      const sentence = refusal(cron);
      if (sentence !== undefined)
        expect(sentence).toMatch(/^QUERN_BAD_CRON: expected .{1,400} got .{1,70}\. A line/);
    }
    // Time of the processor and not of the wall, and ten times what it takes: an expansion that explodes takes minutes.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000);
  });

  it("comes together where two ways of writing mean the same", () => {
    const same: [string, string][] = [
      ["0 0 * * fri-mon", "0 0 * * 5,6,0,1"],
      ["0 0 * * 5-7", "0 0 * * fri,sat,sun"],
      ["0 0 * * 7-2", "0 0 * * 0-2"],
      ["0 0 * * sun-sun", "0 0 * * 0"],
      ["0 0 * * 1/2", "0 0 * * 1,3,5,7"],
      ["0 22-2/2 * * *", "0 22,0,2 * * *"],
      ["50-10/7 * * * *", "50,57,4 * * * *"],
      ["0 0 * * L5", "0 0 * * 5L"],
      ["0 0 W15 * *", "0 0 15w * *"],
      ["0 0 31W * *", "0 0 LW * *"],
      ["0 0 1,LW * *", "0 0 1,W31 * *"],
      ["0 0 * * mon-wed#2", "0 0 * * 1#2,2#2,3#2"],
      ["59/15 * * * *", "59 * * * *"],
      ["0 30 2 * * *", "30 2 * * *"],
      ["0 0 ? * ?", "@midnight"],
      ["1,* 7 1,* * 1", "* 7 * * 1"],
    ];
    for (const [one, other] of same)
      expect(runs(one, "UTC", "2024-01-01", 60), one).toEqual(runs(other, "UTC", "2024-01-01", 60));
  });

  it("takes a day with W to the last weekday where the month is too short", () => {
    expect(runs("0 0 30W 1-3 *", "UTC", "2024-01-01", 4)).toEqual(
      ["2024-01-30", "2024-02-29", "2024-03-29", "2025-01-30"].map(iso),
    );
    expect(runs("0 0 1,29W 2 *", "UTC", "2025-01-01", 4)).toEqual(
      ["2025-02-01", "2025-02-28", "2026-02-01", "2026-02-27"].map(iso),
    );
  });

  it("takes either day where days of month and of week are both named, and finds days that are years away", () => {
    expect(runs("0 0 29 2 1", "UTC", "2023-12-31", 5)).toEqual(
      ["2024-02-05", "2024-02-12", "2024-02-19", "2024-02-26", "2024-02-29"].map(iso),
    );
    expect(runs("0 0 29 2 *", "America/New_York", "2096-03-01", 1)).toEqual(["2104-02-29T05:00:00.000Z"]);
    expect(runs("0 0 * 2 mon#5", "UTC", "2024-01-01", 1)).toEqual(["2044-02-29T00:00:00.000Z"]);
  });

  it("in a gap comes once at its end, or, where minute or hour begins with *, not at all", () => {
    const inGap = (cron: string): string[] =>
      nextRuns(
        { type: "cron", cron, timeZone: "Europe/Amsterdam", end: new Date("2024-03-31T01:00Z") },
        { after: new Date("2024-03-31T00:59Z"), count: 9 },
      ).map(iso);
    for (const cron of ["30 2 * * *", "0-59 2 * * *", "* 30 2 * * *", "0 2,3 * * *", "0 0/30 2 31 3 *"]) {
      expect(inGap(cron), cron).toEqual(["2024-03-31T01:00:00.000Z"]);
    }
    for (const cron of ["*/30 2 * * *", "30 */2 * * 0", "* 2 * * *"]) expect(inGap(cron), cron).toEqual([]);
  });

  it("means real time by the first character of minute or hour only", () => {
    const berlin = "Europe/Berlin"; // 02:00 to 03:00 is skipped on 2026-03-29.
    expect(runs("*/30,5 2 * * *", berlin, "2026-03-28T12:00Z", 1)).toEqual([iso("2026-03-30T00:00Z")]);
    expect(runs("5,*/30 2 * * *", berlin, "2026-03-28T12:00Z", 1)).toEqual([iso("2026-03-29T01:00Z")]);
  });

  it("gives up on an hour that is skipped every time", () => {
    expect(runs("*/5 2 * 3 sun#2", "America/New_York", "2024-01-01", 1)).toEqual([]);
  });

  it("has the second of a repeated hour before what comes days later", () => {
    expect(runs("*/30 1 * * sun", "America/New_York", "2024-11-03T05:30Z", 3)).toEqual(
      ["2024-11-03T06:00Z", "2024-11-03T06:30Z", "2024-11-10T06:00Z"].map(iso),
    );
  });

  it("has nothing before firstRun and after end, and takes both as slots", () => {
    const [firstRun, end] = [new Date("2024-05-02T07:00Z"), new Date("2024-05-04T07:00Z")];
    const days = nextRuns(
      { type: "cron", cron: "0 7 * * *", timeZone: "UTC", firstRun, end },
      { after: 0, count: 9 },
    );
    expect(days.map(iso)).toEqual(["2024-05-02T07:00Z", "2024-05-03T07:00Z", "2024-05-04T07:00Z"].map(iso));
  });

  it("in words says or where it means or, and describes what croner has to be told differently", () => {
    const words = (cron: string): string => inWords({ type: "cron", cron, timeZone: "UTC" });
    expect(words("0 22 * * 1-5")).toBe("At 22:00, Monday through Friday, UTC");
    expect(words("0 0 13 * 5")).toBe("At 00:00, on day 13 of the month, or on Friday, UTC");
    expect(words("0 0 1-7 3 mon-wed")).toBe(
      "At 00:00, between day 1 and 7 of the month, or Monday through Wednesday, only in March, UTC",
    );
    expect(words("0 0 * * L5")).toBe("At 00:00, on the last Friday of the month, UTC");
    expect(words("@hourly")).toBe("Every hour, UTC");
    expect(words("0 0 1W,15W * *")).toBe("On the cron line 0 0 1W,15W * *, UTC");
    for (const { cron } of cases) expect(words(cron)).not.toMatch(/undefined|NaN|cron line/);
  });
});

describe("cron against every minute of the wall clocks", () => {
  const changes = changesBetween(2024, 2030);

  it("there are clock changes to look at", () => expect(changes.length).toBeGreaterThan(1_000));

  it("comes where the rules say, around the clock changes of all zones", {
    timeout: long ? 3_600_000 : 30_000,
  }, () => {
    if (long) {
      changes.forEach((change, seed) => {
        const minutes = minutesAround(change, reachMs);
        for (const line of fc.sample(lines, { numRuns: 10, seed }))
          check(change, minutes, line, change.at - dayMs);
      });
    }
    const around = fc.constantFrom(...changes);
    const early = fc.integer({ min: -1_440, max: 240 });
    fc.assert(
      fc.property(around, lines, early, (change, line, minute) => {
        check(change, minutesAround(change, reachMs), line, change.at + minute * minuteMs);
      }),
      { numRuns: 150 },
    );
  });
});

const reachMs = 26 * 60 * minuteMs;

/** A field as text and as the values it stands for. */
interface FieldText {
  text: string;
  values: Set<number>;
}

interface Line {
  minute: FieldText;
  hour: FieldText;
  weekday: FieldText;
}

function check({ zone, at }: Change, minutes: Minutes, line: Line, after: number): void {
  const cron = `${line.minute.text} ${line.hour.text} * * ${line.weekday.text}`;
  const end = minutes.at(-1)!.instant;
  const found = nextRuns({ type: "cron", cron, timeZone: zone, end }, { after, count: 10_000 }).map(iso);
  const expected = expectedRuns(line, minutes)
    .filter((run) => run > after)
    .map(iso);
  expect(found, `${cron} in ${zone} around ${iso(at)} after ${iso(after)}`).toEqual(expected);
}

// Walks the minutes one by one, with no idea of offsets: a wall time that was jumped over comes now, one seen before does not.
function expectedRuns({ minute, hour, weekday }: Line, minutes: Minutes): number[] {
  const matches = (wall: number): boolean => {
    const date = new Date(wall);
    return (
      minute.values.has(date.getUTCMinutes()) &&
      hour.values.has(date.getUTCHours()) &&
      weekday.values.has(date.getUTCDay())
    );
  };
  if (minute.text.startsWith("*") || hour.text.startsWith("*")) {
    return minutes.filter(({ wall }) => matches(wall)).map(({ instant }) => instant);
  }
  let highest = minutes[0]!.wall;
  return minutes.slice(1).flatMap(({ instant, wall }) => {
    let comes = false;
    for (; highest < wall; highest += minuteMs) comes ||= matches(highest + minuteMs);
    return comes ? [instant] : [];
  });
}

// `last` is where a step from a number ends: of the days of the week at 7, Sunday once more.
function field(min: number, max: number, last = max): fc.Arbitrary<FieldText> {
  const all = Array.from({ length: max - min + 1 }, (_, index) => min + index);
  const value = fc.integer({ min, max });
  const step = fc.integer({ min: 1, max: max - min + 1 });
  const wrapped = (from: number, to: number): number[] =>
    from <= to
      ? all.filter((v) => v >= from && v <= to)
      : [...all.filter((v) => v >= from), ...all.filter((v) => v <= to)];
  const upwards = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const every = (values: number[], by: number): number[] => values.filter((_, index) => index % by === 0);
  const item = fc.oneof(
    value.map((v) => ({ text: `${v}`, values: [v] })),
    fc.tuple(value, value).map(([from, to]) => ({ text: `${from}-${to}`, values: wrapped(from, to) })),
    fc.tuple(value, value, step).map(([from, to, by]) => ({
      text: `${from}-${to}/${by}`,
      values: every(wrapped(from, to), by),
    })),
    fc.tuple(value, step).map(([from, by]) => ({
      text: `${from}/${by}`,
      values: every(upwards(from, last), by).map((v) => v % (max + 1)),
    })),
    step.map((by) => ({ text: `*/${by}`, values: every(all, by) })),
  );
  const list = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
    text: items.map(({ text }) => text).join(","),
    values: new Set(items.flatMap(({ values }) => values)),
  }));
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({ text: "*", values: new Set(all) }) },
    { weight: 4, arbitrary: list },
  );
}

const anyDay: FieldText = { text: "*", values: new Set([0, 1, 2, 3, 4, 5, 6]) };
const lines: fc.Arbitrary<Line> = fc.record({
  minute: field(0, 59),
  // Clocks change at night; an hour that is not near a change shows little.
  hour: fc.oneof(
    field(0, 23),
    fc.integer({ min: 0, max: 3 }).map((v) => ({ text: `${v}`, values: new Set([v]) })),
  ),
  weekday: fc.oneof(fc.constant(anyDay), field(0, 6, 7)),
});

function hostileLines(count: number): string[] {
  const byHand = [
    "1-999999999 * * * *",
    "0-9999 * * * *",
    "*/0 * * * *",
    "*/00000000001 * * * *",
    "0/1,".repeat(60) + "0 * * * *",
    `${Array.from({ length: 80 }, () => "1-2").join(",")} 0 1 1 *`.slice(0, 256),
    `0 0 ${"L,".repeat(100)}L * *`,
    `0 0 ${"31W,".repeat(50)}1 2 *`,
    `0 0 * * ${"1#5,".repeat(50)}1#5`,
    "0 0 * 2 0#5,1#5,2#5,3#5,4#5,5#5,6#5",
    "* * * * * *",
    "0 0 0 29 2 *",
    "0 0 30 2 *",
    "0 0 31 2,4,6,9,11 *",
    "\u0000 * * * *",
    "__proto__ * * * *",
    "@__proto__",
    "@constructor",
    "💥 * * * *",
    "\ud800 * * * *",
    "*".repeat(256),
    " ".repeat(256),
    "-".repeat(256),
    `${"9".repeat(250)} *`,
    "0 0 1-31/1 1-12/1 0-7/1",
    "a".repeat(100_000),
    "* * * * ".repeat(30),
    "LW LW LW LW LW",
    "1#1 1#1 1#1 1#1 1#1",
    "?,? ?,? ?,? ?,? ?,?",
  ];
  const alphabet = [..."0123456789*?,-/#LWlw @".split(""), "mon", "jan", "99", "* ", " 0 "];
  const fuzz = fc.sample(fc.array(fc.constantFrom(...alphabet), { minLength: 5, maxLength: 60 }), {
    numRuns: count - byHand.length,
    seed: 5,
  });
  return [...byHand, ...fuzz.map((parts) => parts.join(""))];
}

function runs(cron: string, timeZone: string, after: string, count: number): string[] {
  return nextRuns({ type: "cron", cron, timeZone }, { after: new Date(after), count }).map(iso);
}

function refusal(cron: string): string | undefined {
  try {
    runs(cron, "America/New_York", "2024-01-01", 5);
    return undefined;
  } catch (error) {
    if (isQuernError(error, "QUERN_BAD_CRON")) return error.message;
    throw error;
  }
}

function vectors<T>(name: string): { cases: T[] } {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
}

function iso(moment: Date | string | number): string {
  return new Date(moment).toISOString();
}
