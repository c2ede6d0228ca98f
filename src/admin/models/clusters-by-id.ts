// Which cluster and worker holds a task: looked up once for a request, however many rows ask.
import { Clusters, type ClusterInfo } from "../../client/clusters.ts";
import type { AdminContext } from "../engine/admin-context.ts";

const lookups = new WeakMap<AdminContext, Promise<Map<string, ClusterInfo>>>();

export function clustersById(ctx: AdminContext): Promise<Map<string, ClusterInfo>> {
  let lookup = lookups.get(ctx);
  if (lookup === undefined) {
    lookup = new Clusters(ctx.client).list().then((all) => new Map(all.map((one) => [one.id, one])));
    lookups.set(ctx, lookup);
  }
  return lookup;
}

export async function clusterName(owner: string | null, ctx: AdminContext): Promise<string | null> {
  return owner === null ? null : ((await clustersById(ctx)).get(owner)?.name ?? owner);
}

/** The worker that says it has the task in hand. */
export async function workerOf(id: string, owner: string | null, ctx: AdminContext): Promise<string | null> {
  const cluster = owner === null ? undefined : (await clustersById(ctx)).get(owner);
  const worker = cluster?.workers.find(({ running }) => running.includes(id));
  return worker === undefined ? null : String(worker.pid);
}
