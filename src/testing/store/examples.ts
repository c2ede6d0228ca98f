// Tasks, claims and endings for tests of a store: complete, small, and changed where a test says so.
import { systemClock } from "../../core/clock.ts";
import { nameOf, newId } from "../../core/id.ts";
import type { ClaimedTask, QueuedTask } from "../../core/task.ts";
import type { ClaimRequest, Ending, Fence, NewTask, TaskAgain, TaskEnd } from "../../store/broker.ts";
import type { PruneRequest, Store } from "../../store/store.ts";

export function exampleTask(changes: Partial<NewTask> = {}): NewTask {
  const id = changes.id ?? newId(systemClock);
  return {
    id,
    name: nameOf(id),
    func: "mail.welcome",
    queue: "default",
    group: null,
    priority: 0,
    tags: [],
    isolate: false,
    parent: null,
    schedule: null,
    slot: null,
    envelope: `{"for":"${id}"}`,
    ...changes,
  };
}

export function exampleTasks(count: number, changes: Partial<NewTask> = {}): NewTask[] {
  return Array.from({ length: count }, () => exampleTask(changes));
}

export const leaseMs = 15_000;

/** Asks for everything in the default queue. */
export function claimBy(owner: string, changes: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    owner,
    leaseMs,
    lanes: [{ queue: "default", limit: 10_000 }],
    slots: 10_000,
    isolated: 10_000,
    ...changes,
  };
}

/** Adds a task and claims it, and whatever else is ready. */
export async function leasedTask(
  store: Store,
  owner = "owner",
  changes: Partial<NewTask> = {},
): Promise<QueuedTask> {
  const { id } = exampleTask(changes);
  await store.enqueue([exampleTask({ ...changes, id })]);
  await store.claim(claimBy(owner, { lanes: [{ queue: changes.queue ?? "default", limit: 10_000 }] }));
  return (await store.task(id)) as QueuedTask;
}

export function fenceOf({ id, queue, attempt, owner }: ClaimedTask): Fence {
  return { id, queue, attempt, owner: String(owner) };
}

function ending(task: ClaimedTask, next: TaskEnd | TaskAgain, outcome: Ending["outcome"]): Ending {
  return {
    ...fenceOf(task),
    outcome,
    worker: "1234 brisk-fern",
    started: 1_700_000_000_000,
    stopped: 1_700_000_001_000,
    error: null,
    log: null,
    progress: null,
    uncounted: task.uncounted,
    crashes: task.crashes,
    next,
    followUps: [],
  };
}

export function succeeded(task: ClaimedTask, changes: Partial<Ending & TaskEnd> = {}): Ending {
  const { result = '"done"', save = true, answerMs = 60_000, ...others } = changes;
  return { ...ending(task, { end: "success", result, save, answerMs }, "success"), ...others };
}

export function failed(task: ClaimedTask, changes: Partial<Ending & TaskEnd> = {}): Ending {
  const { result = '"broken"', save = true, answerMs = 60_000, ...others } = changes;
  return { ...ending(task, { end: "failure", result, save, answerMs }, "failed"), error: result, ...others };
}

/** Goes back to the queue; without `delayMs`, with the due time it had. */
export function released(task: ClaimedTask, changes: Partial<Ending & TaskAgain> = {}): Ending {
  const { delayMs = null, unknown = 0, isolate = task.isolate, ...others } = changes;
  const back = ending(task, { again: true, delayMs, unknown, isolate }, "released");
  return { ...back, uncounted: task.uncounted + 1, ...others };
}

/** What a reaper writes for a lease that has run out. */
export function reaped(task: ClaimedTask): Ending {
  return { ...released(task), outcome: "lost", uncounted: task.uncounted, lapsed: true };
}

/** Removes nothing; each test says what may go. */
export function pruning(changes: Partial<PruneRequest> = {}): PruneRequest {
  return {
    saveLimit: null,
    per: null,
    failuresBefore: null,
    attemptsBefore: 0,
    clustersBefore: 0,
    limit: 1_000,
    ...changes,
  };
}

export function idsOf(tasks: readonly { id: string }[]): string[] {
  return tasks.map((task) => task.id);
}
