// One ticking clock for all relative times on the page, a second a step while the page is seen.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: number | undefined;

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function run(): void {
  window.clearInterval(timer);
  timer = document.hidden || listeners.size === 0 ? undefined : window.setInterval(tick, 1000);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
  run();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    now = Date.now();
    run();
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) run();
  };
}

/** Now, in steps: whoever shows an age calls this with how it is shown, and is drawn again only when that changes. */
export function useTick<T>(shown: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => shown(now));
}
