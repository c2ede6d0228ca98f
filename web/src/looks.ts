// Light, dark or as the system; dense or not. Kept in the browser, and written on the root element where the styles read it.
import { useSyncExternalStore } from "react";

export type Scheme = "light" | "dark" | "system";

const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function stored(): Scheme {
  const kept = localStorage.getItem("quern.scheme");
  return kept === "light" || kept === "dark" ? kept : "system";
}

function shownScheme(): "light" | "dark" {
  const chosen = stored();
  if (chosen !== "system") return chosen;
  return system.matches ? "dark" : "light";
}

export function chooseScheme(scheme: Scheme): void {
  if (scheme === "system") localStorage.removeItem("quern.scheme");
  else localStorage.setItem("quern.scheme", scheme);
  apply();
}

/** The key `t`: the other one. */
export function toggleScheme(): void {
  chooseScheme(shownScheme() === "dark" ? "light" : "dark");
}

function isDense(): boolean {
  return localStorage.getItem("quern.dense") === "on";
}

export function chooseDense(dense: boolean): void {
  localStorage.setItem("quern.dense", dense ? "on" : "off");
  apply();
}

function apply(): void {
  document.documentElement.setAttribute("data-mantine-color-scheme", shownScheme());
  document.documentElement.toggleAttribute("data-dense", isDense());
  for (const listener of listeners) listener();
}

system.addEventListener("change", apply);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useScheme(): { chosen: Scheme; shown: "light" | "dark"; dense: boolean } {
  const chosen = useSyncExternalStore(subscribe, stored);
  const shown = useSyncExternalStore(subscribe, shownScheme);
  const dense = useSyncExternalStore(subscribe, isDense);
  return { chosen, shown, dense };
}

const phone = matchMedia("(max-width: 639px)");

/** Under 640 px: cards in place of rows, sheets in place of menus. */
export function usePhone(): boolean {
  return useSyncExternalStore(
    (listener) => {
      phone.addEventListener("change", listener);
      return () => phone.removeEventListener("change", listener);
    },
    () => phone.matches,
  );
}
