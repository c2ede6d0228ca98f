// What forms suggest while one types: names that are known here.
import type { AdminContext } from "../engine/admin-context.ts";

/** Task functions of this process. */
export async function suggestFuncs(prefix: string, { client }: AdminContext): Promise<string[]> {
  return client.registry
    .names()
    .filter((name) => name.startsWith(prefix))
    .sort();
}

/** Queues in which something waits or runs. */
export async function suggestQueues(prefix: string, { store }: AdminContext): Promise<string[]> {
  return (await store.queueNames()).filter((name) => name.startsWith(prefix));
}
