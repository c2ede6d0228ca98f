// Copies a text, and says that it did.
import { type ReactElement, useState } from "react";
import { text } from "../messages.ts";
import css from "./copy-button.module.css";
import { Icon } from "./icon.tsx";

const saidForMs = 1600;

export function CopyButton({ value, label }: { value: string; label?: string }): ReactElement {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(value).catch(() => copyByHand(value));
    setCopied(true);
    window.setTimeout(() => setCopied(false), saidForMs);
  };
  return (
    <button
      type="button"
      className={css.copy}
      data-copied={copied || undefined}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
      aria-label={label ?? text.copy}
      data-tip={label ?? text.copy}
    >
      <Icon name={copied ? "check" : "copy"} size={14} />
      <span aria-live="polite" className="hidden">
        {copied ? text.copied : ""}
      </span>
    </button>
  );
}

// Without a secure context there is no clipboard to write to.
function copyByHand(value: string): void {
  const area = document.createElement("textarea");
  area.value = value;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
