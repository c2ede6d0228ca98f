// Cursors: a place in an order, as the values that rows are compared by there. Opaque to whoever carries them.
import { QuernError } from "../core/errors.ts";
import { type FieldKind, listFields, type ListName, listOrders, type Scalar } from "./browse.ts";

/** An order: what rows are compared by, one key after the other, the last one unique. */
export interface KeyOrder {
  by: string;
  keys: readonly string[];
  kinds: Readonly<Record<string, FieldKind>>;
}

// Of the queue's order of claims: the only keys that are no fields.
const computedKeys: Record<string, FieldKind> = { rank: "number", precedence: "number" };

/** The order of a list by that name, and whether an index carries it. */
export function orderOf(list: ListName, by: string): KeyOrder & { indexed: boolean } {
  const known = (listOrders[list] as Record<string, readonly string[]>)[by];
  return {
    by,
    keys: known ?? [by, "id"],
    kinds: { ...listFields[list], ...computedKeys },
    indexed: known !== undefined,
  };
}

export function cursorAt(by: string, keys: readonly Scalar[]): string {
  return Buffer.from(JSON.stringify([by, ...keys])).toString("base64url");
}

/** The keys in a cursor of this order. Throws QUERN_BAD_CURSOR for any other text. */
export function readCursor({ by, keys, kinds }: KeyOrder, cursor: string): Scalar[] {
  const [order, ...values] = cursorParts(cursor);
  const fit =
    order === by &&
    values.length === keys.length &&
    keys.every((key, index) => isOf(kinds[key], values[index], key !== "id"));
  if (!fit) throw new QuernError("QUERN_BAD_CURSOR", { order: by });
  return values as Scalar[];
}

/** What was put into a cursor; nothing, for a text that is none. */
export function cursorParts(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isOf(kind: FieldKind | undefined, value: unknown, optional: boolean): boolean {
  if (value === null) return optional;
  return kind === "number"
    ? Number.isSafeInteger(value)
    : typeof value === "string" && !unstorable.test(value);
}

// No engine takes these in a text, so no row has them: half a surrogate pair, and the character with the code 0.
const unstorable = /[\u0000\ud800-\udfff]/u;
