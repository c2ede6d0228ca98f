// How often a schedule comes in a year is told as people say it, whatever moment it is told at.
import { describe, expect, it } from "vitest";
import { runsPerYear } from "../../src/core/schedule/per-year.ts";
import type { ScheduleType } from "../../src/core/schedule/schedule.ts";

// In the middle of a day, on one before a leap day, and where Amsterdam's clocks are changed.
const moments = ["2026-11-27T13:45:10Z", "2028-02-28T23:59:59Z", "2026-03-29T00:59:00Z"].map(Date.parse);

describe("runsPerYear", () => {
  it.each<[ScheduleType, number | null]>([
    ["once", null],
    ["hourly", 8_760],
    ["daily", 365],
    ["weekly", 52],
    ["biweekly", 26],
    ["monthly", 12],
    ["bimonthly", 6],
    ["quarterly", 4],
    ["yearly", 1],
  ])("%s: %s", (type, count) => {
    for (const now of moments)
      expect(runsPerYear({ type, timeZone: "Europe/Amsterdam", firstRun: now }, now)).toBe(count);
  });

  it.each([
    [1, 525_600],
    [5, 105_120],
    [45, 11_680],
    [1_440, 365],
    [10_000_000, 0],
  ])("every %i minutes: %i", (minutes, count) => {
    expect(runsPerYear({ type: "minutes", minutes, timeZone: "UTC", firstRun: 0 }, moments[0]!)).toBe(count);
  });

  it.each([
    ["0 7 * * *", 365],
    ["@daily", 365],
    ["* * * * *", 525_600],
    ["*/10 * * * * *", 3_153_600],
    ["0,30 9-17 * * *", 6_570],
    ["0 0 1 * *", 12],
    ["0 0 L * *", 12],
    ["0 0 1 1 *", 1],
    ["* * * 1 *", 44_640],
    ["0 22-2 1 6 *", 5],
    ["0 0 30 2,4 *", 1],
  ])("%s: %i", (cron, count) => {
    for (const now of moments) expect(runsPerYear({ type: "cron", cron, timeZone: "UTC" }, now)).toBe(count);
  });

  it("counts the days of a cron that come, from today on", () => {
    const workdays = { type: "cron", cron: "0 7 * * 1-5", timeZone: "UTC" } as const;
    const leapDays = { type: "cron", cron: "0 0 29 2 *", timeZone: "UTC" } as const;
    expect(moments.map((now) => runsPerYear(workdays, now))).toEqual([261, 261, 260]);
    expect(moments.map((now) => runsPerYear(leapDays, now))).toEqual([0, 1, 0]);
  });
});
