// All that a database holds, to be compared with another one: what a copy must have carried.
import type { Store } from "../../src/store/store.ts";
import { type CopiedTable, copiedTables } from "../../src/store/copying.ts";
import { isOwnKey } from "../../src/client/copy/record.ts";

export type Contents = Record<CopiedTable, unknown[]>;

/** Without what is the copy's own: its keys among the settings, the ids of audit entries, and the entry that tells of it. */
export async function contentsOf(store: Store): Promise<Contents> {
  const contents: Partial<Contents> = {};
  for (const table of copiedTables) {
    const { rows } = await store.readRows(table, { after: null, limit: 100_000, maxBytes: 2 ** 40 });
    contents[table] = rows
      .filter((row) => !("key" in row && "value" in row && isOwnKey(row.key)))
      .filter((row) => !("action" in row && row.action === "database.copy"))
      .map((row) => (table === "audit" ? { ...row, id: 0 } : row))
      .map((row) => ("key" in row && row.key.startsWith("paused:") ? { key: row.key } : row));
  }
  return contents as Contents;
}
