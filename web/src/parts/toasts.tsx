// Short messages at the edge that something was done, or was not.
import { type ReactElement, useSyncExternalStore } from "react";
import { text } from "../messages.ts";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";
import css from "./toasts.module.css";

export interface Toast {
  tone: "good" | "bad" | "info";
  title: string;
  lines?: string[];
  to?: { label: string; open: () => void };
}

interface Shown extends Toast {
  id: number;
}

const shownForMs = 7000;
const listeners = new Set<() => void>();
let shown: Shown[] = [];
let last = 0;

function set(next: Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

export function toast(message: Toast): void {
  const id = ++last;
  set([...shown.slice(-3), { ...message, id }]);
  // What went wrong stays until it is put away.
  if (message.tone !== "bad") window.setTimeout(() => dismiss(id), shownForMs);
}

function dismiss(id: number): void {
  set(shown.filter((one) => one.id !== id));
}

export function Toasts(): ReactElement {
  const toasts = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <div className={css.toasts} role="status" aria-live="polite">
      {toasts.map((one) => (
        <div key={one.id} className={css.toast} data-tone={one.tone}>
          <Icon name={one.tone === "good" ? "success" : one.tone === "bad" ? "warn" : "info"} />
          <div className={css.words}>
            <strong>{one.title}</strong>
            {one.lines?.map((line, index) => (
              <p key={index}>{line}</p>
            ))}
            {one.to && (
              <button
                type="button"
                className={css.link}
                onClick={() => {
                  one.to?.open();
                  dismiss(one.id);
                }}
              >
                {one.to.label}
              </button>
            )}
          </div>
          <IconButton icon="close" label={text.close} onClick={() => dismiss(one.id)} />
        </div>
      ))}
    </div>
  );
}
