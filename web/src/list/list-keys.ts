// The keys of a list: walking the rows, selecting, acting, paging.
import { useNavigate } from "@tanstack/react-router";
import type { ActionDescription, ModelDescription, Row } from "../../../src/admin/contract.ts";
import type { ActionFlow } from "../actions/flow.tsx";
import { fromBase } from "../base.ts";
import { type Keys, useKeys } from "../keys.ts";
import type { ChangeAddress } from "./address.ts";
import type { Selection } from "./selection.ts";
import type { ShownList } from "./use-list.ts";

export function useListKeys({
  model,
  page,
  selection,
  flow,
  list,
  change,
}: {
  model: ModelDescription;
  page: Row[];
  selection: Selection;
  flow: ActionFlow;
  list: ShownList;
  change: ChangeAddress;
}): void {
  const navigate = useNavigate();
  const current = (): Row | undefined => page.find((row) => row.id === currentId());
  const select = (range: boolean): void => {
    const row = current();
    if (row) selection.set(row, page.indexOf(row), range || !selection.isSelected(row.id), range);
  };
  // Two may share a key, as pausing and resuming do: the first that can be done is meant.
  const act = (actions: ActionDescription[]): void => {
    const { matching } = selection;
    const rows = [...selection.rows.values()];
    const row = current();
    const first = (on: "matching" | "rows", candidates: Row[]): ActionDescription | undefined => {
      const offered = actions.filter((action) => action.on.includes(on));
      return offered.find(({ name }) => candidates.some((one) => one.actions[name] === true)) ?? offered[0];
    };
    if (matching) {
      const action = first("matching", page);
      if (action) flow.start(action, { matching });
    } else if (rows.length > 0) {
      const action = first("rows", rows);
      if (action) flow.start(action, { rows });
    } else if (row) {
      const action = actions.find(({ name }) => row.actions[name] === true);
      if (action) flow.start(action, { rows: [row] });
    }
  };
  const keys = new Set(model.actions.flatMap(({ key }) => key ?? []));
  const byKey: Keys = Object.fromEntries(
    [...keys].map((key) => [key, () => act(model.actions.filter((action) => action.key === key))]),
  );
  useKeys({
    ...byKey,
    j: () => walk(1),
    k: () => walk(-1),
    ArrowDown: () => walk(1),
    ArrowUp: () => walk(-1),
    Enter: () => {
      const to = current()?.to;
      if (to) void navigate({ to: fromBase(to) });
    },
    x: () => select(false),
    "Shift x": () => select(true),
    a: () => selection.setPage(!page.every((row) => selection.isSelected(row.id))),
    "Shift a": () => {
      if (list.answer) selection.selectMatching(list.answer.at, list.answer.count);
    },
    Escape: () => selection.clear(),
    ".": () => {
      if (!selection.isEmpty) toSelection();
      else rowElement(currentId())?.querySelector<HTMLElement>("[data-row-menu]")?.click();
    },
    e: () => {
      const to = current()?.to;
      if (to && model.form) void navigate({ to: fromBase(to), search: { tab: "edit" } });
    },
    n: () => {
      if (model.form && model.may.add) void navigate({ to: `/${model.path}/new` });
    },
    "]": () => list.answer?.after && change({ after: list.answer.after }),
    "[": () => list.answer?.before && change({ before: list.answer.before }),
  });
}

// Where all actions stand side by side there is no menu: the keyboard goes to the first of them.
function toSelection(): void {
  const menu = document.querySelector<HTMLElement>("[data-selection-menu]");
  if (menu) menu.click();
  else document.querySelector<HTMLElement>("[data-selection-action]")?.focus();
}

function currentId(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("[data-id]")?.dataset["id"];
}

function rowElement(id: string | undefined): Element | null {
  return id === undefined ? null : document.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

// The keyboard's row is the one with the focus: what the eye sees and what a screen reader says are the same.
function walk(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-id]:not([data-gone])")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next =
    rows[at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
  const target = next?.querySelector<HTMLElement>("a") ?? next?.querySelector<HTMLElement>("button, input");
  target?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
