// A table's columns, each told once: its name, its kind, and what of a record stands in it. The way back is in rows.ts.
import type { Value } from "./database.ts";
import type { ColumnKind, Dialect, RowSource } from "./dialect.ts";

export interface Column<Record> {
  readonly kind: ColumnKind;
  readonly of: (record: Record) => Value;
}

/** In the order in which statements name them. */
export type Columns<Record> = Readonly<globalThis.Record<string, Column<Record>>>;

export function text<Record>(of: (record: Record) => string | null | undefined): Column<Record> {
  return { kind: "text", of: (record) => of(record) ?? null };
}

export function integer<Record>(of: (record: Record) => number | null | undefined): Column<Record> {
  return { kind: "integer", of: (record) => of(record) ?? null };
}

/** A truth, as 0 or 1. */
export function flag<Record>(of: (record: Record) => boolean): Column<Record> {
  return { kind: "integer", of: (record) => (of(record) ? 1 : 0) };
}

export const valuesOf = <Record>(columns: Columns<Record>, record: Record): Value[] =>
  Object.values(columns).map(({ of }) => of(record));

/** The records as rows of a statement; `names` are what its columns are called there, in the order of `columns`. */
export function rowsOf<Record>(
  dialect: Dialect,
  columns: Columns<Record>,
  records: readonly Record[],
  names: readonly string[] = Object.keys(columns),
): RowSource {
  const kinds = Object.values(columns).map(({ kind }, index) => [names[index] ?? "", kind] as const);
  return dialect.rows(
    Object.fromEntries(kinds),
    records.map((record) => valuesOf(columns, record)),
  );
}
