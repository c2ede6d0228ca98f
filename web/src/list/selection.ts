// Which rows are selected: some by id, kept while one pages, or all that match.
import { useMemo, useRef, useState } from "react";
import type { Count, Row } from "../../../src/admin/contract.ts";

export interface Selection {
  rows: ReadonlyMap<string, Row>;
  /** All that match, as of that moment. */
  matching: { at: number; count: Count } | null;
  isSelected: (id: string) => boolean;
  isEmpty: boolean;
  set: (row: Row, index: number, selected: boolean, range: boolean) => void;
  setPage: (selected: boolean) => void;
  selectMatching: (at: number, count: Count) => void;
  clear: () => void;
}

interface State {
  of: string;
  rows: ReadonlyMap<string, Row>;
  matching: Selection["matching"];
}

/** `query`: search and filters; another one is another selection. */
export function useSelection(query: string, page: Row[]): Selection {
  const [kept, setKept] = useState<State>({ of: query, rows: new Map(), matching: null });
  const last = useRef<number | null>(null);
  const state: State = kept.of === query ? kept : { of: query, rows: new Map(), matching: null };
  return useMemo(() => {
    const change = (rows: Map<string, Row>): void => setKept({ of: query, rows, matching: null });
    return {
      rows: state.rows,
      matching: state.matching,
      isSelected: (id) => state.matching !== null || state.rows.has(id),
      isEmpty: state.rows.size === 0 && state.matching === null,
      set: (row, index, selected, range) => {
        // Out of "all that match" one can only take the page: the rest has no ids here.
        const rows = new Map(state.matching ? page.map((one) => [one.id, one]) : state.rows);
        const from = range && last.current !== null ? last.current : index;
        for (const one of page.slice(Math.min(from, index), Math.max(from, index) + 1)) {
          if (selected) rows.set(one.id, one);
          else rows.delete(one.id);
        }
        if (from === index && !selected) rows.delete(row.id);
        last.current = index;
        change(rows);
      },
      setPage: (selected) => {
        const rows = new Map(state.rows);
        for (const one of page) {
          if (selected) rows.set(one.id, one);
          else rows.delete(one.id);
        }
        change(rows);
      },
      selectMatching: (at, count) => setKept({ of: query, rows: state.rows, matching: { at, count } }),
      clear: () => change(new Map()),
    };
  }, [query, page, state.rows, state.matching]);
}
