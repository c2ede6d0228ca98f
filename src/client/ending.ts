// A report to the ending a store carries out: the decision, and the tasks that follow from it.
import { errorSummary } from "../core/codec.ts";
import { childId } from "../core/id.ts";
import type { FinishedTask, ResolvedOptions } from "../core/options.ts";
import { decide, type Report, whyUnstored } from "../core/outcome.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Ending, NewTask } from "../store/broker.ts";
import { decode } from "../core/codec.ts";
import type { Client, Opened } from "./client.ts";
import { followUpTask } from "./enqueue/enqueue.ts";

/** How long the answer of a success that is not saved is there for whoever waits for it. */
const answerMs = 60_000;

/** `options` is null where the envelope could not be opened. */
export function endingOf(
  client: Client,
  { keyring }: Pick<Opened, "keyring">,
  task: ClaimedTask,
  options: ResolvedOptions | null,
  report: Report,
): Ending {
  const { uncounted, crashes, next } = decide({ task, options }, report, Math.random);
  const success = "end" in next && next.end === "success";
  return {
    id: task.id,
    queue: task.queue,
    attempt: task.attempt,
    owner: task.owner ?? "",
    outcome: report.outcome,
    worker: report.worker,
    started: report.started,
    stopped: report.stopped,
    error: report.error,
    log: report.log,
    progress: report.progress,
    uncounted,
    crashes,
    next:
      "again" in next
        ? next
        : {
            end: next.end,
            result: success ? report.result : report.error,
            save: !success || ((options?.save ?? true) && client.options.saveLimit !== -1),
            answerMs,
          },
    followUps:
      "end" in next && options?.hook !== undefined
        ? [hookTask(client, keyring, options.hook, task, report, success)]
        : [],
  };
}

function hookTask(
  client: Client,
  keyring: Opened["keyring"],
  hook: string,
  task: ClaimedTask,
  report: Report,
  success: boolean,
): NewTask {
  const { id, name, func, queue, group, attempt } = task;
  const finished: FinishedTask = { id, name, func, queue, group, attempt, success, outcome: report.outcome };
  if (!success && report.error !== null) {
    const { name, message } = errorSummary(report.error);
    finished.error = { name, message };
  }
  const origin = { id: childId(id, "hook"), parent: id };
  const withResult = (): FinishedTask =>
    success && report.result !== null && whyUnstored(report.result) === undefined
      ? { ...finished, result: decode(report.result, client.options) }
      : finished;
  try {
    return followUpTask(client, keyring, hook, withResult(), origin);
  } catch {
    return followUpTask(client, keyring, hook, finished, origin); // The result alone may be as large as an input may be.
  }
}
