// One value in full, by the kind of its field: for detail pages.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { Cell, FieldKind } from "../../../src/admin/contract.ts";
import { browserZone, dayAndTime } from "../format/moment.ts";
import { text } from "../messages.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Moment } from "../parts/moment.tsx";
import { linkTo } from "../search.ts";
import { CellView, isEmpty, rich } from "./cell.tsx";
import { ErrorView } from "./error-view.tsx";
import { JsonView } from "./json-view.tsx";
import { LogLines } from "./log-lines.tsx";
import css from "./shown-value.module.css";

/** Wide kinds take the whole width of the page. */
export function isWide(kind: FieldKind): boolean {
  return kind === "value" || kind === "error" || kind === "lines";
}

export function ShownValue({ cell, kind }: { cell: Cell | undefined; kind: FieldKind }): ReactElement {
  const one = rich(cell);
  if (isEmpty(one)) return <span className={css.none}>–</span>;
  const untrusted = one.tone === "untrusted" && <p className={css.untrusted}>{text.value.untrusted}</p>;
  if (kind === "error" && one.error) return <ErrorView error={one.error} />;
  if (kind === "lines" && one.lines) return <LogLines lines={one.lines} />;
  if (kind === "value" && typeof one.value === "string" && !one.text) {
    return (
      <>
        {untrusted}
        <JsonView json={one.value} />
      </>
    );
  }
  if (kind === "moment" && typeof one.value === "number" && !one.text) {
    return (
      <span className={css.moment}>
        <Moment at={one.value} />
        <span className={css.quiet}>{dayAndTime(one.value, browserZone)}</span>
      </span>
    );
  }
  if ((kind === "code" || kind === "text") && typeof one.value === "string") {
    const shown = one.text ?? one.value;
    return (
      <span className={kind === "code" ? css.code : css.text} data-tone={one.tone} data-tip={one.title}>
        {one.to ? <Link {...linkTo(one.to)}>{shown}</Link> : <span>{shown}</span>}
        {one.note && <span className={css.quiet}>{one.note}</span>}
        {kind === "code" && <CopyButton value={one.value} />}
      </span>
    );
  }
  return (
    <span className={css.other}>
      <CellView cell={one} kind={kind} />
    </span>
  );
}
