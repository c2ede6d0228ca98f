// A switch: on or off, with its label, if it stands beside it, and the word for how it is.
import type { ComponentProps, ReactElement } from "react";
import { text } from "../messages.ts";
import css from "./switch.module.css";

export function Switch({
  checked,
  onChange,
  children,
  ...rest
}: Omit<ComponentProps<"input">, "onChange" | "checked"> & {
  checked: boolean;
  onChange: (checked: boolean) => void;
}): ReactElement {
  return (
    <>
      <input
        {...rest}
        className={css.switch}
        type="checkbox"
        role="switch"
        checked={checked}
        onChange={({ target }) => onChange(target.checked)}
      />
      {children}
      <span className={css.state}>{checked ? text.yes : text.no}</span>
    </>
  );
}
