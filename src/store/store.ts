// THE seam: the queue chapter (broker.ts), results, clusters, audit and meta. An engine is data and transactions, no policy.
import type { AttemptRecord, EndedTask, StoredTask } from "../core/task.ts";
import type { Audit } from "./audit.ts";
import type { AuditEntry, Broker, Enqueued, NewTask } from "./broker.ts";
import type { Browse } from "./browse.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Copying } from "./copying.ts";
import type { PageRequest, TaskFilter, TaskPage } from "./filter.ts";
import type { Schedules } from "./schedules.ts";

/** What a waiter learns of a task that has ended; kept for a while even when the result itself is not saved. */
export interface Answer {
  id: string;
  success: boolean;
  outcome: EndedTask["outcome"];
  name: string;
  func: string;
  result: string | null;
}

/** What a cluster is told to do: to take no tasks until that is taken back, or to stop as at a first signal. */
export type ClusterOrder = "pause" | "stop";

/** A cluster as its heartbeat last told it. `status` is JSON text: state, workers, running tasks, counts. */
export interface ClusterRow {
  id: string;
  name: string;
  host: string;
  pid: number;
  version: string;
  state: string;
  queues: string;
  started: number;
  heartbeat: number;
  status: string;
  /** The order that stands; null: none. */
  order: ClusterOrder | null;
}

/** What pruning may remove in one step. `per` counts the newest successes of each group, func or name, not of all together. */
export interface PruneRequest {
  saveLimit: number | null;
  per: "group" | "func" | "name" | null;
  failuresBefore: number | null;
  /** Attempts of tasks that are gone are kept so long. */
  attemptsBefore: number;
  /** Clusters that said nothing since. */
  clustersBefore: number;
  /** At most so many rows of each kind. */
  limit: number;
}

/** An ended task that is queued again, as a new one. */
export interface Repeat {
  id: string;
  task: NewTask;
  remove: boolean;
  audit?: AuditEntry;
}

export interface Results {
  /** One task, ended or not, by its id, or the latest of that name. */
  task(idOrName: string): Promise<StoredTask | null>;
  /** The attempts of a task that have ended, the first one first. */
  attempts(id: string): Promise<AttemptRecord[]>;
  /** Of each of these tasks the last attempt that has ended; tasks of which none has are left out. */
  lastAttempts(ids: readonly string[]): Promise<AttemptRecord[]>;
  /** Of these tasks, by id, what those that have ended came to. */
  answers(ids: readonly string[]): Promise<Answer[]>;
  /** The answer to the latest task of that name that has ended. */
  answerByName(name: string): Promise<Answer | null>;
  /** A page of tasks that match, by keyset; the cursor goes on where the page ended, also when rows came and went meanwhile. */
  tasks(filter: TaskFilter, page: PageRequest): Promise<TaskPage>;
  /** How many match, counting at most `upTo`. */
  countTasks(filter: TaskFilter, upTo?: number): Promise<number>;

  /**
   * Removes tasks that do not run, and answers for waiters; answers the ids removed. Each of them gets an audit entry of its own,
   * with its id as object.
   */
  deleteTasks(ids: readonly string[], audit?: AuditEntry): Promise<string[]>;
  /**
   * Adds tasks and, with `remove`, deletes the ended ones they repeat, all in one transaction. Null: that one is gone or has not
   * ended, and nothing was added for it. A unique key that the repeated task itself still holds goes on to its repeat; one that another
   * holds deletes nothing.
   */
  resubmit(repeats: readonly Repeat[]): Promise<(Enqueued | null)[]>;

  /** How the kept tasks of a group stand; successes that were not saved, or were pruned, are not counted. */
  groupCount(group: string): Promise<{ total: number; succeeded: number; failed: number; open: number }>;
  /** Takes the label off the group's tasks, or deletes those of them that do not run. Answers how many. */
  deleteGroup(group: string, tasks: boolean, audit?: AuditEntry): Promise<number>;

  /**
   * Removes, in one bounded step, the oldest successes beyond the limit, failures past their time, answers that expired, unique keys
   * that are free, attempts of tasks that are gone, and silent clusters. Answers how many rows went: 0 means there is no more.
   */
  prune(request: PruneRequest): Promise<number>;
}

export interface Clusters {
  /** The latest of each cluster; a cluster that stopped says so in its state. */
  saveCluster(row: Omit<ClusterRow, "heartbeat" | "order">): Promise<void>;
  clusters(): Promise<ClusterRow[]>;
  /**
   * Gives a cluster an order, or takes back a pause with null, and answers whether that changed anything. Nothing is changed of one
   * that is not there, has stopped, or was told to stop: that is not taken back.
   */
  orderCluster(id: string, order: ClusterOrder | null, audit?: AuditEntry): Promise<boolean>;
  /** The order that stands for a cluster; a heartbeat leaves it alone. */
  clusterOrder(id: string): Promise<ClusterOrder | null>;
}

export interface Meta {
  meta(key: string): Promise<string | null>;
  /** Sets the value if the key has none yet, and answers the one that stands. */
  metaOnce(key: string, value: string): Promise<string>;
  /**
   * Replaces what stands, if it is still `from` (null: nothing), by `to` (null: nothing), and answers whether it was. With an audit
   * entry, which is written only then.
   */
  metaSwap(key: string, from: string | null, to: string | null, audit?: AuditEntry): Promise<boolean>;
  /** The keys that begin so, and go on, with their values, in order, at most `limit`, behind `after`. */
  metas(prefix: string, page: { limit: number; after?: string }): Promise<MetaRow[]>;
}

export interface MetaRow {
  key: string;
  value: string;
}

export interface Store extends Broker, Results, Schedules, Browse, Clusters, Audit, Meta, Copying {
  readonly capabilities: Capabilities;
  /** Where it is, for people: an absolute path or an address without password. */
  readonly location: string;
  /** The version of the tables when it was opened, and now. */
  readonly migrated: { from: number; to: number };
  /** Lets go of files and connections. Closing twice is safe. */
  close(): Promise<void>;
}

/** What an engine is opened with. */
export interface StoreOptions {
  synchronous: "full" | "normal";
  tablePrefix: string;
  /** False: tables that are missing or old are an error instead of being made. */
  migrate: boolean;
  /** Moves the engine's clock; for tests. */
  clockOffsetMs: () => number;
}
