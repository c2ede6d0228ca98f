// What became of the heads of lists from one look to the next: which rows came, and which changed or left; never more than a look has.
import { type Glance, type Glimpse, type HeadName, headNames } from "../../store/browse.ts";
import type { Count } from "../contract.ts";
import type { Source } from "./source.ts";

/** So many rows of each list a look has, and so many ids are told at most. */
export const headLimit = 100;

export interface HeadChange {
  /** Null: it can't be told which, since no row that is seen was seen before. */
  came: string[] | null;
  /** And others behind them, which the look does not reach. */
  more: boolean;
  /** Rows that changed or left; null: it can't be told which. */
  changed: string[] | null;
}

export type HeadChanges = Record<HeadName, HeadChange>;

export function changesOf(before: Glance, now: Glance): HeadChanges {
  const changes = headNames.map((name) => [name, headChange(before[name], now[name])] as const);
  return Object.fromEntries(changes) as HeadChanges;
}

/**
 * A head that is not full is all there is. Of a full one only rows before one that both looks have are sure to have come, or to have left:
 * the others may just have moved over its end.
 */
function headChange(before: readonly Glimpse[], now: readonly Glimpse[]): HeadChange {
  const [was, is] = [marksOf(before), marksOf(now)];
  const lastKnown = now.findLastIndex(({ id }) => was.has(id));
  const lastThere = before.findLastIndex(({ id }) => is.has(id));
  const [wasWhole, isWhole] = [before.length < headLimit, now.length < headLimit];
  const isStrange = !wasWhole && lastKnown === -1 && now.length > 0;
  const came = now.filter(({ id }, index) => !was.has(id) && (wasWhole || index < lastKnown));
  const left = before.filter(({ id }, index) => !is.has(id) && (isWhole || index < lastThere));
  const other = now.filter(({ id, mark }) => was.has(id) && was.get(id) !== mark);
  // Rows without a mark never change; that some were deleted in such a rush is found by whoever looks anyway every few seconds.
  const isLost = lastThere === -1 && !isWhole && before.some(({ mark }) => mark !== "");
  return {
    came: isStrange ? null : came.map(({ id }) => id),
    more: wasWhole && !isWhole && lastKnown < now.length - 1,
    changed: isLost ? null : [...left, ...other].map(({ id }) => id),
  };
}

function marksOf(head: readonly Glimpse[]): Map<string, string> {
  return new Map(head.map(({ id, mark }) => [id, mark]));
}

export function isQuiet(changes: HeadChanges): boolean {
  return Object.values(changes).every(
    ({ came, more, changed }) => came?.length === 0 && !more && changed?.length === 0,
  );
}

/** What is told of a model. Null: not how many, or not which; whoever wants to know looks. */
export interface ModelChange {
  ids: string[] | null;
  count: Count | null;
}

export const unknownChange: ModelChange = { ids: null, count: null };

/** The changes of the heads as those of one source; a source without heads may have changed in any way. */
export function modelChange({ heads }: Source<unknown>, changes: HeadChanges): ModelChange {
  if (heads === undefined) return unknownChange;
  const own = heads.own === null ? undefined : changes[heads.own];
  const also = heads.also.flatMap((name) => {
    const { came, more, changed } = changes[name];
    return more || came === null || changed === null ? [null] : [...came, ...changed];
  });
  const all = new Set([...(own === undefined ? [] : (own.changed ?? [null])), ...also]);
  const ids = all.has(null) || all.size > headLimit ? null : ([...all] as string[]);
  const { came, more } = own ?? { came: [], more: false };
  return { ids, count: came === null ? null : { number: came.length, capped: more } };
}
