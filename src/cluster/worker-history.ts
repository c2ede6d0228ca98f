// What is told of workers with the cluster's row: who was started, who died of what, and errors that no task could be blamed for.
import type { Clock } from "../core/clock.ts";
import type { ClusterStatus } from "../core/cluster-status.ts";
import { errorSummary } from "../core/codec.ts";
import type { Attempt } from "./attempts.ts";

const errorsKept = 5;
const startsKept = 8;
const deathsKept = 8;
const namesKept = 10;
const textKept = 1_000;

export class WorkerHistory {
  readonly #clock: Clock;
  /** The newest first. */
  told: Pick<ClusterStatus, "uncaught" | "starts" | "deaths"> = { uncaught: [], starts: [], deaths: [] };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  started(workerPid: number): void {
    const starts = [{ at: this.#clock.now(), workerPid }, ...this.told.starts].slice(0, startsKept);
    this.told = { ...this.told, starts };
  }

  died(workerPid: number, reason: string, had: readonly Attempt[]): void {
    const running = had.slice(0, namesKept).map(shownName);
    const death = { at: this.#clock.now(), workerPid, reason: reason.slice(0, textKept), running };
    this.told = { ...this.told, deaths: [death, ...this.told.deaths].slice(0, deathsKept) };
  }

  /** Answers the names of what was running. */
  hadError(workerPid: number, error: string, had: readonly Attempt[]): readonly string[] {
    const { name, message, stack } = errorSummary(error);
    const running = had.map(shownName);
    const one = {
      at: this.#clock.now(),
      workerPid,
      name,
      message: message.slice(0, textKept),
      stack: stack?.slice(0, textKept) ?? null,
      running,
    };
    this.told = { ...this.told, uncaught: [one, ...this.told.uncaught].slice(0, errorsKept) };
    return running;
  }
}

const shownName = ({ task }: Attempt): string => `${task.name} (${task.func})`;
