// The value that a form of a function's input shows: what it begins with, a part of it changed, and which part is meant by a path.
import type { Shape } from "../../../../src/admin/contract.ts";
import { tagOf } from "../../values/tagged.ts";

export type Path = readonly (string | number)[];

export function controlId(id: string, path: Path): string {
  return path.reduce<string>((outer, key) => `${outer}.${key}`, id);
}

/** What stands in a new form before anybody typed; undefined: nothing. */
export function beginning(shape: Shape): unknown {
  if (shape.nullable) return null;
  switch (shape.as) {
    case "object": {
      const required = shape.fields.filter((field) => field.required);
      const begun = required.map((field) => [field.name, beginning(field.shape)] as const);
      return Object.fromEntries(begun.filter(([, value]) => value !== undefined));
    }
    case "list":
      return [];
    case "switch":
      return false;
    case "choice":
      return shape.options.length === 1 ? shape.options[0] : undefined;
    default:
      return undefined;
  }
}

/** Whether a control of this shape can show the value; what lies deeper is asked by the controls in it. */
export function fits(shape: Shape, value: unknown): boolean {
  if (value === undefined || shape.as === "json") return true;
  if (value === null) return shape.nullable === true;
  switch (shape.as) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "switch":
      return typeof value === "boolean";
    case "choice":
      return shape.options.some((option) => option === value);
    case "moment":
      return momentIn(value) !== null;
    case "list":
      return Array.isArray(value);
    case "object":
      return isRecord(value) && tagOf(value) === null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null: it is no Date of the codec. */
export function momentIn(value: unknown): number | null {
  const tag = isRecord(value) ? tagOf(value) : null;
  const at = tag?.kind === "date" ? Date.parse(tag.text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** The same with another value at the path; undefined takes it out. */
export function withAt(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof key === "number") {
    const list: unknown[] = Array.isArray(root) ? [...root] : [];
    const next = withAt(list[key], rest, value);
    // A list has no gaps: what is not there yet is null.
    list[key] = next === undefined ? null : next;
    return list;
  }
  const object = isRecord(root) ? root : {};
  const next = withAt(object[key], rest, value);
  if (next === undefined) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
  return { ...object, [key]: next };
}

/** The control that shows what is said of a path: its own, or the one that it lies in. */
export function shownAt(shape: Shape, path: Path, value: unknown): Path {
  const [key, ...rest] = path;
  if (key === undefined || value === null || !fits(shape, value)) return [];
  if (shape.as === "list")
    return typeof key === "number" && Array.isArray(value) && key < value.length
      ? [key, ...shownAt(shape.of, rest, value[key] ?? undefined)]
      : [];
  const field = shape.as === "object" ? shape.fields.find(({ name }) => name === key) : undefined;
  if (field === undefined) return [];
  const inner = isRecord(value) ? value[field.name] : undefined;
  const folded = field.shape.as === "object" && inner === undefined && !field.required;
  return [field.name, ...(folded ? [] : shownAt(field.shape, rest, inner))];
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      Array.isArray(value) ? value[Number(key)] : isRecord(value) ? value[String(key)] : undefined,
    root,
  );
}

export function pathWords(path: Path): string {
  return path.reduce<string>(
    (words, key) => (typeof key === "number" ? `${words}[${key}]` : words === "" ? key : `${words}.${key}`),
    "",
  );
}
