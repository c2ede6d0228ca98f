// What forms suggest while one types: names that are known here.
import type { Condition, ListField } from "../../store/browse.ts";
import type { AdminContext } from "../engine/admin-context.ts";

const mostRows = 200;
const mostRead = 5_000;

/** Task functions of this process. */
export async function suggestFuncs(prefix: string, { client }: AdminContext): Promise<string[]> {
  return client.registry
    .names()
    .filter((name) => name.startsWith(prefix))
    .sort();
}

/** Queues in which something waits or runs; of whom not all tasks are there for, those of his among the next ones. */
export async function suggestQueues(prefix: string, ctx: AdminContext): Promise<string[]> {
  const scope = (await ctx.scope("queued")) as Condition<ListField<"queued">>[];
  return (await queuesOf(scope, ctx)).filter((name) => name.startsWith(prefix));
}

async function queuesOf(
  scope: readonly Condition<ListField<"queued">>[],
  { store }: AdminContext,
): Promise<string[]> {
  if (scope.length === 0) return store.queueNames();
  const order = { by: "claim", descending: false } as const;
  const { rows } = await store.browse("queued", { where: scope, order, limit: mostRows, step: mostRead });
  return [...new Set(rows.map(({ queue }) => queue))].sort();
}
