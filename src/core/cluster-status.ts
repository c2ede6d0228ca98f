// What a cluster says of itself with every heartbeat.

/** `paused`: it was told to take no tasks; what it had in hand may still run. */
export type ClusterState = "starting" | "idle" | "working" | "paused" | "stopping" | "stopped";

export interface WorkerStatus {
  pid: number;
  /** Resident memory in bytes; null where it can't be read. */
  rss: number | null;
  /** Ids of the tasks in hand. */
  running: readonly string[];
  /** Tasks done since it was started. */
  done: number;
  state: "starting" | "ready" | "retiring";
}

export interface ClusterStatus {
  workers: readonly WorkerStatus[];
  succeeded: number;
  failed: number;
  /** Workers that died or were replaced. */
  reincarnations: number;
  /** Why tasks are not taken, such as a project module that no longer loads; null when all is well. */
  trouble: string | null;
  /** How far the store's clock is ahead of its own, in milliseconds; null: not known. */
  clockOffMs: number | null;
  /** The newest errors in workers that no task could be blamed for, the newest first. */
  uncaught: readonly UncaughtError[];
  /** The last workers that were started, and those that died and were not told to end; the newest first. */
  starts: readonly WorkerStart[];
  deaths: readonly WorkerDeath[];
  /** Null: a cluster of an earlier version, which does not say it. */
  services: ServicesStatus | null;
}

/** What the services beside the workers have in hand, and did since the cluster was started. */
export interface ServicesStatus<Moment = number> {
  /** Attempts that have been taken and are not saved yet. */
  inHand: number;
  /** Those of them that have ended. */
  unsaved: number;
  /** Attempts that the pusher took from queues. */
  taken: Deeds<Moment>;
  /** Those whose end the monitor saved. */
  saved: Deeds<Moment>;
  /** Tasks that the scheduler made for schedules. */
  fired: Deeds<Moment>;
  /** When it last looked for schedules that are due; null: it has not yet. */
  looked: Moment | null;
}

export interface Deeds<Moment = number> {
  count: number;
  /** The last time, epoch milliseconds; null: never. */
  at: Moment | null;
}

export function addDeeds(deeds: Deeds, count: number, clock: { now(): number }): void {
  deeds.count += count;
  deeds.at = clock.now();
}

export interface WorkerStart {
  /** Epoch milliseconds. */
  at: number;
  workerPid: number;
}

export interface WorkerDeath extends WorkerStart {
  /** What it died of. */
  reason: string;
  /** The names of the tasks that it had in hand. */
  running: readonly string[];
}

export interface UncaughtError {
  /** Epoch milliseconds. */
  at: number;
  workerPid: number;
  name: string;
  message: string;
  stack: string | null;
  /** The names of the tasks that ran in that worker. */
  running: readonly string[];
}
