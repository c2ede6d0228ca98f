// How tasks are asked for: one vocabulary of filters, order and cursors for client, command line and admin.
import type { AttemptOutcome, StoredTask, TaskState } from "../core/task.ts";

/** All that are given must hold. Lists mean "one of". */
export interface TaskFilter {
  state?: TaskState | readonly TaskState[];
  outcome?: AttemptOutcome | readonly AttemptOutcome[];
  func?: string | readonly string[];
  queue?: string | readonly string[];
  group?: string | readonly string[];
  name?: string;
  schedule?: string;
  tag?: string;
  /** Enqueued in this span, UTC epoch milliseconds, the end excluded. */
  from?: number;
  to?: number;
  /** Every word must be part of name, func or group, whatever the case of its letters from a to z. */
  search?: string;
}

export interface PageRequest {
  limit: number;
  /** Where the last page ended, as it said in `next`. */
  after?: string;
  /** The order is that of the ids, so of the moments they were made: newest first unless asked otherwise. */
  oldestFirst?: boolean;
}

export interface TaskPage {
  tasks: StoredTask[];
  /** Where to go on; null: that was all. */
  next: string | null;
}
