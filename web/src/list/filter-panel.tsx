// What one filter can be set to: known values, values proposed as one types, or a time.
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import type { FilterDescription, Option, Row } from "../../../src/admin/contract.ts";
import { fromLocalInput, toLocalInput } from "../format/moment.ts";
import { number } from "../format/number.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Checkbox, controlClass } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { suggestQuery } from "../queries.ts";
import { useSettled } from "../settled.ts";
import { rich } from "../values/cell.tsx";
import css from "./panels.module.css";

interface Props {
  values: string[];
  set: (values: string[]) => void;
}

export function FilterPanel({
  filter,
  rows,
  ...rest
}: Props & { filter: FilterDescription; rows: Row[] }): ReactElement {
  switch (filter.as) {
    case "suggest":
      return <Suggested field={filter.field} label={filter.label} rows={rows} {...rest} />;
    case "moment":
      return <Moments label={filter.label} presets={filter.presets} {...rest} />;
    case "choices":
      return <Choices options={filter.options} {...rest} />;
    case "custom":
      return <One label={filter.label} options={filter.options} {...rest} />;
  }
}

function toggled(values: string[], value: string): string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}

function Choices({ options, values, set }: Props & { options: Option[] }): ReactElement {
  return (
    <ul className={css.values}>
      {options.map((option) => (
        <li key={option.value}>
          <Checkbox
            label={option.label}
            checked={values.includes(option.value)}
            onChange={() => set(toggled(values, option.value))}
          />
        </li>
      ))}
    </ul>
  );
}

function One({ label, options, values, set }: Props & { label: string; options: Option[] }): ReactElement {
  return (
    <ul className={css.values} role="radiogroup" aria-label={label}>
      {[{ value: "", label: text.list.any }, ...options].map((option) => (
        <li key={option.value} role="none">
          <label className={css.radio}>
            <input
              type="radio"
              name={label}
              checked={option.value === (values[0] ?? "")}
              onChange={() => set(option.value ? [option.value] : [])}
            />
            {option.label}
          </label>
        </li>
      ))}
    </ul>
  );
}

const waitMs = 200;

function Suggested({
  field,
  label,
  rows,
  values,
  set,
}: Props & { field: string; label: string; rows: Row[] }): ReactElement {
  const model = useThisModel();
  const [typed, setTyped] = useState("");
  const prefix = useSettled(typed.trim(), waitMs);
  const { data, isFetching } = useQuery(suggestQuery(model.name, field, prefix));
  const onPage = rows.map((row) => rich(row.cells[field]).value).filter((value) => typeof value === "string");
  const proposed = data?.values ?? [];
  const known = new Map(proposed.map((one) => [one.value, one]));
  const matching = onPage.filter(
    (value) => value !== "" && value.toLowerCase().includes(prefix.toLowerCase()),
  );
  const shown = [...new Set([...values, ...matching, ...known.keys()])].slice(0, values.length + most);
  return (
    <div className={css.panel}>
      <div className={css.find}>
        <input
          className={controlClass}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder={text.list.findValue(label)}
          aria-label={text.list.findValue(label)}
          data-autofocus
          spellCheck={false}
        />
      </div>
      <ul className={css.values} aria-busy={isFetching}>
        {shown.map((value) => {
          const one = known.get(value);
          return (
            <li key={value}>
              <Checkbox
                label={value}
                checked={values.includes(value)}
                onChange={() => set(toggled(values, value))}
              />
              {one?.schedule && (
                <span className={css.mark} data-tip={text.list.isSchedule}>
                  <Icon name="schedule" size={13} />
                </span>
              )}
              {one?.count !== undefined && <span className={css.count}>{number(one.count)}</span>}
            </li>
          );
        })}
        {shown.length === 0 && !isFetching && <li className={css.none}>{text.list.noValue}</li>}
      </ul>
    </div>
  );
}

const most = 20;

function Moments({
  label,
  presets,
  values,
  set,
}: Props & { label: string; presets: Option[] }): ReactElement {
  const value = values[0] ?? "";
  const isRange = value.includes("..");
  const [from = "", to = ""] = isRange ? value.split("..") : [];
  const change = (ends: { from?: string; to?: string }): void => {
    const next = { from, to, ...ends };
    set(next.from || next.to ? [`${next.from}..${next.to}`] : []);
  };
  return (
    <div className={css.panel}>
      <One label={label} options={presets} values={isRange ? [value] : values} set={set} />
      <div className={css.range}>
        <End label={text.list.from} value={from} onChange={(end) => change({ from: end })} />
        <End label={text.list.to} value={to} onChange={(end) => change({ to: end })} />
      </div>
    </div>
  );
}

function End({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}): ReactElement {
  return (
    <label className={css.end}>
      {label}
      <input
        type="datetime-local"
        step={60}
        className={controlClass}
        defaultValue={value ? toLocalInput(Date.parse(value)).slice(0, 16) : ""}
        onBlur={(event) => {
          const at = fromLocalInput(event.target.value);
          onChange(at === null ? "" : new Date(at).toISOString());
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
        }}
      />
    </label>
  );
}
