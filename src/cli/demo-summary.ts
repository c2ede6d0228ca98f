// What became of the demo's tasks and schedules, in figures.
import { formatDuration } from "../core/duration.ts";
import { errorSummary } from "../core/codec.ts";
import type { EndedTask } from "../core/task.ts";
import type { Store } from "../store/store.ts";
import type { ScheduleInfo } from "../client/schedule/info.ts";
import { successOf } from "./commands/schedules.ts";
import { localTime } from "./commands/tasks.ts";
import { demoQueue } from "./demo-project.ts";
import type { Terminal } from "./terminal.ts";
import { count, cut, pad, plain, several } from "./text.ts";

export interface Summary {
  succeeded: number;
  failed: number;
  /** Tasks that needed more than one attempt, and how many attempts that were. */
  retried: { tasks: number; attempts: number };
  /** Not ended. */
  left: number;
  /** Milliseconds from being ready to the first start, and from the last start to the end. Sorted. */
  waited: number[];
  ran: number[];
  perSecond: number;
  /** Why tasks failed, by func, with how many. */
  reasons: Map<string, { reason: string; number: number }>;
}

/** Of the tasks queued since `from`. Those in `delayed` were not ready when they were queued, so how long they waited says nothing. */
export async function sumUp(store: Store, from: number, delayed: ReadonlySet<string>): Promise<Summary> {
  const summary: Summary = {
    ...{ succeeded: 0, failed: 0, retried: { tasks: 0, attempts: 0 }, left: 0 },
    ...{ waited: [], ran: [], perSecond: 0, reasons: new Map() },
  };
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for await (const task of endedSince(store, from)) {
    summary[task.state === "success" ? "succeeded" : "failed"] += 1;
    if (task.state === "failure") addReason(summary.reasons, task);
    const attempts = task.attempt - task.uncounted;
    if (attempts > 1) {
      summary.retried.tasks += 1;
      summary.retried.attempts += attempts - 1;
    }
    const started = task.attempt > 1 ? ((await store.attempts(task.id))[0]?.started ?? null) : task.started;
    if (started === null || task.started === null) continue;
    first = Math.min(first, started);
    last = Math.max(last, task.stopped);
    if (!delayed.has(task.id)) summary.waited.push(Math.max(0, started - task.enqueued));
    summary.ran.push(task.stopped - task.started);
  }
  summary.left = await store.countTasks({ queue: demoQueue, state: ["waiting", "ready", "leased"] });
  summary.perSecond = last > first ? (summary.ran.length / (last - first)) * 1_000 : 0;
  for (const times of [summary.waited, summary.ran]) times.sort((a, b) => a - b);
  return summary;
}

async function* endedSince(store: Store, from: number): AsyncGenerator<EndedTask> {
  let after: string | null | undefined;
  while (after !== null) {
    const page = await store.tasks(
      { queue: demoQueue, state: ["success", "failure"], from },
      { limit: 1_000, oldestFirst: true, ...(after === undefined ? {} : { after }) },
    );
    for (const task of page.tasks) if ("outcome" in task) yield task;
    after = page.next;
  }
}

function addReason(reasons: Summary["reasons"], { func, outcome, result }: EndedTask): void {
  const known = reasons.get(func);
  if (known !== undefined) known.number += 1;
  else
    reasons.set(func, {
      reason: outcome === "failed" && result !== null ? errorSummary(result).message : outcome,
      number: 1,
    });
}

const nameWidth = 11;
const figureWidth = 9;

export function printSummary(summary: Summary, tookMs: number, terminal: Terminal): void {
  const { succeeded, failed, retried, left, waited, ran, perSecond, reasons } = summary;
  const fact = (name: string, figure: number, rest = ""): void => {
    const line = `  ${terminal.paint(pad(name, nameWidth), "dim")}${pad(count(figure), figureWidth, true)}`;
    terminal.line(
      rest === ""
        ? line
        : `${line}   ${terminal.paint(cut(rest, terminal.width - nameWidth - figureWidth - 5), "dim")}`,
    );
  };
  terminal.heading(`Summary, after ${formatDuration(tookMs)}`);
  terminal.line();
  fact("succeeded", succeeded);
  const [first = "", ...others] = [...reasons].map(([func, { reason, number }]) =>
    plain(`${func}${number > 1 ? ` (${count(number)})` : ""}: ${reason}`),
  );
  fact("failed", failed, first);
  for (const other of others)
    terminal.line(
      `${" ".repeat(nameWidth + figureWidth + 5)}${terminal.paint(cut(other, terminal.width - 25), "dim")}`,
    );
  fact("retried", retried.tasks, retried.tasks === 0 ? "" : `${several(retried.attempts, "more attempt")}`);
  if (left > 0) fact("in queue", left, "not started, or given back when the cluster stopped");
  terminal.line();
  const figures = (name: string, p50: string, p95: string): string =>
    `  ${pad(name, nameWidth)}${pad(p50, figureWidth, true)}${pad(p95, figureWidth + 2, true)}`;
  terminal.line(terminal.paint(figures("", "p50", "p95"), "dim"));
  for (const [name, times] of [
    ["waited", waited],
    ["ran", ran],
  ] as const) {
    terminal.line(
      figures(name, shown(times, 0.5), shown(times, 0.95)).replace(name, terminal.paint(name, "dim")),
    );
  }
  terminal.line();
  terminal.line(`  ${terminal.paint(perSecond.toFixed(1), "bold")} tasks per second`);
}

const scheduleColumns = [
  { title: "schedule" },
  { title: "when", cut: true, spare: 1 },
  { title: "next run" },
  { title: "runs", right: true },
  { title: "last success" },
];

export function printSchedules(schedules: readonly ScheduleInfo[], terminal: Terminal): void {
  terminal.line();
  const rows = schedules.map((schedule) => [
    schedule.name ?? schedule.id,
    schedule.words ?? "",
    schedule.nextRun === null ? "" : localTime(schedule.nextRun),
    count(-1 - schedule.repeats), // They began with -1 and count down.
    successOf(schedule),
  ]);
  terminal.table(scheduleColumns, rows, 2);
}

function shown(sorted: readonly number[], part: number): string {
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
  return value === undefined ? "-" : formatDuration(value);
}
