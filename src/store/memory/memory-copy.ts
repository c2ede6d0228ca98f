// All rows of a table, as they are, read and added a step at a time.
import { compareKeys } from "../condition.ts";
import type { Scalar } from "../browse.ts";
import type { CopiedRows, CopiedTable, CopyStep, RowsPage, RowsRequest } from "../copying.ts";
import { type MemoryTables, type Scope, uniqueKeyOf } from "./memory-tables.ts";

interface Copied<Row> {
  keyOf: (row: Row) => Scalar[];
  all: (tables: MemoryTables) => Row[];
  /** Answers whether it was added. */
  add: (tables: MemoryTables, row: Row) => boolean;
}

function put<Key, Row>(rows: Map<Key, Row>, key: Key, row: Row): boolean {
  if (rows.has(key)) return false;
  rows.set(key, row);
  return true;
}

const copied: { readonly [T in CopiedTable]: Copied<CopiedRows[T]> } = {
  settings: {
    keyOf: ({ key }) => [key],
    all: ({ meta }) => [...meta].map(([key, value]) => ({ key, value })),
    add: ({ meta }, { key, value }) => put(meta, key, value),
  },
  schedules: {
    keyOf: ({ id }) => [id],
    all: ({ schedules }) => [...schedules.values()],
    add({ schedules }, row) {
      const taken =
        row.name !== null && [...schedules.values()].some((standing) => standing.name === row.name);
      return !taken && put(schedules, row.id, row);
    },
  },
  runs: {
    keyOf: ({ schedule, revision, slot }) => [schedule, revision, slot],
    all: ({ runs }) => [...runs.values()].flat(),
    add({ runs }, row) {
      const known = runs.get(row.schedule) ?? [];
      if (known.some(({ revision, slot }) => revision === row.revision && slot === row.slot)) return false;
      runs.set(row.schedule, [...known, row]);
      return true;
    },
  },
  queued: {
    keyOf: ({ id }) => [id],
    all: ({ queue }) => [...queue.values()],
    add: ({ queue, ended, answers }, row) =>
      !ended.has(row.id) && !answers.has(row.id) && put(queue, row.id, row),
  },
  attempts: {
    keyOf: ({ id, attempt }) => [id, attempt],
    all: ({ attempts }) => [...attempts.values()].flat(),
    add({ attempts, queue }, row) {
      const task = queue.get(row.id);
      const isAhead =
        task !== undefined &&
        (task.attempt < row.attempt || (task.attempt === row.attempt && task.owner !== null));
      const known = attempts.get(row.id) ?? [];
      if (isAhead || known.some(({ attempt }) => attempt === row.attempt)) return false;
      attempts.set(
        row.id,
        [...known, row].sort((a, b) => a.attempt - b.attempt),
      );
      return true;
    },
  },
  ended: {
    keyOf: ({ id }) => [id],
    all: ({ ended }) => [...ended.values()],
    add: ({ queue, ended }, row) => !queue.has(row.id) && put(ended, row.id, row),
  },
  answers: {
    keyOf: ({ id }) => [id],
    all: ({ answers }) => [...answers.values()],
    add: ({ queue, answers }, row) => !queue.has(row.id) && put(answers, row.id, row),
  },
  uniqueKeys: {
    keyOf: ({ key, func }) => [key, func],
    all: ({ uniqueKeys }) => [...uniqueKeys.values()],
    add: ({ uniqueKeys }, row) => put(uniqueKeys, uniqueKeyOf(row.func, row.key), row),
  },
  audit: {
    keyOf: ({ id }) => [id],
    all: ({ audit }) => audit,
    add: ({ audit }, row) => audit.push({ ...row, id: audit.length + 1 }) > 0,
  },
};

export function readTable<T extends CopiedTable>(
  { tables }: Scope,
  table: T,
  { after, limit, maxBytes }: RowsRequest,
): RowsPage<T> {
  const { keyOf, all } = copied[table];
  const cursor = after === null ? null : (JSON.parse(after) as Scalar[]);
  const behind = all(tables)
    .map((row) => ({ row, key: keyOf(row) }))
    .filter(({ key }) => cursor === null || compareKeys(key, cursor, false) > 0)
    .sort((a, b) => compareKeys(a.key, b.key, false))
    .slice(0, limit);
  let bytes = 0;
  const over = behind.findIndex(({ row }) => (bytes += bytesOf(row)) > maxBytes);
  const page = over === -1 ? behind : behind.slice(0, Math.max(1, over));
  const last = page.at(-1);
  return {
    rows: page.map(({ row }) => row),
    reached: last === undefined ? null : JSON.stringify(last.key),
  };
}

function bytesOf(row: object): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? Buffer.byteLength(value) : 0),
    0,
  );
}

export function addTable<T extends CopiedTable>(
  { tables }: Scope,
  table: T,
  rows: readonly CopiedRows[T][],
  { key, from, to }: CopyStep,
): number | null {
  if ((tables.meta.get(key) ?? null) !== from) return null;
  tables.meta.set(key, to);
  return rows.filter((row) => copied[table].add(tables, row)).length;
}

export function countTable({ tables }: Scope, table: CopiedTable): number {
  return copied[table].all(tables).length;
}
