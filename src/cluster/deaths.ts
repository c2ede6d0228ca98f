// What the death of a worker means for each attempt it had: who is to blame, and who only lived beside him.
import type { AttemptOutcome } from "../core/task.ts";
import { type Attempt, beganAt } from "./attempts.ts";
import type { WorkerEnd } from "./worker-handle.ts";

export interface Verdict {
  outcome: AttemptOutcome;
  /** For people. */
  reason: string;
}

/**
 * `guilty` are the attempts for which the sentinel killed the worker (none of them when the cluster stops); undefined when it
 * did not. Without a name for the culprit everybody who had begun is crashed: a task that kills its worker at once must not
 * loop for ever. Who had not begun has nothing to do with it.
 */
export function judgeDeath(
  end: WorkerEnd,
  had: readonly Attempt[],
  guilty: readonly Attempt[] | undefined,
): Map<Attempt, Verdict> {
  const neighbour: Verdict = {
    outcome: "released",
    reason: `its worker ended because of another task (${end.reason})`,
  };
  const { culprit } = end;
  const judge = (attempt: Attempt): Verdict => {
    if (beganAt(attempt) === null)
      return { ...neighbour, reason: `its worker ended before it began (${end.reason})` };
    if (guilty !== undefined)
      return guilty.includes(attempt)
        ? verdictOfKilled(attempt)
        : { ...neighbour, reason: "its worker was stopped" };
    const named =
      culprit !== null && had.some(({ task }) => task.id === culprit.id && task.attempt === culprit.attempt);
    if (named && attempt.task.id !== culprit.id) return neighbour;
    return { outcome: "crashed", reason: crashReason(end) };
  };
  return new Map(had.map((attempt) => [attempt, judge(attempt)]));
}

function verdictOfKilled({ aborted, options }: Attempt): Verdict {
  if (aborted === "cancelled")
    return {
      outcome: "cancelled",
      reason: "The task was cancelled; it did not heed its signal and its worker was killed.",
    };
  if (aborted === "stopping") return { outcome: "released", reason: "the cluster stopped" };
  return {
    outcome: "timeout",
    reason: `took longer than ${options.timeoutMs ?? 0} ms; it did not heed its signal and its worker was killed`,
  };
}

function crashReason(end: WorkerEnd): string {
  return end.outOfMemory
    ? 'out-of-memory: give workers more with execArgv: ["--max-old-space-size=…"], or the task less to hold at once'
    : end.reason;
}
