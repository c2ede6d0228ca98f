// Who runs: one row a cluster, renewed by its heartbeat, and what it is told to do.
import type { ClusterOrder, ClusterRow } from "../store.ts";
import type { Scope } from "./dialect.ts";
import { clusterRow } from "./rows.ts";

export async function saveClusterRow(
  { sql, tables, now }: Scope,
  row: Omit<ClusterRow, "heartbeat" | "order">,
): Promise<void> {
  await sql.run(
    `INSERT INTO ${tables.cluster} (id, name, host, pid, version, state, queues, started, heartbeat, status)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ${now}, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, queues = excluded.queues, heartbeat = excluded.heartbeat, status = excluded.status`,
    [row.id, row.name, row.host, row.pid, row.version, row.state, row.queues, row.started, row.status],
  );
}

export async function listClusters({ sql, tables }: Scope): Promise<ClusterRow[]> {
  return (await sql.all(`SELECT * FROM ${tables.cluster} ORDER BY started, id`)).map(clusterRow);
}

export async function orderCluster(
  { sql, tables }: Scope,
  id: string,
  order: ClusterOrder | null,
): Promise<boolean> {
  const changed = await sql.run(
    `UPDATE ${tables.cluster} SET ordered = ?
     WHERE id = ? AND state <> 'stopped' AND COALESCE(ordered, '') NOT IN ('stop', ?)`,
    [order, id, order ?? ""],
  );
  if (changed > 0) await sql.wake();
  return changed > 0;
}

export async function readOrder({ sql, tables }: Scope, id: string): Promise<ClusterOrder | null> {
  const [row] = await sql.all(`SELECT ordered FROM ${tables.cluster} WHERE id = ?`, [id]);
  return (row?.ordered ?? null) as ClusterOrder | null;
}
