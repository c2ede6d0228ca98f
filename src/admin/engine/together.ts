// Reads at once what the cells of a page ask for one by one in the same turn, and each thing once for a request.
import type { AdminContext } from "./admin-context.ts";

type Found<T> = (readonly [id: string, found: T])[];

interface Batch<T> {
  readonly ids: string[];
  readonly found: Promise<Map<string, T>>;
}

/** What stands under an id; undefined: nothing. */
export function together<T>(
  read: (ids: readonly string[], ctx: AdminContext) => Promise<Found<T>>,
): (id: string, ctx: AdminContext) => Promise<T | undefined> {
  const asked = new WeakMap<AdminContext, Map<string, Promise<T | undefined>>>();
  const open = new WeakMap<AdminContext, Batch<T>>();
  const batchFor = (ctx: AdminContext): Batch<T> => {
    const ids: string[] = [];
    const found = Promise.resolve().then(async () => {
      open.delete(ctx);
      return new Map(await read(ids, ctx));
    });
    return { ids, found };
  };
  return (id, ctx) => {
    const known = asked.get(ctx) ?? new Map<string, Promise<T | undefined>>();
    asked.set(ctx, known);
    const before = known.get(id);
    if (before !== undefined) return before;
    const batch = open.get(ctx) ?? batchFor(ctx);
    open.set(ctx, batch);
    batch.ids.push(id);
    const answer = batch.found.then((all) => all.get(id));
    known.set(id, answer);
    return answer;
  };
}
