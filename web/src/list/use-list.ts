// The rows of a list and what became of them since, as the stream tells it: only rows in view that may have changed are read again.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type HTMLAttributes, useEffect, useRef, useState } from "react";
import type { Count, ListAnswer, ModelDescription } from "../../../src/admin/contract.ts";
import { get } from "../api.ts";
import { type LiveEvent, useLive } from "../live.ts";
import { listQuery } from "../queries.ts";
import { type ChangeAddress, isNarrowed, type ListAddress, toQuery, usualLimit } from "./address.ts";
import {
  arrived,
  inView,
  leftOf,
  letGo,
  looked,
  none,
  plus,
  type ShownRow,
  shownRows,
  type Since,
  since as nothingSince,
} from "./live-list.ts";

export type { ShownRow } from "./live-list.ts";

export interface ShownList {
  answer: ListAnswer | undefined;
  rows: ShownRow[];
  newRows: Count;
  showNew: () => void;
  /** For what holds the rows: while a pointer or the focus is in there, no row moves. */
  hands: Pick<HTMLAttributes<HTMLElement>, "onPointerEnter" | "onPointerLeave">;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

const pauseMs = 900;
/** So long at least, and twice that at most, a row that left is still shown. */
const goneForMs = 2_000;
/** So many ids are a part of one address. */
const idsAtOnce = 100;

/** What is to be looked at, by what was told since the last look. */
interface Wanted {
  /** The page anew, for rows may have come in. */
  page: boolean;
  /** Rows in view: these, or all. */
  ids: ReadonlySet<string> | "all";
}

const nothing: Wanted = { page: false, ids: new Set() };

/** Shows what a look has found. */
type Show = () => void;

/** `still`: nothing may change now, since somebody has selected rows or has a menu open. */
export function useList(
  model: ModelDescription,
  address: ListAddress,
  change: ChangeAddress,
  columns: string[],
  still: boolean,
): ShownList {
  const query = toQuery(address, { paged: true, columns });
  const { queryKey } = listQuery(model.name, query);
  const result = useQuery(listQuery(model.name, query));
  const queries = useQueryClient();
  const [kept, keep] = useState<Since | null>(null);
  const answer = result.data;
  const list = answer && (kept?.base === answer ? kept : nothingSince(answer));
  // What was found is of the page as it was asked for: of another one by now it says nothing.
  const shown = useRef(answer);
  shown.current = answer;
  const update = (change: (list: Since) => Since): void => {
    if (answer && shown.current === answer)
      keep((before) => change(before?.base === answer ? before : nothingSince(answer)));
  };
  const hands = useHands();
  const isFirst = address.after === null && address.before === null;
  // Then what comes in stands before all that is in view.
  const newestFirst = isNewestFirst(model, address);

  const read = async (ids: readonly string[]): Promise<ListAnswer["rows"]> => {
    const rows: ListAnswer["rows"] = [];
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const some = ids.slice(from, from + idsAtOnce);
      const part = toQuery(address, { paged: false, columns, ids: some });
      rows.push(...(await get<ListAnswer>(`models/${model.name}?${part}`)).rows);
    }
    return rows;
  };

  const look = async ({ page, ids }: Wanted): Promise<Show> => {
    if (!list || result.isPlaceholderData) return () => {};
    const all = inView(list);
    if (!page || !isFirst) {
      const asked = page || ids === "all" ? all : all.filter((id) => ids.has(id));
      const found = asked.length === 0 ? [] : await read(asked);
      return () => update((now) => looked(now, asked, found));
    }
    const fresh = await get<ListAnswer>(`models/${model.name}?${query}`);
    const there = new Set(fresh.rows.map(({ id }) => id));
    // What a page that is the whole list has not has left. Else new rows may just have moved it over the end: it is read where it was named.
    const isWhole = fresh.after === null;
    const again = isWhole ? [] : all.filter((id) => !there.has(id) && (ids === "all" || ids.has(id)));
    const asked = isWhole ? all : again;
    const found = [...fresh.rows, ...(await read(again))];
    const isOver = inView(looked(list, asked, found)).length === 0;
    return () => {
      if (isOver && !hands.held.current && fresh.rows.length > 0) queries.setQueryData(queryKey, fresh);
      else update((before) => arrived(looked(before, asked, found), fresh, address.limit ?? usualLimit));
    };
  };

  const wants = (event: LiveEvent): Partial<Wanted> => {
    if (event.name === "poll") return { page: true, ids: "all" };
    if (event.name === "counts") return { ids: "all" }; // Not all that changes is told by name.
    if ((event.name !== "rows" && event.name !== "new") || event.data.model !== model.name) return {};
    if (event.name === "rows") {
      const { ids } = event.data;
      return { ids: ids === null ? "all" : new Set(list && inView(list).filter((id) => ids.includes(id))) };
    }
    // A whole page of new rows waits: it makes no difference how many more there are.
    if (isFirst) return { page: list?.newer.capped !== true || !newestFirst };
    const { count } = event.data;
    if (newestFirst && count !== null) update((now) => ({ ...now, newer: plus(now.newer, count) }));
    return {};
  };

  useLiveLook(wants, still, look);
  useLettingGo(list, still, hands.held, (ids) => update((now) => letGo(now, ids)));

  const rows = list ? shownRows(list) : [];
  const isEmptied = rows.length === 0 && answer !== undefined && answer.rows.length > 0;
  const { refetch } = result;
  useEffect(() => {
    if (isEmptied) void refetch();
  }, [isEmptied, refetch]);
  return {
    answer: answer &&
      list && {
        ...answer,
        rows: rows.filter(({ gone }) => !gone).map(({ row }) => row),
        count: list.count ?? answer.count,
      },
    rows,
    newRows: list?.newer ?? none,
    showNew: () => {
      if (isFirst) void result.refetch();
      else change({});
    },
    hands: hands.props,
    error: result.error,
    loading: result.isFetching && (result.isPlaceholderData || !answer),
    reload: () => void result.refetch(),
  };
}

function isNewestFirst(model: ModelDescription, address: ListAddress): boolean {
  const [order = ""] = model.sort;
  const isUsual = address.sort === null || address.sort === order;
  const isMoment = order.startsWith("-") && model.fields[order.slice(1)]?.kind === "moment";
  return isUsual && isMoment && !isNarrowed(address);
}

/** Whether a mouse is over the rows, or the focus in them. */
function useHands(): { held: { readonly current: boolean }; props: ShownList["hands"] } {
  const over = useRef(false);
  const [hands] = useState(() => ({
    held: {
      get current() {
        return over.current || document.activeElement?.closest("[data-rows]") != null;
      },
    },
    props: {
      onPointerEnter: ({ pointerType }: { pointerType: string }) =>
        void (over.current = pointerType === "mouse"),
      onPointerLeave: () => void (over.current = false),
    },
  }));
  return hands;
}

// Rows that left are greyed for a few seconds, and for as long as somebody has a hand on the rows: then the others move up.
function useLettingGo(
  list: Since | undefined,
  still: boolean,
  held: { readonly current: boolean },
  drop: (ids: string[]) => void,
): void {
  const left = list ? leftOf(list) : [];
  const latest = useRef({ left, drop });
  latest.current = { left, drop };
  const isWaiting = left.length > 0 && !still;
  useEffect(() => {
    if (!isWaiting) return;
    let before: readonly string[] = [];
    const timer = window.setInterval(() => {
      const { left, drop } = latest.current;
      const ids = held.current ? [] : left.filter((id) => before.includes(id));
      before = left;
      if (ids.length > 0) drop(ids);
    }, goneForMs);
    return () => window.clearInterval(timer);
  }, [isWaiting, held]);
}

function both(a: Wanted, b: Wanted): Wanted {
  return {
    page: a.page || b.page,
    ids: a.ids === "all" || b.ids === "all" ? "all" : new Set([...a.ids, ...b.ids]),
  };
}

// Events come in bunches; one look answers all that came before it, and the next waits for its end. What was found while somebody began to
// select, or left, is not shown: it is looked for again once nothing is still.
function useLiveLook(
  wants: (event: LiveEvent) => Partial<Wanted>,
  still: boolean,
  look: (wanted: Wanted) => Promise<Show>,
): void {
  const latest = useRef(look);
  latest.current = look;
  const wanted = useRef(nothing);
  const timer = useRef<number | undefined>(undefined);
  const isStill = useRef(still);
  const lookNow = async (): Promise<void> => {
    if (isStill.current) return;
    const now = wanted.current;
    wanted.current = nothing;
    // It was a look in passing: where it fails, the next event looks again.
    const show = await latest.current(now).catch(() => null);
    if (isStill.current) wanted.current = both(now, wanted.current);
    else show?.();
  };
  const run = useRef((): void => {
    const { page, ids } = wanted.current;
    const isWanted = page || ids === "all" || ids.size > 0;
    if (timer.current !== undefined || isStill.current || !isWanted) return;
    timer.current = window.setTimeout(() => {
      void lookNow().finally(() => {
        timer.current = undefined;
        run.current();
      });
    }, pauseMs);
  });
  useLive((event) => {
    wanted.current = both(wanted.current, { ...nothing, ...wants(event) });
    run.current();
  });
  useEffect(() => {
    isStill.current = still;
    run.current();
    return () => {
      isStill.current = true;
    };
  }, [still]);
  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
