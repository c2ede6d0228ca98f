// Moments: relative where one looks for age, and in full with zone and UTC where one asks.
import { locale, text } from "../messages.ts";
import { rough } from "./duration.ts";

export const browserZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone;

const justNowMs = 1000;
const monthMs = 30 * 24 * 60 * 60 * 1000;

/** "12 s ago", "in 4 min"; a date once it is more than a month away. */
export function relative(at: number, now: number): string {
  return Math.abs(at - now) >= monthMs ? formatter("date", browserZone).format(at) : distance(at, now);
}

/** The same, beside a date that is there already: however far away. */
export function distance(at: number, now: number): string {
  const away = at - now;
  if (Math.abs(away) < justNowMs) return text.moment.now;
  return away < 0 ? text.moment.ago(rough(away)) : text.moment.in(rough(away));
}

/** "Tue, 24 Nov 2026, 19:21:02 Europe/Amsterdam". */
export function absolute(at: number, zone: string = browserZone): string {
  return `${formatter("full", zone).format(at)} ${zone}`;
}

export function utc(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** What a pointer over a moment is told. */
export function momentTitle(at: number): string {
  return `${absolute(at)}\n${utc(at)}`;
}

/** "Tue 24 Nov 19:21" in that zone, with seconds where they matter, and with the year if it is not this one. */
export function dayAndTime(at: number, zone: string, exact = false): string {
  const [then, now] = [at, Date.now()].map((one) => formatter("year", zone).format(one));
  if (then !== now) return formatter(exact ? "exactWithYear" : "shortWithYear", zone).format(at);
  return formatter(exact ? "exact" : "short", zone).format(at);
}

export function timeOfDay(at: number): string {
  return formatter("time", browserZone).format(at);
}

const day = { weekday: "short", day: "numeric", month: "short" } as const;
const year = { year: "numeric" } as const;
const minutes = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const seconds = { ...minutes, second: "2-digit" } as const;

const shapes = {
  full: { ...day, ...year, ...seconds },
  short: { ...day, ...minutes },
  shortWithYear: { ...day, ...year, ...minutes },
  exact: { ...day, ...seconds },
  exactWithYear: { ...day, ...year, ...seconds },
  date: { day: "numeric", month: "short", ...year },
  time: seconds,
  year,
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const made = new Map<string, Intl.DateTimeFormat>();

function formatter(shape: keyof typeof shapes, timeZone: string): Intl.DateTimeFormat {
  const key = `${shape} ${timeZone}`;
  const known = made.get(key);
  if (known) return known;
  const fresh = new Intl.DateTimeFormat(locale, { ...shapes[shape], timeZone });
  made.set(key, fresh);
  return fresh;
}

/** As `<input type="datetime-local">` writes it, on the browser's clock. */
export function toLocalInput(at: number): string {
  const offset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offset).toISOString().slice(0, 19);
}

export function fromLocalInput(written: string): number | null {
  const at = new Date(written).getTime();
  return Number.isNaN(at) ? null : at;
}
