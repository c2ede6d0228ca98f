// How it stands: tiles that lead to their lists, throughput, what needs somebody, and what was done.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactElement, Suspense, useEffect, useState } from "react";
import type { OverviewAnswer } from "../../../src/admin/contract.ts";
import { ApiError } from "../api.ts";
import { Entries } from "../detail/history.tsx";
import { shortNumber } from "../format/number.ts";
import { useLive } from "../live.ts";
import { text } from "../messages.ts";
import { Empty, Failure } from "../parts/notice.tsx";
import { Icon } from "../parts/icon.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { overviewQuery, seriesQuery, type Span } from "../queries.ts";
import { linkTo } from "../search.ts";
import css from "./overview.module.css";

const Chart = lazy(async () => ({ default: (await import("./chart.tsx")).Chart }));

export function OverviewPage(): ReactElement {
  const { data, error, refetch } = useQuery(overviewQuery);
  const queries = useQueryClient();
  useEffect(() => {
    document.title = text.shell.pageTitle(text.overview.title);
  }, []);
  useLive((event) => {
    if (event.name !== "counts" && event.name !== "cluster" && event.name !== "poll") return;
    for (const key of ["overview", "series"]) void queries.invalidateQueries({ queryKey: [key] });
  });
  if (error && !data) {
    return (
      <div className={css.page}>
        <Failure error={error} retry={() => void refetch()} />
      </div>
    );
  }
  if (!data) {
    return (
      <div className={css.page} aria-busy="true">
        <h1 className={css.title}>{text.overview.title}</h1>
        <Skeleton />
      </div>
    );
  }
  if (data.empty) {
    const { title, hint, code } = data.empty;
    return (
      <div className={css.page}>
        <h1 className={css.title}>{text.overview.title}</h1>
        <Empty icon="queue" title={title} hint={hint} code={code} />
      </div>
    );
  }
  return (
    <div className={css.page}>
      <h1 className={css.title}>{text.overview.title}</h1>
      {data.warnings.length > 0 && <Warnings warnings={data.warnings} />}
      <ul className={css.tiles}>
        {data.tiles.map((tile) => (
          <Tile key={tile.name} tile={tile} />
        ))}
      </ul>
      <Throughput />
      <section className={css.recent}>
        <h2>{text.overview.recent}</h2>
        {data.recent.length === 0 ? (
          <p className={css.none}>{text.overview.noRecent}</p>
        ) : (
          <Entries entries={data.recent} brief />
        )}
      </section>
    </div>
  );
}

/** More of them, as of a duration, would not fit into a tile as large as they are. */
const fewCharacters = 7;

function Tile({ tile }: { tile: OverviewAnswer["tiles"][number] }): ReactElement {
  const value = tile.text ?? `${shortNumber(tile.value)}${tile.capped ? "+" : ""}`;
  const face = (
    <>
      <span className={css.value} data-long={value.length > fewCharacters || undefined}>
        {value}
      </span>
      <span className={css.label}>{tile.label}</span>
    </>
  );
  return (
    <li className={css.tile} data-tone={tile.tone}>
      {tile.to === null ? <div>{face}</div> : <Link {...linkTo(tile.to)}>{face}</Link>}
    </li>
  );
}

function Warnings({ warnings }: { warnings: OverviewAnswer["warnings"] }): ReactElement {
  return (
    <ul className={css.warnings} aria-label={text.overview.warnings}>
      {warnings.map((warning) => (
        <li key={warning.text} data-tone={warning.tone}>
          <Icon name="warn" />
          <span>{warning.text}</span>
          {warning.to !== null && (
            <Link {...linkTo(warning.to)}>
              {text.overview.look}
              <span className="hidden"> {warning.text}</span>
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}

function Throughput(): ReactElement | null {
  const [span, setSpan] = useState<Span>("1h");
  const { data, error } = useQuery(seriesQuery(span));
  // It counts all tasks, and is not there for whom not all of them are.
  if (error instanceof ApiError && error.status === 404) return null;
  return (
    <section className={css.throughput} aria-label={text.overview.throughput}>
      <header>
        <h2>{text.overview.throughput}</h2>
        <div className={css.spans} role="group" aria-label={text.overview.span}>
          {(["1h", "24h"] as const).map((one) => (
            <button key={one} type="button" aria-pressed={one === span} onClick={() => setSpan(one)}>
              {text.overview.spans[one]}
            </button>
          ))}
        </div>
      </header>
      <div className={css.chart}>
        {error ? (
          <Failure error={error} />
        ) : data && [...data.succeeded, ...data.failed].every((ended) => ended === 0) ? (
          <p className={css.nothing}>{text.overview.nothingEnded(text.overview.spans[span])}</p>
        ) : (
          data && <Suspense>{<Chart series={data} span={span} />}</Suspense>
        )}
      </div>
    </section>
  );
}
