// The keyboard: each page says which keys it knows, and one listener asks the newest first. Never inside inputs or dialogs.
import { useEffect, useRef } from "react";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

const stack: { current: Keys }[] = [];
const secondWithinMs = 1200;
const walking: ReadonlySet<string> = new Set(["j", "k", "ArrowDown", "ArrowUp"]);
let first: { key: string; at: number } | null = null;

export function areKeysOn(): boolean {
  return localStorage.getItem("quern.keys") !== "off";
}

export function setKeys(on: boolean): void {
  localStorage.setItem("quern.keys", on ? "on" : "off");
}

/** By name: "x", "Shift x", "?", "Enter", or two in a row: "g o". */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    stack.push(latest);
    return () => {
      stack.splice(stack.indexOf(latest), 1);
    };
  }, []);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !areKeysOn()) return;
  if (!(event.target instanceof Element) || isTakenBy(event.target, event.key)) return;
  if (document.querySelector('[role="dialog"], [role="menu"]')) return;
  const name = nameOf(event);
  // Held down, only what walks goes on.
  if (event.repeat && !walking.has(name)) return;
  const pair = first && event.timeStamp - first.at < secondWithinMs ? `${first.key} ${name}` : null;
  first = null;
  const handler = (pair && find(pair)) || find(name);
  if (handler) {
    event.preventDefault();
    handler(event);
  } else if (stack.some(({ current }) => Object.keys(current).some((key) => key.startsWith(`${name} `)))) {
    first = { key: name, at: event.timeStamp };
  }
}

function find(name: string): ((event: KeyboardEvent) => void) | undefined {
  return stack.findLast(({ current }) => name in current)?.current[name];
}

function nameOf({ key, shiftKey }: KeyboardEvent): string {
  const letter = /^[a-zA-Z]$/.test(key);
  return letter && shiftKey ? `Shift ${key.toLowerCase()}` : key;
}

// A field takes all keys; a button or link only those that press it.
function isTakenBy(target: Element, key: string): boolean {
  if (target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return true;
  return (key === "Enter" || key === " ") && target.closest("a, button, input, summary") !== null;
}

document.addEventListener("keydown", onKeyDown);
