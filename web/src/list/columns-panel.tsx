// Which columns stand in the list, and in what order.
import type { ReactElement } from "react";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Checkbox } from "../parts/field.tsx";
import type { ChangeAddress } from "./address.ts";
import { keepColumns } from "./columns.ts";
import css from "./panels.module.css";

export function ColumnsPanel({
  columns,
  change,
}: {
  columns: string[];
  change: ChangeAddress;
}): ReactElement {
  const model = useThisModel();
  const others = Object.keys(model.fields).filter((name) => !columns.includes(name));
  const choose = (next: string[]): void => {
    if (next.length === 0) return;
    keepColumns(model, next);
    change({ columns: next.join() === model.columns.join() ? null : next }, { replace: true });
  };
  const move = (index: number, by: -1 | 1, button: HTMLElement): void => {
    // An element that is moved loses the focus; at the end of its way the other direction has it.
    requestAnimationFrame(() => {
      const beside = button.parentElement?.querySelector<HTMLElement>("button:enabled");
      if (document.activeElement === document.body || button.matches(":disabled"))
        (button.matches(":disabled") ? beside : button)?.focus();
    });
    const next = [...columns];
    const [moved] = next.splice(index, 1);
    if (moved !== undefined) next.splice(index + by, 0, moved);
    choose(next);
  };
  return (
    <div className={css.panel}>
      <ul className={css.values}>
        {columns.map((name, index) => (
          <li key={name} className={css.column}>
            <Checkbox
              label={model.fields[name]?.label ?? name}
              checked
              onChange={() => choose(columns.filter((one) => one !== name))}
            />
            <span className={css.moves}>
              <IconButton
                icon="up"
                label={text.list.earlier(model.fields[name]?.label ?? name)}
                disabled={index === 0}
                onClick={({ currentTarget }) => move(index, -1, currentTarget)}
              />
              <IconButton
                icon="down"
                label={text.list.later(model.fields[name]?.label ?? name)}
                disabled={index === columns.length - 1}
                onClick={({ currentTarget }) => move(index, 1, currentTarget)}
              />
            </span>
          </li>
        ))}
        {others.map((name) => (
          <li key={name} className={css.column}>
            <Checkbox
              label={model.fields[name]?.label ?? name}
              checked={false}
              onChange={() => choose([...columns, name])}
            />
          </li>
        ))}
      </ul>
      <div className={css.foot}>
        <Button weight="quiet" onClick={() => choose(model.columns)}>
          {text.list.usualColumns}
        </Button>
      </div>
    </div>
  );
}
