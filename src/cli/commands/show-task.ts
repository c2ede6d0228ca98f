// quern tasks show: all there is to know about one task.
import { formatDuration } from "../../core/duration.ts";
import type { AttemptInfo, ErrorInfo, TaskInfo } from "../../client/task-info.ts";
import { Tasks } from "../../client/tasks.ts";
import { type ProjectOptions, withProject } from "../load.ts";
import { Refusal } from "../refusal.ts";
import type { Terminal } from "../terminal.ts";
import { plain, plainLines, several } from "../text.ts";
import { valueText } from "../value-text.ts";
import { colourOf, localTime, resultText, standing } from "./tasks.ts";

export async function showTask(
  idOrName: string,
  options: ProjectOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  return withProject(options, async ({ client }) => {
    const tasks = new Tasks(client);
    const task = await tasks.get(idOrName);
    if (task === null)
      throw new Refusal(
        `no task has the id or name "${plain(idOrName)}". It may have been deleted, or pruned by saveLimit.`,
      );
    const attempts = await tasks.attempts(task.id);
    if (options.json === true) terminal.json({ ...task, attempts });
    else print(task, attempts, terminal);
    return 0;
  });
}

function print(task: TaskInfo, attempts: readonly AttemptInfo[], terminal: Terminal): void {
  terminal.line(
    `${terminal.paint(plain(task.name), "bold")}  ${terminal.paint(standing(task), colourOf(task))}`,
  );
  terminal.line();
  const fact = (name: string, value: string | null | undefined): void => {
    if (value) terminal.line(`  ${terminal.paint(name.padEnd(10), "dim")} ${plain(value)}`);
  };
  fact("id", task.id);
  fact("func", task.func);
  fact("queue", task.queue);
  fact("group", task.group);
  fact("tags", task.tags.join(", "));
  fact("priority", task.priority === 0 ? null : String(task.priority));
  fact("parent", task.parent);
  fact("schedule", task.schedule);
  fact("enqueued", localTime(task.enqueued));
  if (task.state === "waiting") fact("due", task.due && localTime(task.due));
  fact("started", task.started && localTime(task.started));
  fact("stopped", task.stopped && localTime(task.stopped));
  fact("took", task.timeTaken === null ? null : formatDuration(task.timeTaken));
  fact("attempts", task.attempt === 0 ? null : `${task.attempt}, ${task.attemptsUsed} of them count`);
  fact(
    "progress",
    task.progress &&
      `${Math.round(task.progress.value * 100)} %${task.progress.note ? `: ${task.progress.note}` : ""}`,
  );

  block(
    "Input",
    task.unreadable === null ? valueText(task.input, { lines: true }) : `can't be read: ${task.unreadable}`,
    terminal,
  );
  if (task.success === true) block("Result", resultText(task, { lines: true }), terminal);
  if (task.error !== null)
    block(task.success === false ? "Error" : "Latest error", errorText(task.error), terminal);
  for (const attempt of attempts) printAttempt(attempt, terminal);
}

function printAttempt(
  { attempt, outcome, worker, started, stopped, error, log, logLeftOut }: AttemptInfo,
  terminal: Terminal,
): void {
  const took =
    started === null
      ? ""
      : `, ${localTime(started)}, took ${formatDuration(stopped.getTime() - started.getTime())}`;
  const lines = log.map(({ at, message }) => `${localTime(at).slice(11)}  ${plain(message)}`);
  if (logLeftOut > 0) lines.push(`and ${several(logLeftOut, "line")} more, which were not kept`);
  if (error !== null) lines.push(`${error.name}: ${error.message}`);
  block(
    `Attempt ${attempt}: ${outcome}${took}${worker === null ? "" : `, worker ${worker}`}`,
    lines.join("\n"),
    terminal,
  );
}

function errorText({ name, message, stack }: ErrorInfo): string {
  return stack ?? `${name}: ${message}`;
}

function block(title: string, text: string, terminal: Terminal): void {
  if (text === "" && !title.startsWith("Attempt")) return;
  terminal.line();
  terminal.heading(plain(title));
  for (const line of text === "" ? [] : plainLines(text).split("\n")) terminal.line(`  ${line}`);
}
