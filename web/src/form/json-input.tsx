// JSON as one writes it: line numbers, the line of a mistake marked, and its column said.
import { type ReactElement, useRef } from "react";
import { mistakeIn, pretty } from "../format/json.ts";
import { placeIn } from "../format/json-place.ts";
import { text } from "../messages.ts";
import type { ControlProps } from "../parts/field.tsx";
import css from "./json-input.module.css";

const fewestLines = 5;
const mostLines = 24;

export function JsonInput({
  control,
  value,
  readOnly,
  small,
  marked,
  onChange,
}: {
  control: ControlProps;
  value: string;
  readOnly: boolean;
  /** One of the fields of a form, and not the whole. */
  small?: boolean;
  /** Paths of which something is wrong: their lines are marked. */
  marked?: readonly (readonly (string | number)[])[];
  onChange: (value: string) => void;
}): ReactElement {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split("\n").length;
  const mistake = value.trim() === "" ? null : mistakeIn(value);
  const wrong = [mistake?.line, ...(marked ?? []).map((path) => placeIn(value, path)?.line)];
  const shown = Math.min(Math.max(small ? lines : lines + 1, small ? 1 : fewestLines), mostLines);
  return (
    <div
      className={css.editor}
      data-small={small || undefined}
      data-wrong={mistake !== null || control["aria-invalid"] || undefined}
    >
      <div className={css.body}>
        <div className={css.gutter} ref={gutter} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <span key={index} data-wrong={wrong.includes(index + 1) || undefined}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          id={control.id}
          aria-describedby={control["aria-describedby"]}
          aria-invalid={control["aria-invalid"]}
          className={css.area}
          rows={shown}
          value={value}
          readOnly={readOnly}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          onChange={({ target }) => onChange(target.value)}
          onScroll={({ currentTarget }) => {
            if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
          }}
        />
      </div>
      <div className={css.foot}>
        <span className={css.verdict} role="status">
          {mistake
            ? control["aria-invalid"]
              ? text.form.jsonBad
              : text.form.jsonMistake(mistake)
            : value.trim() === ""
              ? text.form.jsonEmpty
              : text.form.jsonGood}
        </span>
        {!readOnly && (
          <button
            type="button"
            className={css.format}
            disabled={mistake !== null || value.trim() === ""}
            onClick={() => onChange(pretty(value))}
          >
            {text.form.formatJson}
          </button>
        )}
      </div>
    </div>
  );
}
