// Who runs, and what they are told to do.
import type { ClusterOrder, ClusterRow } from "../store.ts";
import type { Scope } from "./memory-tables.ts";

export function saveClusterRow({ tables, now }: Scope, row: Omit<ClusterRow, "heartbeat" | "order">): void {
  const first = tables.clusters.get(row.id) ?? { ...row, order: null };
  const { state, queues, status } = row;
  tables.clusters.set(row.id, { ...first, state, queues, status, heartbeat: now });
}

export function listClusters({ tables }: Scope): ClusterRow[] {
  return [...tables.clusters.values()].sort((a, b) => a.started - b.started || (a.id < b.id ? -1 : 1));
}

/** Answers whether it is heard: it runs, and was not told so already. */
export function giveOrder({ tables: { clusters } }: Scope, id: string, order: ClusterOrder | null): boolean {
  const row = clusters.get(id);
  const takes = row !== undefined && row.state !== "stopped" && row.order !== "stop";
  if (!takes || row.order === order) return false;
  clusters.set(id, { ...row, order });
  return true;
}
