// The schedule chapter of the seam: schedules as rows, the compare-and-set that fires them, and their last runs.
import type { AttemptOutcome } from "../core/task.ts";
import type { AuditEntry, NewTask } from "./broker.ts";

/** A schedule as it is kept. Moments are UTC epoch milliseconds. */
export interface ScheduleRow {
  id: string;
  /** Raised by every save, for the optimistic lock of forms. Firing leaves it alone. */
  version: number;
  /** Raised when its times change: slots are counted anew, and one that was fired before may come again. */
  revision: number;
  /** Unique. Null: it is known by its id. */
  name: string | null;
  func: string;
  queue: string;
  /** Null: finished. Beside `repeats: 0` it is paused. */
  nextRun: number | null;
  repeats: number;
  /** The count that a paused schedule goes on with. */
  pausedRepeats: number | null;
  /** What it is and what its tasks are made of; the client's text, opaque to an engine. */
  definition: string;
  /** Its type, for lists; null: an older Quern wrote it. What people say of it. */
  type: string | null;
  note: string | null;
  /** How many of its last runs are kept; that of the last slot of its revision always is. */
  keepRuns: number;
  /** The declaration it was made from, as the client wrote it; null: made by a person. */
  declared: string | null;
  /** Why it can't run. */
  error: string | null;
  /** It is not fired until it is saved again, because of its error. */
  held: boolean;
  created: number;
  /** By its last save. Firing leaves it alone. */
  changed: number;
}

/** What a save is compared with, so that it changes only what its writer has read. */
export type ScheduleRead = Pick<ScheduleRow, "version" | "repeats" | "nextRun">;

/** `taken`: another schedule has that name. `stale`: it is no longer as it was read, or gone. Neither changes anything. */
export type SaveAnswer = "saved" | "stale" | "taken";

/** All that are given must hold. */
export interface ScheduleFilter {
  status?: "active" | "paused" | "finished";
  func?: string;
  queue?: string;
  declared?: boolean;
  /** Whether it has an error. */
  failing?: boolean;
  /** Every word must be part of name or func, whatever the case of its letters from a to z. */
  search?: string;
}

/** In the order of their ids, so in that they were made. */
export interface SchedulePage {
  schedules: ScheduleRow[];
  /** The `after` of the next page; null: that was all. */
  next: string | null;
}

/** The due schedules that a cluster may fire, and those it can only complain about. */
export interface Due {
  /** Not held, not paused, come due by the engine's clock, of a queue and a func that was asked for; the longest due first. */
  schedules: ScheduleRow[];
  /** Due as well, of a queue that was asked for, but of another func, and with no error yet. */
  unknown: ScheduleRow[];
  /** Milliseconds until the next of these queues comes due, whatever its func; 0 when there are more of either kind, null when none waits. */
  nextDueMs: number | null;
  /** The engine's clock. */
  now: number;
}

/** One schedule takes its step: the tasks of its slots, and the row afterwards. */
export interface Firing {
  id: string;
  /** What must still stand: the row as it was read. */
  read: ScheduleRead;
  revision: number;
  /** The earliest first. None: what was missed is passed over. */
  slots: readonly { slot: number; task: NewTask }[];
  repeats: number;
  nextRun: number | null;
  /** It deletes itself, its runs with it. */
  remove: boolean;
  /** With `remove`: a key of `meta` that is set in the same transaction, so that the declaration is not made again. */
  remember?: string;
}

/**
 * `null`: somebody else was first, or it was edited, or is held; nothing was done. Else what was queued for each slot; null: it, or
 * a later slot of its revision, had been fired.
 */
export type FiringAnswer = (Fired | null)[] | null;

export interface Fired {
  slot: number;
  /** The id of the task that stands for the slot: its own, or the one that already held its unique key. */
  task: string;
}

export type RunKind = "slot" | "manual";

/** One run of a schedule, kept whatever `saveLimit` prunes. */
export interface ScheduleRun {
  schedule: string;
  kind: RunKind;
  /** The intended time; of a manual run, when it was asked for. */
  slot: number;
  task: string;
  enqueued: number;
  /** Of the last attempt; null: none has begun, or it has not ended. */
  started: number | null;
  stopped: number | null;
  /** Null: it has not ended. `deleted`: its task was. `deduplicated`: its task was not queued, `task` already held its unique key. */
  outcome: AttemptOutcome | "deleted" | "deduplicated" | null;
}

export interface Schedules {
  /** By its id; else by its name. */
  schedule(idOrName: string): Promise<ScheduleRow | null>;
  schedules(filter: ScheduleFilter, page: { limit: number; after?: string }): Promise<SchedulePage>;
  /** How many match, counting at most `upTo`. */
  countSchedules(filter: ScheduleFilter, upTo?: number): Promise<number>;

  /**
   * Writes the whole row but `created` and `changed`, which are the engine's. Without `read` it is new, and `stale` when the id is
   * there already; `audit` is written when it is saved. A save clears nothing by itself: the error goes when the row says so.
   */
  saveSchedule(
    row: Omit<ScheduleRow, "created" | "changed">,
    read: ScheduleRead | null,
    audit?: AuditEntry,
  ): Promise<SaveAnswer>;

  /** With its runs; tasks that it has queued stay. False: it was not there. */
  deleteSchedule(id: string, audit?: AuditEntry): Promise<boolean>;

  /** At most `limit` of each kind. `queues: null` means all. */
  dueSchedules(request: {
    queues: readonly string[] | null;
    funcs: readonly string[];
    limit: number;
  }): Promise<Due>;

  /**
   * Compares, sets and enqueues, each schedule wholly or not at all, all in one transaction. Of a slot of one revision there is never
   * a second task, whoever asks and however often. Runs beyond `keepRuns` go, the oldest first. An error that stood is cleared.
   * Data that the engine refuses refuse the whole call. Steps of the same schedule are taken one after the other.
   */
  fireSchedules(firings: readonly Firing[]): Promise<FiringAnswer[]>;

  /** Queues a task of the schedule now, beside its slots: only a run is added; of the same task one. Null: there is no such schedule. */
  runSchedule(
    id: string,
    task: NewTask,
    audit?: AuditEntry,
  ): Promise<{ id: string; name: string; deduplicated: boolean } | null>;

  /** Sets the error of a schedule that is still at that version; with `hold` it is not fired until it is saved again. */
  failSchedule(id: string, version: number, error: string, hold: boolean): Promise<boolean>;

  /** The last runs, the newest first. Their ends are written by the `finish`, `cancel` or `deleteTasks` of their task, in its transaction. */
  scheduleRuns(id: string, limit: number): Promise<ScheduleRun[]>;
  /** Of each of these schedules its newest runs, the newest first: at most `each`, which is 1 unless said. */
  lastRuns(ids: readonly string[], each?: number): Promise<ScheduleRun[]>;
}
