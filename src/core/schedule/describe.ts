// A schedule in words for people: "Every day at 07:00, Europe/Amsterdam".
import { type Cron, parseCron } from "./cron.ts";
import { cronstrue } from "./on-demand.ts";
import { nextRuns, type ScheduleTimes } from "./schedule.ts";

/** Throws what `nextRuns` throws for a schedule that could never run. */
export function describe(schedule: ScheduleTimes): string {
  const { type, minutes, timeZone, firstRun } = schedule;
  nextRuns(schedule, { after: firstRun ?? 0, count: 0 });
  if (type === "minutes") return (minutes ?? 0) > 1 ? `Every ${minutes} minutes` : "Every minute";
  if (type === "hourly") return "Every hour";
  if (type === "cron") return `${cronWords(parseCron(schedule.cron))}, ${timeZone}`;

  const first = (parts: Intl.DateTimeFormatOptions): string =>
    formatFor(timeZone, parts).format(firstRun ?? 0);
  const days = {
    once: () => `Once, on ${first({ day: "numeric", month: "long", year: "numeric" })}`,
    daily: () => "Every day",
    weekly: () => `Every ${first({ weekday: "long" })}`,
    biweekly: () => `Every second ${first({ weekday: "long" })}`,
    monthly: () => `Every month on ${dayWords(Number(first({ day: "numeric" })))}`,
    bimonthly: () => `Every second month on ${dayWords(Number(first({ day: "numeric" })))}`,
    quarterly: () => `Every third month on ${dayWords(Number(first({ day: "numeric" })))}`,
    yearly: () => `Every year on ${dateWords(first({ day: "numeric", month: "long" }))}`,
  }[type]();
  const time = first({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).replace(/:00$/, "");
  return `${days} at ${time}, ${timeZone}`;
}

// To make one costs a thousand times what it costs to use it.
const formats = new Map<string, Intl.DateTimeFormat>();
const mostFormats = 200;

function formatFor(timeZone: string, parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${timeZone} ${JSON.stringify(parts)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...parts });
    if (formats.size >= mostFormats) formats.clear();
    formats.set(key, format);
  }
  return format;
}

function dayWords(day: number): string {
  const ending = { one: "st", two: "nd", few: "rd", other: "th", many: "th", zero: "th" }[
    ordinal.select(day)
  ];
  return day > 28 ? `the ${day}${ending} (or the last day)` : `the ${day}${ending}`;
}

function dateWords(date: string): string {
  return date === "29 February" ? `${date} (or the 28th)` : date;
}

function cronWords({ words }: Cron): string {
  const fields = words.split(" ");
  const [day, , weekday] = fields.slice(-3);
  try {
    const all = inWords(words);
    if (day === "*" || weekday === "*") return all;
    // Either of the two days is enough, but cronstrue joins them by "and". What it says without weekdays is how its sentence begins.
    const start = inWords([...fields.slice(0, -2), "*", "*"].join(" "));
    return start + all.slice(start.length).replace(/^, (and )?/, ", or ");
  } catch {
    return `On the cron line ${words}`; // it has no words for some lines, such as several days with a W
  }
}

function inWords(line: string): string {
  return cronstrue().toString(line, { use24HourTimeFormat: true });
}

const ordinal = new Intl.PluralRules("en", { type: "ordinal" });
