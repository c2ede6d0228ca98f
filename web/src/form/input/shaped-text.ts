// The text of an input and the value that a form shows of it, kept in step; a part that is no JSON yet stands in the text as it was typed.
import { useState } from "react";
import { type Path, valueAt, withAt } from "./shaped-value.ts";

interface Held {
  /** As it was told to the form around, or came from it. */
  text: string;
  /** Undefined: there is none, or the text is no JSON. */
  value: unknown;
  isJson: boolean;
  /** Parts that are no JSON yet, by where they stand. */
  drafts: Record<string, string>;
}

export interface Shaped extends Held {
  /** Undefined takes it out. */
  set: (path: Path, value: unknown) => void;
  /** The list at the path with those of its entries, in that order, which are named by the places that they had. */
  arrange: (path: Path, order: number[]) => void;
  draft: (path: Path, typed: string) => void;
  draftAt: (path: Path) => string | undefined;
}

/** `begun` stands where there is no text yet, once something is set in it. */
export function useShapedText(text: string, begun: unknown, tell: (text: string) => void): Shaped {
  const [kept, setKept] = useState<Held>(() => read(text));
  const held = kept.text === text ? kept : read(text);
  const keep = (path: Path, value: unknown, drafts: Held["drafts"]): void => {
    const next = withAt(held.value === undefined ? begun : held.value, path, value);
    const written = write(next, drafts);
    setKept({ text: written, value: next, isJson: true, drafts });
    tell(written);
  };
  return {
    ...held,
    set: (path, value) => keep(path, value, without(held.drafts, path)),
    arrange: (path, order) => {
      const list = valueAt(held.value, path);
      let next: unknown = Array.isArray(list) ? order.map((place) => list[place] as unknown) : [];
      const drafts: Held["drafts"] = {};
      for (const [key, typed] of Object.entries(held.drafts)) {
        const at = arranged(JSON.parse(key) as Path, path, order);
        if (at === null) continue;
        drafts[keyOf(at)] = typed;
        if (keyOf(at) !== key) next = withAt(next, at.slice(path.length), hole(keyOf(at)));
      }
      keep(path, next, drafts);
    },
    draft: (path, typed) =>
      keep(path, hole(keyOf(path)), { ...without(held.drafts, path), [keyOf(path)]: typed }),
    draftAt: (path) => held.drafts[keyOf(path)],
  };
}

/** Where a path leads once a list was arranged; null: it went with its entry. */
export function arranged(path: Path, list: Path, order: number[]): Path | null {
  const place = path[list.length];
  if (typeof place !== "number" || keyOf(path.slice(0, list.length)) !== keyOf(list)) return path;
  const now = order.indexOf(place);
  return now === -1 ? null : [...list, now, ...path.slice(list.length + 1)];
}

function read(text: string): Held {
  if (text.trim() === "") return { text, value: undefined, isJson: true, drafts: {} };
  try {
    return { text, value: JSON.parse(text) as unknown, isJson: true, drafts: {} };
  } catch {
    return { text, value: undefined, isJson: false, drafts: {} };
  }
}

/** What stands in the value where a part is no JSON yet. */
function hole(key: string): string {
  return `\u0000${key}`;
}

function write(value: unknown, drafts: Held["drafts"]): string {
  if (value === undefined) return "";
  return Object.entries(drafts).reduce(
    (written, [key, typed]) => written.replace(JSON.stringify(hole(key)), () => typed),
    JSON.stringify(value, null, 2),
  );
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

function without(drafts: Held["drafts"], path: Path): Held["drafts"] {
  return Object.fromEntries(Object.entries(drafts).filter(([key]) => key !== keyOf(path)));
}
