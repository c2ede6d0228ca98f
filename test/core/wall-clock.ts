// What wall clocks really show, minute by minute, asked of Intl: the oracle for cron and calendar, which use Temporal and croner.

export const minuteMs = 60_000;
export const dayMs = 1_440 * minuteMs;

/** A clock change: the first instant at which the zone has another offset. */
export interface Change {
  zone: string;
  at: number;
}

/** Every minute around a change with the wall time shown at it, as if UTC. */
export type Minutes = readonly { instant: number; wall: number }[];

const formats = new Map<string, Intl.DateTimeFormat>();

export function wallAt(zone: string, instant: number): number {
  let format = formats.get(zone);
  if (!format) {
    const parts = {
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    } as const;
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      second: "numeric",
      ...parts,
    });
    formats.set(zone, format);
  }
  const [month, day, year, hour, minute, second] = format.format(instant).match(/\d+/g)!.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

/** The changes of all zones in these years. Morocco's month without summer time lasts five weeks, so a look every four finds it. */
export function changesBetween(firstYear: number, lastYear: number): Change[] {
  return [...Intl.supportedValuesOf("timeZone"), "UTC"].flatMap((zone) => {
    const offsetAt = (instant: number): number => wallAt(zone, instant) - instant;
    const changes: Change[] = [];
    for (let look = Date.UTC(firstYear, 0); look < Date.UTC(lastYear + 1, 0); look += 28 * dayMs) {
      let [before, after] = [look, look + 28 * dayMs];
      if (offsetAt(before) === offsetAt(after)) continue;
      while (after - before > minuteMs) {
        const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs;
        if (offsetAt(middle) === offsetAt(before)) before = middle;
        else after = middle;
      }
      changes.push({ zone, at: after });
    }
    return changes;
  });
}

export function minutesAround({ zone, at }: Change, reachMs: number): Minutes {
  return Array.from({ length: (2 * reachMs) / minuteMs }, (_, index) => {
    const instant = at - reachMs + index * minuteMs;
    return { instant, wall: wallAt(zone, instant) };
  });
}

/** Fewer in the normal run, all when the long tests are asked for. */
export const long = process.env["QUERN_TEST_LONG"] === "1";
