// quern tasks: lists tasks, resubmits, cancels and deletes them.
import { formatDuration } from "../../core/duration.ts";
import { isQuernError } from "../../core/errors.ts";
import type { TaskState } from "../../core/task.ts";
import type { TaskInfo } from "../../client/task-info.ts";
import { Tasks } from "../../client/tasks.ts";
import { cliUser, type ProjectOptions, withProject } from "../load.ts";
import type { Cell, Colour, Terminal } from "../terminal.ts";
import { plain, several } from "../text.ts";
import { valueText } from "../value-text.ts";

export interface ListTasksOptions extends ProjectOptions {
  state?: TaskState[];
  func?: string[];
  group?: string[];
  queue?: string[];
  search?: string;
  limit: number;
  after?: string;
  json?: boolean;
}

const columns = [
  { title: "ID", spare: 3 },
  { title: "NAME", cut: true },
  { title: "FUNC", cut: true },
  { title: "STATE" },
  { title: "STARTED", spare: 1 },
  { title: "TOOK", right: true },
  { title: "RESULT", cut: true },
];
const longestResult = 200;

export async function listTasks(options: ListTasksOptions, terminal: Terminal): Promise<number> {
  return withProject(options, async ({ client }) => {
    const { state, func, group, queue, search, limit, after } = options;
    const filter = Object.fromEntries(
      Object.entries({ state, func, group, queue, search }).filter(([, value]) => value !== undefined),
    );
    const page = await new Tasks(client).list(filter, { limit, ...(after === undefined ? {} : { after }) });
    if (options.json === true) terminal.json(page);
    else if (page.tasks.length === 0)
      terminal.line(Object.keys(filter).length === 0 ? "There are no tasks." : "No task matches.");
    else {
      terminal.table(columns, page.tasks.map(rowOf));
      if (page.next !== null) terminal.line(terminal.paint(`more: --after ${page.next}`, "dim"));
    }
    return 0;
  });
}

function rowOf(task: TaskInfo): Cell[] {
  return [
    task.id,
    task.name,
    task.func,
    { text: standing(task), colour: colourOf(task) },
    task.started === null ? "" : localTime(task.started),
    task.timeTaken === null ? "" : formatDuration(task.timeTaken),
    task.error === null ? resultOf(task) : plain(task.error.message).slice(0, longestResult),
  ];
}

function resultOf(task: TaskInfo): string {
  return task.success === true ? resultText(task, { lines: false }).slice(0, longestResult) : "";
}

/** The result of a success, or why there is none. */
export function resultText({ result, unstored }: TaskInfo, { lines }: { lines: boolean }): string {
  return unstored === null ? valueText(result, { lines }) : `not stored: ${plain(unstored)}`;
}

/** A failure by what it failed of; the others by their state. */
export function standing({ state, outcome }: TaskInfo): string {
  return state === "failure" && outcome !== null ? outcome : state;
}

export function colourOf({ state }: TaskInfo): Colour {
  return ({ waiting: "dim", ready: "cyan", leased: "yellow", success: "green", failure: "red" } as const)[
    state
  ];
}

/** `2026-03-01 12:03:31`, by the clock on the wall. */
export function localTime(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

export type Change = "resubmit" | "cancel" | "delete";

interface Changed {
  task: string;
  id: string | null;
  done: boolean;
  /** What was done, or why not. */
  answer: string;
  /** Of a resubmission: the task that was made. */
  fresh?: string;
}

export async function changeTasks(
  change: Change,
  names: readonly string[],
  options: ProjectOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const tasks = new Tasks(client);
    const answers: Changed[] = [];
    for (const name of names) {
      const task = await tasks.get(name);
      answers.push(
        task === null
          ? { task: name, id: null, done: false, answer: "no task has this id or name" }
          : await changeOne(change, tasks, task),
      );
    }
    const missed = answers.filter(({ done }) => !done);
    if (options.json === true) terminal.json(answers);
    else {
      for (const { task, done, answer } of answers) {
        terminal.line(
          `${terminal.paint(done ? "ok  " : "fail", done ? "green" : "red")}  ${plain(task)}: ${answer}`,
        );
      }
      if (answers.length > 1 && missed.length > 0)
        terminal.line(`${several(missed.length, "task")} of ${answers.length} could not be changed.`);
    }
    return missed.length === 0 ? 0 : 1;
  });
}

async function changeOne(change: Change, tasks: Tasks, { id, name, state }: TaskInfo): Promise<Changed> {
  const by = { by: cliUser() };
  const answered = (done: boolean, answer: string, more: Partial<Changed> = {}): Changed => ({
    task: name,
    id,
    done,
    answer,
    ...more,
  });
  switch (change) {
    case "resubmit":
      try {
        const fresh = await tasks.resubmit(id, by);
        return answered(true, `queued again as ${fresh.id}`, { fresh: fresh.id });
      } catch (error) {
        if (!isQuernError(error)) throw error;
        return answered(false, plain(error.message.replace(/^\w+: /, "")));
      }
    case "cancel": {
      const answer = await tasks.cancel(id, by);
      const said = {
        cancelled: "cancelled",
        asked: "it runs and was asked to end",
        ended: "it has ended",
        unknown: "it is gone",
      }[answer];
      return answered(answer === "cancelled" || answer === "asked", said);
    }
    case "delete": {
      const gone = (await tasks.delete(id, by)).includes(id);
      const why = state === "leased" ? "it runs; cancel it first" : "it runs, or is gone";
      return answered(gone, gone ? "deleted" : why);
    }
  }
}
