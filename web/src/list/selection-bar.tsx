// What is selected and what can be done with it: floats over the end of the list, so that no row moves for it.
import { type ReactElement, useContext, useEffect } from "react";
import type { Row } from "../../../src/admin/contract.ts";
import { ActionsContext } from "../actions/flow.tsx";
import { count, number } from "../format/number.ts";
import { usePhone } from "../looks.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { MenuPopup, useOpened } from "../parts/popups.tsx";
import css from "./selection-bar.module.css";
import type { Selection } from "./selection.ts";
import type { ShownList } from "./use-list.ts";

/** So many actions stand side by side; of more only the chief ones. */
const roomFor = 3;

export function SelectionBar({
  selection,
  list,
  page,
  onBusy,
}: {
  selection: Selection;
  list: ShownList;
  page: Row[];
  onBusy: (busy: boolean) => void;
}): ReactElement {
  const model = useThisModel();
  const phone = usePhone();
  const flow = useContext(ActionsContext);
  const opened = useOpened();
  useEffect(() => onBusy(opened.isOpen), [opened.isOpen, onBusy]);
  const { rows, matching } = selection;
  const total = list.answer?.count;
  const on = matching ? "matching" : "rows";
  const actions = model.actions.filter((action) => action.on.includes(on));
  const wholePage = page.length > 0 && page.every((row) => rows.has(row.id));
  const canTakeAll =
    !matching &&
    wholePage &&
    total !== undefined &&
    (total.capped || total.number > rows.size) &&
    model.actions.some((action) => action.on.includes("matching"));
  const target = matching ? { matching } : { rows: [...rows.values()] };
  const beside = phone ? [] : actions.length <= roomFor ? actions : actions.filter(({ primary }) => primary);
  const inMenu = actions.filter((action) => !beside.includes(action));
  return (
    <div className={css.bar} role="region" aria-label={text.list.selection}>
      <IconButton icon="close" label={text.list.clearSelection} onClick={selection.clear} />
      <p className={css.words} aria-live="polite">
        <strong>{text.list.selected(matching ? count(matching.count) : number(rows.size))}</strong>
        {phone && !matching && !wholePage && (
          // A table has a box for it in its head; cards have none.
          <button type="button" className={css.all} onClick={() => selection.setPage(true)}>
            {text.list.selectPage}
          </button>
        )}
        {canTakeAll && total && (
          <button
            type="button"
            className={css.all}
            data-all-matching=""
            onClick={() => selection.selectMatching(list.answer?.at ?? Date.now(), total)}
          >
            {text.list.selectMatching(count(total))}
          </button>
        )}
      </p>
      {beside.map((action) => (
        <Button
          key={action.name}
          data-selection-action=""
          data-danger={action.danger || undefined}
          onClick={() => flow?.start(action, target)}
        >
          {action.label}
        </Button>
      ))}
      {inMenu.length > 0 && (
        <Button
          data-selection-menu=""
          aria-haspopup="menu"
          aria-expanded={opened.isOpen}
          onClick={(event) => opened.toggle(event.currentTarget)}
        >
          {beside.length > 0 ? text.list.more : text.list.actions}
        </Button>
      )}
      {opened.anchor && (
        <MenuPopup
          anchor={opened.anchor}
          label={text.list.actions}
          onClose={opened.close}
          groups={[false, true].map((danger) =>
            inMenu
              .filter((action) => action.danger === danger)
              .map((action) => ({
                label: action.label,
                danger,
                shortcut: action.key,
                choose: () => flow?.start(action, target),
              })),
          )}
          end
        />
      )}
    </div>
  );
}
