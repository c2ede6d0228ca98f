// A menu of deeds: arrow keys and first letters walk it; what can't be done now says why.
import { Menu } from "@mantine/core";
import { Fragment, type ReactElement, useEffect } from "react";
import { usePhone } from "../looks.ts";
import { type Glyph, Icon } from "../parts/icon.tsx";
import { Anchor, returnFocus } from "./anchor.tsx";
import { Sheet } from "./dialog.tsx";
import css from "./overlays.module.css";
import { Provided } from "./provided.tsx";

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
  useEffect(() => () => returnFocus(anchor), [anchor]);
  const shown = groups.filter((group) => group.length > 0);
  const choose = (entry: MenuEntry): void => {
    onClose();
    entry.choose();
  };
  if (phone) {
    return (
      <Sheet label={label} onClose={onClose}>
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
      </Sheet>
    );
  }
  return (
    <Provided>
      <Menu
        opened
        onChange={(opened) => !opened && onClose()}
        position={end ? "bottom-end" : "bottom-start"}
        offset={5}
        width={230}
        transitionProps={{ duration: 0 }}
        classNames={{ dropdown: css.menu ?? "" }}
      >
        <Menu.Target>
          <Anchor element={anchor} />
        </Menu.Target>
        <Menu.Dropdown aria-label={label} aria-labelledby={undefined}>
          {shown.map((group, index) => (
            <Fragment key={index}>
              {index > 0 && <div className={css.rule} role="separator" />}
              {group.map((entry) => (
                <Menu.Item
                  key={entry.label}
                  className={css.entry ?? ""}
                  data-danger={entry.danger || undefined}
                  disabled={entry.refused !== undefined}
                  onClick={() => choose(entry)}
                  {...(entry.checked !== undefined && {
                    role: "menuitemcheckbox",
                    "aria-checked": entry.checked,
                  })}
                >
                  <Face entry={entry} />
                </Menu.Item>
              ))}
            </Fragment>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Provided>
  );
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
      {entry.shortcut && (
        <kbd className={css.key} aria-hidden="true">
          {entry.shortcut}
        </kbd>
      )}
    </span>
  );
}
