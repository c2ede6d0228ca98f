// A table's columns, each told once: its name, its kind, and what of a record stands in it. The way back is in rows.ts.
import type { Value } from "./database.ts";
import type { ColumnKind, Dialect, RowSource } from "./dialect.ts";

export interface Column<Kept> {
  readonly kind: ColumnKind;
  readonly of: (record: Kept) => Value;
}

/** In the order in which statements name them. */
export type Columns<Kept> = Readonly<Record<string, Column<Kept>>>;

export function text<Kept>(of: (record: Kept) => string | null | undefined): Column<Kept> {
  return { kind: "text", of: (record) => of(record) ?? null };
}

export function integer<Kept>(of: (record: Kept) => number | null | undefined): Column<Kept> {
  return { kind: "integer", of: (record) => of(record) ?? null };
}

/** A truth, as 0 or 1. */
export function flag<Kept>(of: (record: Kept) => boolean): Column<Kept> {
  return { kind: "integer", of: (record) => (of(record) ? 1 : 0) };
}

export const valuesOf = <Kept>(columns: Columns<Kept>, record: Kept): Value[] =>
  Object.values(columns).map(({ of }) => of(record));

/** The records as rows of a statement; `names` are what its columns are called there, in the order of `columns`. */
export function rowsOf<Kept>(
  dialect: Dialect,
  columns: Columns<Kept>,
  records: readonly Kept[],
  names: readonly string[] = Object.keys(columns),
): RowSource {
  const kinds = Object.values(columns).map(({ kind }, index) => [names[index] ?? "", kind] as const);
  return dialect.rows(
    Object.fromEntries(kinds),
    records.map((record) => valuesOf(columns, record)),
  );
}
