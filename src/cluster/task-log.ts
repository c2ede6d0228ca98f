// The cluster's lines about tasks, in the manner of Django Q; under load they are counted instead of written one by one, successes and
// failures each for themselves, so that a failure is not lost among the others.
import type { Clock, Timer } from "../core/clock.ts";
import { errorSummary } from "../core/codec.ts";
import { formatDuration } from "../core/duration.ts";
import type { Logger } from "../core/log.ts";
import { type Report, whyUnstored } from "../core/outcome.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Ending, NewTask } from "../store/broker.ts";

const linesPerSecond = 20;
const longestLine = 300;

type Kind = "processed" | "failed" | "created";

const none: Readonly<Record<Kind, number>> = { processed: 0, failed: 0, created: 0 };

export class TaskLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #lines = { ...none };
  #leftOut = { ...none };
  #second: Timer | undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  ended(task: ClaimedTask, report: Report, { next }: Ending): void {
    const failed = report.outcome !== "success";
    // Nothing of it has run and nobody is to blame: no line among those of tasks that failed.
    if (report.outcome === "released" && report.started === null && !report.unknown) return;
    if (!this.#hasRoom(failed ? "failed" : "processed")) return;
    const what = `'${task.name}' (${task.func})`;
    if (!failed) {
      const line = `Processed ${what}${tookOf(report)}`;
      const unstored = report.result === null ? undefined : whyUnstored(report.result);
      if (unstored === undefined) this.#logger.info(line);
      else this.#logger.warn(`${line}, but its result is not stored: ${unstored}`.slice(0, longestLine));
      return;
    }
    const error = report.unknown
      ? `: no task function here is called ${task.func}`
      : report.error === null
        ? ""
        : `: ${errorSummary(report.error).message}`;
    const then =
      "end" in next
        ? ""
        : `, again ${next.delayMs === null ? "at once" : `in ${formatDuration(next.delayMs)}`}`;
    const line = `${wordOf(report.outcome)} ${what} attempt ${task.attempt}${then}${error}`
      .replaceAll(/\s+/g, " ")
      .slice(0, longestLine);
    if ("end" in next) this.#logger.error(line);
    else this.#logger.warn(line);
  }

  /** A schedule made a task. `queued` is another's id when that one holds its unique key. */
  created({ id, name, func }: NewTask, schedule: string, queued: string): void {
    if (!this.#hasRoom("created")) return;
    const line =
      queued === id
        ? `Created task '${name}' (${func}) from schedule [${schedule}]`
        : `Created no task (${func}) from schedule [${schedule}]: its unique key is held by ${queued}`;
    this.#logger.info(line.slice(0, longestLine));
  }

  #hasRoom(kind: Kind): boolean {
    this.#second ??= this.#clock.after(1_000, () => this.#sumUp(), { background: true });
    this.#lines[kind] += 1;
    if (this.#lines[kind] <= linesPerSecond) return true;
    this.#leftOut[kind] += 1;
    return false;
  }

  #sumUp(): void {
    const { processed, failed, created } = this.#leftOut;
    if (created > 0) this.#logger.info(`Created ${created} more tasks from schedules`);
    if (processed > 0) this.#logger.info(`Processed ${processed} more`);
    if (failed > 0) this.#logger.warn(`Failed ${failed} more`);
    this.#leftOut = { ...none };
    this.#lines = { ...none };
    this.#second = undefined;
  }
}

function wordOf(outcome: Report["outcome"]): string {
  return outcome.charAt(0).toUpperCase() + outcome.slice(1);
}

function tookOf({ started, stopped }: Report): string {
  return started === null ? "" : ` in ${formatDuration(stopped - started)}`;
}
