// Runs any Standard Schema (zod, valibot, arktype, …) over an input and says which field is wrong.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { kindOf } from "./check.ts";
import { QuernError } from "./errors.ts";

/** One thing a schema found, with its path as text: `to`, `items[3].when`, empty for the input itself. */
export interface InputIssue {
  readonly path: string;
  readonly keys: readonly (string | number)[];
  readonly message: string;
}

/** The checked input, as the schema changed it. Throws, or rejects, with QUERN_BAD_INPUT. */
export function checkInput<Output>(
  schema: StandardSchemaV1<unknown, Output> | undefined,
  value: unknown,
  taskName: string,
  root = "input",
): Output | Promise<Output> {
  if (schema === undefined) return value as Output;
  const result = schema["~standard"].validate(value);
  return result instanceof Promise
    ? result.then((checked) => outputOf(checked, value, taskName, root))
    : outputOf(result, value, taskName, root);
}

function outputOf<Output>(
  result: StandardSchemaV1.Result<Output>,
  value: unknown,
  task: string,
  root: string,
): Output {
  if (result.issues === undefined) return result.value;
  const list: InputIssue[] = result.issues.map(({ path, message }) => {
    const keys = keysOf(path);
    return { path: pathText(keys), keys, message: withoutValue(message, valueAt(value, keys)) };
  });
  const shown = list.slice(0, 10).map(({ path, message }) => `${placeOf(root, path)}: ${message}`);
  if (list.length > shown.length) shown.push(`and ${list.length - shown.length} more`);
  // The kind of the input, never the input: it may hold what should not be in a log.
  throw new QuernError("QUERN_BAD_INPUT", { task, given: kindOf(value), issues: shown.join("; "), list });
}

/** valibot and arktype say what was given: `Received "…"`, `(was "…")`; of a union arktype also says it of what lies deeper. */
function withoutValue(message: string, value: unknown): string {
  if (typeof value !== "object") return withoutScalar(message, value);
  return scalarsIn(value).reduce<string>((said, one) => withoutScalar(said, one, "was "), message);
}

function withoutScalar(message: string, value: unknown, before = ""): string {
  if (typeof value === "string")
    return [JSON.stringify(value), `"${value}"`].reduce(
      (said, it) => said.replaceAll(before + it, `${before}a text`),
      message,
    );
  const digits = String(value);
  if (typeof value !== "number" || digits.length < fewDigits) return message;
  // Not as a part of another number, such as the limit that it does not reach.
  const given = new RegExp(`(?<![\\d.])${before}${digits.replaceAll(/[.+]/g, "\\$&")}(?!\\.?\\d)`, "g");
  return message.replaceAll(given, `${before}a number`);
}

function scalarsIn(root: unknown): unknown[] {
  const seen = new Set([root]);
  // What is added to a set while one goes through it is gone through as well.
  for (const value of seen)
    if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value))
      for (const inner of Object.values(value)) seen.add(inner);
  return [...seen].filter((value) => typeof value === "string" || typeof value === "number");
}

// A shorter number is no secret, and may be the limit that the message tells.
const fewDigits = 4;

function valueAt(input: unknown, keys: readonly (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    input,
  );
}

// The input has no name but its fields; of many inputs it says which.
function placeOf(root: string, path: string): string {
  if (path === "") return root;
  if (root === "input") return path;
  return path.startsWith("[") ? root + path : `${root}.${path}`;
}

function keysOf(path: StandardSchemaV1.Issue["path"]): (string | number)[] {
  return (path ?? []).map((segment) => {
    const key = typeof segment === "object" ? segment.key : segment;
    return typeof key === "number" ? key : String(key);
  });
}

function pathText(keys: readonly (string | number)[]): string {
  let text = "";
  for (const key of keys) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

/** The format by which the JSON Schema of an input says that a Date is meant. */
export const momentFormat = "quern-moment";

/**
 * What a schema says of itself as JSON Schema (Standard JSON Schema: zod from 4.2, arktype, valibot with `toStandardJsonSchema`).
 * Null: it does not, or can't.
 */
export function inputJsonSchema(schema: StandardSchemaV1 | undefined): Record<string, unknown> | null {
  const standard = schema?.["~standard"] as Partial<StandardJSONSchemaV1.Props> | undefined;
  try {
    return standard?.jsonSchema?.input({ target: "draft-2020-12", libraryOptions }) ?? null;
  } catch {
    return null; // Some refuse the whole for the part of it that JSON can't describe.
  }
}

/** That what JSON has no word for is left out instead of refusing all, in the words of each library; others overlook them. */
const libraryOptions = {
  // zod: it also tells what it leaves out.
  unrepresentable: "any",
  override(found: { zodSchema: unknown; jsonSchema: Record<string, unknown> }): void {
    const { _zod } = found.zodSchema as { _zod?: { def?: { type?: unknown } } };
    if (_zod?.def?.type === "date") Object.assign(found.jsonSchema, { type: "string", format: momentFormat });
  },
  // valibot
  errorMode: "ignore",
  // arktype
  fallback: ({ base }: { base: unknown }): unknown => base,
};
