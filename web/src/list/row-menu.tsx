// What can be done with one row: the button at its end, and its menu.
import { useNavigate } from "@tanstack/react-router";
import { type ReactElement, useContext, useEffect } from "react";
import type { Row } from "../../../src/admin/contract.ts";
import { ActionsContext } from "../actions/flow.tsx";
import { fromBase, toHref } from "../base.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { IconButton } from "../parts/button.tsx";
import { MenuPopup, type MenuEntry, useOpened } from "../parts/popups.tsx";

export function RowMenu({ row, onBusy }: { row: Row; onBusy: (busy: boolean) => void }): ReactElement {
  const model = useThisModel();
  const navigate = useNavigate();
  const flow = useContext(ActionsContext);
  const opened = useOpened();
  useEffect(() => {
    if (!opened.isOpen) return;
    onBusy(true);
    return () => onBusy(false);
  }, [opened.isOpen, onBusy]);
  const to = row.to;
  const open: MenuEntry[] = to
    ? [
        { label: text.list.open, choose: () => void navigate({ to: fromBase(to) }) },
        { label: text.list.openTab, choose: () => void window.open(toHref(to), "_blank", "noopener") },
      ]
    : [];
  const actions = model.actions.filter((action) => action.on.includes("row") && action.name in row.actions);
  const entry = (action: (typeof actions)[number]): MenuEntry => {
    const may = row.actions[action.name];
    return {
      label: action.label,
      danger: action.danger,
      refused: may === true ? undefined : may,
      shortcut: action.key,
      choose: () => flow?.start(action, { rows: [row] }),
    };
  };
  return (
    <>
      <IconButton
        icon="dots"
        label={text.list.actionsOf(row.id)}
        data-row-menu=""
        aria-haspopup="menu"
        aria-expanded={opened.isOpen}
        onClick={(event) => opened.toggle(event.currentTarget)}
      />
      {opened.anchor && (
        <MenuPopup
          anchor={opened.anchor}
          label={text.list.actions}
          onClose={opened.close}
          groups={[
            open,
            actions.filter(({ danger }) => !danger).map(entry),
            actions.filter(({ danger }) => danger).map(entry),
          ]}
          end
        />
      )}
    </>
  );
}
