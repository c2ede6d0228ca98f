// The way back to the list, as it was left.
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { ModelDescription } from "../../../src/admin/contract.ts";
import { useBoot } from "../boot-context.ts";
import { text } from "../messages.ts";
import { listAddress } from "../model-context.ts";
import { Icon } from "../parts/icon.tsx";
import { parseSearch } from "../search.ts";
import { Neighbours } from "./neighbours.tsx";
import css from "./detail-page.module.css";

/** The list that a row is found in; null: it is in none that this user sees. */
export function listOf(
  model: ModelDescription,
  standsIn: string | null | undefined,
  models: ModelDescription[],
): ModelDescription | null {
  const list = standsIn ? (models.find(({ name }) => name === standsIn) ?? model) : model;
  return list.navigation ? list : null;
}

export function Crumbs({
  model: own,
  standsIn,
  id,
}: {
  model: ModelDescription;
  standsIn?: string | null | undefined;
  /** The row whose page it is. */
  id?: string;
}): ReactElement | null {
  const model = listOf(own, standsIn, useBoot().models);
  if (!model) return <p className={css.crumbs}>{own.label.one}</p>;
  return (
    <nav className={css.crumbs} aria-label={text.detail.back}>
      <Link to={`/${model.path}`} search={parseSearch(listAddress(model))}>
        <Icon name="left" size={14} />
        {model.label.many}
      </Link>
      {id !== undefined && <Neighbours list={model} path={own.path} id={id} />}
    </nav>
  );
}
