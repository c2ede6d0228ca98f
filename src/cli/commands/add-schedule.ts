// quern schedules add: makes a schedule from what was typed.
import { parseDuration } from "../../core/duration.ts";
import { type ErrorCode, isQuernError } from "../../core/errors.ts";
import type { ScheduleOptions } from "../../core/schedule/schedule-options.ts";
import { Schedules } from "../../client/schedules.ts";
import { cliUser, type ProjectOptions, withProject } from "../load.ts";
import { Refusal } from "../refusal.ts";
import type { Terminal } from "../terminal.ts";
import { plain } from "../text.ts";
import { localTime } from "./tasks.ts";

export interface AddScheduleOptions extends ProjectOptions {
  input?: string;
  type?: string;
  cron?: string;
  every?: string;
  timeZone?: string;
  firstRun?: string;
  end?: string;
  repeats?: number;
  missed?: string;
  note?: string;
  group?: string;
  queue?: string;
  json?: boolean;
}

const minuteMs = 60_000;
const wrongAsked: readonly ErrorCode[] = [
  "QUERN_BAD_OPTION",
  "QUERN_BAD_SCHEDULE",
  "QUERN_BAD_CRON",
  "QUERN_BAD_INPUT",
  "QUERN_UNKNOWN_TASK",
];

export async function addSchedule(
  name: string,
  func: string,
  { config, json, input, ...said }: AddScheduleOptions,
  terminal: Terminal,
): Promise<number> {
  const { every, firstRun, end, ...rest } = said;
  // What does not fit together or is no value of its option is refused where all schedules are made.
  const options = {
    name,
    ...rest,
    ...(every === undefined ? {} : { minutes: minutesOf(every) }),
    ...(firstRun === undefined ? {} : { firstRun: momentOf(firstRun, "--first-run") }),
    ...(end === undefined ? {} : { end: momentOf(end, "--end") }),
  } as ScheduleOptions & { name: string };
  const value = input === undefined ? undefined : inputOf(input);
  return withProject(config === undefined ? {} : { config }, async ({ client }) => {
    try {
      const made = await new Schedules(client).create(func, value, options, { by: cliUser() });
      if (json === true) terminal.json(made);
      else {
        const next = made.nextRun === null ? "" : `, next ${localTime(made.nextRun)}`;
        terminal.line(`${terminal.paint("ok  ", "green")}  ${plain(name)}: ${made.words ?? ""}${next}`);
      }
      return 0;
    } catch (error) {
      if (!isQuernError(error) || !wrongAsked.includes(error.code)) throw error;
      // Where to set it in code is no help to who types.
      throw new Refusal(error.message.replace(/ Set it in .*$/, ""), 2);
    }
  });
}

function minutesOf(every: string): number {
  const refusal = `expected --every to be whole minutes or hours such as 5m or 2h, got ${JSON.stringify(every)}`;
  try {
    const minutes = parseDuration(every, "--every") / minuteMs;
    if (Number.isInteger(minutes) && minutes > 0) return minutes;
  } catch {
    // Whatever is wrong with it: the sentence says what is right.
  }
  throw new Refusal(refusal, 2);
}

// Without its offset a moment would be another one on another machine.
function momentOf(text: string, option: string): Date {
  const moment = new Date(text);
  if (/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(moment.getTime())) return moment;
  throw new Refusal(
    `expected ${option} to be a moment with its offset such as 2026-03-01T07:00:00+01:00, got ${JSON.stringify(text)}`,
    2,
  );
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Refusal(`expected --input to be JSON: ${error instanceof Error ? error.message : ""}`, 2);
  }
}
