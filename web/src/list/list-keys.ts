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
  const act = (action: ActionDescription): void => {
    const row = current();
    if (selection.matching && action.on.includes("matching"))
      flow.start(action, { matching: selection.matching });
    else if (selection.rows.size > 0 && action.on.includes("rows")) {
      flow.start(action, { rows: [...selection.rows.values()] });
    } else if (row && row.actions[action.name] === true) flow.start(action, { rows: [row] });
  };
  const byKey: Keys = Object.fromEntries(
    model.actions.flatMap((action) => (action.key ? [[action.key, () => act(action)]] : [])),
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
      const menu = selection.isEmpty
        ? rowElement(currentId())?.querySelector("[data-row-menu]")
        : menuOfSelection();
      if (menu instanceof HTMLElement) menu.click();
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

function menuOfSelection(): Element | null {
  return document.querySelector("[data-selection-menu]");
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
