// How often a schedule comes in a year, as people say it: every day is 365 times, whatever hour it is now.
import { parseCron } from "./cron.ts";
import type { ScheduleTimes, ScheduleType } from "./schedule.ts";

const days = 365;
const dayMs = 86_400_000;

const perYear: Record<Exclude<ScheduleType, "once" | "minutes" | "cron">, number> = {
  hourly: days * 24,
  daily: days,
  weekly: 52,
  biweekly: 26,
  monthly: 12,
  bimonthly: 6,
  quarterly: 4,
  yearly: 1,
};

/** Null: it comes once. 0: less than once a year. Of a cron: on its days from that of `now` on, on its own wall clock. */
export function runsPerYear({ type, minutes, cron }: ScheduleTimes, now: number): number | null {
  if (type === "once") return null;
  if (type === "minutes") return Math.round((days * 1_440) / Math.max(1, minutes ?? 1));
  if (type !== "cron") return perYear[type];
  const { next, timesOfDay } = parseCron(cron);
  const first = Math.floor(now / dayMs);
  let count = 0;
  // From the last moment of a day on, so that each day is found once, however often the line comes on it.
  let wall = next(first * dayMs - 1);
  while (wall !== null && wall < (first + days) * dayMs) {
    count++;
    wall = next((Math.floor(wall / dayMs) + 1) * dayMs - 1);
  }
  return count * timesOfDay;
}
