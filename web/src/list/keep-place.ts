// Where one is in a list: kept for whoever comes back from a row or loads the page anew, and not lost with a row that goes while it has the focus.
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { ModelDescription } from "../../../src/admin/contract.ts";
import { keepPlace, takePlace } from "./place.ts";

/** `search`: the list's address; null while another page is on its way. */
export function usePlace(
  model: ModelDescription,
  area: RefObject<HTMLElement | null>,
  search: string | null,
  isShown: boolean,
): void {
  const address = useRef(search);
  if (search !== null) address.current = search;
  const focused = useRef<{ id: string; index: number } | null>(null);
  const wasRestored = useRef(false);

  useLayoutEffect(() => {
    // Followed as it scrolls: when the page leaves it may be hidden already, and stands at the top.
    let tops = scrollers(area).map(topOf);
    const follow = (): void => {
      if (area.current?.offsetParent) tops = scrollers(area).map(topOf);
    };
    const keep = (id: string | null): void => {
      const ids = rowsIn(area).flatMap(({ dataset }) => dataset["id"] ?? []);
      keepPlace(model, { search: address.current ?? "", tops, id, ids });
    };
    const beforeReload = (): void => keep(null);
    document.addEventListener("scroll", follow, { capture: true, passive: true });
    window.addEventListener("pagehide", beforeReload);
    return () => {
      document.removeEventListener("scroll", follow, { capture: true });
      window.removeEventListener("pagehide", beforeReload);
      const opened = decoded(location.pathname.split("/").at(-1) ?? "");
      if (rowsIn(area).some(({ dataset }) => dataset["id"] === opened)) keep(opened);
    };
  }, [model, area]);

  useLayoutEffect(() => {
    if (!isShown || search === null || wasRestored.current) return;
    wasRestored.current = true;
    const place = takePlace(model);
    if (place?.search !== search) return;
    for (const [index, element] of scrollers(area).entries()) element.scrollTop = place.tops[index] ?? 0;
    if (nothingHasFocus()) focusRow(rowsIn(area).find(({ dataset }) => dataset["id"] === place.id));
  }, [isShown, search, model, area]);

  useEffect(() => {
    const follow = ({ target }: FocusEvent): void => {
      if (!(target instanceof Element) || target.closest('[role="dialog"], [role="menu"]')) return;
      const row = target.closest<HTMLElement>("[data-id]");
      const id = row?.dataset["id"];
      focused.current = row && id !== undefined ? { id, index: rowsIn(area).indexOf(row) } : null;
    };
    const forget = (): void => {
      focused.current = null;
    };
    document.addEventListener("focusin", follow);
    document.addEventListener("pointerdown", forget);
    return () => {
      document.removeEventListener("focusin", follow);
      document.removeEventListener("pointerdown", forget);
    };
  }, [area]);

  // After each change of the rows: the next one takes the place of the one that is gone.
  useLayoutEffect(() => {
    const before = focused.current;
    if (!before || !nothingHasFocus() || document.querySelector('[role="dialog"]')) return;
    const rows = rowsIn(area).filter((row) => !("gone" in row.dataset));
    if (rows.some(({ dataset }) => dataset["id"] === before.id)) return;
    focusRow(rows[Math.min(before.index, rows.length - 1)]);
  });
}

/** As it stands where it is no escaped text: an address can be typed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const topOf = ({ scrollTop }: Element): number => scrollTop;

/** On a phone the whole page scrolls, else the rows alone. */
function scrollers(area: RefObject<HTMLElement | null>): Element[] {
  return [area.current, document.getElementById("main")].filter((one) => one !== null);
}

function rowsIn(area: RefObject<HTMLElement | null>): HTMLElement[] {
  return [...(area.current?.querySelectorAll<HTMLElement>("[data-id]") ?? [])];
}

function nothingHasFocus(): boolean {
  const active = document.activeElement;
  return active === null || active === document.body || active.id === "main";
}

function focusRow(row: HTMLElement | undefined): void {
  const target = row?.querySelector<HTMLElement>("a") ?? row?.querySelector<HTMLElement>("button, input");
  target?.focus({ preventScroll: true });
}
