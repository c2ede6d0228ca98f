// Fields of a row with their values: short ones side by side, wide ones below each other.
import type { ReactElement } from "react";
import type { Cell } from "../../../src/admin/contract.ts";
import { useThisModel } from "../model-context.ts";
import { isWide, ShownValue } from "../values/shown-value.tsx";
import { isEmpty, rich } from "../values/cell.tsx";
import css from "./facts.module.css";

export function Facts({ names, cells }: { names: string[]; cells: Record<string, Cell> }): ReactElement {
  const { fields } = useThisModel();
  const kindOf = (name: string) => fields[name]?.kind ?? "text";
  const short = names.filter((name) => !isWide(kindOf(name)));
  // What went wrong comes first; a wide field with nothing in it would only be a gap.
  const wide = names
    .filter((name) => isWide(kindOf(name)) && !isEmpty(rich(cells[name])))
    .sort((a, b) => Number(kindOf(b) === "error") - Number(kindOf(a) === "error"));
  const fact = (name: string): ReactElement => (
    <div key={name} className={css.fact}>
      <dt data-tip={fields[name]?.help ?? undefined}>{fields[name]?.label ?? name}</dt>
      <dd>
        <ShownValue cell={cells[name]} kind={kindOf(name)} />
      </dd>
    </div>
  );
  const errors = wide.filter((name) => kindOf(name) === "error");
  const others = wide.filter((name) => kindOf(name) !== "error");
  return (
    <>
      {errors.length > 0 && <dl className={css.wide}>{errors.map(fact)}</dl>}
      {short.length > 0 && <dl className={css.short}>{short.map(fact)}</dl>}
      {others.length > 0 && <dl className={css.wide}>{others.map(fact)}</dl>}
    </>
  );
}
