// Beside the title: the few fields that say what one looks at, whatever the tab.
import type { ReactElement } from "react";
import type { DetailAnswer } from "../../../src/admin/contract.ts";
import { useThisModel } from "../model-context.ts";
import { CellView, isEmpty, rich } from "../values/cell.tsx";
import css from "./head-facts.module.css";

export function HeadFacts({ detail }: { detail: DetailAnswer }): ReactElement | null {
  const { head, fields } = useThisModel();
  const shown = head.filter((name) => !isEmpty(rich(detail.fields[name])));
  if (shown.length === 0) return null;
  return (
    <dl className={css.facts}>
      {shown.map((name) => {
        const kind = fields[name]?.kind ?? "text";
        // A state names itself.
        const saysItself = kind === "state" || kind === "outcome";
        return (
          <div key={name}>
            <dt className={saysItself ? "hidden" : undefined}>{fields[name]?.label ?? name}</dt>
            <dd>
              <CellView cell={detail.fields[name]} kind={kind} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
