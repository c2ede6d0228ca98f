// Whether anybody takes what is put into a queue.
import type { AdminContext } from "../engine/admin-context.ts";

/** A warning, where no cluster that is alive serves the queue; null: that of the task function. */
export async function warnUnserved(
  queue: string | null,
  func: string,
  { client, store }: AdminContext,
): Promise<string[]> {
  const meant = queue ?? client.registry.find(func)?.options.queue ?? "default";
  const alive = (await store.clusters()).filter(({ state }) => state !== "stopped");
  const served = alive.some(({ queues }) => queues === "*" || queues.split(",").includes(meant));
  return served ? [] : [`No cluster takes tasks of the queue ${meant} now.`];
}
