// Who did what, and the small facts that belong to the whole database.
import type { AuditEntry } from "../broker.ts";
import type { AuditRow } from "../audit.ts";
import type { MetaRow } from "../store.ts";
import { type Columns, rowsOf, text } from "./columns.ts";
import type { Scope } from "./dialect.ts";
import { auditRow } from "./rows.ts";

export async function insertAudit(scope: Scope, entry: AuditEntry): Promise<void> {
  await insertAudits(scope, [entry]);
}

export const auditColumns = {
  who: text((entry) => entry.who),
  action: text((entry) => entry.action),
  object: text((entry) => entry.object),
  before: text((entry) => entry.before),
  after: text((entry) => entry.after),
  address: text((entry) => entry.address),
  outcome: text((entry) => entry.outcome ?? "done"),
  role: text((entry) => entry.role),
  reason: text((entry) => entry.reason),
} satisfies Columns<AuditEntry>;

export async function insertAudits(
  { sql, tables, dialect, now }: Scope,
  entries: readonly AuditEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const source = rowsOf(dialect, auditColumns, entries);
  const names = Object.keys(auditColumns).join(", ");
  await sql.run(
    `INSERT INTO ${tables.audit} (at, ${names}) SELECT ${now}, ${names} FROM ${source.sql} entries`,
    source.values,
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

/** Answers whether the value was still `from`. */
export async function swapMeta(
  scope: Scope,
  key: string,
  from: string | null,
  to: string | null,
): Promise<boolean> {
  const { sql, tables } = scope;
  if (from === null) return to === null ? (await readMeta(scope, key)) === null : addMeta(scope, key, to);
  const changed =
    to === null
      ? await sql.run(`DELETE FROM ${tables.meta} WHERE key = ? AND value = ?`, [key, from])
      : await sql.run(`UPDATE ${tables.meta} SET value = ? WHERE key = ? AND value = ?`, [to, key, from]);
  return changed > 0;
}

/** By range, not by pattern: so the key's own index is used, where it is of that order. No key has a character beyond U+FFFF right behind a prefix. */
export async function listMeta(
  { sql, tables, dialect }: Scope,
  prefix: string,
  { limit, after }: { limit: number; after?: string },
): Promise<MetaRow[]> {
  const key = `key${dialect.bytewise}`;
  const rows = await sql.all(
    `SELECT key, value FROM ${tables.meta} WHERE ${key} > ? AND ${key} < ? ORDER BY ${key} LIMIT ?`,
    [after ?? prefix, `${prefix}\uffff`, limit],
  );
  return rows.map(({ key, value }) => ({ key: String(key), value: String(value) }));
}

export async function removeMeta({ sql, tables }: Scope, key: string): Promise<boolean> {
  return (await sql.run(`DELETE FROM ${tables.meta} WHERE key = ?`, [key])) > 0;
}
