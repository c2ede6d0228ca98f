// The pages by group, with counts that follow what happens.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { CountsAnswer, ModelDescription } from "../../../src/admin/contract.ts";
import { useBoot } from "../boot-context.ts";
import { count, shortCount } from "../format/number.ts";
import { useLive } from "../live.ts";
import { text } from "../messages.ts";
import { Icon } from "../parts/icon.tsx";
import { countsQuery } from "../queries.ts";
import css from "./navigation.module.css";

export function Navigation(): ReactElement {
  const { models, pages } = useBoot();
  const { data } = useQuery(countsQuery);
  const queries = useQueryClient();
  useLive((event) => {
    if (event.name === "counts") {
      queries.setQueryData<CountsAnswer>(countsQuery.queryKey, (before) => ({
        counts: { ...before?.counts, ...event.data.counts },
      }));
    } else if (event.name === "poll") {
      void queries.invalidateQueries({ queryKey: countsQuery.queryKey });
    }
  });
  const groups = (["tasks", "system"] as const).map((group) =>
    models.filter((model) => model.navigation?.group === group),
  );
  return (
    <nav className={css.navigation} aria-label={text.shell.navigation}>
      {pages.includes("overview") && (
        <ul>
          <li>
            <Link to="/" className={css.entry} activeOptions={{ exact: true, includeSearch: false }}>
              <Icon name="overview" />
              {text.overview.title}
            </Link>
          </li>
        </ul>
      )}
      {groups.map(
        (group, index) =>
          group.length > 0 && (
            <div key={index}>
              <h2 className={css.heading}>{index === 0 ? text.shell.tasks : text.shell.system}</h2>
              <ul>
                {group.map((model) => (
                  <Entry key={model.name} model={model} counts={data?.counts} />
                ))}
              </ul>
            </div>
          ),
      )}
    </nav>
  );
}

function Entry({
  model,
  counts,
}: {
  model: ModelDescription;
  counts: CountsAnswer["counts"] | undefined;
}): ReactElement {
  const navigation = model.navigation;
  const number = navigation?.count ? counts?.[model.name] : undefined;
  return (
    <li>
      <Link
        to={`/${model.path}`}
        className={css.entry}
        activeOptions={{ exact: false, includeSearch: false }}
      >
        <Icon name={navigation?.icon ?? "task"} />
        <span className={css.label}>{model.label.many}</span>
        {number && (
          <span className={css.count} data-bad={(navigation?.bad && number.number > 0) || undefined}>
            {number.number < 10_000 ? count(number) : shortCount(number)}
          </span>
        )}
      </Link>
    </li>
  );
}
