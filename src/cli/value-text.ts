// An input or a result as text for people.
import { inspect } from "node:util";
import { plain, plainLines } from "./text.ts";

export function valueText(value: unknown, { lines }: { lines: boolean }): string {
  if (value === undefined) return "";
  if (typeof value === "string") return lines ? plainLines(value) : plain(JSON.stringify(value));
  const text = inspect(value, {
    depth: 8,
    breakLength: lines ? 74 : Number.POSITIVE_INFINITY,
    maxArrayLength: 200,
    compact: lines ? 3 : true,
  });
  return lines ? plainLines(text) : plain(text);
}
