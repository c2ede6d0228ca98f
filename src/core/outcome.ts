// An attempt's report to what must be stored: the end of the task, or its next attempt. Decided here and nowhere else.
import type { ResolvedOptions } from "./options.ts";
import { retryDelay, unknownDelay } from "./retry.ts";
import type { AttemptOutcome, QueuedTask } from "./task.ts";

/** What is known of an attempt that ended, from its worker or from whoever saw the worker die. */
export interface Report {
  outcome: AttemptOutcome;
  worker: string | null;
  /** UTC epoch milliseconds; null when it never began. */
  started: number | null;
  stopped: number;
  /** Encoded result of a success. */
  result: string | null;
  /** Encoded error, for every other outcome that has one. */
  error: string | null;
  log: string | null;
  progress: string | null;
  /** False: the function said that another attempt would not help (`NonRetryable`, or `retryIf`). */
  retry: boolean;
  /** For `snoozed`: when it wants to be called again. */
  snoozeMs: number | null;
  /** For `released`: because nobody here knows its func. */
  unknown: boolean;
  /** It has ended itself in a transaction of its function's. Whether that was committed, the store will say. */
  completed?: boolean;
}

/** What a policy is asked about. `options` is null when the envelope could not be opened: such a task is quarantined, or lost. */
export interface Attempt {
  task: Pick<QueuedTask, "attempt" | "uncounted" | "crashes" | "unknown" | "isolate">;
  options: ResolvedOptions | null;
}

export interface Decision {
  uncounted: number;
  crashes: number;
  next:
    | { end: "success" | "failure" }
    | { again: true; delayMs: number | null; unknown: number; isolate: boolean };
}

/** The table of reliability: which outcomes use up an attempt, and when the next one comes. */
export function decide({ task, options }: Attempt, report: Report, random: () => number): Decision {
  const { outcome } = report;
  const crashes = task.crashes + (outcome === "crashed" ? 1 : 0);
  const free = outcome === "released" || outcome === "snoozed";
  const uncounted = task.uncounted + (free ? 1 : 0);
  const used = task.attempt - uncounted;
  const end = (end: "success" | "failure"): Decision => ({ uncounted, crashes, next: { end } });
  const again = (delayMs: number | null, isolate = task.isolate): Decision => ({
    uncounted,
    crashes,
    next: { again: true, delayMs, unknown: 0, isolate },
  });

  switch (outcome) {
    case "success":
      return end("success");
    case "cancelled":
    case "quarantined":
      return end("failure");
    case "snoozed":
      return again(report.snoozeMs ?? 0);
    case "released": {
      if (!report.unknown) return again(null);
      const unknown = task.unknown + 1;
      return {
        uncounted,
        crashes,
        next: { again: true, delayMs: unknownDelay(unknown), unknown, isolate: task.isolate },
      };
    }
    case "lost":
      return options !== null && used >= options.attempts ? end("failure") : again(null);
    case "crashed": {
      if (options === null) return again(null);
      if (crashes >= options.maxCrashes || used >= options.attempts) return end("failure");
      // Its next crash would be its last: that chance is taken alone, so that no innocent neighbour ends as a failure.
      const lastChance = crashes + 1 >= options.maxCrashes || used + 1 >= options.attempts;
      return again(null, task.isolate || lastChance);
    }
    case "failed":
    case "timeout": {
      if (options === null || !report.retry || options.ackFailures || used >= options.attempts)
        return end("failure");
      return again(retryDelay(options, used, random));
    }
  }
}

// No JSON begins with it, so no encoded result can be taken for a marker.
const unstoredMark = "!";

/** Stands in the place of a result that could not be stored, and says why. */
export function markUnstored(reason: string): string {
  return unstoredMark + reason.slice(0, 1_000);
}

/** Why the result is not there; undefined when it is. */
export function whyUnstored(result: string): string | undefined {
  return result.startsWith(unstoredMark) ? result.slice(unstoredMark.length) : undefined;
}
