// What changed, as the server tells it: one stream for all tabs of a browser, none for hidden ones, and every 5 s where no stream holds.
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveEvents } from "../../src/admin/contract.ts";
import { base } from "./base.ts";

export type LiveState = "off" | "connecting" | "live" | "polling";

type Listener = (event: LiveEvent) => void;
export type LiveEvent =
  | { name: "rows"; data: LiveEvents["rows"] }
  | { name: "counts"; data: LiveEvents["counts"] }
  | { name: "operation"; data: LiveEvents["operation"] }
  /** Nobody tells: look for yourself. */
  | { name: "poll" };

const pollMs = 5000;
const openWithinMs = 6000;
const lockName = "quern.live";
const kept = "quern.live";

const names = ["rows", "counts", "operation"] as const;
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
  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
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
  const channel = new BroadcastChannel(lockName);
  channel.onmessage = ({ data }: MessageEvent<LiveEvent>) => {
    if (data.name !== "poll") become("live");
    tell(data);
  };
  const ended = new AbortController();
  const own = (): Promise<void> =>
    new Promise((resolve) => {
      const close = openStream((event) => {
        tell(event);
        channel.postMessage(event);
      });
      ended.signal.addEventListener("abort", () => {
        close();
        resolve();
      });
    });
  if (navigator.locks) {
    // An abort while waiting for the lock is how a tab that never got it goes away.
    navigator.locks.request(lockName, { signal: ended.signal }, own).catch(() => {});
    // Another tab may hold it: then the first event says so, and until then nothing is wrong.
    window.setTimeout(() => state === "connecting" && !ended.signal.aborted && become("live"), openWithinMs);
  } else {
    void own();
  }
  return () => {
    ended.abort();
    channel.close();
  };
}

function openStream(pass: (event: LiveEvent) => void): () => void {
  let poll: number | undefined;
  const source = new EventSource(`${base}api/stream`);
  const giveUp = (): void => {
    if (poll !== undefined) return;
    become("polling");
    poll = window.setInterval(() => pass({ name: "poll" }), pollMs);
  };
  const waiting = window.setTimeout(giveUp, openWithinMs);
  source.onopen = () => {
    window.clearTimeout(waiting);
    window.clearInterval(poll);
    poll = undefined;
    become("live");
    // What happened while nobody listened was told to nobody.
    pass({ name: "poll" });
  };
  source.onerror = giveUp;
  for (const name of names) {
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      pass({ name, data: JSON.parse(data) } as LiveEvent);
    });
  }
  return () => {
    window.clearTimeout(waiting);
    window.clearInterval(poll);
    source.close();
  };
}
