// One row of any model: its name and what can be done with it, and its tabs.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactElement, useEffect, useRef } from "react";
import type { DetailAnswer, ModelDescription, SectionDescription } from "../../../src/admin/contract.ts";
import { ActionsContext, type ActionFlow, useActionFlow } from "../actions/flow.tsx";
import { ApiError } from "../api.ts";
import { useBoot } from "../boot-context.ts";
import { ModelForm } from "../form/model-form.tsx";
import { type Keys, useKeys } from "../keys.ts";
import { useLive } from "../live.ts";
import { text } from "../messages.ts";
import { listAddress, useThisModel } from "../model-context.ts";
import { Button } from "../parts/button.tsx";
import { Moment } from "../parts/moment.tsx";
import { Empty, Failure } from "../parts/notice.tsx";
import { MenuPopup, useOpened } from "../parts/popups.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { detailQuery } from "../queries.ts";
import { parseSearch, type Search } from "../search.ts";
import { JsonView } from "../values/json-view.tsx";
import { Bytes } from "./bytes.tsx";
import { Crumbs, listOf } from "./crumbs.tsx";
import css from "./detail-page.module.css";
import { Facts } from "./facts.tsx";
import { HeadFacts } from "./head-facts.tsx";
import { History } from "./history.tsx";
import { SectionTable } from "./section-table.tsx";
import { Timeline } from "./timeline.tsx";

export function DetailPage(): ReactElement {
  const model = useThisModel();
  const params: { id?: string } = useParams({ strict: false });
  const id = params.id ?? "";
  const { data, error, refetch } = useQuery(detailQuery(model.name, id));
  const navigate = useNavigate();
  const queries = useQueryClient();
  useLive((event) => {
    const isMeant = event.name === "rows" && event.data.model === model.name;
    // With the counts too: what stands beside a row, such as the runs of a schedule, is told by no name.
    const isLook = event.name === "poll" || event.name === "counts";
    if (!isLook && !(isMeant && (event.data.ids?.includes(id) ?? true))) return;
    void queries.invalidateQueries({ queryKey: detailQuery(model.name, id).queryKey });
  });
  // On the way to the next row it is that of the row before, so that nothing flickers.
  const standsIn = useRef(data?.standsIn);
  if (data) standsIn.current = data.standsIn;
  const list = listOf(model, standsIn.current, useBoot().models);
  useKeys({
    u: () => list && void navigate({ to: `/${list.path}`, search: parseSearch(listAddress(list)) }),
    e: () => void navigate({ to: ".", search: { tab: "edit" } }),
  });
  const title = data?.title ?? model.label.one;
  useEffect(() => {
    document.title = text.shell.pageTitle(title);
  }, [title]);
  const gone = error instanceof ApiError && error.status === 404;
  // Whoever has just deleted it wants to go on with the list; what others deleted says so here.
  const acted = useRef(false);
  useEffect(() => {
    if (gone && acted.current && list)
      void navigate({ to: `/${list.path}`, search: parseSearch(listAddress(list)), replace: true });
  }, [gone, list, navigate]);
  return (
    <div className={css.page}>
      <Crumbs model={model} standsIn={standsIn.current} id={id} />
      {gone && (
        <Empty
          isPage
          icon="search"
          title={error.message}
          hint={error.by ? undefined : (error.hint ?? text.detail.goneHint)}
        >
          {error.by && <Moment at={error.by.at} className={css.goneAt} />}
        </Empty>
      )}
      {error && !gone && !data && (
        <div className={css.body}>
          <Failure error={error} retry={() => void refetch()} />
        </div>
      )}
      {!data && !error && <Skeleton />}
      {data && !gone && (
        <Detail
          detail={data}
          id={id}
          key={id}
          onActed={() => {
            acted.current = true;
          }}
        />
      )}
    </div>
  );
}

function Detail({
  detail,
  id,
  onActed,
}: {
  detail: DetailAnswer;
  id: string;
  onActed: () => void;
}): ReactElement {
  const model = useThisModel();
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const flow = useActionFlow(model, { query: "", onDone: onActed });
  const sections = model.detail.filter((section) => isThere(section, detail, model));
  const wanted = search["tab"];
  const shown =
    sections.find((section) => section.name === wanted) ??
    sections.find((section) => wanted === "edit" && section.as === "form") ??
    sections[0];
  return (
    <ActionsContext value={flow}>
      <header className={css.head}>
        <h1>{detail.title}</h1>
        <Actions detail={detail} flow={flow} />
      </header>
      <HeadFacts detail={detail} />
      {sections.length > 1 && (
        <div className={css.tabs} role="tablist" aria-label={text.detail.sections}>
          {sections.map((section) => (
            <button
              key={section.name}
              type="button"
              role="tab"
              id={`tab-${section.name}`}
              aria-selected={section === shown}
              aria-controls="section"
              tabIndex={section === shown ? 0 : -1}
              onClick={() => void navigate({ to: ".", search: { tab: section.name }, replace: true })}
              onKeyDown={walkTabs}
            >
              {section.label}
            </button>
          ))}
        </div>
      )}
      {shown && (
        <div
          className={css.body}
          id="section"
          {...(sections.length > 1 && { role: "tabpanel", "aria-labelledby": `tab-${shown.name}` })}
        >
          {detail.bytes !== null && shown === sections[0] && <Bytes address={detail.bytes} />}
          <Section section={shown} detail={detail} id={id} />
        </div>
      )}
      {flow.dialog}
    </ActionsContext>
  );
}

function isThere(section: SectionDescription, detail: DetailAnswer, model: ModelDescription): boolean {
  if (section.as === "form") return model.form !== null && detail.form !== null;
  if (section.as === "history") return model.may.history;
  if (section.as === "raw") return detail.raw !== null;
  return true;
}

function walkTabs(event: React.KeyboardEvent<HTMLButtonElement>): void {
  const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (by === 0) return;
  const tabs = [...(event.currentTarget.parentElement?.querySelectorAll<HTMLElement>('[role="tab"]') ?? [])];
  const next = tabs[(tabs.indexOf(event.currentTarget) + by + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}

function Section({
  section,
  detail,
  id,
}: {
  section: SectionDescription;
  detail: DetailAnswer;
  id: string;
}): ReactElement {
  const model = useThisModel();
  const rows = detail.tables[section.name]?.rows ?? [];
  switch (section.as) {
    case "raw":
      return <JsonView json={detail.raw ?? "null"} />;
    case "history":
      return <History model={model.name} id={id} />;
    case "form":
      return model.form && detail.form ? (
        <ModelForm
          form={model.form}
          initial={detail.form.values}
          existing={{ id, version: detail.version, readOnly: detail.form.readOnly }}
          key={id}
        />
      ) : (
        <></>
      );
    case "timeline":
      return <Timeline section={section} rows={rows} />;
    case undefined:
      return (
        <>
          {section.fields.length > 0 && <Facts names={section.fields} cells={detail.fields} />}
          {section.table && <SectionTable table={section.table} rows={rows} label={section.label} />}
        </>
      );
  }
}

function Actions({ detail, flow }: { detail: DetailAnswer; flow: ActionFlow }): ReactElement | null {
  const model = useThisModel();
  const navigate = useNavigate();
  const opened = useOpened();
  const { models } = useBoot();
  const { row } = detail;
  const target = models.find(({ name }) => name === detail.again?.model);
  const offered = model.actions.filter((action) => action.on.includes("row") && action.name in row.actions);
  const keys: Keys = {};
  for (const action of offered) {
    if (action.key && row.actions[action.name] === true)
      keys[action.key] = () => flow.start(action, { rows: [row] });
  }
  useKeys({ ...keys, ".": () => document.querySelector<HTMLElement>("[data-detail-menu]")?.click() });
  const beside = offered.filter((action) => action.primary && row.actions[action.name] === true);
  const inMenu = offered.filter((action) => !beside.includes(action));
  const entry = (action: (typeof offered)[number]) => {
    const may = row.actions[action.name];
    return {
      label: action.label,
      danger: action.danger,
      refused: may === true ? undefined : may,
      shortcut: action.key,
      choose: () => flow.start(action, { rows: [row] }),
    };
  };
  const duplicate =
    detail.again && target
      ? [
          {
            label: detail.again.label,
            icon: "copy" as const,
            choose: () =>
              void navigate({ to: `/${target.path}/new`, search: { from: row.id, of: model.name } }),
          },
        ]
      : [];
  if (offered.length + duplicate.length === 0) return null;
  return (
    <div className={css.actions}>
      {beside.map((action) => (
        <Button
          key={action.name}
          onClick={() => flow.start(action, { rows: [row] })}
          data-danger={action.danger || undefined}
        >
          {action.label}
        </Button>
      ))}
      {(inMenu.length > 0 || duplicate.length > 0) && (
        <>
          <Button
            icon="dots"
            aria-label={text.list.actions}
            data-detail-menu=""
            aria-haspopup="menu"
            aria-expanded={opened.isOpen}
            onClick={(event) => opened.toggle(event.currentTarget)}
          />
          {opened.anchor && (
            <MenuPopup
              anchor={opened.anchor}
              label={text.list.actions}
              onClose={opened.close}
              groups={[
                [...inMenu.filter(({ danger }) => !danger).map(entry), ...duplicate],
                inMenu.filter(({ danger }) => danger).map(entry),
              ]}
              end
            />
          )}
        </>
      )}
    </div>
  );
}
