// The queue chapter of the seam: what holds tasks that have not ended. Each sentence here is a test in testing/store/.
import type { AttemptOutcome, ClaimedTask, QueuedTask } from "../core/task.ts";

/** A task on its way into the queue. Its id is made by the client, so that an enqueue may be repeated. */
export interface NewTask {
  id: string;
  name: string;
  func: string;
  queue: string;
  group: string | null;
  priority: number;
  tags: readonly string[];
  /** When it may be claimed: a moment, or a delay that the engine adds to its own clock. Neither: at once. */
  dueAt?: number;
  delayMs?: number;
  isolate: boolean;
  /** Scope is func + key. Held while such a task has not ended, and at least `withinMs` from its enqueue. */
  unique?: { key: string; withinMs?: number };
  parent: string | null;
  schedule: string | null;
  slot: number | null;
  envelope: string;
}

/** The id that stands for the call: the given one, or the one that already holds its unique key. */
export interface Enqueued {
  id: string;
  name: string;
  deduplicated: boolean;
}

/** What every write about a running attempt must match. No row matched: the lease is lost, and nothing is written. */
export interface Fence {
  id: string;
  queue: string;
  attempt: number;
  owner: string;
}

/** Where a task stands in its queue: by priority, then due, then id. */
export interface ClaimPlace {
  priority: number;
  due: number;
  id: string;
}

export interface ClaimRequest {
  /** The cluster's incarnation. */
  owner: string;
  leaseMs: number;
  /**
   * The queues to take from, in this order, at most `limit` from each: first tasks that share a worker, then isolated ones. With
   * `after` an engine may take those behind that place first, and need not know it.
   */
  lanes: readonly { queue: string; limit: number; after?: ClaimPlace | undefined }[];
  /** At most so many tasks that share a worker, and so many that need one of their own. */
  slots: number;
  isolated: number;
}

export interface Claim {
  tasks: ClaimedTask[];
  /** Milliseconds until the next waiting task comes due, of whatever queue; null when none waits. */
  nextDueMs: number | null;
}

/** The end of an attempt, decided by core/outcome.ts; an engine only carries it out, in one transaction. */
export interface Ending extends Fence {
  /** Only if the lease has run out by the engine's clock, else `lost`: a reaper's ending, fenced against a renewal at the same moment. */
  lapsed?: boolean;
  outcome: AttemptOutcome;
  worker: string | null;
  started: number | null;
  stopped: number;
  error: string | null;
  log: string | null;
  progress: string | null;
  uncounted: number;
  crashes: number;
  next: TaskEnd | TaskAgain;
  /** Tasks that this end brings about, such as its hook. Their ids derive from the parent: a repeat adds nothing. */
  followUps: readonly NewTask[];
}

/** The task has ended. */
export interface TaskEnd {
  end: "success" | "failure";
  result: string | null;
  /** False: not among the results; its answer is only kept for whoever waits for it, for `answerMs` and until the next pruning. */
  save: boolean;
  answerMs: number;
}

/** The task goes back to the queue: due after `delayMs`, or with the due time it had. */
export interface TaskAgain {
  again: true;
  delayMs: number | null;
  unknown: number;
  isolate: boolean;
}

/**
 * `done`: carried out. `already`: this owner has ended this attempt before (or, of a lapsed lease, a reaper has); nothing changed.
 * `lost`: the attempt is no longer its owner's; nothing changed. `cancelled`: the task was to go back but has been asked to be
 * cancelled; nothing changed, decide again.
 */
export type EndingAnswer = "done" | "already" | "lost" | "cancelled";

/** What a running attempt said: its progress and its log so far, each replacing what was there unless it is null. */
export interface Note extends Fence {
  progress: string | null;
  log: string | null;
}

export type CancelAnswer = "cancelled" | "asked" | "ended" | "unknown";

/** What a task that nobody runs is changed to; what is left out stays. */
export interface TaskChange {
  queue?: string;
  dueAt?: number;
  priority?: number;
  /** Sealed anew: it names the queue. */
  envelope?: string;
}

/** What a change is compared with, so that it changes only what its writer has read. */
export type TaskRead = Pick<QueuedTask, "id" | "attempt" | "queue" | "due" | "priority" | "envelope">;

export interface QueueCount {
  queue: string;
  waiting: number;
  ready: number;
  leased: number;
  paused: boolean;
}

/** Who did what: written in the same transaction as the change it tells of, and only if something was changed. */
export interface AuditEntry {
  who: string;
  action: string;
  object: string;
  before?: string;
  after?: string;
  address?: string;
  /** What came of it. @default "done" */
  outcome?: "done" | "refused" | "failed";
  /** The role of who did it, and the reason that was given. */
  role?: string;
  reason?: string;
}

export interface Broker {
  /**
   * Adds the tasks; resolves when they are durable. The same id twice adds nothing, even when that task has ended since, or was
   * pruned while its attempts are still kept. Tasks that the engine refuses for their data refuse the whole call.
   * With `tx` it becomes part of the caller's transaction: invisible before its commit, gone after its rollback. An audit entry is
   * written with them, unless all of their unique keys are held.
   */
  enqueue(tasks: readonly NewTask[], tx?: unknown, audit?: AuditEntry): Promise<Enqueued[]>;

  /**
   * Takes leases on ready tasks, by priority (higher first), then due, then id, and raises their attempt. Never a task that is not
   * due, is cancelled, or whose queue is paused. Two claimers never share one. A waiting task that has come due stays `waiting`
   * until somebody claims, from whatever queue.
   */
  claim(request: ClaimRequest): Promise<Claim>;

  /**
   * Renews the named leases, also past ones that nobody has taken. Says which are lost, and which tasks of the others were asked to
   * be cancelled. (A lost lease is more than an id: its owner may hold the next attempt of the same task.) One that a transaction
   * holds at the moment is neither renewed nor lost.
   */
  extend(leases: readonly Fence[], leaseMs: number): Promise<{ lost: Fence[]; cancelled: string[] }>;

  /**
   * Ends attempts, in order, all in one transaction: record, task or next attempt, follow-ups. An ending whose data the engine
   * refuses is an error and none of the others is carried out: the caller halves the group until the bad one is alone.
   */
  finish(endings: readonly Ending[], audit?: AuditEntry): Promise<EndingAnswer[]>;

  /** `finish` and `claim` in one commit: "these are done, give me more". */
  finishAndClaim(
    endings: readonly Ending[],
    request: ClaimRequest,
  ): Promise<{ answers: EndingAnswer[]; claim: Claim }>;

  /** `finish` of one attempt inside the caller's transaction. Until that ends it keeps nobody from anything about other attempts. */
  finishIn(tx: unknown, ending: Ending): Promise<EndingAnswer>;

  /** Stores what running attempts said, fenced; answers for which: not for one that is another owner's, or in a transaction now. */
  note(notes: readonly Note[]): Promise<boolean[]>;

  /**
   * Leases that have run out by the engine's clock, the oldest first; none that a transaction holds. The reaper ends them by `finish`.
   * One that ends later than the longest lease there is has run out, too: that clock was set back since it was renewed.
   */
  reclaimable(limit: number): Promise<QueuedTask[]>;

  /** The leases of one owner: what it must release that it does not know, after a claim whose answer was lost. */
  leasesOf(owner: string): Promise<QueuedTask[]>;

  /** The running tasks of one owner that were asked to be cancelled. */
  cancellations(owner: string): Promise<string[]>;

  /**
   * Cancels a task: at once (`cancelled`, a failure with that outcome and `error` as its result), or, when it runs, by asking its
   * owner (`asked`). `ended` and `unknown` change nothing.
   */
  cancel(id: string, error: string, audit?: AuditEntry): Promise<CancelAnswer>;

  /** Changes a task that waits or is ready and still is as it was read; false: it is not, and nothing was changed. */
  changeTask(read: TaskRead, change: TaskChange, audit?: AuditEntry): Promise<boolean>;

  /** Makes tasks due at once that were given back because nobody knew their func, if it is one of these. Answers how many. */
  callBack(funcs: readonly string[]): Promise<number>;

  /** A paused queue takes tasks and gives none. Both answer whether anything changed. */
  pause(queue: string, audit?: AuditEntry): Promise<boolean>;
  resume(queue: string, audit?: AuditEntry): Promise<boolean>;

  /** The queues with tasks that are ready or have come due: the lanes for a cluster that serves all of them. */
  queueNames(): Promise<string[]>;
  /** All queues that hold tasks or are paused, by name. */
  queueCounts(): Promise<QueueCount[]>;

  /**
   * Calls back when something may have been added, ended or been cancelled, by any process; sometimes for nothing. A hint to look,
   * never the news itself: what comes due makes no sound (`Claim.nextDueMs` says when). Returns how to stop.
   */
  watch(wake: () => void): () => void;

  /** The engine's clock, UTC epoch milliseconds: the one that leases and due times are compared with. */
  time(): Promise<number>;
}
