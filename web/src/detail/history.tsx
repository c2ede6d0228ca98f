// Who changed what, and when: from the audit.
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { HistoryAnswer } from "../../../src/admin/contract.ts";
import { text } from "../messages.ts";
import { Moment } from "../parts/moment.tsx";
import { Failure } from "../parts/notice.tsx";
import { historyQuery } from "../queries.ts";
import css from "./history.module.css";

export function History({ model, id }: { model: string; id: string }): ReactElement {
  const { data, error, refetch } = useQuery(historyQuery(model, id));
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <p className={css.empty}>{text.loading}</p>;
  if (data.entries.length === 0) return <p className={css.empty}>{text.detail.noHistory}</p>;
  return <Entries entries={data.entries} />;
}

/** `changes`: how many of each are shown; the rest is only counted. */
export function Entries({
  entries,
  changes = Number.POSITIVE_INFINITY,
}: {
  entries: HistoryAnswer["entries"];
  changes?: number;
}): ReactElement {
  return (
    <ol className={css.entries}>
      {entries.map((entry) => (
        <li key={entry.id} data-outcome={entry.outcome}>
          <p className={css.head}>
            <strong>{entry.who}</strong>
            <span>{entry.action}</span>
            {entry.outcome !== "done" && <span className={css.outcome}>{entry.outcome}</span>}
            <span className={css.when}>
              {entry.address && <span className={css.address}>{entry.address}</span>}
              <Moment at={entry.at} />
            </span>
          </p>
          {entry.changes.length > 0 && (
            <dl className={css.changes}>
              {entry.changes.slice(0, changes).map((change) => (
                <div key={change.field}>
                  <dt>{change.field}</dt>
                  <dd>
                    <del>{change.before ?? "–"}</del>
                    <span aria-hidden="true">→</span>
                    <ins>{change.after ?? "–"}</ins>
                  </dd>
                </div>
              ))}
              {entry.changes.length > changes && (
                <div className={css.more}>{text.detail.moreChanges(entry.changes.length - changes)}</div>
              )}
            </dl>
          )}
        </li>
      ))}
    </ol>
  );
}
