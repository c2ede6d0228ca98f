// How several runs went, side by side: each a mark with its word and moment for pointers, and the way to its task.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { RichCell } from "../../../src/admin/contract.ts";
import { momentTitle } from "../format/moment.ts";
import { Icon } from "../parts/icon.tsx";
import { linkTo } from "../search.ts";
import { marks as glyphs } from "./badge.tsx";
import css from "./marks.module.css";

export function Marks({
  marks,
  words,
}: {
  marks: NonNullable<RichCell["marks"]>;
  words: string;
}): ReactElement {
  return (
    <span className={css.marks} role="group" aria-label={words}>
      {marks.map(({ at, text, tone, to }) => {
        const said = `${text}, ${momentTitle(at)}`;
        const mark = <Icon name={glyphs[tone]} size={14} />;
        return to === undefined ? (
          <span key={at} role="img" aria-label={said} data-tip={said} data-tone={tone}>
            {mark}
          </span>
        ) : (
          <Link key={at} {...linkTo(to)} aria-label={said} data-tip={said} data-tone={tone}>
            {mark}
          </Link>
        );
      })}
    </span>
  );
}
