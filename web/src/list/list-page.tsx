// The list of any model, drawn from its metadata: search, filters, rows, selection, actions and paging.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type ReactElement, useEffect, useMemo, useRef, useState } from "react";
import { ActionsContext, useActionFlow } from "../actions/flow.tsx";
import { fromBase } from "../base.ts";
import { usePhone } from "../looks.ts";
import { text } from "../messages.ts";
import { keepListAddress, useThisModel } from "../model-context.ts";
import { Empty, Failure, Notice } from "../parts/notice.tsx";
import { ApiError } from "../api.ts";
import { useLive } from "../live.ts";
import { emptyQuery } from "../queries.ts";
import { Button } from "../parts/button.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { absolute } from "../format/moment.ts";
import { isNarrowed, toQuery, useListAddress } from "./address.ts";
import { Cards } from "./cards.tsx";
import { shownColumns } from "./columns.ts";
import { usePlace } from "./keep-place.ts";
import { ListHead } from "./list-head.tsx";
import { useListKeys } from "./list-keys.ts";
import css from "./list-page.module.css";
import { Pager } from "./pager.tsx";
import { useSelection } from "./selection.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { Table } from "./table.tsx";
import { useList } from "./use-list.ts";

export function ListPage(): ReactElement {
  const model = useThisModel();
  const [address, change] = useListAddress(model);
  const phone = usePhone();
  const columns = shownColumns(model, address);
  const query = toQuery({ ...address, sort: null }, { paged: false });
  const [busy, setBusy] = useState(false);
  const [selecting, setSelecting] = useState(false);
  const list = useList(model, address, change, columns, busy || selecting);
  const page = useMemo(() => list.rows.filter(({ gone }) => !gone).map(({ row }) => row), [list.rows]);
  const selection = useSelection(query, page);
  useEffect(() => setSelecting(!selection.isEmpty), [selection.isEmpty]);
  const flow = useActionFlow(model, { query, onDone: selection.clear });
  // On the way to a row the address is the row's already, while the list is still here.
  const search = useRouterState({
    select: ({ location }) => (location.pathname.endsWith(`/${model.path}`) ? location.searchStr : null),
  });
  useEffect(() => {
    if (search !== null) keepListAddress(model, search);
  }, [model, search]);
  const area = useRef<HTMLDivElement>(null);
  usePlace(model, area, search, list.rows.length > 0);
  useOpenWholeId(address.q, list.answer?.rows);
  useListKeys({ model, page, selection, flow, list, change });
  useEffect(() => {
    document.title = text.shell.pageTitle(model.label.many);
  }, [model]);
  const mistake = list.error instanceof ApiError && list.error.position ? list.error : null;
  const failure = list.error && !mistake ? list.error : null;
  const searchedTo = list.answer?.searchedTo ?? null;
  return (
    <ActionsContext value={flow}>
      <div className={css.page}>
        <ListHead
          list={list}
          address={address}
          change={change}
          columns={columns}
          mistake={mistake}
          onBusy={setBusy}
        />
        {Boolean(failure) && (
          <div className={css.notices}>
            <Failure error={failure} retry={list.reload} />
          </div>
        )}
        <div
          ref={area}
          className={css.rows}
          data-loading={list.loading || undefined}
          aria-busy={list.loading}
          data-rows
          tabIndex={-1}
          {...list.hands}
        >
          {list.answer && list.rows.length > 0 ? (
            phone ? (
              <Cards list={list} columns={columns} selection={selection} onBusy={setBusy} />
            ) : (
              <Table
                list={list}
                columns={columns}
                selection={selection}
                address={address}
                change={change}
                onBusy={setBusy}
              />
            )
          ) : !list.answer && !list.error ? (
            <Skeleton />
          ) : (
            list.answer &&
            !failure &&
            !mistake &&
            searchedTo === null && (
              <NoRows narrowed={isNarrowed(address)} clear={() => change({ q: "", filters: {} })} />
            )
          )}
          {searchedTo !== null && (
            <div className={css.searched}>
              <Notice
                tone="info"
                action={
                  list.answer?.after && (
                    <Button onClick={() => change({ after: list.answer?.after ?? null })}>
                      {text.list.keepSearching}
                    </Button>
                  )
                }
              >
                {text.list.searchedTo(absolute(searchedTo))}
              </Notice>
            </div>
          )}
        </div>
        {list.answer && list.rows.length > 0 && (
          <Pager answer={list.answer} address={address} change={change} query={query} />
        )}
        {!selection.isEmpty && (
          <SelectionBar selection={selection} list={list} page={page} onBusy={setBusy} />
        )}
        {flow.dialog}
      </div>
    </ActionsContext>
  );
}

function NoRows({ narrowed, clear }: { narrowed: boolean; clear: () => void }): ReactElement {
  const model = useThisModel();
  const queries = useQueryClient();
  const asked = emptyQuery(model.name);
  const { data } = useQuery(asked);
  useLive(({ name }) => {
    if (name === "cluster" || name === "poll") void queries.invalidateQueries({ queryKey: asked.queryKey });
  });
  if (narrowed) {
    return (
      <Empty icon="search" title={text.list.noMatch} hint={text.list.noMatchHint}>
        <Button onClick={clear}>{text.list.clear}</Button>
      </Empty>
    );
  }
  const { title, hint, code } = data ?? model.empty;
  return <Empty icon={model.navigation?.icon ?? "task"} title={title} hint={hint} code={code} />;
}

// A whole id in the search box is as good as a click on its row.
function useOpenWholeId(q: string, rows: { id: string; to: string | null }[] | undefined): void {
  const navigate = useNavigate();
  const only = rows?.length === 1 ? rows[0] : undefined;
  const to = only && only.id === q.trim() ? only.to : null;
  useEffect(() => {
    if (to) void navigate({ to: fromBase(to), replace: true });
  }, [to, navigate]);
}
