// How far something is, as a bar and as a number.
import type { ReactElement } from "react";
import { text } from "../messages.ts";
import css from "./progress-bar.module.css";

export function ProgressBar({
  ratio,
  text: said,
}: {
  ratio: number | null;
  text: string | null;
}): ReactElement {
  if (ratio === null) return <span>{said ?? "–"}</span>;
  const percent = Math.round(Math.min(1, Math.max(0, ratio)) * 100);
  return (
    <span className={css.progress}>
      <span
        className={css.bar}
        role="progressbar"
        aria-label={text.value.progress}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span className={css.fill} style={{ inlineSize: `${percent}%` }} />
      </span>
      <span className={css.percent}>{percent} %</span>
      {said && <span className={css.said}>{said}</span>}
    </span>
  );
}
