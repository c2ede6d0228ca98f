// The end of attempts: record, task or next attempt, follow-ups; and the cancelling of tasks that do not run.
import { errorTextOf } from "../../core/error/error-text.ts";
import type { EndedTask, QueuedTask, TaskColumns } from "../../core/task.ts";
import type { CancelAnswer, Ending, EndingAnswer, TaskAgain, TaskEnd } from "../broker.ts";
import type { KeptAttempt } from "../copying.ts";
import { checkNewTasks, enqueueTask, heldTask, ranOut } from "./memory-queue.ts";
import { markGone } from "./memory-results.ts";
import { endRun } from "./memory-schedules.ts";
import { type MemoryTables, refuseOddNumbers, type Scope } from "./memory-tables.ts";

export function finishAttempts(scope: Scope, endings: readonly Ending[]): EndingAnswer[] {
  for (const ending of endings) {
    refuseOddNumbers(`task ${ending.id}`, ending);
    refuseOddNumbers(`task ${ending.id}`, ending.next);
    checkNewTasks(ending.followUps);
  }
  return endings.map((ending) => finishAttempt(scope, ending));
}

function finishAttempt(scope: Scope, ending: Ending): EndingAnswer {
  const { tables, now } = scope;
  const { next } = ending;
  const task = heldTask(tables, ending);
  if (task === undefined) return wasCarriedOut(tables, ending) ? "already" : "lost";
  if (ending.lapsed === true && !ranOut(task, now)) return "lost";
  if ("again" in next && task.cancelled) return "cancelled";

  tables.attempts.set(task.id, [...(tables.attempts.get(task.id) ?? []), attemptOf(ending)]);
  if ("end" in next) endTask(scope, task, ending, next);
  else putBack(scope, task, ending, next);
  for (const followUp of ending.followUps) enqueueTask(scope, followUp);
  return "done";
}

/** Decided by the attempt's own record and not by the task's row, which may have moved on to the next attempt. */
function wasCarriedOut({ attempts }: MemoryTables, ending: Ending): boolean {
  const record = attempts.get(ending.id)?.find(({ attempt }) => attempt === ending.attempt);
  return record?.owner === ending.owner && record.lapsed === (ending.lapsed ?? false);
}

function attemptOf(ending: Ending): KeptAttempt {
  return {
    id: ending.id,
    attempt: ending.attempt,
    owner: ending.owner,
    outcome: ending.outcome,
    worker: ending.worker,
    started: ending.started,
    stopped: ending.stopped,
    error: ending.error,
    log: ending.log,
    lapsed: ending.lapsed ?? false,
    gone: false,
  };
}

function endTask(
  scope: Scope,
  task: QueuedTask,
  ending: Ending,
  { end, result, save, answerMs }: TaskEnd,
): void {
  const { tables, now } = scope;
  const { outcome } = ending;
  tables.queue.delete(task.id);
  endRun(scope, task, ending);
  if (!save) {
    const { id, name, func } = task;
    tables.answers.set(id, {
      id,
      success: end === "success",
      outcome,
      name,
      func,
      result,
      expires: now + answerMs,
    });
    markGone(tables, id);
    return;
  }
  tables.ended.set(task.id, {
    ...columnsOf(task),
    state: end,
    outcome,
    uncounted: ending.uncounted,
    crashes: ending.crashes,
    progress: ending.progress ?? task.progress,
    started: ending.started,
    stopped: ending.stopped,
    result,
    ...errorTextOf(end === "failure" ? result : null),
  });
}

function putBack({ tables, now }: Scope, task: QueuedTask, ending: Ending, next: TaskAgain): void {
  tables.queue.set(task.id, {
    ...task,
    state: next.delayMs !== null && next.delayMs > 0 ? "waiting" : "ready",
    // Without a delay it keeps the due time it had: recovered tasks go before the backlog of their priority.
    due: next.delayMs === null ? task.due : now + next.delayMs,
    owner: null,
    leasedAt: null,
    leasedUntil: null,
    uncounted: ending.uncounted,
    crashes: ending.crashes,
    unknown: next.unknown,
    isolate: next.isolate,
    error: ending.error ?? task.error,
    progress: ending.progress ?? task.progress,
    log: null,
  });
}

export function cancelTask(scope: Scope, id: string, error: string): CancelAnswer {
  const { tables, now } = scope;
  const task = tables.queue.get(id);
  if (task === undefined) return tables.ended.has(id) || tables.answers.has(id) ? "ended" : "unknown";
  if (task.state === "leased") {
    tables.queue.set(id, { ...task, cancelled: true });
    return "asked";
  }
  const ended: EndedTask = {
    ...columnsOf(task),
    state: "failure",
    outcome: "cancelled",
    started: null,
    stopped: now,
    result: error,
    ...errorTextOf(error),
  };
  tables.queue.delete(id);
  tables.ended.set(id, ended);
  endRun(scope, task, ended);
  return "cancelled";
}

function columnsOf(task: QueuedTask): TaskColumns {
  return {
    id: task.id,
    name: task.name,
    func: task.func,
    queue: task.queue,
    group: task.group,
    priority: task.priority,
    tags: task.tags,
    enqueued: task.enqueued,
    attempt: task.attempt,
    uncounted: task.uncounted,
    crashes: task.crashes,
    parent: task.parent,
    schedule: task.schedule,
    slot: task.slot,
    envelope: task.envelope,
    progress: task.progress,
  };
}
