// The filters as chips; on a phone one button with all of them in a sheet.
import type { ReactElement } from "react";
import { useEffect, useState } from "react";
import type { FilterDescription, Row } from "../../../src/admin/contract.ts";
import { usePhone } from "../looks.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Popup, useOpened } from "../parts/popups.tsx";
import { dayAndTime, browserZone } from "../format/moment.ts";
import type { ChangeAddress, ListAddress } from "./address.ts";
import css from "./filter-bar.module.css";
import { FilterPanel } from "./filter-panel.tsx";
import panels from "./panels.module.css";

interface Props {
  address: ListAddress;
  change: ChangeAddress;
  rows: Row[];
  onBusy: (busy: boolean) => void;
}

export function FilterBar({ address, change, rows, onBusy }: Props): ReactElement | null {
  const { filters } = useThisModel();
  const phone = usePhone();
  const [name, setName] = useState("");
  const opened = useOpened();
  useEffect(() => onBusy(opened.isOpen), [opened.isOpen, onBusy]);
  if (filters.length === 0) return null;
  const set = (field: string, values: string[]): void => {
    const next = { ...address.filters };
    if (values.length > 0) next[field] = values;
    else delete next[field];
    // Back undoes a filter, and not each step of setting it.
    const replace = Object.keys(next).join() === Object.keys(address.filters).join();
    change({ filters: next }, { replace });
  };
  const active = Object.keys(address.filters).length;
  const panelOf = (filter: FilterDescription): ReactElement => (
    <FilterPanel
      filter={filter}
      values={address.filters[filter.field] ?? []}
      set={(values) => set(filter.field, values)}
      rows={rows}
    />
  );
  if (phone) {
    return (
      <>
        <Button
          icon="filter"
          aria-haspopup="dialog"
          aria-expanded={opened.isOpen}
          onClick={(event) => opened.toggle(event.currentTarget)}
        >
          {active > 0 ? text.list.filtersOn(active) : text.list.filters}
        </Button>
        {opened.anchor && (
          <Popup anchor={opened.anchor} label={text.list.filters} onClose={opened.close}>
            {filters.map((filter) => (
              <details key={filter.field} className={panels.group} open={filter.field in address.filters}>
                <summary>
                  {filter.label}
                  <span className={panels.chosen}>{shown(filter, address.filters[filter.field] ?? [])}</span>
                  <Icon name="down" />
                </summary>
                {panelOf(filter)}
              </details>
            ))}
            <div className={panels.sheetFoot}>
              <Button onClick={() => change({ filters: {} })}>{text.list.clearShort}</Button>
              <Button weight="strong" onClick={opened.close}>
                {text.list.done}
              </Button>
            </div>
          </Popup>
        )}
      </>
    );
  }
  const open = filters.find((filter) => filter.field === name);
  return (
    <div className={css.bar} role="group" aria-label={text.list.filters}>
      {filters.map((filter) => {
        const values = address.filters[filter.field] ?? [];
        const on = values.length > 0;
        return (
          <span key={filter.field} className={css.chip} data-on={on || undefined}>
            <button
              type="button"
              className={css.open}
              aria-haspopup="dialog"
              aria-expanded={opened.isOpen && name === filter.field}
              onClick={(event) => {
                setName(filter.field);
                opened.toggle(event.currentTarget);
              }}
            >
              {!on && <Icon name="plus" size={12} />}
              <span className={css.name}>{filter.label}</span>
              {on && <span className={css.values}>{shown(filter, values)}</span>}
            </button>
            {on && (
              <button
                type="button"
                className={css.remove}
                aria-label={text.list.removeFilter(filter.label)}
                onClick={() => set(filter.field, [])}
              >
                <Icon name="close" size={12} />
              </button>
            )}
          </span>
        );
      })}
      {active > 1 && (
        <button type="button" className={css.clear} onClick={() => change({ filters: {} })}>
          {text.list.clearFilters}
        </button>
      )}
      {opened.anchor && open && (
        <Popup
          anchor={opened.anchor}
          label={open.label}
          onClose={opened.close}
          width={open.as === "moment" ? 300 : 270}
        >
          {panelOf(open)}
        </Popup>
      )}
    </div>
  );
}

function shown(filter: FilterDescription, values: string[]): string {
  const words = values.map((value) => wordOf(filter, value));
  return words.length > 2 ? text.list.several(words.slice(0, 2), words.length - 2) : words.join(", ");
}

function wordOf(filter: FilterDescription, value: string): string {
  const options = filter.as === "moment" ? filter.presets : filter.as === "suggest" ? [] : filter.options;
  const known = options.find((option) => option.value === value);
  if (known) return known.label;
  if (filter.as !== "moment") return value;
  const [from, to] = value.split("..").map((end) => (end ? dayAndTime(Date.parse(end), browserZone) : ""));
  return text.list.range(from ?? "", to ?? "");
}
