// The search box: asks a moment after the last key, and underlines what the server did not understand.
import { useNavigate } from "@tanstack/react-router";
import { type ReactElement, useEffect, useRef, useState } from "react";
import type { ApiError } from "../api.ts";
import { useKeys } from "../keys.ts";
import { text } from "../messages.ts";
import { useThisModel } from "../model-context.ts";
import { Icon } from "../parts/icon.tsx";
import css from "./search-box.module.css";

const waitMs = 320;
const longest = 2048;
const wholeId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function SearchBox({
  value,
  mistake,
  onChange,
}: {
  value: string;
  mistake: ApiError | null;
  onChange: (value: string) => void;
}): ReactElement {
  const model = useThisModel();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState(value);
  const asked = useRef(value);
  // The address may change without the box: a step back, a cleared search.
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    setTyped(value);
  }, [value]);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    if (typed === asked.current) return;
    const timer = window.setTimeout(() => ask(typed), waitMs);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const ask = (words: string): void => {
    asked.current = words;
    latest.current(words);
  };
  useKeys({ "/": () => input.current?.focus() });
  const shownMistake = mistake && typed === value ? mistake : null;
  const fields = model.search.map((name) => model.fields[name]?.label.toLowerCase() ?? name);
  return (
    <div className={css.search} role="search">
      <div className={css.box} data-wrong={shownMistake ? true : undefined}>
        <Icon name="search" />
        <div className={css.line}>
          <div className={css.mirror} ref={mirror} aria-hidden="true">
            {shownMistake?.position && <Underlined words={typed} {...shownMistake.position} />}
          </div>
          <input
            ref={input}
            type="search"
            className={css.input}
            value={typed}
            maxLength={longest}
            placeholder={text.list.search(fields)}
            aria-label={text.list.searchIn(model.label.many)}
            aria-invalid={shownMistake ? true : undefined}
            aria-describedby={shownMistake ? "search-mistake" : undefined}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") {
                if (model.opens && wholeId.test(typed.trim()))
                  void navigate({ to: `/${model.opens}/${typed.trim()}` });
                else ask(typed);
              }
              if (event.key === "Escape") {
                if (typed) setTyped("");
                else input.current?.blur();
              }
            }}
            onScroll={(event) => {
              if (mirror.current) mirror.current.scrollLeft = event.currentTarget.scrollLeft;
            }}
          />
        </div>
        {typed ? (
          <button
            type="button"
            className={css.clear}
            aria-label={text.list.clearSearch}
            onClick={() => setTyped("")}
          >
            <Icon name="close" size={14} />
          </button>
        ) : (
          <kbd className={css.key} aria-hidden="true">
            /
          </kbd>
        )}
      </div>
      {shownMistake && (
        <p id="search-mistake" className={css.mistake} role="alert">
          {shownMistake.message} {shownMistake.hint}
        </p>
      )}
    </div>
  );
}

function Underlined({ words, from, to }: { words: string; from: number; to: number }): ReactElement {
  const end = Math.max(to, from + 1);
  return (
    <>
      {words.slice(0, from)}
      <mark>{words.slice(from, end) || " "}</mark>
      {words.slice(end)}
    </>
  );
}
