// A menu of deeds: arrow keys and first letters walk it; what can't be done now says why.
import { Fragment, type KeyboardEvent, type ReactElement } from "react";
import { usePhone } from "../looks.ts";
import { type Glyph, Icon } from "../parts/icon.tsx";
import css from "./overlays.module.css";
import { Popup } from "./popup.tsx";

export interface MenuEntry {
  label: string;
  icon?: Glyph;
  danger?: boolean;
  /** Why not now. */
  refused?: string | undefined;
  shortcut?: string | null;
  checked?: boolean;
  choose: () => void;
}

export function MenuPopup({
  anchor,
  label,
  groups,
  onClose,
  end = false,
}: {
  anchor: HTMLElement;
  label: string;
  groups: MenuEntry[][];
  onClose: () => void;
  end?: boolean;
}): ReactElement {
  const phone = usePhone();
  const shown = groups.filter((group) => group.length > 0);
  const choose = (entry: MenuEntry): void => {
    onClose();
    entry.choose();
  };
  if (phone) {
    return (
      <Popup anchor={anchor} label={label} onClose={onClose}>
        <div className={css.list}>
          {shown.flat().map((entry) => (
            <button
              key={entry.label}
              type="button"
              className={css.entry}
              data-danger={entry.danger || undefined}
              disabled={entry.refused !== undefined}
              onClick={() => choose(entry)}
            >
              <Face entry={entry} />
            </button>
          ))}
        </div>
      </Popup>
    );
  }
  return (
    <Popup anchor={anchor} label={label} onClose={onClose} width={230} end={end} bare>
      <div
        className={css.menu}
        role="menu"
        aria-label={label}
        ref={focusFirst}
        onKeyDown={(event) => walk(event, onClose)}
      >
        {shown.map((group, index) => (
          <Fragment key={index}>
            {index > 0 && <div className={css.rule} role="separator" />}
            {group.map((entry) => (
              <button
                key={entry.label}
                type="button"
                role={entry.checked === undefined ? "menuitem" : "menuitemcheckbox"}
                aria-checked={entry.checked}
                aria-disabled={entry.refused !== undefined || undefined}
                tabIndex={-1}
                className={css.entry}
                data-danger={entry.danger || undefined}
                onClick={() => entry.refused === undefined && choose(entry)}
              >
                <Face entry={entry} />
              </button>
            ))}
          </Fragment>
        ))}
      </div>
    </Popup>
  );
}

function focusFirst(menu: HTMLDivElement | null): void {
  menu?.querySelector<HTMLElement>("[role^=menuitem]")?.focus({ preventScroll: true });
}

// As menus are walked everywhere: arrows, the ends, the first letter; Tab leaves.
function walk(event: KeyboardEvent<HTMLDivElement>, onClose: () => void): void {
  const entries = [...event.currentTarget.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = entries.findIndex((entry) => entry === document.activeElement);
  const target = {
    ArrowDown: entries[(at + 1) % entries.length],
    ArrowUp: entries[(at - 1 + entries.length) % entries.length],
    Home: entries[0],
    End: entries.at(-1),
  }[event.key];
  const startsWith = (entry: HTMLElement): boolean =>
    entry.textContent?.toLowerCase().startsWith(event.key.toLowerCase()) ?? false;
  const next =
    target ??
    (event.key.length === 1 && event.key !== " "
      ? [...entries.slice(at + 1), ...entries.slice(0, at + 1)].find(startsWith)
      : undefined);
  if (event.key === "Tab") onClose();
  if (!next && event.key !== "Tab") return;
  event.preventDefault();
  next?.focus();
}

function Face({ entry }: { entry: MenuEntry }): ReactElement {
  return (
    <span className={css.face}>
      {entry.icon && <Icon name={entry.icon} />}
      <span className={css.words}>
        {entry.label}
        {entry.refused && <span className={css.why}>{entry.refused}</span>}
      </span>
      {entry.checked && <Icon name="check" />}
      {entry.shortcut && entry.refused === undefined && (
        <kbd className={css.key} aria-hidden="true">
          {entry.shortcut}
        </kbd>
      )}
    </span>
  );
}
