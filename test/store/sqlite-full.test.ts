// A database that may not grow: what was not written is told, what was written is there whole, and it goes on when there is room.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { tablesWith } from "../../src/store/sql/dialect.ts";
import { migrate } from "../../src/store/sql/migrate.ts";
import { sqlStore } from "../../src/store/sql/sql-store.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { openSqlite } from "../../src/store/sqlite/sqlite-database.ts";
import { sqliteDialect } from "../../src/store/sqlite/sqlite-dialect.ts";
import type { Store } from "../../src/store/store.ts";
import { exampleTask } from "../../src/testing/store/examples.ts";

interface Opened {
  store: Store;
  /** Of the connection that writes. */
  limitPages(pages: number): Promise<unknown>;
  integrity(): Promise<unknown>;
}

async function opened(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "quern-full-"));
  const database = await openSqlite({ path: join(folder, "quern.db"), synchronous: "normal" });
  onTestFinished(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });
  const tables = tablesWith("quern_");
  const store = sqlStore({
    database,
    dialect: sqliteDialect,
    capabilities: { shared: true, notify: true, transactions: true, browse: true, parallelWrites: false },
    tables,
    migrated: await migrate(database, sqliteDialect, tables, migrations, true),
    clockOffsetMs: () => 0,
  });
  return {
    store,
    limitPages: (pages) => database.write((sql) => sql.all(`PRAGMA max_page_count = ${pages}`)),
    integrity: () => database.reader.all("PRAGMA integrity_check"),
  };
}

it("an enqueue that finds the disk full is refused as away, whole; what was acknowledged is there, and so is the rest when there is room", async () => {
  const { store, limitPages, integrity } = await opened();
  await limitPages(1); // Less than there is: it may not grow.
  const acknowledged: string[] = [];
  const refused = [];
  for (let count = 0; count < 60; count++) {
    const tasks = [1, 2].map((one) => ({
      ...exampleTask({ envelope: "e".repeat(9_000) }),
      unique: { key: `${count}-${one}` },
    }));
    try {
      await store.enqueue(tasks);
      acknowledged.push(...tasks.map(({ id }) => id));
    } catch (error) {
      expect(error).toMatchObject({
        code: "QUERN_DATABASE_AWAY",
        message: expect.stringContaining("the disk or its size limit is full"),
      });
      refused.push(tasks);
    }
  }
  expect(refused.length).toBeGreaterThan(10);
  const there = async (): Promise<string[]> =>
    (await store.tasks({}, { limit: 1_000 })).tasks.map(({ id }) => id).sort();
  expect(await there()).toEqual(acknowledged.sort());
  expect(await integrity()).toEqual([{ integrity_check: "ok" }]);

  await limitPages(1_000_000);
  for (const tasks of refused)
    for (const one of await store.enqueue(tasks)) {
      expect(one, "no key was kept by what was refused").toMatchObject({ deduplicated: false });
      acknowledged.push(one.id);
    }
  expect(await there()).toEqual(acknowledged.sort());
});
