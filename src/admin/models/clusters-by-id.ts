// Which cluster and worker holds a task, of those that are there for whoever asks: looked up once for a request, however many rows ask.
import { Clusters, type ClusterInfo } from "../../client/clusters.ts";
import type { Scalar } from "../../store/browse.ts";
import { exists } from "../engine/list.ts";
import type { AdminContext } from "../engine/admin-context.ts";

const lookups = new WeakMap<AdminContext, Promise<Map<string, ClusterInfo>>>();

export function clustersById(ctx: AdminContext): Promise<Map<string, ClusterInfo>> {
  let lookup = lookups.get(ctx);
  if (lookup === undefined) {
    lookup = readClusters(ctx);
    lookups.set(ctx, lookup);
  }
  return lookup;
}

async function readClusters(ctx: AdminContext): Promise<Map<string, ClusterInfo>> {
  const there = new Map<string, ClusterInfo>();
  for (const cluster of await new Clusters(ctx.client).list())
    if (await exists("cluster", { source: { value: clusterValue } }, cluster, ctx))
      there.set(cluster.id, cluster);
  return there;
}

/** Of one that is gone its id; of one that may just not be there for him, nothing. */
export async function clusterName(owner: string | null, ctx: AdminContext): Promise<string | null> {
  if (owner === null) return null;
  const cluster = (await clustersById(ctx)).get(owner);
  if (cluster !== undefined) return cluster.name;
  return (await ctx.scope("cluster")).length === 0 ? owner : null;
}

export const tasksInHand = ({ workers }: ClusterInfo): number =>
  workers.reduce((sum, one) => sum + one.running.length, 0);

/** In the order of a life. */
export const clusterStates = [
  "starting",
  "idle",
  "working",
  "paused",
  "stopping",
  "stopped",
  "lost",
] as const satisfies ClusterInfo["state"][];

/** What conditions and orders read of a cluster. */
export function clusterValue(cluster: ClusterInfo, field: string): Scalar {
  switch (field) {
    case "workers":
      return cluster.workers.length;
    case "running":
      return tasksInHand(cluster);
    case "standing":
      return clusterStates.indexOf(cluster.state);
    case "done":
      return cluster.succeeded;
    case "started":
    case "heartbeat":
      return cluster[field].getTime();
    default:
      return (cluster as unknown as Record<string, Scalar>)[field] ?? null;
  }
}

/** The worker that says it has the task in hand. */
export async function workerOf(id: string, owner: string | null, ctx: AdminContext): Promise<string | null> {
  const cluster = owner === null ? undefined : (await clustersById(ctx)).get(owner);
  const worker = cluster?.workers.find(({ running }) => running.includes(id));
  return worker === undefined ? null : String(worker.pid);
}
