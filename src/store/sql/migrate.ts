// Numbered migrations, run under the engine's lock; the version reached stands in the meta table.
import { QuernError } from "../../core/errors.ts";
import type { Database, Sql } from "./database.ts";
import type { Dialect, Tables } from "./dialect.ts";

export interface Migration {
  version: number;
  statements(tables: Tables): readonly string[];
}

/** Of the row in the meta table. */
export const versionKey = "schema";

/** The version the tables are at; 0 when there are none yet. */
export async function schemaVersion(sql: Sql, tables: Tables): Promise<number> {
  const [row] = await sql.all(`SELECT value FROM ${tables.meta} WHERE key = ?`, [versionKey]);
  return row === undefined ? 0 : Number(row.value);
}

/**
 * Brings the tables to the newest version this Quern knows, and answers from where to where. When it is not `allowed` to,
 * tables that are older or missing are an error, and so are, always, ones that a newer Quern has made.
 */
export async function migrate(
  database: Database,
  dialect: Pick<Dialect, "bytewise">,
  tables: Tables,
  migrations: readonly Migration[],
  allowed: boolean,
): Promise<{ from: number; to: number }> {
  const newest = Math.max(...migrations.map((migration) => migration.version));
  // Read first: an open that has nothing to do must not wait for the write lock. No meta table: nothing is there yet.
  const reached = await schemaVersion(database.reader, tables).catch(() => 0);
  if (reached === newest) return { from: newest, to: newest };
  return database.exclusive(async (sql) => {
    await sql.run(
      `CREATE TABLE IF NOT EXISTS ${tables.meta}
         (key VARCHAR(255)${dialect.bytewise} PRIMARY KEY NOT NULL, value TEXT NOT NULL)`,
    );
    const from = await schemaVersion(sql, tables);
    if (from > newest)
      throw new QuernError("QUERN_SCHEMA_TOO_NEW", {
        location: database.location,
        found: from,
        known: newest,
      });
    if (from < newest && !allowed)
      throw new QuernError("QUERN_SCHEMA_TOO_OLD", {
        location: database.location,
        found: from,
        known: newest,
      });
    for (const migration of migrations) {
      if (migration.version <= from) continue;
      for (const statement of migration.statements(tables)) await sql.run(statement);
    }
    if (from < newest) {
      await sql.run(`DELETE FROM ${tables.meta} WHERE key = ?`, [versionKey]);
      await sql.run(`INSERT INTO ${tables.meta} (key, value) VALUES (?, ?)`, [versionKey, String(newest)]);
    }
    return { from, to: newest };
  });
}
