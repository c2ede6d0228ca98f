// What this cluster holds leases on: every attempt from its claim until its end is committed.
import type { ResolvedOptions } from "../core/options.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Fence } from "../store/broker.ts";
import type { AbortKind } from "../client/context.ts";
import type { LogLine, WorkerNote } from "./messages.ts";
import type { SlateLine } from "./slate.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export interface Attempt {
  readonly task: ClaimedTask;
  readonly options: ResolvedOptions;
  /** The worker that has it; null while one is forked for it alone, and when its report is in. */
  worker: WorkerHandle | null;
  /** Where its worker writes down that it has begun. */
  line: SlateLine | null;
  /** This, and what follows, on the monotonic clock: its worker does not begin it later than that. */
  notAfter: number;
  /** When it began, if we have heard of it or looked. */
  began: number | null;
  /** When to look at it again: its timeout may be reached, or the grace after an abort be over. */
  deadline: number | null;
  abortedAt: number;
  aborted: AbortKind | null;
  lines: LogLine[];
  leftOut: number;
  progress: string | null;
  /** It said something that the store has not been told. */
  noteDue: boolean;
}

export class Attempts {
  // Of a task mostly one: an attempt that lost its lease may still run here while a later one is in hand.
  readonly #byTask = new Map<string, Attempt[]>();
  #size = 0;
  readonly #byQueue = new Map<string, number>();
  #onEmpty: (() => void) | undefined;

  get size(): number {
    return this.#size;
  }

  add(attempt: Attempt): void {
    const others = this.#byTask.get(attempt.task.id);
    if (others === undefined) this.#byTask.set(attempt.task.id, [attempt]);
    else others.push(attempt);
    this.#size += 1;
    this.#count(attempt.task.queue, 1);
  }

  /** The attempt in hand with this number; undefined for one that is over, or that was never ours. */
  find(id: string, number: number): Attempt | undefined {
    return this.#byTask.get(id)?.find(({ task }) => task.attempt === number);
  }

  /** Those of this task that still hold their lease, as far as we know. */
  ofTask(id: string): Attempt[] {
    return (this.#byTask.get(id) ?? []).filter(({ aborted }) => aborted !== "lease-lost");
  }

  remove(attempt: Attempt): void {
    const { id } = attempt.task;
    const all = this.#byTask.get(id) ?? [];
    const place = all.indexOf(attempt);
    if (place === -1) return;
    if (all.length === 1) this.#byTask.delete(id);
    else all.splice(place, 1);
    this.#size -= 1;
    this.#count(attempt.task.queue, -1);
    if (this.size === 0) this.#onEmpty?.();
  }

  /** Resolves when nothing is in hand any more. */
  async empty(): Promise<void> {
    if (this.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  inQueue(queue: string): number {
    return this.#byQueue.get(queue) ?? 0;
  }

  *[Symbol.iterator](): IterableIterator<Attempt> {
    for (const all of this.#byTask.values()) yield* [...all]; // One may be taken off meanwhile.
  }

  #count(queue: string, by: number): void {
    const count = this.inQueue(queue) + by;
    if (count === 0) this.#byQueue.delete(queue);
    else this.#byQueue.set(queue, count);
  }
}

export function newAttempt(task: ClaimedTask, options: ResolvedOptions): Attempt {
  return {
    task,
    options,
    worker: null,
    line: null,
    notAfter: 0,
    began: null,
    deadline: null,
    abortedAt: 0,
    aborted: null,
    lines: [],
    leftOut: 0,
    progress: null,
    noteDue: false,
  };
}

export function handTo(worker: WorkerHandle, attempt: Attempt, notAfter: number): void {
  attempt.worker = worker;
  attempt.line = worker.slate?.take() ?? null;
  attempt.notAfter = notAfter;
  worker.running.add(attempt.task);
}

/** Its worker has no more to do with it. */
export function letGo(attempt: Attempt): void {
  const { worker, line, task } = attempt;
  worker?.running.delete(task);
  if (line !== null) worker?.slate?.give(line);
  attempt.worker = null;
  attempt.line = null;
  attempt.deadline = null;
}

/** Null: nothing of it has run. */
export function beganAt(attempt: Attempt): number | null {
  const { worker, line } = attempt;
  if (line !== null) attempt.began ??= worker?.slate?.beganAt(line) ?? null;
  return attempt.began;
}

export function addNote(attempt: Attempt, note: WorkerNote): void {
  attempt.lines.push(...note.lines);
  attempt.leftOut += note.leftOut;
  attempt.progress = note.progress ?? attempt.progress;
  attempt.noteDue = true;
}

export function logText({ lines, leftOut }: Pick<Attempt, "lines" | "leftOut">): string | null {
  return lines.length === 0 && leftOut === 0 ? null : JSON.stringify({ lines, leftOut });
}

export function fenceOf({ task }: Attempt): Fence {
  return { id: task.id, queue: task.queue, attempt: task.attempt, owner: task.owner ?? "" };
}
