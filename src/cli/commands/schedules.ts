// quern schedules: lists them, and pauses, resumes, runs and deletes them.
import { isQuernError } from "../../core/errors.ts";
import type { Missed, ScheduleStatus } from "../../core/schedule/schedule.ts";
import type { ScheduleInfo } from "../../client/schedule/info.ts";
import { Schedules } from "../../client/schedules.ts";
import type { ScheduleFilter } from "../../store/schedules.ts";
import { cliUser, type ProjectOptions, withProject } from "../load.ts";
import { troubleOf } from "../schedule-trouble.ts";
import type { Cell, Colour, Terminal } from "../terminal.ts";
import { count, plain, several } from "../text.ts";
import { localTime } from "./tasks.ts";

export interface ListSchedulesOptions extends ProjectOptions {
  status?: ScheduleStatus;
  func?: string;
  queue?: string;
  search?: string;
  failing?: boolean;
  limit: number;
  after?: string;
  json?: boolean;
}

const columns = [
  { title: "NAME", cut: true },
  { title: "FUNC", cut: true, spare: 2 },
  { title: "TYPE", cut: true },
  { title: "NEXT RUN" },
  { title: "LAST RUN", spare: 1 },
  { title: "SUCCESS" },
  { title: "REPEATS" },
  { title: "STATUS" },
];

export async function listSchedules(options: ListSchedulesOptions, terminal: Terminal): Promise<number> {
  return withProject(options, async ({ client }) => {
    const { status, func, queue, search, failing, limit, after } = options;
    const filter: ScheduleFilter = Object.fromEntries(
      Object.entries({ status, func, queue, search, failing }).filter(([, value]) => value !== undefined),
    );
    const page = await new Schedules(client).list(filter, {
      limit,
      ...(after === undefined ? {} : { after }),
    });
    if (options.json === true) terminal.json(page);
    else if (page.schedules.length === 0)
      terminal.line(Object.keys(filter).length === 0 ? "There are no schedules." : "No schedule matches.");
    else {
      terminal.table(columns, page.schedules.map(rowOf));
      for (const one of page.schedules)
        if (one.error !== null || one.unreadable !== null)
          terminal.line(terminal.paint(plain(troubleOf(one)), "red"));
      if (page.next !== null) terminal.line(terminal.paint(`more: --after ${page.next}`, "dim"));
    }
    return 0;
  });
}

function rowOf(schedule: ScheduleInfo): Cell[] {
  const { id, name, func, words, nextRun, lastRun } = schedule;
  return [
    name ?? id,
    func,
    words ?? "can't be read",
    nextRun === null || schedule.status === "paused" ? "" : localTime(nextRun),
    lastRun === null ? "" : localTime(lastRun.slot),
    successOf(schedule),
    repeatsOf(schedule),
    { text: standingOf(schedule), colour: colourOf(schedule) },
  ];
}

export function successOf({ success }: Pick<ScheduleInfo, "success">): Cell {
  return success === null ? "" : success ? { text: "yes", colour: "green" } : { text: "no", colour: "red" };
}

/** The number, and what it means. */
export function repeatsOf({ status, repeats, pausedRepeats }: ScheduleInfo): string {
  if (status === "finished") return `${count(repeats)} finished`;
  if (status === "paused")
    return pausedRepeats === null ? "0 paused" : `0 paused (${count(pausedRepeats)} kept)`;
  return repeats < 0 ? `${count(repeats)} for ever` : `${count(repeats)} left`;
}

type Standing = ScheduleStatus | "invalid" | "failing" | "overdue";

/** Whether it comes; of one that should and does not, that: it must be saved again first, it is tried again, nobody fires it. */
export function standingOf({ status, error, held, unreadable, overdue }: ScheduleInfo): Standing {
  if (held || unreadable !== null) return "invalid";
  if (error !== null) return "failing";
  return overdue ? "overdue" : status;
}

export function colourOf(schedule: ScheduleInfo): Colour {
  const standing = standingOf(schedule);
  if (standing === "invalid" || standing === "failing" || standing === "overdue") return "red";
  return ({ active: "green", paused: "yellow", finished: "dim" } as const)[schedule.status];
}

export type ScheduleChange = "pause" | "resume" | "run" | "delete";

interface Changed {
  schedule: string;
  done: boolean;
  /** What was done, or why not. */
  answer: string;
  /** Of a run: the task that was queued. */
  task?: string;
}

export async function changeSchedules(
  change: ScheduleChange,
  names: readonly string[],
  options: ProjectOptions & { json?: boolean; missed?: Missed },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const schedules = new Schedules(client);
    const answers: Changed[] = [];
    for (const name of names) answers.push(await changeOne(change, schedules, name, options.missed));
    const missed = answers.filter(({ done }) => !done);
    if (options.json === true) terminal.json(answers);
    else {
      for (const { schedule, done, answer } of answers) {
        terminal.line(
          `${terminal.paint(done ? "ok  " : "fail", done ? "green" : "red")}  ${plain(schedule)}: ${answer}`,
        );
      }
      if (answers.length > 1 && missed.length > 0)
        terminal.line(`${several(missed.length, "schedule")} of ${answers.length} could not be changed.`);
    }
    return missed.length === 0 ? 0 : 1;
  });
}

async function changeOne(
  change: ScheduleChange,
  schedules: Schedules,
  schedule: string,
  missed: Missed = "none",
): Promise<Changed> {
  const by = { by: cliUser() };
  const answered = (done: boolean, answer: string): Changed => ({ schedule, done, answer });
  try {
    switch (change) {
      case "pause":
        return (await schedules.pause(schedule, by))
          ? answered(true, "paused; it keeps its count")
          : answered(false, "it is paused already, or finished");
      case "resume":
        return (await schedules.resume(schedule, { ...by, missed }))
          ? answered(true, nextOf(await schedules.get(schedule)))
          : answered(false, "it is not paused");
      case "run": {
        const { id, deduplicated } = await schedules.runNow(schedule, by);
        const said = deduplicated ? `its unique key is held by task ${id}` : `queued as ${id}`;
        return { ...answered(true, said), task: id };
      }
      case "delete":
        return (await schedules.delete(schedule, by))
          ? answered(true, "deleted")
          : answered(false, "no schedule has this id or name");
    }
  } catch (error) {
    if (!isQuernError(error)) throw error;
    return answered(false, plain(error.message.replace(/^\w+: /, "")));
  }
}

function nextOf(schedule: ScheduleInfo | null): string {
  const nextRun = schedule?.nextRun ?? null;
  return nextRun === null ? "resumed, but none of its times is left" : `goes on, next ${localTime(nextRun)}`;
}
