// The text of an input and the value that a form shows of it, kept in step; a part that is no JSON yet stands in the text as it was typed.
import { useState } from "react";
import { type Path, withAt } from "./shaped-value.ts";

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
    draft: (path, typed) =>
      keep(path, hole(keyOf(path)), { ...without(held.drafts, path), [keyOf(path)]: typed }),
    draftAt: (path) => held.drafts[keyOf(path)],
  };
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
