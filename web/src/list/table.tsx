// The rows as a real table: sortable heads, links, selection with ranges, and a click anywhere that opens the row.
import { useNavigate } from "@tanstack/react-router";
import type { MouseEvent, ReactElement } from "react";
import type { FieldDescription } from "../../../src/admin/contract.ts";
import { fromBase, toHref } from "../base.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Checkbox } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { CellView } from "../values/cell.tsx";
import type { ChangeAddress, ListAddress } from "./address.ts";
import { isAtEnd } from "./columns.ts";
import { RowMenu } from "./row-menu.tsx";
import type { Selection } from "./selection.ts";
import css from "./table.module.css";
import type { ShownList, ShownRow } from "./use-list.ts";

export function Table({
  list,
  columns,
  selection,
  address,
  change,
  onBusy,
}: {
  list: ShownList;
  columns: string[];
  selection: Selection;
  address: ListAddress;
  change: ChangeAddress;
  onBusy: (busy: boolean) => void;
}): ReactElement {
  const model = useThisModel();
  const rows = list.rows.filter(({ gone }) => !gone);
  const selected = rows.filter(({ row }) => selection.isSelected(row.id)).length;
  const selectable = model.actions.some(({ on }) => on.includes("rows"));
  const sort = address.sort ?? model.sort[0] ?? "";
  return (
    <table className={css.table}>
      <caption className="hidden">{model.label.many}</caption>
      <thead>
        <tr>
          {selectable && (
            <th className={css.select}>
              <Checkbox
                label={text.list.selectPage}
                hideLabel
                checked={selected > 0 && selected === rows.length}
                mixed={selected > 0 && selected < rows.length}
                onChange={selection.setPage}
              />
            </th>
          )}
          {columns.map((name) => (
            <Head
              key={name}
              name={name}
              field={model.fields[name]}
              sort={sort}
              few={list.answer?.few ?? false}
              choose={(next) => change({ sort: next === model.sort[0] ? null : next })}
            />
          ))}
          <th className={css.end}>
            <span className="hidden">{text.list.actions}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {list.rows.map((shown, index) => (
          <BodyRow
            key={shown.row.id}
            shown={shown}
            columns={columns}
            selectable={selectable}
            selected={!shown.gone && selection.isSelected(shown.row.id)}
            select={(on, range) => selection.set(shown.row, indexIn(rows, shown, index), on, range)}
            onBusy={onBusy}
          />
        ))}
      </tbody>
    </table>
  );
}

// Selection counts only the rows that are still there.
function indexIn(rows: ShownRow[], shown: ShownRow, index: number): number {
  const found = rows.findIndex(({ row }) => row.id === shown.row.id);
  return found === -1 ? index : found;
}

function Head({
  name,
  field,
  sort,
  few,
  choose,
}: {
  name: string;
  field: FieldDescription | undefined;
  sort: string;
  few: boolean;
  choose: (sort: string) => void;
}): ReactElement | null {
  if (!field) return null;
  const down = sort === `-${name}`;
  const up = sort === name;
  const newestFirst = field.kind === "moment" || field.kind === "duration" || field.kind === "number";
  const sortable = field.sortable === "always" || (field.sortable === "few" && few);
  const tip = field.sortable === "few" && !few ? text.list.tooManyToSort : undefined;
  const other = down ? name : up || newestFirst ? `-${name}` : name;
  return (
    <th
      className={css.head}
      data-end={isAtEnd(field.kind) || undefined}
      aria-sort={down ? "descending" : up ? "ascending" : undefined}
      scope="col"
    >
      {sortable ? (
        <button
          type="button"
          className={css.sort}
          data-on={down || up || undefined}
          data-tip={field.help ?? undefined}
          onClick={() => choose(other)}
        >
          {field.label}
          <span className={css.arrow}>
            <Icon name={up ? "up" : "down"} size={12} />
          </span>
        </button>
      ) : (
        <span className={css.label} data-tip={[field.help, tip].filter(Boolean).join("\n") || undefined}>
          {field.label}
        </span>
      )}
    </th>
  );
}

function BodyRow({
  shown: { row, gone },
  columns,
  selectable,
  selected,
  select,
  onBusy,
}: {
  shown: ShownRow;
  columns: string[];
  selectable: boolean;
  selected: boolean;
  select: (on: boolean, range: boolean) => void;
  onBusy: (busy: boolean) => void;
}): ReactElement {
  const model = useThisModel();
  const navigate = useNavigate();
  const open = (event: MouseEvent): void => {
    if (!row.to || gone || isBusyElsewhere(event)) return;
    if (event.metaKey || event.ctrlKey || event.button === 1)
      window.open(toHref(row.to), "_blank", "noopener");
    else if (event.shiftKey && selectable) select(true, true);
    else void navigate({ to: fromBase(row.to) });
  };
  return (
    <tr
      className={css.row}
      data-selected={selected || undefined}
      data-gone={gone || undefined}
      data-opens={row.to !== null || undefined}
      data-id={row.id}
      onClick={open}
      onAuxClick={(event) => event.button === 1 && open(event)}
    >
      {selectable && (
        <td className={css.select}>
          {!gone && (
            <Checkbox
              label={text.list.selectRow(row.id)}
              hideLabel
              checked={selected}
              onChange={() => {}}
              onClick={({ shiftKey }) => select(!selected, shiftKey)}
            />
          )}
        </td>
      )}
      {columns.map((name) => {
        const kind = model.fields[name]?.kind ?? "text";
        return (
          <td key={name} className={css.cell} data-kind={kind} data-end={isAtEnd(kind) || undefined}>
            <CellView
              cell={row.cells[name]}
              kind={kind}
              to={!gone && model.links.includes(name) ? row.to : null}
            />
          </td>
        );
      })}
      <td className={css.end}>
        {gone ? <span className={css.left}>{text.list.gone}</span> : <RowMenu row={row} onBusy={onBusy} />}
      </td>
    </tr>
  );
}

// Links, buttons and boxes have clicks of their own, and whoever marks text does not want to leave.
function isBusyElsewhere({ target }: MouseEvent): boolean {
  if (target instanceof Element && target.closest("a, button, input, label")) return true;
  return (window.getSelection()?.toString().length ?? 0) > 0;
}
