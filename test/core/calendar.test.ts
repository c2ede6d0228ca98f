// The types from once to yearly: wall-clock times through clock changes, month ends, and slots far from the first run.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describe as inWords } from "../../src/core/schedule/describe.ts";
import { nextRuns, type ScheduleTimes, type ScheduleType } from "../../src/core/schedule/schedule.ts";
import { type Change, changesBetween, dayMs, long, minuteMs, minutesAround, wallAt } from "./wall-clock.ts";

interface CalendarCase {
  id: string;
  type: ScheduleType;
  timeZone: string;
  start: string;
  next: string[];
  minutes?: number;
}

const { cases }: { cases: CalendarCase[] } = JSON.parse(
  readFileSync(new URL("../vectors/calendar.json", import.meta.url), "utf8"),
);

describe("calendar types", () => {
  it.each(cases)("$id: $type in $timeZone from $start", ({ start, next, ...times }) => {
    const firstRun = new Date(start);
    expect(runs({ ...times, firstRun }, start, next.length)).toEqual(next.map(iso));
    const before = new Date(firstRun.getTime() - 1);
    expect(runs({ ...times, firstRun }, before, 2), "the first run is a slot itself").toEqual(
      [start, next[0]!].map(iso),
    );
  });

  it("gives the same slots from anywhere between them", () => {
    for (const { start, next, ...times } of cases) {
      next.slice(0, -1).forEach((slot, index) => {
        const rest = next.slice(index + 1).map(iso);
        expect(runs({ ...times, firstRun: new Date(start) }, slot, rest.length)).toEqual(rest);
        const almost = new Date(new Date(rest[0]!).getTime() - 1);
        expect(runs({ ...times, firstRun: new Date(start) }, almost, 1)).toEqual([rest[0]]);
      });
    }
  });

  it("jumps to slots far from the first run", () => {
    const far = { timeZone: "Europe/Amsterdam", firstRun: new Date("1970-01-31T06:00Z") };
    const start = performance.now();
    const [slot] = runs({ ...far, type: "minutes", minutes: 7 }, "2500-01-01", 1);
    expect(Date.parse(slot!) - Date.parse("2500-01-01")).toBeLessThanOrEqual(7 * minuteMs);
    expect((Date.parse(slot!) - far.firstRun.getTime()) % (7 * minuteMs)).toBe(0);
    expect(runs({ ...far, type: "daily" }, "2500-07-01", 1)).toEqual(["2500-07-01T05:00:00.000Z"]);
    expect(runs({ ...far, type: "monthly" }, "2500-02-01", 2)).toEqual(
      ["2500-02-28T06:00Z", "2500-03-31T05:00Z"].map(iso),
    );
    expect(runs({ ...far, type: "yearly" }, "9990-06-01", 1)).toEqual(["9991-01-31T06:00:00.000Z"]);
    expect(performance.now() - start).toBeLessThan(500);
  });

  it("ends with the year 9999, with end, and with its only run", () => {
    const daily = { type: "daily", timeZone: "UTC", firstRun: new Date("2024-01-01T07:00Z") } as const;
    expect(runs(daily, "9999-12-30T07:00Z", 9)).toEqual(["9999-12-31T07:00:00.000Z"]);
    expect(runs({ ...daily, end: new Date("2024-01-02T07:00Z") }, "2023-01-01", 9)).toHaveLength(2);
    expect(runs({ ...daily, type: "once" }, "2023-01-01", 9)).toEqual(["2024-01-01T07:00:00.000Z"]);
    expect(runs({ ...daily, type: "once" }, "2024-01-01T07:00Z", 9)).toEqual([]);
    expect(runs(daily, "2023-01-01", 0)).toEqual([]);
  });

  it("of a repeated time takes the first, the second only from a first run that was a second", () => {
    const yearly = { type: "yearly", timeZone: "America/New_York" } as const;
    const inRepeatedHour = (firstRun: string): string =>
      runs({ ...yearly, firstRun: new Date(firstRun) }, "2030-01-01", 1)[0]!;
    expect(inRepeatedHour("2024-11-03T05:30Z")).toBe("2030-11-03T05:30:00.000Z");
    expect(inRepeatedHour("2024-11-03T06:30Z")).toBe("2030-11-03T06:30:00.000Z");
  });

  it("comes once where a whole day is skipped", () => {
    const daily = {
      type: "daily",
      timeZone: "Pacific/Apia",
      firstRun: new Date("2011-12-28T20:00Z"),
    } as const;
    expect(runs(daily, "2011-12-28", 4)).toEqual(
      ["2011-12-28T20:00Z", "2011-12-29T20:00Z", "2011-12-30T20:00Z", "2011-12-31T20:00Z"].map(iso),
    );
  });

  it.each<[string, Partial<Record<keyof ScheduleTimes, unknown>>, string]>([
    ["a type nobody knows", { type: "dayly" }, 'got "dayly". Did you mean "daily"?'],
    [
      "a zone nobody knows",
      { timeZone: "Mars/Olympus" },
      'to be an IANA time zone such as "Europe/Amsterdam"',
    ],
    ["an offset for a zone", { timeZone: "+02:00" }, 'got "+02:00"'],
    ["no zone", { timeZone: undefined }, "got undefined"],
    ["no first run", { firstRun: null }, "expected firstRun of a schedule to be a Date"],
    ["a first run that is no date", { firstRun: new Date("soon") }, "got NaN"],
    [
      "an end that is no date",
      { end: "tomorrow" },
      'expected end of a schedule to be a Date in the years 1 to 9999, got "tomorrow"',
    ],
    ["no minutes", { type: "minutes" }, "expected minutes of a schedule to be a whole number from 1"],
    ["half minutes", { type: "minutes", minutes: 0.5 }, "got 0.5"],
    ["minutes backwards", { type: "minutes", minutes: -1 }, "got -1"],
  ])("refuses %s with a sentence", (_, change, sentence) => {
    const times = { type: "daily", timeZone: "UTC", firstRun: new Date(0), ...change } as ScheduleTimes;
    expect(() => runs(times, "2024-01-01", 1)).toThrow(sentence);
    expect(() => inWords(times)).toThrow(sentence);
  });

  it.each<[string, unknown, unknown, string]>([
    [
      "no schedule",
      undefined,
      { after: 0, count: 1 },
      "QUERN_BAD_OPTION: expected a schedule to be an object, got undefined",
    ],
    ["a line alone", "@daily", { after: 0, count: 1 }, 'expected a schedule to be an object, got "@daily"'],
    ["no options", {}, undefined, "expected the options of nextRuns to be an object, got undefined"],
    ["no after", {}, { count: 1 }, "expected after of a schedule to be a Date"],
    ["no count", {}, { after: 0 }, "expected count to be a whole number from 0"],
    [
      "a count that is too large",
      {},
      { after: 0, count: 1e12 },
      "expected count to be a whole number from 0 to 100000",
    ],
  ])("refuses %s with a sentence, of who calls it without types", (_, schedule, options, sentence) => {
    const times = { type: "daily", timeZone: "UTC", firstRun: 0, ...(schedule as object) };
    const given = typeof schedule === "object" ? times : schedule;
    expect(() => nextRuns(given as ScheduleTimes, options as never)).toThrow(sentence);
  });

  it("takes every zone Intl takes, however it is written", () => {
    for (const timeZone of [
      ...Intl.supportedValuesOf("timeZone"),
      "utc",
      "US/Eastern",
      "Etc/GMT+5",
      "EST5EDT",
      "Asia/Kolkata",
    ]) {
      const times = { type: "daily", timeZone, firstRun: new Date("2024-05-15T12:00Z") } as const;
      expect(runs(times, "2024-05-15T12:00Z", 1), timeZone).toHaveLength(1);
    }
  });

  it("says in words when it comes", () => {
    const firstRun = new Date("2024-02-29T06:00Z");
    const words = (type: ScheduleType, minutes?: number): string =>
      inWords({ type, minutes: minutes ?? null, timeZone: "Europe/Amsterdam", firstRun });
    expect(words("once")).toBe("Once, on 29 February 2024 at 07:00, Europe/Amsterdam");
    expect(words("minutes", 5)).toBe("Every 5 minutes");
    expect(words("minutes", 0)).toBe("Every minute");
    expect(words("hourly")).toBe("Every hour");
    expect(words("daily")).toBe("Every day at 07:00, Europe/Amsterdam");
    expect(words("weekly")).toBe("Every Thursday at 07:00, Europe/Amsterdam");
    expect(words("biweekly")).toBe("Every second Thursday at 07:00, Europe/Amsterdam");
    expect(words("monthly")).toBe("Every month on the 29th (or the last day) at 07:00, Europe/Amsterdam");
    expect(words("quarterly")).toBe(
      "Every third month on the 29th (or the last day) at 07:00, Europe/Amsterdam",
    );
    expect(words("yearly")).toBe("Every year on 29 February (or the 28th) at 07:00, Europe/Amsterdam");
    const late = new Date("2024-12-31T23:59:59Z");
    expect(inWords({ type: "monthly", timeZone: "Asia/Tokyo", firstRun: late })).toBe(
      "Every month on the 1st at 08:59:59, Asia/Tokyo",
    );
  });
});

describe("calendar types against every minute of the wall clocks", () => {
  it("keep their wall-clock time around the clock changes of all zones", {
    timeout: long ? 3_600_000 : 30_000,
  }, () => {
    const changes = changesBetween(2024, 2030);
    if (long) {
      changes.forEach((change, seed) => {
        for (const slot of fc.sample(slots, { numRuns: 10, seed })) check(change, slot);
      });
    }
    fc.assert(
      fc.property(fc.constantFrom(...changes), slots, (change, slot) => check(change, slot)),
      { numRuns: 200 },
    );
  });
});

interface Slot {
  type: keyof typeof backSteps;
  /** How many steps the first run lies before the slot that is looked at. */
  steps: number;
  /** Minutes from the change to that slot, on the wall clock that was valid before it. */
  minutes: number;
}

const backSteps = {
  daily: { days: 1, months: 0 },
  weekly: { days: 7, months: 0 },
  biweekly: { days: 14, months: 0 },
  monthly: { days: 0, months: 1 },
  bimonthly: { days: 0, months: 2 },
  quarterly: { days: 0, months: 3 },
  yearly: { days: 0, months: 12 },
} as const;

const slots: fc.Arbitrary<Slot> = fc.record({
  type: fc.constantFrom(...(Object.keys(backSteps) as (keyof typeof backSteps)[])),
  steps: fc.integer({ min: 1, max: 3 }),
  minutes: fc.integer({ min: -150, max: 150 }),
});

function check(change: Change, { type, steps, minutes }: Slot): void {
  const { zone, at } = change;
  const wanted = new Date(wallAt(zone, at - minuteMs) + minuteMs + minutes * minuteMs);
  const { days, months } = backSteps[type];
  const start = new Date(wanted);
  start.setUTCMonth(start.getUTCMonth() - months * steps, start.getUTCDate() - days * steps);
  if (months > 0 && start.getUTCDate() !== wanted.getUTCDate()) return; // a month end, which the vectors show
  const instants = [-1, 1].map(
    (side) =>
      start.getTime() - (wallAt(zone, start.getTime() + side * dayMs) - start.getTime() - side * dayMs),
  );
  const firstRun = instants.find((instant) => wallAt(zone, instant) === start.getTime());
  if (firstRun === undefined) return; // the first run itself would lie in a gap
  const isSecond = instants.some(
    (instant) => instant < firstRun && wallAt(zone, instant) === start.getTime(),
  );

  const around = minutesAround(change, 6 * 60 * minuteMs);
  const shown = around.filter(({ wall }) => wall === wanted.getTime());
  const jump = around.findIndex(
    ({ wall }, index) => index > 0 && wall > wanted.getTime() && around[index - 1]!.wall < wanted.getTime(),
  );
  const expected =
    shown.at(isSecond ? -1 : 0)?.instant ??
    around[jump - 1]!.instant + wanted.getTime() - around[jump - 1]!.wall;
  const found = runs({ type, timeZone: zone, firstRun }, firstRun, steps + 1);
  expect(found, `${type} in ${zone} from ${iso(firstRun)} around ${iso(at)}`).toContain(iso(expected));
  expect(found.indexOf(iso(expected))).toBe(steps - 1);
}

function runs(times: ScheduleTimes, after: Date | string | number, count: number): string[] {
  return nextRuns(times, { after: new Date(after), count }).map(iso);
}

function iso(moment: Date | string | number): string {
  return new Date(moment).toISOString();
}
