// The address is the state: what stands after "?" to what a list shows, and back.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { ModelDescription } from "../../../src/admin/contract.ts";
import type { Search } from "../search.ts";

export interface ListAddress {
  q: string;
  /** By filter, several values are "or". */
  filters: Record<string, string[]>;
  sort: string | null;
  columns: string[] | null;
  after: string | null;
  before: string | null;
  limit: number | null;
}

export const limits = [25, 50, 100, 200] as const;
export const usualLimit = 100;

function readAddress(search: Search, model: ModelDescription): ListAddress {
  const filters: Record<string, string[]> = {};
  for (const filter of model.filters) {
    const values = all(search[filter.field]);
    if (values.length > 0) filters[filter.field] = values;
  }
  const columns = one(search["columns"])
    ?.split(",")
    .filter((name) => name in model.fields);
  const limit = Number(one(search["limit"]));
  return {
    q: one(search["q"]) ?? "",
    filters,
    sort: one(search["sort"]),
    columns: columns && columns.length > 0 ? columns : null,
    after: one(search["after"]),
    before: one(search["before"]),
    limit: limits.some((known) => known === limit) ? limit : null,
  };
}

function writeAddress(address: ListAddress): Search {
  const { q, filters, sort, columns, after, before, limit } = address;
  return {
    ...(q && { q }),
    ...filters,
    ...(sort && { sort }),
    ...(columns && { columns: columns.join(",") }),
    ...(after && { after }),
    ...(before && { before }),
    ...(limit && limit !== usualLimit && { limit: String(limit) }),
  };
}

/** What is asked of the server; without its paging it names the same rows, in the same order. */
export function toQuery(
  address: ListAddress,
  extra: { paged: boolean; columns?: string[]; ids?: string[] },
): string {
  const params = new URLSearchParams();
  if (address.q.trim()) params.set("q", address.q.trim());
  for (const [name, values] of Object.entries(address.filters)) {
    for (const value of values) params.append(name, value);
  }
  if (address.sort) params.set("sort", address.sort);
  if (extra.columns) params.set("columns", extra.columns.join(","));
  if (extra.ids) params.set("ids", extra.ids.join(","));
  if (extra.paged) {
    if (address.after) params.set("after", address.after);
    if (address.before) params.set("before", address.before);
    params.set("limit", String(address.limit ?? usualLimit));
  }
  return params.toString();
}

/** A changed query begins at its first page. */
export type ChangeAddress = (change: Partial<ListAddress>, how?: { replace?: boolean }) => void;

export function useListAddress(model: ModelDescription): [ListAddress, ChangeAddress] {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const address = useMemo(() => readAddress(search, model), [search, model]);
  const change = useCallback<ChangeAddress>(
    (patch, how) => {
      const next = { ...address, after: null, before: null, ...patch };
      void navigate({ to: ".", search: writeAddress(next), replace: how?.replace ?? false });
    },
    [address, navigate],
  );
  return [address, change];
}

export function isNarrowed(address: ListAddress): boolean {
  return address.q.trim() !== "" || Object.keys(address.filters).length > 0;
}

function one(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) || null;
}

function all(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
