// Lists as people read them: walked along an index, in bounded steps where no index finds the rows, and counted in the same way.
import { QuernError } from "../../core/errors.ts";
import {
  type BrowsePage,
  type BrowseRequest,
  type Condition,
  fewRows,
  type ListName,
  type Lists,
  type Scalar,
  suggestedFrom,
  type Suggestion,
} from "../browse.ts";
import { compareValues, fits, namesField } from "../condition.ts";
import { cursorAt, orderOf, readCursor } from "../cursor.ts";
import { pageRows, valueOf } from "../page-rows.ts";
import { anyPath, type Path, pathOf, type Walk } from "./browse-paths.ts";
import { columnsIn, columnsOf, conditionSql, fieldSql, joined } from "./condition-sql.ts";
import { readyQueues } from "./claim-sql.ts";
import type { Row, Value } from "./database.ts";
import type { Scope, Tables } from "./dialect.ts";
import { lastAttempts } from "./result-sql.ts";
import { auditRow, endedTask, queuedTask, scheduleRow } from "./rows.ts";
import { containing, type Where } from "./where.ts";

interface ListSql {
  table(tables: Tables): string;
  /**
   * Said with a LIMIT where no order matters: a planner that expects the rows of a state anywhere in the table else reads all of it
   * up to them, and failures are at its end.
   */
  along: string;
  /** The column that says when a row came to be what it is. */
  moment: string;
  read(row: Row): Lists[ListName];
}

export const listSql: Record<ListName, ListSql> = {
  ended: {
    table: ({ task }) => task,
    along: "ORDER BY stopped DESC, id DESC",
    moment: "stopped",
    read: endedTask,
  },
  queued: { table: ({ queue }) => queue, along: "", moment: "enqueued", read: queuedTask },
  schedules: { table: ({ schedule }) => schedule, along: "", moment: "created", read: scheduleRow },
  audit: { table: ({ audit }) => audit, along: "", moment: "at", read: auditRow },
};

/** Rows that are read to sort a list which no index orders, when other conditions than an index's pick them. */
const mostReadToSort = 5 * fewRows;

export async function browseRows<L extends ListName>(
  scope: Scope,
  list: L,
  request: BrowseRequest<L>,
): Promise<BrowsePage<L>> {
  const ids = request.where.find((one) => one.is === "in" && one.field === "id");
  if (ids?.is === "in") return browseIds(scope, list, request, ids.values);
  if (!orderOf(list, request.order.by).indexed) return sortList(scope, list, request);
  return (await browseGroups(scope, list, request)) ?? walkList(scope, list, request);
}

/** More than this are not worth sorting where an index has their order. */
const fewInGroup = 1_000;

/** Queued tasks of groups, in the order of claims: no index has both, but a group has few of them, mostly. Null: it has not. */
async function browseGroups<L extends ListName>(
  scope: Scope,
  list: L,
  request: BrowseRequest<L>,
): Promise<BrowsePage<L> | null> {
  const { where, order, ...page } = request;
  const groups = where.find((one) => one.is === "in" && one.field === "group" && !one.values.includes(null));
  if (list !== "queued" || order.by !== "claim" || groups?.is !== "in" || groups.values.length === 0)
    return null;
  const { sql, tables } = scope;
  const rows = await sql.all(
    `SELECT * FROM ${tables.queue} WHERE "group" IN (${groups.values.map(() => "?").join(", ")}) LIMIT ?`,
    [...groups.values, fewInGroup + 1],
  );
  if (rows.length > fewInGroup) return null;
  const fitting = rows
    .map((row) => listSql[list].read(row) as Lists[L])
    .filter((row) => where.every((one) => fits(one, (field) => valueOf(list, row, field))));
  const { by, descending } = order;
  return {
    ...pageRows(orderOf(list, by), fitting, (row, key) => valueOf(list, row, key), { descending, ...page }),
    reached: null,
  };
}

async function browseIds<L extends ListName>(
  scope: Scope,
  list: L,
  request: BrowseRequest<L>,
  ids: readonly Scalar[],
): Promise<BrowsePage<L>> {
  const found = await rowsOf(scope, list, ids);
  const workers = await workersIf(namesField(request.where, "worker"), scope, found);
  const value = (row: Lists[L], field: string): Scalar =>
    field === "worker" ? (workers.get(String(row.id)) ?? null) : valueOf(list, row, field);
  const fitting = found.filter((row) =>
    request.where.every((one) => fits(one, (field) => value(row, field))),
  );
  const { order, ...page } = request;
  const { by, descending } = order;
  return {
    ...pageRows(orderOf(list, by), fitting, (row, key) => valueOf(list, row, key), { descending, ...page }),
    reached: null,
  };
}

/** The workers of their last attempts, which no row says. */
async function workersIf(
  areAsked: boolean,
  scope: Scope,
  rows: readonly { id: Scalar }[],
): Promise<Map<string, string | null>> {
  const attempts = areAsked
    ? await lastAttempts(
        scope,
        rows.map(({ id }) => String(id)),
      )
    : [];
  return new Map(attempts.map(({ id, worker }) => [id, worker]));
}

/** What a step finds of a row: its id, its place in the order, and its moment. */
interface Found {
  id: Scalar;
  keys: Scalar[];
  moment: number;
}

async function walkList<L extends ListName>(
  scope: Scope,
  list: L,
  request: BrowseRequest<L>,
): Promise<BrowsePage<L>> {
  const { where, order, limit, after, before, last = false, step } = request;
  const backward = before !== undefined || last;
  const cursor = before ?? after;
  const from = cursor === undefined ? null : readCursor(orderOf(list, order.by), cursor);
  const path = pathOf(list, {
    where,
    by: order.by,
    descending: order.descending !== backward,
    backward,
    from,
    readyQueues: order.by === "claim" ? await readyQueues(scope) : [],
  });
  const found: Found[] = [];
  let reached: Found | null = null;
  let passedOver = false;
  for (const [index, walk] of path.walks.entries()) {
    if (found.length > limit || reached !== null) break;
    const stretch = await readWalk(scope, list, walk, path.rest, limit + 1 - found.length, step);
    found.push(...stretch.found);
    // The last page is that of the rows an index has, when a step finds none of the others; the way on to them stays open.
    const passes = last && found.length === 0 && walk.also.length > 0 && index + 1 < path.walks.length;
    reached = passes ? null : stretch.reached;
    passedOver ||= passes && stretch.reached !== null;
  }
  const page = found.slice(0, limit);
  const cursorOf = (one: Found | null | undefined): string | null =>
    one == null ? null : cursorAt(order.by, one.keys);
  const onward = found.length > limit ? cursorOf(page.at(-1)) : cursorOf(reached);
  const back = cursor === undefined ? null : page.length === 0 ? cursor : cursorOf(page[0]);
  const rows = await rowsOf(
    scope,
    list,
    page.map(({ id }) => id),
  );
  return {
    rows: backward ? rows.reverse() : rows,
    after: passedOver ? cursorOf(page[0]) : backward ? back : onward,
    before: backward ? onward : back,
    reached: found.length > limit ? null : (reached?.moment ?? null),
  };
}

/** The next rows of a walk, its lanes merged. Where a lane's step was used up, no lane goes on beyond that place. */
async function readWalk(
  scope: Scope,
  list: ListName,
  walk: Walk,
  rest: readonly Condition[],
  want: number,
  step: number,
): Promise<{ found: Found[]; reached: Found | null }> {
  const share = Math.max(1, Math.floor(step / Math.max(1, walk.lanes.length)));
  const found: Found[] = [];
  let reached: Found | null = null;
  const place = (a: Found, b: Found): number => compareFound(walk, a, b);
  for (const lane of walk.lanes) {
    const read = await readLane(scope, list, walk, lane, [...rest, ...walk.also], want, share);
    found.push(...read.found);
    if (read.reached !== null && (reached === null || place(read.reached, reached) < 0))
      reached = read.reached;
  }
  const end = reached;
  const inOrder = found.filter((one) => end === null || place(one, end) <= 0).sort(place);
  return { found: inOrder.slice(0, want), reached: inOrder.length >= want ? null : reached };
}

function compareFound({ steps, head }: Walk, a: Found, b: Found): number {
  for (const [index, { descending, column }] of steps.entries()) {
    const turned = column === "priority" ? !descending : descending; // Its key is its negative.
    const at = head.length + index;
    const order = compareValues(a.keys[at] ?? null, b.keys[at] ?? null, turned);
    if (order !== 0) return order;
  }
  return 0;
}

async function readLane(
  scope: Scope,
  list: ListName,
  walk: Walk,
  lane: Where,
  conditions: readonly Condition[],
  want: number,
  step: number,
): Promise<{ found: Found[]; reached: Found | null }> {
  const { sql, tables } = scope;
  const { table, moment } = listSql[list];
  const steps = walk.steps.map(({ column }) => column);
  // Without conditions the index has all that is asked for.
  const others = conditions.length === 0 ? [] : [moment, ...columnsIn(list, conditions)];
  const columns = [...new Set(["id", ...steps, ...others])].join(", ");
  const start = joined([lane, ...behind(walk)]);
  const order = walk.steps
    .map(({ column, descending }) => `${column} ${descending ? "DESC" : "ASC"}`)
    .join(", ");
  const along = `SELECT ${columns} FROM ${table(tables)} WHERE ${start.sql} ORDER BY ${order}`;
  const foundOf = (row: Row): Found => ({
    id: row.id ?? null,
    keys: [
      ...walk.head,
      ...steps.map((column) => {
        const value = row[column.replaceAll('"', "")] ?? null;
        return walk.keyOf?.(column, value) ?? value;
      }),
    ],
    moment: Number(row[moment] ?? 0),
  });
  if (conditions.length === 0) {
    const rows = await sql.all(`${along} LIMIT ?`, [...start.values, want]);
    return { found: rows.map(foundOf), reached: null };
  }
  // One statement, so that both parts see the same rows. The second part is only read when the first did not fill the page.
  const filter = joined(conditions.map((one) => conditionSql(scope, list, one)));
  const rows = await sql.all(
    `SELECT 1 AS fits, near.* FROM (${along} LIMIT ?) near WHERE ${filter.sql}
     UNION ALL SELECT 0, far.* FROM (${along} LIMIT 1 OFFSET ?) far LIMIT ?`,
    [...start.values, step, ...filter.values, ...start.values, step - 1, want],
  );
  const end = rows.find(({ fits }) => fits === 0);
  return {
    found: rows.filter(({ fits }) => fits === 1).map(foundOf),
    reached: end === undefined ? null : foundOf(end),
  };
}

function behind({ steps, behind: values }: Walk): Where[] {
  if (values === undefined) return [];
  const last = steps.slice(steps.length - values.length);
  const columns = last.map(({ column }) => column).join(", ");
  const places = values.map(() => "?").join(", ");
  return [{ sql: `(${columns}) ${last[0]?.descending ? "<" : ">"} (${places})`, values: [...values] }];
}

async function sortList<L extends ListName>(
  scope: Scope,
  list: L,
  request: BrowseRequest<L>,
): Promise<BrowsePage<L>> {
  const { order, where, ...onePage } = request;
  const rows = await allOf(scope, list, anyPath(list, where), order.by);
  if (rows === null || rows.length > fewRows)
    throw new QuernError("QUERN_TOO_MANY_TO_SORT", { order: order.by, most: fewRows });
  const page = pageRows(
    orderOf(list, order.by),
    rows,
    (row, key) => row[key === "id" ? "id" : "value"] ?? null,
    {
      descending: order.descending,
      ...onePage,
    },
  );
  return {
    ...page,
    rows: await rowsOf(
      scope,
      list,
      page.rows.map(({ id }) => id ?? null),
    ),
    reached: null,
  };
}

/** The ids of all that match, with the value of one field; null when that takes reading too many rows. */
async function allOf(scope: Scope, list: ListName, path: Path, by: string): Promise<Row[] | null> {
  const { table, along } = listSql[list];
  const { sql, tables } = scope;
  const columns = [...new Set(["id", ...columnsOf(list, by), ...columnsIn(list, path.rest)])].join(", ");
  const most = path.rest.length === 0 ? fewRows : mostReadToSort;
  const filter = joined(path.rest.map((one) => conditionSql(scope, list, one)));
  const found: Row[] = [];
  let read = 0;
  for (const lane of path.walks.flatMap(({ lanes }) => lanes)) {
    const rows = await sql.all(
      `SELECT CASE WHEN ${filter.sql} THEN 1 ELSE 0 END AS fits, id, ${fieldSql(scope, list, by)} AS value
       FROM (SELECT ${columns} FROM ${table(tables)} WHERE ${lane.sql} ${along} LIMIT ?) near`,
      [...filter.values, ...lane.values, most + 1 - read],
    );
    read += rows.length;
    if (read > most) return null;
    found.push(...rows.filter(({ fits }) => fits === 1));
  }
  return found;
}

/** In the order of the ids; those that have gone meanwhile are left out. */
async function rowsOf<L extends ListName>(
  scope: Scope,
  list: L,
  ids: readonly Scalar[],
): Promise<Lists[L][]> {
  if (ids.length === 0) return [];
  const { sql, tables, dialect } = scope;
  const { table, read } = listSql[list];
  const source = dialect.rows(
    { id: list === "audit" ? "integer" : "text" },
    ids.map((id) => [id]),
  );
  const rows = await sql.all(
    `SELECT * FROM ${table(tables)} WHERE ${dialect.among("id", `SELECT i.id FROM ${source.sql} i`)}`,
    source.values,
  );
  const byId = new Map(rows.map((row) => [row.id, read(row) as Lists[L]]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export async function suggestValues<L extends ListName>(
  scope: Scope,
  list: L,
  { field, prefix, states, limit }: Suggestion<L>,
): Promise<string[]> {
  const indexed = indexOf(list, field, states);
  const values =
    indexed === null
      ? await recentValues(scope, list, { field, prefix, states, limit })
      : (await Promise.all(indexed.map((lane) => hop(scope, list, field, prefix, lane, limit)))).flat();
  return [...new Set(values)].sort((a, b) => compareValues(a, b, false)).slice(0, limit);
}

/** The lanes in which an index has the field's values in their order, if one does. */
function indexOf(list: ListName, field: string, states: readonly string[] | undefined): string[] | null {
  if (list === "ended" && (field === "group" || field === "func"))
    return (["success", "failure"] as const)
      .filter((state) => states === undefined || states.includes(state))
      .map((state) => `state = '${state}'`);
  if (list === "ended" && field === "errorClass") return ["state = 'failure'"];
  if (list === "schedules" && field === "name") return ["1 = 1"];
  if (list === "queued" && field === "group") return ["1 = 1"];
  return null;
}

/** From value to value along the index, however many rows each has. */
async function hop(
  scope: Scope,
  list: ListName,
  field: string,
  prefix: string,
  lane: string,
  limit: number,
): Promise<string[]> {
  const { sql, tables } = scope;
  const { table } = listSql[list];
  const column = fieldSql(scope, list, field);
  const least = (bound: string): string =>
    `(SELECT min(${column}) FROM ${table(tables)} WHERE ${lane} AND ${column} ${bound})`;
  const rows = await sql.all(
    `WITH RECURSIVE hop (value, place) AS (
       SELECT ${least(">= ?")}, 1
       UNION ALL SELECT ${least("> hop.value")}, place + 1 FROM hop WHERE hop.value IS NOT NULL AND place < ?)
     SELECT value FROM hop WHERE value IS NOT NULL`,
    [prefix, limit],
  );
  return rows.map(({ value }) => String(value)).filter((value) => value.startsWith(prefix));
}

async function recentValues<L extends ListName>(
  scope: Scope,
  list: L,
  { field, prefix, states, limit }: Suggestion<L>,
): Promise<string[]> {
  const { table, moment } = listSql[list];
  const { sql, tables } = scope;
  const column = fieldSql(scope, list, field);
  const lanes = list === "ended" ? (states ?? ["success", "failure"]) : [null];
  const values: string[] = [];
  for (const state of lanes) {
    const inState: Where =
      state === null ? { sql: "1 = 1", values: [] } : { sql: "state = ?", values: [state] };
    const order = list === "ended" ? `ORDER BY ${moment} DESC, id DESC` : "ORDER BY id DESC";
    const bound: Value[] = [...inState.values, suggestedFrom, containing(prefix).slice(1), limit];
    const rows = await sql.all(
      `SELECT DISTINCT value FROM (SELECT ${column} AS value FROM ${table(tables)} near WHERE ${inState.sql} ${order} LIMIT ?) few
       WHERE value LIKE ? ESCAPE '\\' ORDER BY value LIMIT ?`,
      bound,
    );
    values.push(...rows.map(({ value }) => String(value)).filter((value) => value.startsWith(prefix)));
  }
  return values;
}
