// Paging by keyset: first, newer, older, last; which rows these are; how many a page.
import { type ReactElement, useState } from "react";
import type { Count, ListAnswer } from "../../../src/admin/contract.ts";
import { get, messageOf } from "../api.ts";
import { count as shown, number } from "../format/number.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { IconButton } from "../parts/button.tsx";
import { toast } from "../parts/toasts.tsx";
import { type ChangeAddress, type ListAddress, limits, usualLimit } from "./address.ts";
import css from "./pager.module.css";

/** A cursor says where a page begins, not how many rows stand before it: what one walked past is remembered for as long as the page lives. */
const offsets = new Map<string, number>();
const atTheEnd = "end";

export function Pager({
  answer,
  address,
  change,
  query,
}: {
  answer: ListAnswer;
  address: ListAddress;
  change: ChangeAddress;
  query: string;
}): ReactElement {
  const model = useThisModel();
  const [exact, setExact] = useState<{ of: string; count: Count } | null>(null);
  const [counting, setCounting] = useState(false);
  const count = exact?.of === query ? exact.count : answer.count;
  const offset = offsetOf(address, answer, count);
  const rows = answer.rows.length;
  if (answer.after && offset !== null) offsets.set(`after ${answer.after}`, offset + rows);
  if (answer.before && offset !== null) offsets.set(`before ${answer.before}`, offset);
  const countExactly = async (): Promise<void> => {
    setCounting(true);
    try {
      setExact({ of: query, count: await get<Count>(`models/${model.name}/count?${query}`) });
    } catch (error) {
      toast({ tone: "bad", title: messageOf(error).message });
    } finally {
      setCounting(false);
    }
  };
  const go = (to: Partial<ListAddress>): void => change({ after: null, before: null, ...to });
  return (
    <nav className={css.pager} aria-label={text.list.pages}>
      <p className={css.where}>
        {offset === null || rows === 0
          ? text.list.rowsOf(number(rows), shown(count))
          : text.list.range2(number(offset + 1), number(offset + rows), shown(count))}
        {count.capped && (
          <button type="button" className={css.exact} onClick={() => void countExactly()} disabled={counting}>
            {counting ? text.list.counting : text.list.countExactly}
          </button>
        )}
      </p>
      <label className={css.limit}>
        <span>{text.list.perPage}</span>
        <select
          value={address.limit ?? usualLimit}
          onChange={(event) => change({ limit: Number(event.target.value) })}
          className={css.select}
        >
          {limits.map((limit) => (
            <option key={limit}>{limit}</option>
          ))}
        </select>
      </label>
      <div className={css.steps}>
        <IconButton icon="first" label={text.list.first} disabled={!answer.before} onClick={() => go({})} />
        <IconButton
          icon="left"
          label={text.list.newer}
          shortcut="["
          disabled={!answer.before}
          onClick={() => go({ before: answer.before })}
        />
        <IconButton
          icon="right"
          label={text.list.older}
          shortcut="]"
          disabled={!answer.after}
          onClick={() => go({ after: answer.after })}
        />
        <IconButton
          icon="last"
          label={text.list.last}
          disabled={!answer.after}
          onClick={() => go({ before: atTheEnd })}
        />
      </div>
    </nav>
  );
}

function offsetOf({ after, before }: ListAddress, answer: ListAnswer, count: Count): number | null {
  if (!answer.before) return 0;
  if (!answer.after && !count.capped) return Math.max(0, count.number - answer.rows.length);
  if (after) return offsets.get(`after ${after}`) ?? null;
  const end = before ? offsets.get(`before ${before}`) : undefined;
  return end === undefined ? null : Math.max(0, end - answer.rows.length);
}
