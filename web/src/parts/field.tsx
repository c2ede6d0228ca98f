// A labelled control with its help below it and, when it is wrong, what is wrong with it.
import type { ReactElement, ReactNode } from "react";
import { text } from "../messages.ts";
import css from "./field.module.css";
import { Icon } from "./icon.tsx";

export interface ControlProps {
  id: string;
  className: string | undefined;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  /** Where no label stands beside it. */
  "aria-label"?: string;
}

export function Field({
  id,
  label,
  help,
  error,
  optional,
  aside,
  isGroup,
  children,
}: {
  id: string;
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  /** At the end of the line of the label. */
  aside?: ReactNode;
  /** Not one control but several, which the label is for as a whole. */
  isGroup?: boolean;
  children: (control: ControlProps) => ReactNode;
}): ReactElement {
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div
      className={css.field}
      data-wrong={error ? true : undefined}
      {...(isGroup && { role: "group", id, tabIndex: -1, "aria-labelledby": `${id}-label` })}
    >
      <div className={css.head}>
        {isGroup ? (
          <span className={css.label} id={`${id}-label`}>
            {label}
          </span>
        ) : (
          <label className={css.label} htmlFor={id}>
            {label}
          </label>
        )}
        {optional && <span className={css.optional}>{text.form.optional}</span>}
        {aside && <span className={css.aside}>{aside}</span>}
      </div>
      {children({
        id,
        className: css.control,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {error && (
        <p id={`${id}-error`} className={css.error}>
          <Icon name="warn" size={14} />
          {error}
        </p>
      )}
      {help && (
        <p id={`${id}-help`} className={css.help}>
          {help}
        </p>
      )}
    </div>
  );
}

/** The looks of an input that stands without a label of its own. */
export const controlClass = css.control;

export function Checkbox({
  label,
  checked,
  mixed,
  onChange,
  onClick,
  hideLabel,
}: {
  label: string;
  checked: boolean;
  mixed?: boolean;
  onChange: (checked: boolean) => void;
  onClick?: (event: { shiftKey: boolean }) => void;
  hideLabel?: boolean;
}): ReactElement {
  return (
    <label className={css.check}>
      <input
        type="checkbox"
        checked={checked}
        ref={(element) => {
          if (element) element.indeterminate = mixed ?? false;
        }}
        onChange={(event) => onChange(event.target.checked)}
        onClick={(event) => onClick?.(event)}
        {...(hideLabel && { "aria-label": label })}
      />
      {!hideLabel && <span>{label}</span>}
    </label>
  );
}
