// Ends attempts that take too long: their signal fires at the timeout, and after a grace their worker is killed.
import { type Clock, type Timer, turn } from "../core/clock.ts";
import type { AbortKind } from "../client/context.ts";
import type { Attempt, Attempts } from "./attempts.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export interface DeadlineOptions {
  clock: Clock;
  attempts: Attempts;
  killGraceMs: number;
  /** Kills the worker for these attempts of it, which did not heed their signal. */
  kill: (worker: WorkerHandle, guilty: readonly Attempt[]) => void;
}

export class Deadlines {
  readonly #options: DeadlineOptions;
  // One timer for all, at the earliest deadline: a timer each would cost more than the tasks.
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(options: DeadlineOptions) {
    this.#options = options;
  }

  arm(attempt: Attempt, ms: number): void {
    const { clock } = this.#options;
    attempt.deadline = clock.monotonic() + ms;
    if (attempt.deadline >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = attempt.deadline;
    this.#timer = clock.after(ms, () => void this.#judge());
  }

  /** Fires the attempt's signal; from now on it has the kill grace to end. An attempt is aborted once. */
  abort(attempt: Attempt, kind: AbortKind): void {
    const { task, worker } = attempt;
    if (attempt.aborted !== null || worker === null) return;
    attempt.aborted = kind;
    worker.send({ kind: "abort", id: task.id, attempt: task.attempt, reason: kind });
    // Who lost its lease may take the time it has: it can change nothing, and its worker has innocent neighbours.
    if (kind !== "lease-lost") this.arm(attempt, this.#options.killGraceMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  async #judge(): Promise<void> {
    this.#timerAt = Number.POSITIVE_INFINITY;
    // After a pause of the process timers run before the pipe is read: the report may lie there already.
    await turn();
    await turn();
    const { clock, attempts, kill } = this.#options;
    const now = clock.monotonic();
    const guilty = new Map<WorkerHandle, Attempt[]>();
    let next = Number.POSITIVE_INFINITY;
    for (const attempt of attempts) {
      const { deadline, worker } = attempt;
      if (deadline === null || worker === null) continue;
      if (deadline > now) {
        next = Math.min(next, deadline);
      } else if (attempt.aborted === null) {
        this.abort(attempt, "timeout");
      } else {
        attempt.deadline = null;
        guilty.set(worker, [...(guilty.get(worker) ?? []), attempt]);
      }
    }
    for (const [worker, late] of guilty) kill(worker, late);
    if (next >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = next;
    this.#timer = clock.after(next - now, () => void this.#judge());
  }
}
