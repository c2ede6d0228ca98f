// One cell, by the kind of its field: short, for lists. The same values in full are in shown-value.tsx.
import { Link } from "@tanstack/react-router";
import type { ReactElement, ReactNode } from "react";
import type { Cell, FieldKind, RichCell } from "../../../src/admin/contract.ts";
import { duration } from "../format/duration.ts";
import { number } from "../format/number.ts";
import { text } from "../messages.ts";
import { linkTo } from "../search.ts";
import { Lease, Moment, Since, Until } from "../parts/moment.tsx";
import css from "./cell.module.css";
import { Marks } from "./marks.tsx";
import { ProgressBar } from "./progress-bar.tsx";
import { Badge, Outcome } from "./badge.tsx";

export function rich(cell: Cell | undefined): RichCell {
  if (cell === undefined || cell === null) return { value: null };
  return typeof cell === "object" ? cell : { value: cell };
}

export function isEmpty(cell: RichCell): boolean {
  const { value, text: shown, progress, tags, marks, lines, error, since, until } = cell;
  if (tags) return tags.length === 0;
  if (lines) return lines.length === 0;
  if (marks) return marks.length === 0;
  return (
    (value === null || value === "") &&
    !shown &&
    !progress &&
    !error &&
    since === undefined &&
    until === undefined
  );
}

/** `to`: where the row's own link goes, for the cells that open the row. */
export function CellView({
  cell,
  kind,
  to,
}: {
  cell: Cell | undefined;
  kind: FieldKind;
  to?: string | null | undefined;
}): ReactElement {
  const one = rich(cell);
  if (isEmpty(one) && !to) return <span className={css.none}>–</span>;
  const address = one.to ?? to;
  const inside = <span className={css.words}>{isEmpty(one) ? "–" : <Words cell={one} kind={kind} />}</span>;
  const body = address ? (
    <Link {...linkTo(address)} className={one.to && one.to !== to ? css.away : css.link}>
      {inside}
    </Link>
  ) : (
    inside
  );
  return (
    <span
      className={css.cell}
      data-kind={kind}
      data-tone={one.tone}
      data-tip={one.title ?? (kind === "code" && typeof one.value === "string" ? one.value : undefined)}
      data-note={one.note || one.lease ? "" : undefined}
      data-cuts=""
    >
      {body}
      {(one.note || one.until !== undefined) && (
        <span className={css.note}>
          {one.note}
          {one.note && one.until !== undefined && " · "}
          {one.until !== undefined && <Until at={one.until} />}
        </span>
      )}
    </span>
  );
}

function Words({ cell, kind }: { cell: RichCell; kind: FieldKind }): ReactNode {
  if (cell.since !== undefined) return <Since at={cell.since} />;
  if (cell.lease && typeof cell.value === "number") return <Lease at={cell.value} {...cell.lease} />;
  return plain(cell, kind);
}

// Of an id its end tells rows apart: it begins with the time.
function shortId(value: string): string {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value)
    ? `…${value.slice(-8)}`
    : value;
}

function plain(cell: RichCell, kind: FieldKind): ReactNode {
  const { value, text: shown } = cell;
  switch (kind) {
    case "moment":
      return typeof value === "number" && !shown ? <Moment at={value} /> : (shown ?? value);
    case "duration":
      return shown ?? (typeof value === "number" ? duration(value) : value);
    case "number":
      return shown ?? (typeof value === "number" ? number(value) : value);
    case "outcome":
      return cell.marks ? <Marks marks={cell.marks} words={String(value)} /> : <Outcome cell={cell} />;
    case "state":
      return (
        <Badge tone={cell.tone} bare>
          {shown ?? String(value)}
        </Badge>
      );
    case "progress":
      return cell.progress ? <ProgressBar {...cell.progress} /> : (shown ?? value);
    case "error":
      return cell.error ? (
        <>
          <span className={css.errorName}>{cell.error.name}</span> {cell.error.message.split("\n")[0]}
        </>
      ) : (
        (shown ?? value)
      );
    case "tags":
      return cell.tags ? cell.tags.map((tag) => <Badge key={tag}>{tag}</Badge>) : (shown ?? value);
    case "lines":
      return cell.lines ? text.value.lines(cell.lines.length) : (shown ?? value);
    case "code":
      return shown ?? shortId(String(value));
    case "text":
    case "link":
    case "value":
      return shown ?? String(value);
  }
}
