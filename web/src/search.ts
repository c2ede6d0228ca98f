// What stands after "?" as plain words: `queue=a&queue=b`, readable and the same as what the server takes.

import { fromBase } from "./base.ts";

export type Search = Record<string, string | string[]>;

export function parseSearch(written: string): Search {
  const search: Search = {};
  for (const [name, value] of new URLSearchParams(written)) {
    const before = search[name];
    search[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return search;
}

/** An address from the server, which may bring its query, as the router takes it. */
export function linkTo(to: string): { to: string; search: Search } {
  const [path = "", query = ""] = to.split("?");
  return { to: fromBase(path), search: parseSearch(query) };
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
