// A field of a row as a cell: its value, what is shown of it, redacted and, in a list, cut.
import { fileURLToPath } from "node:url";
import { errorSummary } from "../../core/codec.ts";
import type { Cell, FieldKind, RichCell, ShownError } from "../contract.ts";
import type { AdminContext, Redaction } from "./admin-context.ts";
import type { Field, Shown } from "./model-admin.ts";

/** How much of a text a list shows. */
const listedCharacters = 200;

export async function cellOf<Row>(
  field: Field<Row>,
  name: string,
  row: Row,
  ctx: AdminContext,
  whole: boolean,
): Promise<Cell> {
  const shown =
    field.value === undefined ? (row as Record<string, Shown>)[name] : await field.value(row, ctx);
  return asCell(shown, field.kind, ctx.redaction, whole);
}

export function asCell(shown: Shown, kind: FieldKind, redaction: Redaction, whole: boolean): Cell {
  const cell: RichCell = typeof shown === "object" && shown !== null ? shown : { value: shown ?? null };
  const clean = redactedCell(cell, kind, redaction);
  const fitting = whole ? clean : cutCell(clean);
  const { value, ...more } = fitting;
  return Object.keys(more).length === 0 ? value : fitting;
}

const speaksOfNothing: readonly FieldKind[] = ["number", "moment", "duration"];

function redactedCell(cell: RichCell, kind: FieldKind, redaction: Redaction): RichCell {
  if (speaksOfNothing.includes(kind)) return cell;
  // What a `value` field answers has been redacted where its func was known; a second time changes nothing.
  const text = (one: string): string => redaction.text(one);
  return {
    ...cell,
    ...(typeof cell.value === "string"
      ? { value: kind === "value" ? redaction.value(cell.value) : text(cell.value) }
      : {}),
    ...(cell.text === undefined ? {} : { text: text(cell.text) }),
    ...(cell.note === undefined ? {} : { note: text(cell.note) }),
    ...(cell.title === undefined ? {} : { title: text(cell.title) }),
    ...(cell.tags === undefined ? {} : { tags: cell.tags.map(text) }),
    ...(cell.error === undefined ? {} : { error: redactedError(cell.error, text) }),
    ...(cell.lines === undefined
      ? {}
      : { lines: cell.lines.map((line) => ({ ...line, text: text(line.text) })) }),
    ...(cell.progress?.text == null
      ? {}
      : { progress: { ...cell.progress, text: text(cell.progress.text) } }),
  };
}

function redactedError(error: ShownError, text: (one: string) => string): ShownError {
  return {
    ...error,
    name: text(error.name),
    message: text(error.message),
    code: error.code === null ? null : text(error.code),
    frames: error.frames.map((frame) => ({ ...frame, text: text(frame.text) })),
    cause: error.cause === null ? null : redactedError(error.cause, text),
  };
}

function cutCell(cell: RichCell): RichCell {
  const { error: _, lines: __, ...listed } = cell;
  const value = typeof cell.value === "string" ? cell.value : null;
  if (value === null || value.length <= listedCharacters) return listed;
  return { ...listed, value: cutText(value, listedCharacters), cut: true };
}

/** At most so many characters, and no half of one. */
export function cutText(text: string, most: number): string {
  return text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
}

interface RecordOfError {
  name?: unknown;
  message?: unknown;
  stack?: unknown;
  code?: unknown;
  cause?: unknown;
}

/** An encoded error with its frames and causes. A text that is none is a message. */
export function shownError(text: string): ShownError {
  const summary = errorSummary(text);
  try {
    const record = (JSON.parse(text) as { $error?: RecordOfError }).$error;
    if (record !== undefined) return ofRecord(record);
  } catch {
    // No JSON: what the summary says is all.
  }
  return { name: summary.name, message: summary.message, frames: [], cause: null, code: null };
}

function ofRecord({ name, message, stack, code, cause }: RecordOfError): ShownError {
  const lines = typeof stack === "string" ? stack.split("\n").filter((line) => line.trim() !== "") : [];
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
    frames: lines.map((line) => ({ text: line.trim().replace("file://", ""), own: isOwn(line) })),
    cause: typeof cause === "object" && cause !== null ? ofRecord(cause as RecordOfError) : null,
    code: typeof code === "string" || typeof code === "number" ? String(code) : null,
  };
}

/** What calls task functions: it is at the end of every stack. */
const callers = ["client", "cluster"].map((folder) =>
  fileURLToPath(new URL(`../../${folder}/`, import.meta.url)),
);

/** A frame of the application's, and not of Node, of a package or of ours. */
function isOwn(line: string): boolean {
  if (!/^\s*at /.test(line) || /node:|node_modules|<anonymous>|native/.test(line)) return false;
  return !callers.some((folder) => line.includes(folder));
}
