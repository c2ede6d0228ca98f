// The cluster's lines about tasks, in the manner of Django Q; under load they are counted instead of written one by one, successes and
// failures each for themselves, so that a failure is not lost among the others.
import type { Clock, Timer } from "../core/clock.ts";
import { errorSummary } from "../core/codec.ts";
import { formatDuration } from "../core/duration.ts";
import type { Logger } from "../core/log.ts";
import type { Report } from "../core/outcome.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Ending } from "../store/broker.ts";

const linesPerSecond = 20;
const longestLine = 300;

export class TaskLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #lines = { processed: 0, failed: 0 };
  #leftOut = { processed: 0, failed: 0 };
  #second: Timer | undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  ended(task: ClaimedTask, report: Report, { next }: Ending): void {
    const failed = report.outcome !== "success";
    this.#second ??= this.#clock.after(1_000, () => this.#sumUp(), { background: true });
    const kind = failed ? "failed" : "processed";
    this.#lines[kind] += 1;
    if (this.#lines[kind] > linesPerSecond) {
      this.#leftOut[kind] += 1;
      return;
    }
    const what = `'${task.name}' (${task.func})`;
    if (!failed) return this.#logger.info(`Processed ${what}${tookOf(report)}`);
    const error = report.error === null ? "" : `: ${errorSummary(report.error).message}`;
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

  #sumUp(): void {
    const { processed, failed } = this.#leftOut;
    if (processed > 0) this.#logger.info(`Processed ${processed} more`);
    if (failed > 0) this.#logger.warn(`Failed ${failed} more`);
    this.#leftOut = { processed: 0, failed: 0 };
    this.#lines = { processed: 0, failed: 0 };
    this.#second = undefined;
  }
}

function wordOf(outcome: Report["outcome"]): string {
  return outcome.charAt(0).toUpperCase() + outcome.slice(1);
}

function tookOf({ started, stopped }: Report): string {
  return started === null ? "" : ` in ${formatDuration(stopped - started)}`;
}
