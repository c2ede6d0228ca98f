// What a task function logged, a line each.
import type { ReactElement } from "react";
import type { RichCell } from "../../../src/admin/contract.ts";
import { momentTitle, timeOfDay } from "../format/moment.ts";
import { text } from "../messages.ts";
import css from "./log-lines.module.css";

export function LogLines({ lines }: { lines: NonNullable<RichCell["lines"]> }): ReactElement {
  return (
    <div className={css.log} role="log" aria-label={text.value.log} tabIndex={0}>
      {lines.map((line, index) => (
        <div key={index} className={css.line} data-level={line.level}>
          <time dateTime={new Date(line.at).toISOString()} data-tip={momentTitle(line.at)}>
            {timeOfDay(line.at)}
          </time>
          <span className={css.level}>{line.level}</span>
          <span className={css.text}>{line.text}</span>
        </div>
      ))}
    </div>
  );
}
