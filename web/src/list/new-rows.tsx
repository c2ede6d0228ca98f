// How many rows came in since: a button that shows them, and for who does not see it a sentence, at most one in ten seconds.
import { type ReactElement, useEffect, useRef, useState } from "react";
import { count } from "../format/number.ts";
import { text } from "../messages.ts";
import css from "./new-rows.module.css";
import type { ShownList } from "./use-list.ts";

export function NewRows({ list }: { list: ShownList }): ReactElement {
  const said = useSeldom(list.newRows.number);
  return (
    <>
      {list.newRows.number > 0 && (
        <button type="button" className={css.show} onClick={list.showNew}>
          {text.list.newRows(count(list.newRows))}
        </button>
      )}
      <span className="hidden" role="status">
        {said > 0 && text.list.newRowsSaid(said)}
      </span>
    </>
  );
}

const pauseMs = 10_000;

/** The number, but no sooner than ten seconds after another one; nothing at once, since it takes back what was said. */
function useSeldom(number: number): number {
  const [said, setSaid] = useState(0);
  const saidAt = useRef(-Infinity);
  useEffect(() => {
    if (number === 0) {
      setSaid(0);
      return;
    }
    const say = (): void => {
      saidAt.current = performance.now();
      setSaid(number);
    };
    const timer = window.setTimeout(say, Math.max(0, saidAt.current + pauseMs - performance.now()));
    return () => window.clearTimeout(timer);
  }, [number]);
  return said;
}
