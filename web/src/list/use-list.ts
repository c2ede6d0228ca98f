// The rows of a list and what became of them since: rows in view change in place, rows that left are greyed, new ones wait to be asked for.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { ListAnswer, ModelDescription, Row } from "../../../src/admin/contract.ts";
import { get } from "../api.ts";
import { useLive } from "../live.ts";
import { listQuery } from "../queries.ts";
import { type ListAddress, toQuery } from "./address.ts";

export interface ShownRow {
  row: Row;
  gone: boolean;
}

interface Since {
  /** What was on the page when this began. */
  base: ListAnswer;
  rows: Map<string, Row | null>;
  newer: { number: number; answer: ListAnswer } | null;
}

export interface ShownList {
  answer: ListAnswer | undefined;
  rows: ShownRow[];
  newRows: number;
  showNew: () => void;
  error: unknown;
  loading: boolean;
  reload: () => void;
}

const pauseMs = 900;

/** `still`: nothing may change now, since somebody has selected rows or has a menu open. */
export function useList(
  model: ModelDescription,
  address: ListAddress,
  columns: string[],
  still: boolean,
): ShownList {
  const query = toQuery(address, { paged: true, columns });
  const { queryKey } = listQuery(model.name, query);
  const result = useQuery(listQuery(model.name, query));
  const queries = useQueryClient();
  const [since, setSince] = useState<Since | null>(null);
  const answer = result.data;
  const current = since && since.base === answer ? since : null;

  const look = async (): Promise<void> => {
    if (!answer || result.isPlaceholderData) return;
    const fresh = await get<ListAnswer>(`models/${model.name}?${query}`);
    const inView = new Set(answer.rows.map((row) => row.id));
    const rows = new Map<string, Row | null>(fresh.rows.map((row) => [row.id, row]));
    const missing = answer.rows.filter((row) => !rows.has(row.id)).map((row) => row.id);
    if (missing.length > 0) {
      const ids = toQuery(address, { paged: false, columns, ids: missing });
      const there = await get<ListAnswer>(`models/${model.name}?${ids}`);
      const found = new Map(there.rows.map((row) => [row.id, row]));
      for (const id of missing) rows.set(id, found.get(id) ?? null);
    }
    const arrived = fresh.rows.filter((row) => !inView.has(row.id)).length;
    if (answer.rows.length === 0 && arrived > 0) {
      queries.setQueryData(queryKey, fresh);
      return;
    }
    const onFirst = address.after === null && address.before === null;
    setSince({
      base: answer,
      rows,
      newer: arrived > 0 && onFirst ? { number: arrived, answer: fresh } : null,
    });
  };

  useLiveLook(model.name, still, look);

  return {
    answer: answer && current ? { ...answer, count: current.newer?.answer.count ?? answer.count } : answer,
    rows: (answer?.rows ?? []).map((row) => {
      const now = current?.rows.get(row.id);
      return { row: now ?? row, gone: now === null };
    }),
    newRows: current?.newer?.number ?? 0,
    showNew: () => {
      if (current?.newer) queries.setQueryData(queryKey, current.newer.answer);
    },
    error: result.error,
    loading: result.isFetching && (result.isPlaceholderData || !answer),
    reload: () => void result.refetch(),
  };
}

// Events come in bunches; one look answers all that came before it, and the next waits for its end.
function useLiveLook(model: string, still: boolean, look: () => Promise<void>): void {
  const latest = useRef(look);
  latest.current = look;
  const told = useRef(false);
  const timer = useRef<number | undefined>(undefined);
  const isStill = useRef(still);
  isStill.current = still;
  const run = useRef((): void => {
    if (timer.current !== undefined || isStill.current || !told.current) return;
    timer.current = window.setTimeout(() => {
      told.current = false;
      latest
        .current()
        // It was a look in passing: the next event looks again.
        .catch(() => {})
        .finally(() => {
          timer.current = undefined;
          run.current();
        });
    }, pauseMs);
  });
  useLive((event) => {
    if (event.name !== "poll" && !(event.name === "rows" && event.data.model === model)) return;
    told.current = true;
    run.current();
  });
  useEffect(() => {
    if (!still) run.current();
  }, [still]);
  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
}
