// The small facts that belong to the whole database, in memory.
import { compareValues } from "../condition.ts";
import type { MetaRow } from "../store.ts";
import type { Scope } from "./memory-tables.ts";

export function addMeta({ tables: { meta } }: Scope, key: string, value: string): string {
  const standing = meta.get(key) ?? value;
  meta.set(key, standing);
  return standing;
}

/** Answers whether the value was still `from`. */
export function swapMeta(
  { tables: { meta } }: Scope,
  key: string,
  from: string | null,
  to: string | null,
): boolean {
  if ((meta.get(key) ?? null) !== from) return false;
  if (to === null) meta.delete(key);
  else meta.set(key, to);
  return true;
}

export function listMeta(
  { tables: { meta } }: Scope,
  prefix: string,
  { limit, after = prefix }: { limit: number; after?: string },
): MetaRow[] {
  return [...meta]
    .filter(([key]) => key.startsWith(prefix) && key > after)
    .sort(([a], [b]) => compareValues(a, b, false))
    .slice(0, limit)
    .map(([key, value]) => ({ key, value }));
}
