// A state or an outcome: a mark and a word, so that colour is never alone.
import type { ReactElement, ReactNode } from "react";
import type { RichCell } from "../../../src/admin/contract.ts";
import { type Glyph, Icon } from "../parts/icon.tsx";
import css from "./badge.module.css";

/** `bare`: in the rows of a list, where a frame around each word would be louder than the words. */
export function Badge({
  tone,
  bare,
  children,
}: {
  tone?: RichCell["tone"];
  bare?: boolean;
  children: ReactNode;
}): ReactElement {
  return (
    <span className={css.badge} data-tone={tone} data-bare={bare}>
      {tone && <span className={css.dot} />}
      {children}
    </span>
  );
}

export const marks: Record<NonNullable<RichCell["tone"]>, Glyph> = {
  good: "success",
  bad: "failure",
  warn: "warn",
  quiet: "schedule",
  untrusted: "warn",
};

export function Outcome({ cell }: { cell: RichCell }): ReactElement {
  return (
    <span className={css.outcome} data-tone={cell.tone}>
      {cell.tone && <Icon name={marks[cell.tone]} size={14} />}
      {cell.text ?? String(cell.value)}
    </span>
  );
}
