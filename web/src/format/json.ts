// JSON texts: laid out for reading, and the line and column of what is wrong in one.

export interface Mistake {
  line: number;
  column: number;
  /** Which of the mistakes; the words are in the messages. */
  what: "value" | "comma" | "colon" | "key" | "string" | "end" | "rest" | "number";
}

/** The same value on many lines; a text that is no JSON comes back as it is. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** Null: it is JSON. */
export function mistakeIn(json: string): Mistake | null {
  try {
    JSON.parse(json);
    return null;
  } catch {
    return find(json);
  }
}

class Stop extends Error {
  readonly at: number;
  readonly what: Mistake["what"];
  constructor(at: number, what: Mistake["what"]) {
    super(what);
    this.at = at;
    this.what = what;
  }
}

// Browsers word and place their own messages differently, or give no place at all; so we read it once more and stop where it goes wrong.
function find(json: string): Mistake {
  try {
    const end = skip(json, value(json, skip(json, 0)));
    throw new Stop(end, "rest");
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = json.slice(0, error.at).split("\n");
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, what: error.what };
  }
}

function skip(json: string, at: number): number {
  let here = at;
  while (" \t\n\r".includes(json[here] ?? "x")) here++;
  return here;
}

const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;

function value(json: string, at: number): number {
  const first = json[at];
  if (first === undefined) throw new Stop(at, "end");
  if (first === "{") return members(json, at, "}");
  if (first === "[") return members(json, at, "]");
  if (first === '"') return text(json, at);
  scalar.lastIndex = at;
  const found = scalar.exec(json);
  if (!found) throw new Stop(at, /[-\d+.]/.test(first) ? "number" : "value");
  return at + found[0].length;
}

function text(json: string, at: number): number {
  string.lastIndex = at;
  const found = string.exec(json);
  if (!found) throw new Stop(at, "string");
  return at + found[0].length;
}

function members(json: string, at: number, close: "}" | "]"): number {
  let here = skip(json, at + 1);
  if (json[here] === close) return here + 1;
  for (;;) {
    if (close === "}") {
      if (json[here] === undefined) throw new Stop(here, "end");
      if (json[here] !== '"') throw new Stop(here, "key");
      here = skip(json, text(json, here));
      if (json[here] !== ":") throw new Stop(here, "colon");
      here = skip(json, here + 1);
    }
    here = skip(json, value(json, here));
    if (json[here] === close) return here + 1;
    if (json[here] === undefined) throw new Stop(here, "end");
    if (json[here] !== ",") throw new Stop(here, "comma");
    here = skip(json, here + 1);
  }
}
