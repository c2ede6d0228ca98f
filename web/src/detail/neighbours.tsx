// The rows beside this one in the list it was opened from, to look at one after the other; Back still leads to the list.
import { useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";
import type { ModelDescription } from "../../../src/admin/contract.ts";
import { useKeys } from "../keys.ts";
import { keepPlace, placeIn } from "../list/place.ts";
import { text } from "../messages.ts";
import { IconButton } from "../parts/button.tsx";
import css from "./neighbours.module.css";

/** `path`: where the pages of such rows are. */
export function Neighbours({
  list,
  path,
  id,
}: {
  list: ModelDescription;
  path: string;
  id: string;
}): ReactElement | null {
  const navigate = useNavigate();
  const place = placeIn(list);
  const ids = place?.ids ?? [];
  const at = ids.indexOf(id);
  const go = (by: 1 | -1): void => {
    const next = at === -1 ? undefined : ids[at + by];
    if (place === null || next === undefined) return;
    keepPlace(list, { ...place, id: next });
    void navigate({
      to: `/${path}/${encodeURIComponent(next)}`,
      search: (search: object) => search,
      replace: true,
    });
  };
  useKeys({ j: () => go(1), k: () => go(-1) });
  if (at === -1 || ids.length < 2) return null;
  return (
    <div className={css.neighbours}>
      <p>{text.detail.place(at + 1, ids.length)}</p>
      <IconButton
        icon="up"
        label={text.detail.rowBefore}
        shortcut="k"
        disabled={at === 0}
        onClick={() => go(-1)}
      />
      <IconButton
        icon="down"
        label={text.detail.nextRow}
        shortcut="j"
        disabled={at === ids.length - 1}
        onClick={() => go(1)}
      />
    </div>
  );
}
