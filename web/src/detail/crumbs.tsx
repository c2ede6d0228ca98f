// The way back to the list, as it was left.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { ModelDescription } from "../../../src/admin/contract.ts";
import { text } from "../messages.ts";
import { listAddress } from "../model-context.ts";
import { Icon } from "../parts/icon.tsx";
import { parseSearch } from "../search.ts";
import css from "./detail-page.module.css";

export function Crumbs({ model }: { model: ModelDescription }): ReactElement | null {
  if (!model.navigation) return <p className={css.crumbs}>{model.label.one}</p>;
  return (
    <nav className={css.crumbs} aria-label={text.detail.back}>
      <Link to={`/${model.path}`} search={parseSearch(listAddress(model))}>
        <Icon name="left" size={14} />
        {model.label.many}
      </Link>
    </nav>
  );
}
