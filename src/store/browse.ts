// The chapter of lists as people read them: conditions, order, cursors both ways, counts and suggestions, in one vocabulary.
import type { EndedTask, QueuedTask } from "../core/task.ts";
import type { AuditRow } from "./audit.ts";
import type { ScheduleRow } from "./schedules.ts";

/** What can be listed, and the rows of each list. */
export interface Lists {
  /** Tasks that have ended. */
  ended: EndedTask;
  /** Tasks that have not: waiting, ready and leased. */
  queued: QueuedTask;
  schedules: ScheduleRow;
  audit: AuditRow;
}

export type ListName = keyof Lists;
export type Scalar = string | number | null;
export type FieldKind = "text" | "number";

const taskFields = {
  id: "text",
  state: "text",
  name: "text",
  func: "text",
  queue: "text",
  group: "text",
  priority: "number",
  tags: "text",
  enqueued: "number",
  attempt: "number",
  parent: "text",
  schedule: "text",
} as const satisfies Record<string, FieldKind>;

/** What a condition or an order may name, list by list. */
export const listFields = {
  ended: {
    ...taskFields,
    outcome: "text",
    started: "number",
    stopped: "number",
    /** From start to end of the last attempt; null when none began. */
    took: "number",
    /** From the enqueue to that start. */
    wait: "number",
    /** Of a failure: the class of its error, and what it said, redacted. No condition asks a result or an error itself. */
    errorClass: "text",
    errorText: "text",
    /** Of the last attempt that has ended. It stands in no row, and is looked up for those that a step reads. */
    worker: "text",
  },
  queued: {
    ...taskFields,
    due: "number",
    owner: "text",
    leasedAt: "number",
    leasedUntil: "number",
    unknown: "number",
  },
  schedules: {
    id: "text",
    name: "text",
    func: "text",
    queue: "text",
    type: "text",
    note: "text",
    nextRun: "number",
    repeats: "number",
    error: "text",
    /** 1: it is not fired because of its error. */
    held: "number",
    created: "number",
    changed: "number",
  },
  audit: {
    id: "number",
    at: "number",
    who: "text",
    role: "text",
    action: "text",
    object: "text",
    outcome: "text",
    address: "text",
  },
} as const satisfies Record<ListName, Record<string, FieldKind>>;

export type ListField<L extends ListName> = keyof (typeof listFields)[L] & string;

/**
 * The orders that an index carries, with what is compared one after the other; the last one is unique. Any other field orders a list
 * while at most `fewRows` of it match. `claim` is the order in which tasks are taken: running ones, then ready ones as a claim takes
 * them, then waiting ones as they come due. What has no value stands last, in both directions.
 */
export const listOrders = {
  ended: {
    stopped: ["stopped", "id"],
    id: ["id"],
    group: ["group", "stopped", "id"],
    func: ["func", "stopped", "id"],
  },
  queued: { claim: ["rank", "precedence", "due", "id"], id: ["id"] },
  schedules: { nextRun: ["nextRun", "id"], id: ["id"] },
  audit: { id: ["id"] },
} as const satisfies Record<ListName, Record<string, readonly string[]>>;

export type ListOrder<L extends ListName> = ListField<L> | (keyof (typeof listOrders)[L] & string);

export const fewRows = 10_000;

/** Where no index has the values of a field, they are suggested from so many rows. */
export const suggestedFrom = 5_000;

/** A case is told apart except by `contains`, which takes a to z and A to Z for the same. A field without value fails all but `null`. */
export type Condition<Field extends string = string> =
  | { field: Field; is: "in"; values: readonly Scalar[] }
  | { field: Field; is: "contains"; text: string }
  /** `from` included, `to` not. */
  | { field: Field; is: "between"; from?: number; to?: number }
  | { field: Field; is: "null" }
  /** Of a list of texts, such as tags: it has this one. */
  | { field: Field; is: "has"; value: string }
  | { is: "not"; condition: Condition<Field> }
  | { is: "any"; conditions: readonly Condition<Field>[] }
  | { is: "all"; conditions: readonly Condition<Field>[] };

export interface BrowseRequest<L extends ListName> {
  /** All of them must hold. */
  where: readonly Condition<ListField<L>>[];
  order: { by: ListOrder<L>; descending: boolean };
  limit: number;
  /** A cursor: the rows behind it or, nearest first counted, before it. Neither: from the start; with `last`, the last ones. */
  after?: string;
  before?: string;
  last?: boolean;
  /** At most so many rows are read to find them, where no index finds them by itself. */
  step: number;
}

export interface BrowsePage<L extends ListName> {
  rows: Lists[L][];
  /** Where to go on in either direction; null: there is nothing that way. */
  after: string | null;
  before: string | null;
  /** The step was used up before the page was full: how far it came, as the moment of the last row it read. */
  reached: number | null;
}

export interface Counted {
  count: number;
  /** More may match: so many rows were read, and there are more. */
  more: boolean;
}

export interface CountedOn {
  count: number;
  /** A cursor: where to go on; null: all have been counted. */
  after: string | null;
}

export interface Suggestion<L extends ListName> {
  field: ListField<L>;
  prefix: string;
  /** Only in tasks of these states. */
  states?: readonly string[];
  limit: number;
}

/** The lists whose heads a `glance` shows, each in its order: newest first, but schedules, those that wait, as they come due. */
export const headNames = [
  "success",
  "failure",
  "running",
  "queued",
  "schedules",
  "audit",
  "clusters",
] as const;

export type HeadName = (typeof headNames)[number];

/** One row as a glance sees it. Another mark: the row has changed. */
export interface Glimpse {
  id: string;
  mark: string;
}

export type Glance = Record<HeadName, Glimpse[]>;

export interface Browse {
  /**
   * A page of a list. It reads no more than the page where an index finds its rows, else no more than `step` rows. The cursors go on
   * where the page ended, also when rows came and went. The last page by group is that of the tasks that have one when a step finds none
   * that has not; its `after` then leads on to where those may be. Throws QUERN_BAD_CURSOR for one that this order did not make, and
   * QUERN_TOO_MANY_TO_SORT for an order that no index carries over more than `fewRows` rows.
   */
  browse<L extends ListName>(list: L, request: BrowseRequest<L>): Promise<BrowsePage<L>>;
  /** How many match among the first `upTo` rows that an index finds. */
  countList<L extends ListName>(
    list: L,
    where: readonly Condition<ListField<L>>[],
    upTo: number,
  ): Promise<Counted>;
  /** How many match among the next `step` rows, and where to go on: all steps together come to how many there are. */
  countOn<L extends ListName>(
    list: L,
    where: readonly Condition<ListField<L>>[],
    page: { after?: string; step: number },
  ): Promise<CountedOn>;
  /** Values that begin so, in their order, at most `limit`. Where no index has them, of the newest `suggestedFrom` rows. */
  suggest<L extends ListName>(list: L, suggestion: Suggestion<L>): Promise<string[]>;
  /**
   * The first `limit` rows of each list that changes, in one look that reads no more than these: whoever keeps the look before can tell
   * what came, changed and left.
   */
  glance(limit: number): Promise<Glance>;
}
