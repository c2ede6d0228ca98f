// The summary above a form: each mistake as a way to its field, those in an input to the control of their part.
import type { ReactElement } from "react";
import type { FormFieldDescription, ValueIssue } from "../../../src/admin/contract.ts";
import { text } from "../messages.ts";
import { fieldId } from "./form-fields.tsx";
import { controlId, type Path, pathWords } from "./input/shaped-value.ts";

export function Mistakes({
  listed,
  issues,
  fields,
}: {
  listed: [name: string, message: string][];
  issues: Record<string, ValueIssue[]>;
  fields: FormFieldDescription[];
}): ReactElement {
  const lines = listed.flatMap(([name, message]) =>
    (issues[name] ?? [{ path: [], message }]).map((issue) => ({ name, ...issue })),
  );
  return (
    <>
      <strong>{text.form.mistakes(lines.length)}</strong>
      <ul>
        {lines.map(({ name, path, message }) => (
          <li key={`${name} ${pathWords(path)} ${message}`}>
            <a
              href={`#${fieldId(name)}`}
              onClick={(event) => {
                event.preventDefault();
                focusAt(fieldId(name), path);
              }}
            >
              {[fields.find((field) => field.name === name)?.label ?? name, pathWords(path)]
                .filter(Boolean)
                .join(" › ")}
            </a>
            : {message}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The control of that part, or of what it lies in: a form shows each key, JSON one text. */
function focusAt(id: string, path: Path): void {
  for (let length = path.length; length >= 0; length--) {
    const control = document.getElementById(controlId(id, path.slice(0, length)));
    if (control) return control.focus();
  }
}
