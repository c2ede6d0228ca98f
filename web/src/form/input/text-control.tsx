// A text in one line, or in as many as it has where it has several or may be long.
import { type ReactElement, useState } from "react";
import type { Shape } from "../../../../src/admin/contract.ts";
import type { ControlProps } from "../../parts/field.tsx";
import css from "./shape.module.css";

const long = 200;
const mostRows = 12;
/** How what is secret is shown. */
export const hidden = "•••";

export function TextControl({
  shape,
  value,
  onType,
  ...common
}: ControlProps & {
  shape: Extract<Shape, { as: "text" }>;
  value: string;
  disabled: boolean;
  placeholder: string | undefined;
  onType: (typed: string) => void;
}): ReactElement {
  // An input would lose the ends of lines; and one that changes under the hand would lose the hand.
  const [isLong] = useState(value.includes("\n") || (shape.most ?? 0) > long);
  const attributes = {
    ...common,
    value,
    spellCheck: shape.format === undefined,
    onFocus: (event: React.FocusEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      value === hidden && event.currentTarget.select(),
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onType(event.target.value),
  };
  return isLong ? (
    <textarea {...attributes} data-long rows={Math.min(mostRows, value.split("\n").length + 1)} />
  ) : (
    <input
      {...attributes}
      className={`${common.className} ${css.text}`}
      type="text"
      autoComplete="off"
      inputMode={shape.format === "email" ? "email" : shape.format === "uri" ? "url" : "text"}
    />
  );
}
