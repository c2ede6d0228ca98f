// A database that an older Quern made is brought to this version, and the older one goes on beside it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { tablesWith } from "../../src/store/sql/dialect.ts";
import { migrate } from "../../src/store/sql/migrate.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { openSqlite } from "../../src/store/sqlite/sqlite-database.ts";
import { sqliteDialect } from "../../src/store/sqlite/sqlite-dialect.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { readSchedule, savedSchedule } from "../../src/testing/store/schedule-examples.ts";
import { storeOptions } from "./store-options.ts";

it("tables of each older version are brought to this one, and what it writes is still understood", async () => {
  const versions = migrations.map(({ version }) => version);
  const newest = Math.max(...versions);
  for (const [index, from] of versions.slice(0, -1).entries()) {
    const folder = mkdtempSync(join(tmpdir(), "quern-upgrade-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "quern.db");
    const older = await openSqlite({ path, synchronous: "normal" });
    expect(
      await migrate(older, sqliteDialect, tablesWith("quern_"), migrations.slice(0, index + 1), true),
    ).toEqual({
      from: 0,
      to: from,
    });
    await older.write((sql) =>
      sql.run(
        `INSERT INTO quern_schedule (id, version, revision, func, queue, definition, repeats, created, changed)
         VALUES ('typed', 1, 1, 'f', 'q', '{"type":"cron"}', -1, 0, 0), ('odd', 1, 1, 'f', 'q', 'no JSON', -1, 0, 0)`,
      ),
    );
    const store = await openSqliteStore(path, storeOptions().options);
    expect(await readSchedule(store, "typed")).toMatchObject({ type: from < 4 ? "cron" : null, note: null });
    expect(await readSchedule(store, "odd")).toMatchObject({ type: null });
    expect(store.migrated).toEqual({ from, to: newest });
    await older.write((sql) =>
      sql.run(
        `INSERT INTO quern_schedule (id, version, revision, func, queue, definition, repeats, created, changed)
         VALUES ('old', 1, 1, 'f', 'q', '{}', -1, 0, 0)`,
      ),
    );
    expect(await readSchedule(store, "old")).toMatchObject({ held: false, keepRuns: 10, nextRun: null });
    await savedSchedule(store, { held: true });
    await Promise.all([store.close(), older.close()]);
  }
});
