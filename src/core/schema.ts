// Runs any Standard Schema (zod, valibot, arktype, …) over an input and says which field is wrong.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { kindOf } from "./check.ts";
import { QuernError } from "./errors.ts";

/** One thing a schema found, with its path as text: `to`, `items[3].when`, empty for the input itself. */
export interface InputIssue {
  readonly path: string;
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
  const list: InputIssue[] = result.issues.map(({ path, message }) => ({ path: pathText(path), message }));
  const shown = list.slice(0, 10).map(({ path, message }) => `${placeOf(root, path)}: ${message}`);
  if (list.length > shown.length) shown.push(`and ${list.length - shown.length} more`);
  // The kind of the input, never the input: it may hold what should not be in a log.
  throw new QuernError("QUERN_BAD_INPUT", { task, given: kindOf(value), issues: shown.join("; "), list });
}

// The input has no name but its fields; of many inputs it says which.
function placeOf(root: string, path: string): string {
  if (path === "" || root !== "input")
    return path === "" || path.startsWith("[") ? root + path : `${root}.${path}`;
  return path;
}

function pathText(path: StandardSchemaV1.Issue["path"]): string {
  let text = "";
  for (const segment of path ?? []) {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return text;
}
