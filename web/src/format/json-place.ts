// Where in a JSON text the value at a path stands, or what comes nearest to it.
export interface Place {
  line: number;
  /** Positions of its first character and behind its last. */
  from: number;
  to: number;
}

/** Null: the text is no JSON. */
export function placeIn(json: string, path: readonly (string | number)[]): Place | null {
  try {
    JSON.parse(json);
  } catch {
    return null;
  }
  let found = { from: skip(json, 0), to: json.trimEnd().length };
  for (const key of path) {
    const inner = membersOf(json, found.from).find((member) => member.key === key);
    if (inner === undefined) break;
    found = inner;
  }
  return { ...found, line: json.slice(0, found.from).split("\n").length };
}

interface Member {
  key: string | number;
  from: number;
  to: number;
}

// Of a text that is JSON: what is looked for is always there.
function membersOf(json: string, at: number): Member[] {
  const isObject = json[at] === "{";
  if (!isObject && json[at] !== "[") return [];
  const members: Member[] = [];
  let here = skip(json, at + 1);
  while (here < json.length && !"}]".includes(json[here] ?? "}")) {
    let key: string | number = members.length;
    if (isObject) {
      const end = endOf(json, here);
      key = JSON.parse(json.slice(here, end)) as string;
      here = skip(json, skip(json, end) + 1);
    }
    const to = endOf(json, here);
    members.push({ key, from: here, to });
    here = skip(json, to);
    if (json[here] === ",") here = skip(json, here + 1);
  }
  return members;
}

function skip(json: string, at: number): number {
  let here = at;
  while (" \t\n\r".includes(json[here] ?? "x")) here++;
  return here;
}

const text = /"(?:[^"\\]|\\.)*"/y;
const scalar = /[^\s,}\]]+/y;

function endOf(json: string, at: number): number {
  const first = json[at];
  if (first === "{" || first === "[") {
    const end = skip(json, membersOf(json, at).at(-1)?.to ?? at + 1);
    return end + 1;
  }
  const pattern = first === '"' ? text : scalar;
  pattern.lastIndex = at;
  return at + (pattern.exec(json)?.[0].length ?? 1);
}
