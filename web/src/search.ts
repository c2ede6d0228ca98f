// What stands after "?" as plain words: `queue=a&queue=b`, readable and the same as what the server takes.

export type Search = Record<string, string | string[]>;

export function parseSearch(written: string): Search {
  const search: Search = {};
  for (const [name, value] of new URLSearchParams(written)) {
    const before = search[name];
    search[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return search;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === "string" && one !== "") params.append(name, one);
    }
  }
  // Commas and colons may stand as they are, and are easier to read.
  const written = params.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return written && `?${written}`;
}
