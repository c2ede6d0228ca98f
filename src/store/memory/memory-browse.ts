// Lists of rows that are all at hand: filtered, sorted and cut.
import type {
  BrowsePage,
  BrowseRequest,
  Condition,
  Counted,
  CountedOn,
  Glance,
  Glimpse,
  ListName,
  Lists,
  Scalar,
  Suggestion,
} from "../browse.ts";
import { compareKeys, compareValues, fits } from "../condition.ts";
import { orderOf } from "../cursor.ts";
import { pageRows, valueOf } from "../page-rows.ts";
import { attemptsOf } from "./memory-results.ts";
import type { MemoryTables, Scope } from "./memory-tables.ts";

function allRows<L extends ListName>({ ended, queue, schedules, audit }: MemoryTables, list: L): Lists[L][] {
  const rows: { [L in ListName]: () => Lists[L][] } = {
    ended: () => [...ended.values()],
    queued: () => [...queue.values()],
    schedules: () => [...schedules.values()],
    audit: () => audit,
  };
  return rows[list]();
}

/** A field of a row, or what is kept of it elsewhere. */
function valueIn<L extends ListName>(scope: Scope, list: L, row: Lists[L], field: string): Scalar {
  return field === "worker"
    ? (attemptsOf(scope, String(row.id)).at(-1)?.worker ?? null)
    : valueOf(list, row, field);
}

function matching<L extends ListName>(scope: Scope, list: L, where: readonly Condition[]): Lists[L][] {
  return allRows(scope.tables, list).filter((row) =>
    where.every((condition) => fits(condition, (field) => valueIn(scope, list, row, field))),
  );
}

export function browseRows<L extends ListName>(
  scope: Scope,
  list: L,
  { where, order: { by, descending }, ...page }: BrowseRequest<L>,
): BrowsePage<L> {
  const rows = matching(scope, list, where);
  return {
    ...pageRows(orderOf(list, by), rows, (row, key) => valueIn(scope, list, row, key), {
      descending,
      ...page,
    }),
    reached: null,
  };
}

export function countList(scope: Scope, list: ListName, where: readonly Condition[], upTo: number): Counted {
  const { length } = matching(scope, list, where);
  return { count: Math.min(length, upTo), more: length > upTo };
}

/** All at once: they are at hand, and no step is needed to let others in between. */
export function countOn(scope: Scope, list: ListName, where: readonly Condition[]): CountedOn {
  return { count: matching(scope, list, where).length, after: null };
}

export function suggestValues<L extends ListName>(
  scope: Scope,
  list: L,
  { field, prefix, states, limit }: Suggestion<L>,
): string[] {
  const where: Condition[] = states === undefined ? [] : [{ field: "state", is: "in", values: states }];
  const values = matching(scope, list, where).map((row) => valueIn(scope, list, row, field));
  const beginning = values.filter(
    (value) => typeof value === "string" && value.startsWith(prefix),
  ) as string[];
  return [...new Set(beginning)].sort((a, b) => compareValues(a, b, false)).slice(0, limit);
}

export function glanceAt({ tables }: Scope, limit: number): Glance {
  const { clusters, queue, schedules } = tables;
  const head = <Row extends { id: string | number }>(
    rows: readonly Row[],
    keysOf: (row: Row) => Scalar[],
    marksOf: (row: Row) => unknown[] = () => [],
    descending = true,
  ): Glimpse[] =>
    rows
      .map((row) => ({ row, keys: keysOf(row) }))
      .sort((a, b) => compareKeys(a.keys, b.keys, descending))
      .slice(0, limit)
      .map(({ row }) => ({ id: String(row.id), mark: marksOf(row).join(" ") }));
  const ended = (state: string): Glimpse[] =>
    head(
      allRows(tables, "ended").filter((task) => task.state === state),
      ({ stopped, id }) => [stopped, id],
    );
  const tasks = [...queue.values()];
  return {
    success: ended("success"),
    failure: ended("failure"),
    running: head(
      tasks.filter(({ state }) => state === "leased"),
      ({ leasedAt, id }) => [leasedAt, id],
      ({ attempt, leasedUntil, cancelled, progress }) => [attempt, leasedUntil, cancelled, progress],
    ),
    queued: head(
      tasks,
      ({ id }) => [id],
      ({ state, attempt, due, priority, queue }) => [state, attempt, due, priority, queue],
    ),
    schedules: head(
      [...schedules.values()].filter(
        ({ nextRun, repeats, held }) => nextRun !== null && repeats !== 0 && !held,
      ),
      ({ nextRun, id }) => [nextRun, id],
      ({ version, revision, nextRun, repeats, error }) => [version, revision, nextRun, repeats, error],
      false,
    ),
    audit: head(tables.audit, ({ id }) => [id]),
    clusters: head(
      [...clusters.values()],
      ({ started, id }) => [started, id],
      ({ state, order, heartbeat }) => [state, order, heartbeat],
    ),
  };
}
