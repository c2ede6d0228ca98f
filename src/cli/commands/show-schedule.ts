// quern schedules show, preview and history: one schedule, what comes next, and what ran.
import { formatDuration } from "../../core/duration.ts";
import type { ScheduleInfo, ScheduleRunInfo } from "../../client/schedule/info.ts";
import { infoOf, scheduleRow } from "../../client/schedule/reading.ts";
import { Schedules } from "../../client/schedules.ts";
import { type ProjectOptions, withProject } from "../load.ts";
import type { Cell, Terminal } from "../terminal.ts";
import { plain } from "../text.ts";
import { valueText } from "../value-text.ts";
import { colourOf, repeatsOf, standingOf, successOf } from "./schedules.ts";
import { localTime } from "./tasks.ts";

interface ShowOptions extends ProjectOptions {
  json?: boolean;
}

const previewed = 5;

export async function showSchedule(name: string, options: ShowOptions, terminal: Terminal): Promise<number> {
  return withProject(options, async ({ client }) => {
    const schedule = await infoOf(client, await scheduleRow(client, name));
    const next =
      schedule.unreadable === null ? await new Schedules(client).preview(schedule.id, previewed) : [];
    if (options.json === true) terminal.json({ ...schedule, next });
    else print(schedule, next, terminal);
    return 0;
  });
}

function print(schedule: ScheduleInfo, coming: readonly Date[], terminal: Terminal): void {
  const standing = terminal.paint(standingOf(schedule), colourOf(schedule));
  terminal.line(`${terminal.paint(plain(schedule.name ?? schedule.id), "bold")}  ${standing}`);
  terminal.line();
  const fact = (name: string, value: string | null | undefined): void => {
    if (value) terminal.line(`  ${terminal.paint(name.padEnd(13), "dim")} ${plain(value)}`);
  };
  const { lastRun, missed, missedAfterMs, declared } = schedule;
  fact("id", schedule.id);
  fact("func", schedule.func);
  fact("queue", schedule.queue);
  fact("group", schedule.group);
  fact("comes", schedule.words);
  fact("note", schedule.note);
  fact("cron", schedule.cron);
  fact("time zone", schedule.timeZone);
  fact("first run", schedule.firstRun && localTime(schedule.firstRun));
  fact("end", schedule.end && localTime(schedule.end));
  fact("repeats", repeatsOf(schedule));
  fact("missed", missed && `${missed}, when more than ${formatDuration(missedAfterMs ?? 0)} late`);
  fact("intended date", schedule.intendedDateKey && `in the input as ${schedule.intendedDateKey}`);
  for (const [name, value] of Object.entries(schedule.options))
    fact(name, valueText(value, { lines: false }));
  fact(
    "declared",
    declared && { config: "in new Quern({ schedules })", code: "by quern.schedule()" }[declared],
  );
  fact(
    "last run",
    lastRun && `${localTime(lastRun.slot)}, ${lastRun.outcome ?? "not ended"}, task ${lastRun.task}`,
  );
  fact("version", `${schedule.version}, saved ${localTime(schedule.changed)}`);
  fact("error", schedule.unreadable ?? schedule.error);

  const input = valueText(schedule.input, { lines: true });
  for (const [title, lines] of [
    ["Input", input === "" ? [] : input.split("\n")],
    ["Next", coming.map((run) => inZone(run, schedule.timeZone))],
  ] as const) {
    if (lines.length === 0) continue;
    terminal.line();
    terminal.heading(title);
    for (const line of lines) terminal.line(`  ${line}`);
  }
}

export async function previewSchedule(
  name: string,
  options: ShowOptions & { count: number },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const schedules = new Schedules(client);
    const runs = await schedules.preview(name, options.count);
    if (options.json === true) terminal.json(runs);
    else if (runs.length === 0) terminal.line("It does not come: it is paused or finished.");
    else {
      const zone = (await schedules.get(name))?.timeZone ?? null;
      for (const run of runs) terminal.line(inZone(run, zone));
    }
    return 0;
  });
}

/** By the clock that is meant, and by the one on this wall. */
function inZone(run: Date, timeZone: string | null): string {
  const theirs = new Intl.DateTimeFormat("en-GB", {
    timeZone: timeZone ?? "UTC",
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const parts = Object.fromEntries(theirs.formatToParts(run).map(({ type, value }) => [type, value]));
  const { weekday, year, month, day, hour, minute, second } = parts;
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZone ?? "UTC"}  (here ${localTime(run)})`;
}

const columns = [
  { title: "SLOT" },
  { title: "KIND" },
  { title: "QUEUED", spare: 2 },
  { title: "STARTED", spare: 1 },
  { title: "TOOK", right: true },
  { title: "OUTCOME" },
  { title: "TASK" },
];

export async function scheduleHistory(
  name: string,
  options: ShowOptions & { limit: number },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const runs = await new Schedules(client).history(name, { limit: options.limit });
    if (options.json === true) terminal.json(runs);
    else if (runs.length === 0) terminal.line("It has not run.");
    else terminal.table(columns, runs.map(rowOf));
    return 0;
  });
}

function rowOf(run: ScheduleRunInfo): Cell[] {
  const { slot, kind, enqueued, started, stopped, outcome, task } = run;
  const colour = successOf(run);
  return [
    localTime(slot),
    kind,
    localTime(enqueued),
    started === null ? "" : localTime(started),
    started === null || stopped === null ? "" : formatDuration(stopped.getTime() - started.getTime()),
    typeof colour === "string" ? (outcome ?? "not ended") : { text: outcome ?? "", colour: colour.colour },
    task,
  ];
}
