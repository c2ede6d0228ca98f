// The store in an SQLite file: for one machine, from the first task to millions.
import { migrate } from "../sql/migrate.ts";
import { sqlStore } from "../sql/sql-store.ts";
import { tablesWith } from "../sql/dialect.ts";
import type { Store, StoreOptions } from "../store.ts";
import { migrations } from "./migrations.ts";
import { openSqlite } from "./sqlite-database.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

export async function openSqliteStore(path: string, options: StoreOptions): Promise<Store> {
  const database = await openSqlite({ path, synchronous: options.synchronous });
  try {
    const tables = tablesWith(options.tablePrefix);
    const migrated = await migrate(database, sqliteDialect, tables, migrations, options.migrate);
    const inFile = path !== ":memory:";
    return sqlStore({
      database,
      dialect: sqliteDialect,
      capabilities: {
        shared: inFile,
        notify: true,
        transactions: inFile,
        parallelWrites: false,
        browse: true,
      },
      tables,
      migrated,
      clockOffsetMs: options.clockOffsetMs,
    });
  } catch (error) {
    await database.close();
    throw error;
  }
}
