// What is copied is everything: a table or a column that a migration adds is copied too, or left out on purpose.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { copied } from "../../src/store/sql/copied-tables.ts";
import { tablesWith } from "../../src/store/sql/dialect.ts";
import { loadSqlite } from "../../src/store/sqlite/sqlite-driver.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeOptions } from "./store-options.ts";

const staysWhereItRuns = ["cluster"];
/** A copied audit entry gets an id of its own. */
const madeAnew: Record<string, readonly string[]> = { audit: ["id"] };

it("each table and each of its columns is copied", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quern-copied-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "quern.db");
  const store = await openSqliteStore(path, storeOptions({ tablePrefix: "" }).options);
  await store.close();
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(path);
  const names = (sql: string): string[] =>
    (database.prepare(sql).all() as { name: string }[]).map(({ name }) => name).sort();
  const columnsOf = (table: string): string[] => names(`SELECT name FROM pragma_table_info('${table}')`);

  const ours = Object.values(copied).map(({ name, columns }) => ({
    table: tablesWith("")[name],
    columns: Object.keys(columns).map((column) => column.replaceAll('"', "")),
  }));
  expect([...ours.map(({ table }) => table), ...staysWhereItRuns].sort()).toEqual(
    names("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"),
  );
  for (const { table, columns } of ours)
    expect([table, ...columns, ...(madeAnew[table] ?? [])].sort()).toEqual(
      [table, ...columnsOf(table)].sort(),
    );
  database.close();
});
