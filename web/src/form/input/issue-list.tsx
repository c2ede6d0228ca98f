// What a schema found in an input shown as JSON: where, in words and by its line, and what.
import type { ReactElement } from "react";
import type { ValueIssue } from "../../../../src/admin/contract.ts";
import { placeIn } from "../../format/json-place.ts";
import { text } from "../../messages.ts";
import css from "./input-field.module.css";
import { pathWords } from "./shaped-value.ts";

export function IssueList({
  issues,
  json,
  editor,
}: {
  issues: ValueIssue[];
  json: string;
  /** The id of the text area. */
  editor: string;
}): ReactElement | null {
  if (issues.length === 0) return null;
  return (
    <ul className={css.issues} aria-label={text.input.issues}>
      {issues.map(({ path, message }) => {
        const place = placeIn(json, path);
        return (
          <li key={pathWords(path) + message}>
            {path.length > 0 && <code>{pathWords(path)}</code>}
            <span>{message}</span>
            {place && (
              <button
                type="button"
                className={css.line}
                onClick={() => {
                  const area = document.getElementById(editor);
                  if (!(area instanceof HTMLTextAreaElement)) return;
                  area.focus();
                  area.setSelectionRange(place.from, place.to);
                }}
              >
                {text.input.line(place.line)}
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
