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
