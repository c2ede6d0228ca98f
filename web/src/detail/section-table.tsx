// Rows within a row: attempts, runs, workers.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { Row, SectionDescription } from "../../../src/admin/contract.ts";
import { fromBase } from "../base.ts";
import { isAtEnd } from "../list/columns.ts";
import { CellView, rich } from "../values/cell.tsx";
import { ErrorView } from "../values/error-view.tsx";
import css from "./section-table.module.css";

export function SectionTable({
  table: { columns, empty },
  rows,
  label,
}: {
  table: NonNullable<SectionDescription["table"]>;
  rows: Row[];
  label: string;
}): ReactElement {
  if (rows.length === 0) return <p className={css.empty}>{empty}</p>;
  const narrow = columns.filter(({ kind }) => kind !== "error");
  return (
    <div className={css.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={css.table}>
        <caption className="hidden">{label}</caption>
        <thead>
          <tr>
            {narrow.map((column) => (
              <th key={column.name} scope="col" data-end={isAtEnd(column.kind) || undefined}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        {rows.map((row) => (
          <tbody key={row.id}>
            <tr>
              {narrow.map((column) => (
                <td key={column.name} data-end={isAtEnd(column.kind) || undefined}>
                  <CellView cell={row.cells[column.name]} kind={column.kind} />
                </td>
              ))}
            </tr>
            {columns.map((column) => {
              const { error } = rich(row.cells[column.name]);
              return error ? (
                <tr key={column.name}>
                  <td colSpan={narrow.length} className={css.error}>
                    <ErrorView error={error} />
                  </td>
                </tr>
              ) : null;
            })}
            {row.to && narrow.length === 0 && (
              <tr>
                <td>
                  <Link to={fromBase(row.to)}>{row.id}</Link>
                </td>
              </tr>
            )}
          </tbody>
        ))}
      </table>
    </div>
  );
}
