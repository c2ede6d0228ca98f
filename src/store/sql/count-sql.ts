// Counts along an index: of the first so many rows, or step by step to the end.
import { QuernError } from "../../core/errors.ts";
import type { Condition, Counted, CountedOn, ListName, Scalar } from "../browse.ts";
import { cursorAt, cursorParts } from "../cursor.ts";
import { listSql } from "./browse-sql.ts";
import { anyPath, type Path, walkById } from "./browse-paths.ts";
import { columnsIn, conditionSql, joined } from "./condition-sql.ts";
import type { Value } from "./database.ts";
import type { Scope } from "./dialect.ts";
import type { Where } from "./where.ts";

export async function countList(
  scope: Scope,
  list: ListName,
  where: readonly Condition[],
  upTo: number,
): Promise<Counted> {
  const { sql, tables } = scope;
  const { table, along } = listSql[list];
  const { walks, rest } = anyPath(list, where);
  const columns = [...new Set(columnsIn(list, rest))];
  const filter = joined(rest.map((one) => conditionSql(scope, list, one)));
  let [read, count] = [0, 0];
  for (const lane of walks.flatMap(({ lanes }) => lanes)) {
    const [row] = await sql.all(
      `SELECT count(*) AS read, sum(CASE WHEN ${filter.sql} THEN 1 ELSE 0 END) AS fitting
       FROM (SELECT ${columns.length === 0 ? "1 AS one" : columns.join(", ")} FROM ${table(tables)} WHERE ${lane.sql} ${along} LIMIT ?) near`,
      [...filter.values, ...lane.values, upTo + 1 - read],
    );
    read += Number(row?.read);
    count += Number(row?.fitting ?? 0);
    if (read > upTo) return { count: Math.min(count, upTo), more: true };
  }
  return { count, more: false };
}

const counted = "count";

export async function countOn(
  scope: Scope,
  list: ListName,
  where: readonly Condition[],
  { after, step }: { after?: string; step: number },
): Promise<CountedOn> {
  const { sql, tables } = scope;
  const { walks, rest } = countPath(list, where);
  const [{ lanes, steps } = { lanes: [], steps: [] }] = walks;
  const [at, ...behind] = after === undefined ? [0] : placeIn(after, steps.length);
  const lane = lanes[at];
  if (lane === undefined) return { count: 0, after: null };
  const columns = steps.map(({ column }) => column);
  const begin = behind.length === 0 ? lane : joined([lane, behindOf(columns, behind)]);
  const order = (way: string): string => columns.map((column) => `${column} ${way}`).join(", ");
  const filter = joined(rest.map((one) => conditionSql(scope, list, one)));
  const [row] = await sql.all(
    `WITH near AS MATERIALIZED (
       SELECT ${[...new Set([...columns, ...columnsIn(list, rest)])].join(", ")} FROM ${listSql[list].table(tables)}
       WHERE ${begin.sql} ORDER BY ${order("DESC")} LIMIT ?)
     SELECT (SELECT count(*) FROM near) AS read, (SELECT count(*) FROM near WHERE ${filter.sql}) AS fitting, last.*
     FROM (SELECT ${columns.join(", ")} FROM near ORDER BY ${order("ASC")} LIMIT 1) last`,
    [...begin.values, step, ...filter.values],
  );
  const more = Number(row?.read ?? 0) === step;
  const place = more ? [at, ...columns.map((column) => row?.[column] ?? null)] : [at + 1];
  const done = !more && at + 1 === lanes.length;
  return { count: Number(row?.fitting ?? 0), after: done ? null : cursorAt(counted, place) };
}

const behindOf = (columns: readonly string[], keys: readonly Scalar[]): Where => ({
  sql: `(${columns.join(", ")}) < (${keys.map(() => "?").join(", ")})`,
  values: keys as Value[],
});

/** One walk, in an order that its index has. Of the queue no index but that of the ids is in their order. */
function countPath(list: ListName, where: readonly Condition[]): Path {
  return list === "queued" ? { walks: [walkById], rest: where } : anyPath(list, where);
}

function placeIn(cursor: string, keys: number): [at: number, ...behind: Scalar[]] {
  const [name, at, ...behind] = cursorParts(cursor);
  const fits =
    name === counted &&
    Number.isSafeInteger(at) &&
    (behind.length === 0 || behind.length === keys) &&
    behind.every((key) => typeof key === "string" || Number.isSafeInteger(key));
  if (!fits) throw new QuernError("QUERN_BAD_CURSOR", { order: counted });
  return [at as number, ...(behind as Scalar[])];
}
