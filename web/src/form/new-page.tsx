// A new row: the form with what it begins with, or with the values of the row that is duplicated.
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type ReactElement, useEffect } from "react";
import css from "../detail/detail-page.module.css";
import { Crumbs } from "../detail/crumbs.tsx";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Failure } from "../parts/notice.tsx";
import { detailQuery } from "../queries.ts";
import type { Search } from "../search.ts";
import { ModelForm } from "./model-form.tsx";
import { allFields, initialValues } from "./values.ts";

export function NewPage(): ReactElement {
  const model = useThisModel();
  const search: Search = useSearch({ strict: false });
  const from = typeof search["from"] === "string" ? search["from"] : null;
  const of = typeof search["of"] === "string" ? search["of"] : model.name;
  const original = useQuery({ ...detailQuery(of, from ?? ""), enabled: from !== null });
  const again = original.data?.again?.model === model.name ? original.data.again : null;
  const title = text.list.add(model.label.one);
  useEffect(() => {
    document.title = text.shell.pageTitle(title);
  }, [title]);
  const { form } = model;
  return (
    <div className={css.page}>
      <Crumbs model={model} />
      <header className={css.head}>
        <h1>{title}</h1>
      </header>
      <div className={css.body}>
        {original.error ? (
          <Failure error={original.error} />
        ) : (
          form &&
          (from === null || original.data) && (
            <ModelForm
              form={form}
              initial={{ ...initialValues(allFields(form)), ...again?.values }}
              {...(again && from !== null && { from: { model: of, id: from } })}
            />
          )
        )}
        {!form && <Link to={`/${model.path}`}>{model.label.many}</Link>}
      </div>
    </div>
  );
}
