// Above the rows: the model's name and how many there are, its banner, the search box, filters and columns.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { ApiError } from "../api.ts";
import { count } from "../format/number.ts";
import { usePhone } from "../looks.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { IconButton } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Popup, useOpened } from "../parts/popups.tsx";
import type { ChangeAddress, ListAddress } from "./address.ts";
import { ColumnsPanel } from "./columns-panel.tsx";
import { FilterBar } from "./filter-bar.tsx";
import css from "./list-head.module.css";
import { NewRows } from "./new-rows.tsx";
import { SearchBox } from "./search-box.tsx";
import type { ShownList } from "./use-list.ts";

export function ListHead({
  list,
  address,
  change,
  columns,
  mistake,
  onBusy,
}: {
  list: ShownList;
  address: ListAddress;
  change: ChangeAddress;
  columns: string[];
  mistake: ApiError | null;
  onBusy: (busy: boolean) => void;
}): ReactElement {
  const model = useThisModel();
  const phone = usePhone();
  const choosing = useOpened();
  const banner = list.answer?.banner;
  return (
    <header className={css.head}>
      <div className={css.title}>
        <h1>{model.label.many}</h1>
        {list.answer && <span className={css.count}>{count(list.answer.count)}</span>}
        <NewRows list={list} />
        {banner && (
          <p className={css.banner}>
            <Icon name="info" size={14} />
            {banner}
          </p>
        )}
        {model.form && model.may.add && (
          <Link to={`/${model.path}/new`} className={css.add}>
            <Icon name="plus" />
            <span>{text.list.add(model.label.one)}</span>
          </Link>
        )}
      </div>
      <div className={css.tools}>
        {model.search.length > 0 && (
          <SearchBox value={address.q} mistake={mistake} onChange={(q) => change({ q }, { replace: true })} />
        )}
        <FilterBar address={address} change={change} rows={list.answer?.rows ?? []} onBusy={onBusy} />
        {!phone && (
          <IconButton
            icon="columns"
            label={text.list.columns}
            className={css.columns}
            aria-haspopup="dialog"
            aria-expanded={choosing.isOpen}
            onClick={(event) => choosing.toggle(event.currentTarget)}
          />
        )}
      </div>
      {choosing.anchor && (
        <Popup anchor={choosing.anchor} label={text.list.columns} onClose={choosing.close} width={260} end>
          <ColumnsPanel columns={columns} change={change} />
        </Popup>
      )}
    </header>
  );
}
