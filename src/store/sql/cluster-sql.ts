// Who runs: one row a cluster, renewed by its heartbeat.
import type { ClusterRow } from "../store.ts";
import type { Scope } from "./dialect.ts";
import { clusterRow } from "./rows.ts";

export async function saveClusterRow(
  { sql, tables, now }: Scope,
  row: Omit<ClusterRow, "heartbeat">,
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
