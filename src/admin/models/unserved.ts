// Whether anybody takes what is put into a queue.
import { Clusters } from "../../client/clusters.ts";
import type { AdminContext } from "../engine/admin-context.ts";

/** Tells whether a queue is served by a cluster that is alive and not paused, be it there for whoever asks or not. */
export async function servedQueues({
  client,
}: Pick<AdminContext, "client">): Promise<(queue: string) => boolean> {
  const taking = (await new Clusters(client).list()).filter(
    ({ state }) => state !== "stopped" && state !== "lost" && state !== "paused",
  );
  const served = new Set(taking.flatMap(({ queues }) => queues.split(",")));
  return (queue) => served.has("*") || served.has(queue);
}

/** A warning, where nobody takes tasks of the queue now; null: that of the task function. */
export async function warnUnserved(
  queue: string | null,
  func: string,
  { client }: Pick<AdminContext, "client">,
): Promise<string[]> {
  const meant = queue ?? client.registry.find(func)?.options.queue ?? "default";
  const isServed = await servedQueues({ client });
  return isServed(meant) ? [] : [`No cluster takes tasks of the queue ${meant} now.`];
}
