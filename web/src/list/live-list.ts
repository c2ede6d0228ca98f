// What became of the rows of a page since it was read, as plain data: rows change in place, those that left are greyed and then let go,
// new ones stand behind the others or wait to be asked for. No row is ever pushed away.
import type { Count, ListAnswer, Row } from "../../../src/admin/contract.ts";

export interface Since {
  /** The page as it was when this began. */
  base: ListAnswer;
  /** What is known of rows by now; null: it has left. */
  rows: ReadonlyMap<string, Row | null>;
  /** Those that came in behind all others, where there was room. */
  added: readonly Row[];
  /** Those that had left before, and are shown no more. */
  dropped: ReadonlySet<string>;
  /** Those that wait. */
  newer: Count;
  /** How many there are in all by now; null: as the page said. */
  count: Count | null;
}

export interface ShownRow {
  row: Row;
  gone: boolean;
}

export const none: Count = { number: 0, capped: false };

export function since(base: ListAnswer): Since {
  return { base, rows: new Map(), added: [], dropped: new Set(), newer: none, count: null };
}

export function shownRows({ base, rows, added, dropped }: Since): ShownRow[] {
  return [...base.rows, ...added]
    .filter(({ id }) => !dropped.has(id))
    .map((row) => {
      const now = rows.get(row.id);
      return { row: now ?? row, gone: now === null };
    });
}

/** The ids of rows in view that have not left. */
export function inView(list: Since): string[] {
  return shownRows(list).flatMap(({ row, gone }) => (gone ? [] : [row.id]));
}

/** The ids of those in view that have. */
export function leftOf(list: Since): string[] {
  return shownRows(list).flatMap(({ row, gone }) => (gone ? [row.id] : []));
}

/** These rows were looked at again; those of them that were not found have left. */
export function looked(list: Since, asked: readonly string[], found: readonly Row[]): Since {
  const rows = new Map(list.rows);
  for (const id of asked) rows.set(id, null);
  for (const row of found) rows.set(row.id, row); // One that had left may be back.
  const now = { ...list, rows };
  const { number, capped } = list.count ?? list.base.count;
  const fewer = leftOf(now).length - leftOf(list).length;
  return { ...now, count: { number: capped ? number : Math.max(0, number - fewer), capped } };
}

/** These have been shown as gone for long enough. */
export function letGo(list: Since, ids: readonly string[]): Since {
  return { ...list, dropped: new Set([...list.dropped, ...ids]) };
}

/** The first page was read anew: rows behind all that are in view join them while there is room, the others wait. */
export function arrived(list: Since, fresh: ListAnswer, limit: number): Since {
  const known = new Set([...list.base.rows, ...list.added].map(({ id }) => id));
  const last = fresh.rows.findLastIndex(({ id }) => known.has(id));
  const isNew = ({ id }: Row): boolean => !known.has(id) || list.dropped.has(id);
  const room = Math.max(0, limit - shownRows(list).length);
  const behind = last === -1 ? [] : fresh.rows.slice(last + 1).slice(0, room);
  const before = fresh.rows.filter((row) => isNew(row) && !behind.includes(row)).length;
  const more = last === -1 && fresh.after !== null;
  return {
    ...list,
    added: [...list.added, ...behind],
    newer: { number: before, capped: more },
    count: fresh.count,
  };
}

export function plus(a: Count, b: Count): Count {
  return { number: a.number + b.number, capped: a.capped || b.capped };
}
