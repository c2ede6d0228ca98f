// Who changed what, and when: from the audit.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { HistoryAnswer } from "../../../src/admin/contract.ts";
import { text } from "../messages.ts";
import { Moment } from "../parts/moment.tsx";
import { Failure } from "../parts/notice.tsx";
import { historyQuery } from "../queries.ts";
import { linkTo } from "../search.ts";
import css from "./history.module.css";

export function History({ model, id }: { model: string; id: string }): ReactElement {
  const { data, error, refetch } = useQuery(historyQuery(model, id));
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <p className={css.empty}>{text.loading}</p>;
  if (data.entries.length === 0) return <p className={css.empty}>{text.detail.noHistory}</p>;
  return <Entries entries={data.entries} />;
}

type Change = HistoryAnswer["entries"][number]["changes"][number];

// A field that came without a value tells nothing.
const says = ({ before, after }: Change): boolean => before !== null || (after !== "null" && after !== "{}");

export function Entries({
  entries,
  brief = false,
}: {
  entries: HistoryAnswer["entries"];
  /** A line each, without what changed. */
  brief?: boolean;
}): ReactElement {
  return (
    <ol className={css.entries} data-brief={brief || undefined}>
      {entries.map((entry) => (
        <li key={entry.id} data-outcome={entry.outcome}>
          <p className={css.head}>
            <strong>{entry.who}</strong>
            <code className={css.action}>{entry.action}</code>
            {entry.object && (
              <span className={css.object}>
                {entry.object.to === null ? (
                  entry.object.text
                ) : (
                  <Link {...linkTo(entry.object.to)}>{entry.object.text}</Link>
                )}
              </span>
            )}
            {entry.outcome !== "done" && <span className={css.outcome}>{entry.outcome}</span>}
            <span className={css.when}>
              {entry.address && <span className={css.address}>{entry.address}</span>}
              <Moment at={entry.at} />
            </span>
          </p>
          {!brief && entry.changes.some(says) && (
            <dl className={css.changes}>
              {entry.changes.filter(says).map((change) => (
                <div key={change.field}>
                  <dt>{change.field}</dt>
                  <dd>
                    {change.before !== null && (
                      <>
                        <del>{change.before}</del>
                        <span aria-hidden="true">→</span>
                      </>
                    )}
                    <ins>{change.after ?? "–"}</ins>
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </li>
      ))}
    </ol>
  );
}
