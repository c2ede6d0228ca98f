// What was typed into fields, of a form or of an action's dialog: known names, right kinds, and each field's own check.
import type { FormFieldKind, FormValue } from "../contract.ts";
import { QuernError } from "../../core/errors.ts";
import { restoreRedacted } from "../../core/redact.ts";
import type { InputIssue } from "../../core/schema.ts";
import { Refusal } from "../respond.ts";
import type { AdminContext } from "./admin-context.ts";
import type { FormField } from "./model-admin.ts";

/**
 * An input as it was typed, with what is stored where a form showed a mark. Throws QUERN_BAD_INPUT where that can't be told, and where it
 * was stored for another function: what is hidden in the input of one may be shown in that of another.
 */
export function restoredInput(
  func: string,
  typed: string,
  stored: { readonly func: string; readonly input: string },
): string {
  const { text, lost } = restoreRedacted(typed, stored.func === func ? stored.input : "null");
  if (lost.length === 0) return text;
  const message = "What is hidden here can't be told from the others any more. Type it.";
  const list = lost.map((keys): InputIssue => ({ path: keys.join("."), keys, message }));
  const issues = list.map(({ path }) => `${path}: ${message}`).join(" ");
  throw new QuernError("QUERN_BAD_INPUT", { task: func, given: "parts of it are hidden", issues, list });
}

/** A name, group or note as it was typed, or as it is stored where it was left standing with what is hidden in it. */
export function restoredText(
  typed: string | null,
  stored: string | null | undefined,
  { redaction }: Pick<AdminContext, "redaction">,
): string | null {
  return stored != null && typed === redaction.text(stored) ? stored : typed;
}

export type Values = Record<string, FormValue>;

/** Every field with its value or what it begins with, and what is wrong with them. An unknown name is a mistake of whoever asks. */
export async function checkValues(
  fields: readonly FormField[],
  given: Values,
  ctx: AdminContext,
  begin: Values = {},
): Promise<{ values: Values; problems: Record<string, string> }> {
  for (const name of Object.keys(given))
    if (!fields.some((field) => field.name === name))
      throw new Refusal(400, "unknown-field", `There is no field "${name.slice(0, 40)}" here.`);
  const values: Values = Object.fromEntries(
    fields.map(({ name, initial }) => [name, given[name] ?? begin[name] ?? initial ?? null]),
  );
  for (const { name } of fields) if (Object.hasOwn(given, name)) values[name] = given[name] ?? null;
  const problems: Record<string, string> = {};
  for (const field of fields) {
    if (!isShown(field, values)) continue;
    const problem = (await problemOf(field, values, ctx)) ?? undefined;
    if (problem !== undefined) problems[field.name] = problem;
  }
  return { values, problems };
}

function isShown({ shownIf = {} }: FormField, values: Values): boolean {
  return Object.entries(shownIf).every(([name, wanted]) => wanted.includes(String(values[name])));
}

async function problemOf(field: FormField, values: Values, ctx: AdminContext): Promise<string | undefined> {
  const value = values[field.name] ?? null;
  if (value === null || value === "") return field.required === true ? "This is needed." : undefined;
  return kindProblem(field, value) ?? field.check?.(value, values, ctx);
}

const longestText = 4_096;
const longestValue = 1_000_000;

const kinds: Record<FormFieldKind, "string" | "number" | "boolean" | "either"> = {
  text: "string",
  number: "number",
  choice: "string",
  suggest: "string",
  moment: "number",
  value: "string",
  switch: "boolean",
  zone: "string",
  cron: "string",
  duration: "either",
};

function kindProblem({ as, options }: FormField, value: string | number | boolean): string | undefined {
  const kind = kinds[as];
  if (kind === "either" ? typeof value === "boolean" : typeof value !== kind)
    return "This is not of the right kind.";
  if (typeof value === "number" && !Number.isSafeInteger(value)) return "Expected a whole number.";
  if (typeof value !== "string") return undefined;
  if (value.length > (as === "value" ? longestValue : longestText)) return "This is too long.";
  if (as !== "value" && /[\u0000-\u001f\u007f\ud800-\udfff]/u.test(value))
    return "Control characters can't stand here.";
  return as === "choice" && options !== undefined && !options.some((option) => option.value === value)
    ? "This is none of the choices."
    : undefined;
}
