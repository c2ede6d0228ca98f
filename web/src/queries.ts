// What is asked of the server, and under which key its answer is kept.
import { keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import type {
  Boot,
  CountsAnswer,
  DetailAnswer,
  FunctionAnswer,
  HistoryAnswer,
  ListAnswer,
  OperationsAnswer,
  OverviewAnswer,
  SeriesAnswer,
  SuggestAnswer,
} from "../../src/admin/contract.ts";
import { ApiError, get, UNREACHABLE } from "./api.ts";

const retries = 2;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 2000,
        refetchOnWindowFocus: false,
        // What the server refused it will refuse again; what did not arrive may arrive.
        retry: (failed, error) => failed < retries && error instanceof ApiError && error.code === UNREACHABLE,
      },
    },
  });
}

export const bootQuery = queryOptions({
  queryKey: ["boot"],
  queryFn: ({ signal }) => get<Boot>("boot", signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** What is said of an empty list now, such as which clusters listen: the app was told when it began. */
export const emptyQuery = (model: string) =>
  queryOptions({
    queryKey: ["empty", model],
    queryFn: async ({ signal }) =>
      (await get<Boot>("boot", signal)).models.find(({ name }) => name === model)?.empty ?? null,
    staleTime: 0,
  });

export const countsQuery = queryOptions({
  queryKey: ["counts"],
  queryFn: ({ signal }) => get<CountsAnswer>("counts", signal),
});

export const operationsQuery = queryOptions({
  queryKey: ["operations"],
  queryFn: ({ signal }) => get<OperationsAnswer>("operations", signal),
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => get<OverviewAnswer>("overview", signal),
});

export type Span = "1h" | "24h";

export const seriesQuery = (span: Span) =>
  queryOptions({
    queryKey: ["series", span],
    queryFn: ({ signal }) => get<SeriesAnswer>(`series?span=${span}`, signal),
    placeholderData: keepPreviousData,
  });

export const listQuery = (model: string, query: string) =>
  queryOptions({
    queryKey: ["list", model, query],
    queryFn: ({ signal }) => get<ListAnswer>(`models/${model}?${query}`, signal),
    // Coming back to a list shows it as it was left, and asks anew.
    staleTime: 0,
    placeholderData: (previous, before) => (before?.queryKey[1] === model ? previous : undefined),
  });

export const detailQuery = (model: string, id: string) =>
  queryOptions({
    queryKey: ["detail", model, id],
    queryFn: ({ signal }) => get<DetailAnswer>(`models/${model}/${encodeURIComponent(id)}`, signal),
    staleTime: 0,
  });

export const functionQuery = (func: string) =>
  queryOptions({
    queryKey: ["function", func],
    queryFn: ({ signal }) => get<FunctionAnswer>(`functions/${encodeURIComponent(func)}`, signal),
    staleTime: 60_000,
  });

export const historyQuery = (model: string, id: string) =>
  queryOptions({
    queryKey: ["history", model, id],
    queryFn: ({ signal }) => get<HistoryAnswer>(`models/${model}/${encodeURIComponent(id)}/history`, signal),
    staleTime: 0,
  });

export const suggestQuery = (model: string, field: string, prefix: string) =>
  queryOptions({
    queryKey: ["suggest", model, field, prefix],
    queryFn: ({ signal }) =>
      get<SuggestAnswer>(`models/${model}/suggest?${new URLSearchParams({ field, prefix })}`, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
