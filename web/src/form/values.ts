// The values of a form: what it begins with, which fields show, and what has changed.
import type { FormDescription, FormFieldDescription, FormValue } from "../../../src/admin/contract.ts";
import { mistakeIn } from "../format/json.ts";
import { text } from "../messages.ts";

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
