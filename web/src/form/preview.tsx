// While one types: what the schedule says in words, and its next runs in its zone and in the reader's.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { PreviewAnswer } from "../../../src/admin/contract.ts";
import { ApiError, post } from "../api.ts";
import { useBoot } from "../boot-context.ts";
import { browserZone, dayAndTime } from "../format/moment.ts";
import { number } from "../format/number.ts";
import { text } from "../messages.ts";
import { Away } from "../parts/moment.tsx";
import { Icon } from "../parts/icon.tsx";
import { Notice } from "../parts/notice.tsx";
import { useSettled } from "../settled.ts";
import css from "./preview.module.css";
import type { Values } from "./values.ts";

const waitMs = 250;
const runs = 10;
const minuteMs = 60_000;

export function Preview({
  values,
  id,
  zone,
}: {
  values: Values;
  /** The schedule that is edited. */
  id: string | undefined;
  zone: string | null;
}): ReactElement {
  const boot = useBoot();
  const asked = useSettled(values, waitMs);
  const { data, error, isFetching } = useQuery({
    queryKey: ["schedule-preview", id, asked],
    queryFn: async ({ signal }) =>
      (
        await post<PreviewAnswer>(
          "schedules/preview",
          { values: asked, count: runs, ...(id && { id }) },
          signal,
        )
      ).body,
    placeholderData: keepPreviousData,
  });
  const itsZone = zone || boot.timeZone;
  const wrong = error instanceof ApiError ? (Object.values(error.fields)[0] ?? error.message) : null;
  return (
    <aside className={css.preview} aria-label={text.preview.title} data-busy={isFetching || undefined}>
      <h2 className={css.title}>
        <Icon name="schedule" />
        {text.preview.title}
      </h2>
      <div aria-live="polite">
        {wrong && <p className={css.wrong}>{wrong}</p>}
        {data && !wrong && (
          <>
            <p className={css.words}>{data.words}</p>
            {data.replaces !== null && data.replaces !== data.nextRun && (
              <Replaced was={data.replaces} now={data.nextRun} zone={itsZone} />
            )}
            <p className={css.rate}>
              {[
                data.perYear !== null && text.preview.perYear(data.perYear, number(data.perYear)),
                data.ends && text.preview.ends(data.runs.length),
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
          </>
        )}
      </div>
      {data && !wrong && data.warnings.length > 0 && (
        <div className={css.warnings} role="status">
          {data.warnings.map((warning) => (
            <Notice key={warning} tone="warn">
              {warning}
            </Notice>
          ))}
        </div>
      )}
      {data && !wrong && <Runs data={data} zone={itsZone} />}
    </aside>
  );
}

function Runs({ data, zone }: { data: PreviewAnswer; zone: string }): ReactElement {
  if (data.runs.length === 0) return <p className={css.rate}>{text.preview.none}</p>;
  const both = browserIsValid(zone) && zone !== browserZone;
  const exact = data.runs.some(({ at }) => at % minuteMs !== 0);
  const shown = (at: number, where: string): string => dayAndTime(at, where, exact);
  return (
    <ol className={css.runs}>
      {data.runs.map((run) => (
        <li key={run.at}>
          {run.shift && (
            <p className={css.shift}>
              <Icon name="warn" size={13} />
              {text.preview.shift(run.shift)}
            </p>
          )}
          <span className={css.time}>{shown(run.at, browserIsValid(zone) ? zone : "UTC")}</span>
          <span className={css.age}>
            <Away at={run.at} />
          </span>
          {both && <span className={css.here}>{text.preview.here(shown(run.at, browserZone))}</span>}
        </li>
      ))}
      <li className={css.zone}>{both ? text.preview.zones(zone, browserZone) : zone}</li>
    </ol>
  );
}

/** What saving does to the next run. */
function Replaced({ was, now, zone }: { was: number; now: number | null; zone: string }): ReactElement {
  const where = browserIsValid(zone) ? zone : "UTC";
  const exact = [was, now ?? was].some((at) => at % minuteMs !== 0);
  return (
    <p className={css.replaced}>
      <span>{text.preview.nextRun}</span> <del>{dayAndTime(was, where, exact)}</del>
      <span aria-hidden="true"> → </span>
      <ins>{now === null ? text.preview.stops : dayAndTime(now, where, exact)}</ins>
    </p>
  );
}

function browserIsValid(zone: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
