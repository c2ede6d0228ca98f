// A page of rows that are in memory: sorted, cut at a cursor, with the cursors to go on.
import type { ListName, Lists, Scalar } from "./browse.ts";
import { compareKeys } from "./condition.ts";
import { cursorAt, type KeyOrder, readCursor } from "./cursor.ts";

const queuedRank = { leased: 0, ready: 1, waiting: 2 } as const;

/** A field of a row; lists, such as tags, as the JSON text that SQL engines keep. */
export function valueOf<L extends ListName>(list: L, row: Lists[L], field: string): Scalar {
  const { tags, ...others } = row as unknown as { tags?: readonly string[] };
  const fields = others as Record<string, Scalar>;
  switch (field) {
    case "tags":
      return tags === undefined || tags.length === 0 ? null : JSON.stringify(tags);
    case "took":
      return fields["started"] === null ? null : Number(fields["stopped"]) - Number(fields["started"]);
    case "wait":
      return fields["started"] === null ? null : Number(fields["started"]) - Number(fields["enqueued"]);
    case "rank":
      return queuedRank[fields["state"] as keyof typeof queuedRank];
    case "precedence":
      return fields["state"] === "ready" ? 0 - Number(fields["priority"]) : 0;
    case "outcome":
      return fields["outcome"] ?? (list === "audit" ? "done" : null);
    case "held":
      return (row as { held?: boolean }).held === true ? 1 : 0;
    default:
      return fields[field] ?? null;
  }
}

export interface RowsPage<T> {
  rows: T[];
  after: string | null;
  before: string | null;
}

export interface PageOf {
  descending: boolean;
  limit: number;
  after?: string;
  before?: string;
  last?: boolean;
}

export function pageRows<T>(
  order: KeyOrder,
  rows: readonly T[],
  keyOf: (row: T, key: string) => Scalar,
  { descending, limit, after, before, last = false }: PageOf,
): RowsPage<T> {
  const { by, keys } = order;
  const sorted = rows
    .map((row) => ({ row, keys: keys.map((key) => keyOf(row, key)) }))
    .sort((a, b) => compareKeys(a.keys, b.keys, descending));
  const cursor = before ?? after;
  const at = cursor === undefined ? null : readCursor(order, cursor);
  const place = (one: { keys: Scalar[] }): number => compareKeys(one.keys, at ?? [], descending);
  const backward = before !== undefined || last;
  const that = at === null ? sorted : sorted.filter((one) => (backward ? place(one) < 0 : place(one) > 0));
  const page = backward ? that.slice(Math.max(0, that.length - limit)) : that.slice(0, limit);
  const more = that.length > limit;
  const cursorOf = (one: { keys: Scalar[] } | undefined): string | null =>
    one === undefined ? (cursor ?? null) : cursorAt(by, one.keys);
  return {
    rows: page.map(({ row }) => row),
    after: (backward ? before !== undefined : more) ? cursorOf(page.at(-1)) : null,
    before: (backward ? more : after !== undefined) ? cursorOf(page[0]) : null,
  };
}
