// The rows of a phone: a card each, with the same cells, the same selection and the same menu.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { fromBase } from "../base.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Checkbox } from "../parts/field.tsx";
import { CellView, isEmpty, rich } from "../values/cell.tsx";
import css from "./cards.module.css";
import { RowMenu } from "./row-menu.tsx";
import type { Selection } from "./selection.ts";
import type { ShownList } from "./use-list.ts";

export function Cards({
  list,
  columns,
  selection,
  onBusy,
}: {
  list: ShownList;
  columns: string[];
  selection: Selection;
  onBusy: (busy: boolean) => void;
}): ReactElement {
  const model = useThisModel();
  const selectable = model.actions.some(({ on }) => on.includes("rows"));
  // A name says more than an id.
  const links = model.links.filter((name) => columns.includes(name));
  const title = columns.includes("name") ? "name" : (links[0] ?? columns[0] ?? "");
  const rest = columns.filter((name) => name !== title);
  return (
    <ul className={css.cards}>
      {list.rows.map(({ row, gone }, index) => (
        <li
          key={row.id}
          className={css.card}
          data-selected={(!gone && selection.isSelected(row.id)) || undefined}
          data-gone={gone || undefined}
          data-id={row.id}
        >
          <div className={css.top}>
            {selectable && !gone && (
              <Checkbox
                label={text.list.selectRow(row.id)}
                hideLabel
                checked={selection.isSelected(row.id)}
                onChange={(on) => selection.set(row, index, on, false)}
              />
            )}
            <span className={css.title}>
              {row.to && !gone ? (
                <Link to={fromBase(row.to)}>
                  <CellView cell={plain(row.cells[title])} kind={model.fields[title]?.kind ?? "text"} />
                </Link>
              ) : (
                <CellView cell={plain(row.cells[title])} kind={model.fields[title]?.kind ?? "text"} />
              )}
            </span>
            {gone ? (
              <span className={css.left}>{text.list.gone}</span>
            ) : (
              <RowMenu row={row} onBusy={onBusy} />
            )}
          </div>
          <dl className={css.facts}>
            {rest
              .filter((name) => !isEmpty(rich(row.cells[name])))
              .map((name) => (
                <div key={name} data-kind={model.fields[name]?.kind}>
                  <dt>{model.fields[name]?.label}</dt>
                  <dd>
                    <CellView cell={row.cells[name]} kind={model.fields[name]?.kind ?? "text"} />
                  </dd>
                </div>
              ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

// The card's title is a link already.
function plain(cell: Parameters<typeof rich>[0]): ReturnType<typeof rich> {
  const { to: _, ...rest } = rich(cell);
  return rest;
}
