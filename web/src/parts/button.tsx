// Buttons: one shape in a few weights, with room for an icon and for the key that does the same.
import type { ComponentProps, ReactElement, ReactNode } from "react";
import css from "./button.module.css";
import { type Glyph, Icon } from "./icon.tsx";

export type Weight = "plain" | "strong" | "quiet" | "danger";

interface Props extends ComponentProps<"button"> {
  weight?: Weight;
  icon?: Glyph;
  busy?: boolean;
  children?: ReactNode;
}

export function Button({ weight = "plain", icon, busy, children, className, ...rest }: Props): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={[css.button, css[weight], className].filter(Boolean).join(" ")}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
    >
      {busy ? <span className={css.spinner} /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** Only an icon: its label is for pointers and screen readers. */
export function IconButton({
  icon,
  label,
  shortcut,
  className,
  ...rest
}: Omit<ComponentProps<"button">, "children"> & {
  icon: Glyph;
  label: string;
  shortcut?: string;
}): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={[css.icon, className].filter(Boolean).join(" ")}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      data-tip={shortcut ? `${label}  ${shortcut}` : label}
    >
      <Icon name={icon} />
    </button>
  );
}
