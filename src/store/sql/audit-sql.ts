// Who did what, and the small facts that belong to the whole database.
import type { AuditEntry } from "../broker.ts";
import type { AuditRow } from "../store.ts";
import type { Scope } from "./dialect.ts";
import { auditRow } from "./rows.ts";

export async function insertAudit({ sql, tables, now }: Scope, entry: AuditEntry): Promise<void> {
  await sql.run(
    `INSERT INTO ${tables.audit} (at, who, action, object, before, after, address) VALUES (${now}, ?, ?, ?, ?, ?, ?)`,
    [entry.who, entry.action, entry.object, entry.before ?? null, entry.after ?? null, entry.address ?? null],
  );
}

export async function listAudit({ sql, tables }: Scope, limit: number): Promise<AuditRow[]> {
  return (await sql.all(`SELECT * FROM ${tables.audit} ORDER BY id DESC LIMIT ?`, [limit])).map(auditRow);
}

export async function readMeta({ sql, tables }: Scope, key: string): Promise<string | null> {
  const [row] = await sql.all(`SELECT value FROM ${tables.meta} WHERE key = ?`, [key]);
  return row === undefined ? null : String(row.value);
}

/** Answers whether the key was free. */
export async function addMeta({ sql, tables }: Scope, key: string, value: string): Promise<boolean> {
  return (
    (await sql.run(`INSERT INTO ${tables.meta} (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, [
      key,
      value,
    ])) > 0
  );
}

export async function removeMeta({ sql, tables }: Scope, key: string): Promise<boolean> {
  return (await sql.run(`DELETE FROM ${tables.meta} WHERE key = ?`, [key])) > 0;
}
