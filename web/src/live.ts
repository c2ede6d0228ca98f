// What changed, as the server tells it: one stream for all tabs of a browser, none for hidden ones, and every 5 s where no stream holds.
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveEvents } from "../../src/admin/contract.ts";
import { base } from "./base.ts";

export type LiveState = "off" | "connecting" | "live" | "polling";

type Listener = (event: LiveEvent) => void;
export type LiveEvent =
  | { [Name in keyof LiveEvents]: { name: Name; data: LiveEvents[Name] } }[keyof LiveEvents]
  /** Nobody tells: look for yourself. */
  | { name: "poll" };

/** Between tabs: what the one with the stream hears and how it stands with it, and the question of one that has just come. */
type Passed = { event: LiveEvent } | { state: LiveState } | "how?";

const pollMs = 5000;
const holdsWithinMs = 6000;
const retryMs = 30_000;
/** Of this admin: another one of the same origin, under another path, has its own stream. */
const ownName = `quern.live ${base}`;
const kept = "quern.live";

const names = Object.keys({
  rows: true,
  new: true,
  counts: true,
  operation: true,
  cluster: true,
} satisfies Record<Exclude<keyof LiveEvents, "here">, true>) as Exclude<keyof LiveEvents, "here">[];
const listeners = new Set<Listener>();
const stateListeners = new Set<() => void>();
let state: LiveState = "off";
let stop: (() => void) | undefined;

export function isLiveOn(): boolean {
  return localStorage.getItem(kept) !== "off";
}

export function setLive(on: boolean): void {
  localStorage.setItem(kept, on ? "on" : "off");
  follow();
}

/** Called once, when somebody is logged in. */
export function startLive(): () => void {
  // It is switched in another tab, or this one is hidden or seen again.
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("storage", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    window.removeEventListener("storage", follow);
    stop?.();
    stop = undefined;
    become("off");
  };
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    () => state,
  );
}

export function useLive(listener: Listener): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const call: Listener = (event) => latest.current(event);
    listeners.add(call);
    return () => {
      listeners.delete(call);
    };
  }, []);
}

function become(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of stateListeners) listener();
}

function tell(event: LiveEvent): void {
  for (const listener of listeners) listener(event);
}

function follow(): void {
  const wanted = isLiveOn() && !document.hidden;
  if (wanted === (stop !== undefined)) return;
  stop?.();
  stop = wanted ? connect() : undefined;
  if (!wanted) become("off");
}

// Whoever holds the lock has the stream and passes on what it hears. Where there are no locks each tab has its own.
function connect(): () => void {
  become("connecting");
  const channel = new BroadcastChannel(ownName);
  const pass = (passed: Passed): void => channel.postMessage(passed);
  const ended = new AbortController();
  let isOwn = false;
  channel.onmessage = ({ data }: MessageEvent<Passed>) => {
    if (data === "how?") {
      if (isOwn) pass({ state });
    } else if ("event" in data) tell(data.event);
    else {
      // What happened while this tab was hidden was told to nobody in it.
      if (state === "connecting") tell({ name: "poll" });
      become(data.state);
    }
  };
  const own = (): Promise<void> =>
    new Promise((resolve) => {
      isOwn = true;
      const close = openStream({
        become(next) {
          become(next);
          pass({ state: next });
        },
        tell(event) {
          tell(event);
          pass({ event });
        },
      });
      ended.signal.addEventListener("abort", () => {
        close();
        resolve();
      });
    });
  if (navigator.locks) {
    // An abort while waiting for the lock is how a tab that never got it goes away.
    navigator.locks.request(ownName, { signal: ended.signal }, own).catch(() => {});
    pass("how?");
  } else {
    void own();
  }
  return () => {
    ended.abort();
    channel.close();
  };
}

interface Hears {
  become: (state: LiveState) => void;
  tell: (event: LiveEvent) => void;
}

/** It holds when it says so, since a proxy may let its head through and keep the rest. */
function openStream(hears: Hears): () => void {
  let source: EventSource;
  let poll: number | undefined;
  let retry: number | undefined;
  const giveUp = (): void => {
    if (poll === undefined) {
      hears.become("polling");
      poll = window.setInterval(() => hears.tell({ name: "poll" }), pollMs);
    }
    // The browser itself tries again after a lost connection, but not after an answer that is no stream.
    if (source.readyState === EventSource.CLOSED) retry ??= window.setTimeout(open, retryMs);
  };
  const holds = (): void => {
    window.clearTimeout(waiting);
    window.clearInterval(poll);
    poll = undefined;
    hears.become("live");
    // What happened while nobody listened was told to nobody.
    hears.tell({ name: "poll" });
  };
  const open = (): void => {
    retry = undefined;
    source = new EventSource(`${base}api/stream`);
    source.onerror = giveUp;
    source.addEventListener("here", holds);
    for (const name of names) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        hears.tell({ name, data: JSON.parse(data) } as LiveEvent);
      });
    }
  };
  open();
  const waiting = window.setTimeout(giveUp, holdsWithinMs);
  return () => {
    window.clearTimeout(waiting);
    window.clearTimeout(retry);
    window.clearInterval(poll);
    source.close();
  };
}
