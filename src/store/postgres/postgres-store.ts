// The store in PostgreSQL: for many machines, and for an application whose own transactions are there.
import type { Database } from "../sql/database.ts";
import { tablesWith } from "../sql/dialect.ts";
import { migrate } from "../sql/migrate.ts";
import { sqlStore } from "../sql/sql-store.ts";
import type { Store, StoreOptions } from "../store.ts";
import { abilitiesOf } from "./server-abilities.ts";
import { migrations } from "./migrations.ts";
import { openPostgres } from "./postgres-database.ts";
import { postgresDialect, quoted } from "./postgres-dialect.ts";
import { readPostgresUrl } from "./postgres-url.ts";

export async function openPostgresStore(text: string, options: StoreOptions): Promise<Store> {
  const { url, schema, pooled, settings } = readPostgresUrl(text);
  const channel = ["quern", schema, options.tablePrefix].filter(Boolean).join(" ");
  const open = (notifies: boolean): Promise<Database> =>
    openPostgres({
      url,
      settings,
      schema,
      pooled,
      notifies,
      channel: shortened(channel),
    });
  let database = await open(true);
  try {
    const { notifies } = await abilitiesOf(database.reader, database.location);
    if (!notifies) {
      await database.close();
      database = await open(false);
    }
    const tables = tablesWith(
      schema === null ? options.tablePrefix : `${quoted(schema)}.${options.tablePrefix}`,
    );
    const migrated = await migrate(
      database,
      postgresDialect,
      tables,
      migrations(options.tablePrefix),
      options.migrate,
    );
    return sqlStore({
      database,
      dialect: postgresDialect,
      capabilities: {
        shared: true,
        notify: notifies && !pooled,
        transactions: true,
        parallelWrites: true,
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

/** A channel's name has at most 63 bytes. Two that become one by this only wake each other for nothing. */
function shortened(channel: string): string {
  return Buffer.from(channel).subarray(0, 60).toString().replaceAll("\uFFFD", "");
}
