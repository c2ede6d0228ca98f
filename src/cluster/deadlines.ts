// Ends attempts that take too long: their signal fires at the timeout, and after a grace their worker is killed.
import { type Clock, type Timer, turn } from "../core/clock.ts";
import type { AbortKind } from "../client/context.ts";
import { type Attempt, type Attempts, beganAt } from "./attempts.ts";
import type { WorkerHandle } from "./worker-handle.ts";

/** Past the moment after which a worker begins an attempt no more, until we rely on that. */
const surelyNotMs = 1_000;

export interface DeadlineOptions {
  clock: Clock;
  attempts: Attempts;
  killGraceMs: number;
  /** Kills the worker for these attempts of it, which did not heed their signal. */
  kill: (worker: WorkerHandle, guilty: readonly Attempt[]) => void;
  /** Its worker did not begin it in time, and will not. */
  takeBack: (attempt: Attempt) => void;
}

/** The time of an attempt runs from its begin. What waits behind a neighbour that blocks their worker pays nothing for him. */
export class Deadlines {
  readonly #options: DeadlineOptions;
  // One timer for all, at the earliest deadline: a timer each would cost more than the tasks.
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(options: DeadlineOptions) {
    this.#options = options;
  }

  /** It has just been handed to its worker. */
  watch(attempt: Attempt): void {
    const now = this.#options.clock.monotonic();
    this.#lookAt(attempt, Math.min(now + timeoutOf(attempt), attempt.notAfter + surelyNotMs));
  }

  /** Fires the attempt's signal; from now on it has the kill grace to end. An attempt is aborted once. */
  abort(attempt: Attempt, kind: AbortKind): void {
    const { task, worker } = attempt;
    if (attempt.aborted !== null || worker === null) return;
    const { clock, killGraceMs } = this.#options;
    attempt.aborted = kind;
    attempt.abortedAt = clock.monotonic();
    worker.send({ kind: "abort", id: task.id, attempt: task.attempt, reason: kind });
    // Who lost its lease may take the time it has: it can change nothing, and its worker has innocent neighbours.
    if (kind !== "lease-lost") this.#lookAt(attempt, attempt.abortedAt + killGraceMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #lookAt(attempt: Attempt, at: number): void {
    attempt.deadline = at;
    this.#wakeAt(at);
  }

  #wakeAt(at: number): void {
    if (at >= this.#timerAt) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = clock.after(at - clock.monotonic(), () => void this.#judge());
  }

  async #judge(): Promise<void> {
    this.#timerAt = Number.POSITIVE_INFINITY;
    // After a pause of the process timers run before the pipe is read: the report may lie there already.
    await turn();
    await turn();
    const { clock, attempts, kill } = this.#options;
    const now = clock.monotonic();
    const guilty = new Map<WorkerHandle, Attempt[]>();
    for (const attempt of attempts) {
      const { deadline, worker } = attempt;
      if (deadline === null || worker === null) continue;
      if (deadline <= now && this.#isGuilty(attempt, now))
        guilty.set(worker, [...(guilty.get(worker) ?? []), attempt]);
    }
    for (const [worker, late] of guilty) kill(worker, late);
    let next = Number.POSITIVE_INFINITY;
    for (const { deadline } of attempts) next = Math.min(next, deadline ?? next);
    this.#wakeAt(next);
  }

  /** Does what its deadline asks for. True: it had its signal and its grace. */
  #isGuilty(attempt: Attempt, now: number): boolean {
    const began = beganAt(attempt);
    if (began === null) {
      const last = attempt.notAfter + surelyNotMs;
      if (now >= last) this.#options.takeBack(attempt);
      else attempt.deadline = Math.min(last, now + this.#graceOf(attempt));
      return false;
    }
    const over = Math.max(began, isAsked(attempt) ? attempt.abortedAt : 0) + this.#graceOf(attempt);
    attempt.deadline = over > now ? over : null;
    if (over > now) return false;
    if (attempt.aborted !== null) return true;
    this.abort(attempt, "timeout");
    return false;
  }

  #graceOf(attempt: Attempt): number {
    return isAsked(attempt) ? this.#options.killGraceMs : timeoutOf(attempt);
  }
}

/** It was told to end. Losing its lease only cuts it off. */
function isAsked({ aborted }: Attempt): boolean {
  return aborted !== null && aborted !== "lease-lost";
}

function timeoutOf({ options }: Attempt): number {
  return options.timeoutMs ?? Number.POSITIVE_INFINITY;
}
