// The values of a form: what it begins with, which fields show, and what has changed.
import type {
  FormDescription,
  FormFieldDescription,
  FormValue,
  ValueIssue,
} from "../../../src/admin/contract.ts";
import { mistakeIn } from "../format/json.ts";
import { text } from "../messages.ts";
import { valueAt } from "./input/shaped-value.ts";

export type Values = Record<string, FormValue>;

export function allFields(form: FormDescription): FormFieldDescription[] {
  return form.sections.flatMap((section) => section.fields);
}

export function initialValues(fields: FormFieldDescription[]): Values {
  return Object.fromEntries(fields.map((field) => [field.name, field.initial ?? null]));
}

export function isShown({ shownIf }: FormFieldDescription, values: Values): boolean {
  return Object.entries(shownIf ?? {}).every(([name, wanted]) => wanted.includes(String(values[name])));
}

export function changedNames(before: Values, after: Values): string[] {
  return Object.keys(after).filter((name) => (before[name] ?? null) !== (after[name] ?? null));
}

/** What can be seen without the server: something required that is missing, JSON that is none. */
export function plainMistakes(fields: FormFieldDescription[], values: Values): Record<string, string> {
  const mistakes: Record<string, string> = {};
  for (const field of fields) {
    if (field.readOnly || !isShown(field, values)) continue;
    const value = values[field.name] ?? null;
    if (field.required && (value === null || value === "")) mistakes[field.name] = text.form.required;
    else if (field.as === "value" && typeof value === "string" && value.trim() !== "") {
      const mistake = mistakeIn(value);
      if (mistake) mistakes[field.name] = text.form.jsonMistake(mistake);
    }
  }
  return mistakes;
}

/** Of what is not there libraries say that they "received undefined": a form says that it is required. */
export function wordedIssues(
  issues: Record<string, ValueIssue[]>,
  values: Values,
): Record<string, ValueIssue[]> {
  const worded = (name: string, { path, message }: ValueIssue): ValueIssue => ({
    path,
    message:
      /^Invalid|undefined|missing/.test(message) && isMissing(values[name], path)
        ? text.form.required
        : message,
  });
  return Object.fromEntries(
    Object.entries(issues).map(([name, list]) => [name, list.map((issue) => worded(name, issue))]),
  );
}

function isMissing(json: FormValue | undefined, path: ValueIssue["path"]): boolean {
  try {
    return path.length > 0 && typeof json === "string" && valueAt(JSON.parse(json), path) === undefined;
  } catch {
    return false;
  }
}
