// An SQLite file keeps every sentence of the seam.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isBusy, loadSqlite } from "../../src/store/sqlite/sqlite-driver.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { testStore } from "../../src/testing/index.ts";
import { storeOptions } from "./store-options.ts";

const skipped = testStore(
  "an SQLite file",
  {
    capabilities: { shared: true, notify: true, transactions: true, parallelWrites: false, browse: true },
    async open() {
      const { options, moveClock } = storeOptions();
      const folder = mkdtempSync(join(tmpdir(), "quern-store-"));
      const path = join(folder, "quern.db");
      const connect = () => openSqliteStore(path, options);
      const stores = [await connect()];
      const { DatabaseSync } = await loadSqlite();
      return {
        store: stores[0]!,
        moveClock,
        async another() {
          const store = await connect();
          stores.push(store);
          return store;
        },
        async begin() {
          const tx = new DatabaseSync(path);
          tx.exec("BEGIN IMMEDIATE");
          return { tx, commit: async () => tx.exec("COMMIT"), rollback: async () => tx.exec("ROLLBACK") };
        },
        async close() {
          await Promise.all(stores.map((store) => store.close()));
          rmSync(folder, { recursive: true });
        },
      };
    },
  },
  { describe, it, expect },
);

it("skips nothing", () => expect(skipped).toEqual([]));

it("knows that a file is locked, whether it is the preparing or the reading that fails", async () => {
  const { DatabaseSync } = await loadSqlite();
  const folder = mkdtempSync(join(tmpdir(), "quern-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [holder, reader, newcomer] = [0, 0, 0].map(
    () => new DatabaseSync(join(folder, "locked.db"), { timeout: 1 }),
  );
  const statement = reader!.prepare("PRAGMA page_count");
  holder!.exec("BEGIN EXCLUSIVE");
  for (const refused of [() => newcomer!.prepare("PRAGMA page_count"), () => statement.all()])
    expect(isBusy(thrownBy(refused))).toBe(true);
  for (const handle of [holder, reader, newcomer]) handle!.close();
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
