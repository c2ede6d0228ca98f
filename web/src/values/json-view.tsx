// A value as a tree one can fold, with its tags read: dates, big integers, bytes, maps and sets as what they are.
import { type ReactElement, type ReactNode, useState } from "react";
import { bytes, number } from "../format/number.ts";
import { text } from "../messages.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import css from "./json-view.module.css";
import { tagOf } from "./tagged.ts";

const openLevels = 2;
const openUpTo = 40;
const stepOfChildren = 200;
const longText = 600;

export function JsonView({ json }: { json: string }): ReactElement {
  const parsed = parse(json);
  return (
    <div className={css.view}>
      <div className={css.copy}>
        <CopyButton value={json} label={text.copyJson} />
      </div>
      <div className={css.tree}>
        {parsed.ok ? (
          <Node value={parsed.value} level={0} label={null} />
        ) : (
          <span className={css.raw}>{json}</span>
        )}
      </div>
    </div>
  );
}

function parse(json: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(json) };
  } catch {
    return { ok: false };
  }
}

interface Branch {
  open: string;
  close: string;
  children: { label: ReactNode; value: unknown }[];
}

function Node({ value, level, label }: { value: unknown; level: number; label: ReactNode }): ReactElement {
  const branch = branchOf(value);
  const [open, setOpen] = useState(level < openLevels && (branch?.children.length ?? 0) <= openUpTo);
  const [shown, setShown] = useState(stepOfChildren);
  if (!branch || branch.children.length === 0) {
    return (
      <div className={css.leaf}>
        {label}
        {branch ? <span className={css.mark}>{branch.open + branch.close}</span> : <Leaf value={value} />}
      </div>
    );
  }
  const rest = branch.children.length - shown;
  return (
    <div className={css.node}>
      <button type="button" className={css.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={css.arrow}>
          <Icon name="right" size={12} />
        </span>
        {label}
        <span className={css.mark}>{branch.open}</span>
        {!open && (
          <span className={css.folded}>
            {text.value.items(branch.children.length)}
            <span className={css.mark}>{branch.close}</span>
          </span>
        )}
      </button>
      {open && (
        <>
          <div className={css.children}>
            {branch.children.slice(0, shown).map((child, index) => (
              <Node key={index} value={child.value} level={level + 1} label={child.label} />
            ))}
            {rest > 0 && (
              <button type="button" className={css.more} onClick={() => setShown(shown + stepOfChildren)}>
                {text.value.more(Math.min(rest, stepOfChildren), rest)}
              </button>
            )}
          </div>
          <div className={css.mark}>{branch.close}</div>
        </>
      )}
    </div>
  );
}

function branchOf(value: unknown): Branch | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return list("[", "]", value);
  const tag = tagOf(value);
  if (!tag) return fields(value);
  switch (tag.kind) {
    case "set":
      return list("Set {", "}", tag.members);
    case "map":
      return {
        open: "Map {",
        close: "}",
        children: tag.entries.map(([key, inner]) => ({
          label: (
            <>
              <Leaf value={key} />
              <span className={css.mark}> → </span>
            </>
          ),
          value: inner,
        })),
      };
    case "plain":
      return typeof tag.value === "object" && tag.value !== null ? fields(tag.value) : null;
    default:
      return null;
  }
}

function list(open: string, close: string, values: unknown[]): Branch {
  return { open, close, children: values.map((value) => ({ label: null, value })) };
}

function fields(value: object): Branch {
  return {
    open: "{",
    close: "}",
    children: Object.entries(value).map(([key, inner]) => ({
      label: (
        <>
          <span className={css.key}>{key}</span>
          <span className={css.mark}>: </span>
        </>
      ),
      value: inner,
    })),
  };
}

function Leaf({ value }: { value: unknown }): ReactElement {
  if (typeof value === "string") return <TextLeaf value={value} />;
  if (typeof value === "number") return <span className={css.number}>{String(value)}</span>;
  if (typeof value !== "object" || value === null) return <span className={css.word}>{String(value)}</span>;
  const tag = tagOf(value);
  switch (tag?.kind) {
    case "date":
      return (
        <span className={css.number}>
          {tag.text}
          <Kind>{text.value.date}</Kind>
        </span>
      );
    case "bigint":
      return <span className={css.number}>{tag.text}n</span>;
    case "special":
      return <span className={css.word}>{tag.text}</span>;
    case "bytes":
      return (
        <span className={css.string}>
          {tag.base64.length > 80 ? `${tag.base64.slice(0, 80)}…` : tag.base64}
          <Kind>{text.value.bytes(bytes(tag.size))}</Kind>
        </span>
      );
    case "error":
      return (
        <span className={css.error}>
          {tag.name}: {tag.message}
        </span>
      );
    default:
      return <span>{JSON.stringify(value)}</span>;
  }
}

function TextLeaf({ value }: { value: string }): ReactElement {
  const [whole, setWhole] = useState(value.length <= longText);
  return (
    <span className={css.string}>
      {JSON.stringify(whole ? value : value.slice(0, longText))}
      {!whole && (
        <button type="button" className={css.more} onClick={() => setWhole(true)}>
          {text.value.characters(number(value.length))}
        </button>
      )}
    </span>
  );
}

function Kind({ children }: { children: ReactNode }): ReactElement {
  return <span className={css.kind}>{children}</span>;
}
