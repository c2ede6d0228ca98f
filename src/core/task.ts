// The task as the store keeps it: its states, the one table of legal moves, and the records of its attempts.

/** Where a task stands. `waiting`: due later. `ready`: may be claimed. `leased`: an attempt runs. The last two are ends. */
export type TaskState = "waiting" | "ready" | "leased" | "success" | "failure";

/** No lease is taken or renewed for longer than that. */
export const longestLeaseMs = 600_000;

/** What became of an attempt. Only `failed`, `timeout`, `crashed` and `lost` use up one of a task's `attempts`. */
export type AttemptOutcome =
  | "success"
  | "failed"
  | "timeout"
  | "crashed"
  | "lost"
  | "released"
  | "snoozed"
  | "cancelled"
  | "quarantined";

/** Every legal move of a task and the states it may start from. An engine's statements match nothing else. */
export const moves = {
  comeDue: { from: ["waiting"], to: ["ready"] },
  claim: { from: ["ready"], to: ["leased"] },
  end: { from: ["leased"], to: ["success", "failure"] },
  goBack: { from: ["leased"], to: ["ready", "waiting"] },
  cancel: { from: ["waiting", "ready"], to: ["failure"] },
  callBack: { from: ["waiting"], to: ["ready"] },
} as const satisfies Record<string, { from: readonly TaskState[]; to: readonly TaskState[] }>;

export type Move = keyof typeof moves;

export function canMove(from: TaskState, move: Move, to: TaskState): boolean {
  const { from: starts, to: ends }: { from: readonly TaskState[]; to: readonly TaskState[] } = moves[move];
  return starts.includes(from) && ends.includes(to);
}

export function hasEnded(state: TaskState): state is "success" | "failure" {
  return state === "success" || state === "failure";
}

/** What stands in the row of a task whatever its state. Moments are UTC epoch milliseconds. */
export interface TaskColumns {
  id: string;
  name: string;
  func: string;
  queue: string;
  group: string | null;
  priority: number;
  tags: readonly string[];
  /** When `enqueue` stored it, by the engine's clock. */
  enqueued: number;
  /** The fencing token: how often it was claimed. */
  attempt: number;
  /** How many of those attempts do not count against `attempts` (released, snoozed). */
  uncounted: number;
  /** How many of them ended with the death of their worker. */
  crashes: number;
  /** The task this one follows: the one whose hook it is, or of which it is a copy. */
  parent: string | null;
  /** The schedule that made it, and the slot it was made for. */
  schedule: string | null;
  slot: number | null;
  envelope: string;
  /** The last progress its function told, as JSON text: `{ value, note }`. */
  progress: string | null;
}

/** A task that has not ended. */
export interface QueuedTask extends TaskColumns {
  state: "waiting" | "ready" | "leased";
  /** The moment it may be claimed. */
  due: number;
  /** Who runs it (a cluster's incarnation), since when, and until when without a renewal; null while nobody does. */
  owner: string | null;
  leasedAt: number | null;
  leasedUntil: number | null;
  /** Asked to be cancelled while it ran. */
  cancelled: boolean;
  /** How often in a row it was given back because nobody there knew its func; 0 when its func is known. */
  unknown: number;
  /** Runs in a worker of its own. */
  isolate: boolean;
  /** The error of the latest attempt that had one, encoded; the log of the running one, as JSON text. */
  error: string | null;
  log: string | null;
}

/** A leased task as its owner needs it. Without what can be looked up: in a claim of many, each column is felt. */
export type ClaimedTask = Pick<
  QueuedTask,
  | "id"
  | "name"
  | "func"
  | "queue"
  | "group"
  | "priority"
  | "due"
  | "slot"
  | "attempt"
  | "uncounted"
  | "crashes"
  | "unknown"
  | "isolate"
  | "owner"
  | "envelope"
>;

/** A task that has ended. */
export interface EndedTask extends TaskColumns {
  state: "success" | "failure";
  outcome: AttemptOutcome;
  /** When its last attempt began and ended; `started` is null for one that never ran. */
  started: number | null;
  stopped: number;
  /** The encoded result of a success, the encoded error of a failure; null when there is none. */
  result: string | null;
  /** Of a failure the class of its error and, redacted, what it said; null for a success, and where an older Quern wrote it. */
  errorClass: string | null;
  errorText: string | null;
}

export type StoredTask = QueuedTask | EndedTask;

/** One use of a lease. Kept for every attempt that ended, however it ended. */
export interface AttemptRecord {
  id: string;
  attempt: number;
  owner: string;
  outcome: AttemptOutcome;
  /** The worker that ran it (`pid` and name), or null when none did. */
  worker: string | null;
  started: number | null;
  stopped: number;
  /** Encoded error, or a sentence why it ended; null when there is nothing to say. */
  error: string | null;
  /** Its log lines, as JSON text; null when it wrote none. */
  log: string | null;
}
