// What happened to a row, from its first moment to its last.
import type { ReactElement } from "react";
import type { Row, SectionDescription } from "../../../src/admin/contract.ts";
import { duration } from "../format/duration.ts";
import { momentTitle, timeOfDay } from "../format/moment.ts";
import { Moment } from "../parts/moment.tsx";
import { CellView, isEmpty, rich } from "../values/cell.tsx";
import css from "./timeline.module.css";

export function Timeline({ section, rows }: { section: SectionDescription; rows: Row[] }): ReactElement {
  const columns = section.table?.columns ?? [];
  const moment = columns.find(({ kind }) => kind === "moment");
  const others = columns.filter((column) => column !== moment);
  if (rows.length === 0) return <p className={css.empty}>{section.table?.empty}</p>;
  const atOf = (row: Row | undefined): number | null => {
    const value = row && moment ? rich(row.cells[moment.name]).value : null;
    return typeof value === "number" ? value : null;
  };
  return (
    <ol className={css.line}>
      {rows.map((row, index) => {
        const at = atOf(row);
        const before = atOf(rows[index - 1]);
        const [head, ...rest] = others.filter((column) => !isEmpty(rich(row.cells[column.name])));
        return (
          <li key={row.id} data-tone={head && rich(row.cells[head.name]).tone}>
            <div className={css.what}>
              {head && <CellView cell={row.cells[head.name]} kind={head.kind} />}
              {rest.map((column) => (
                <span key={column.name} className={css.more}>
                  <CellView cell={row.cells[column.name]} kind={column.kind} />
                </span>
              ))}
            </div>
            {at !== null && (
              <p className={css.when}>
                <span data-tip={momentTitle(at)}>{timeOfDay(at)}</span>
                {before !== null && at > before && <span className={css.gap}>+{duration(at - before)}</span>}
                <Moment at={at} />
              </p>
            )}
          </li>
        );
      })}
    </ol>
  );
}
