// A file of its own with a Quern and a table of an application's; and the copy of SQLite that Quern uses, for libraries that want better-sqlite3.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Quern } from "../../src/index.ts";
import { loadSqlite, type SqliteHandle } from "../../src/store/sqlite/sqlite-driver.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeOptions } from "../store/store-options.ts";
import { type Bench, type Library, ship } from "./transaction-suite.ts";

export const { DatabaseSync } = await loadSqlite();

export interface SqlitePlace {
  path: string;
  /** An application's connection. */
  handle: SqliteHandle;
}

export async function sqliteBench(
  libraryAt: (place: SqlitePlace) => Library | Promise<Library>,
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "quern-tx-"));
  const path = join(folder, "app.db");
  const store = await openSqliteStore(path, storeOptions().options);
  const handle = new DatabaseSync(path, { timeout: 1_000 });
  handle.exec("CREATE TABLE orders (title text NOT NULL)");
  const quern = new Quern({ tasks: [ship], database: `sqlite:${path}`, synchronous: "normal" });
  await quern.tasks.list(); // The first who opens a file writes to it, and would wait for the transaction that it was opened in.
  return {
    quern,
    store,
    library: await libraryAt({ path, handle }),
    titles: async () =>
      (handle.prepare("SELECT title FROM orders").all() as { title: string }[]).map(({ title }) => title),
    async close() {
      handle.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** As much of better-sqlite3's interface as Kysely, Knex and TypeORM use. The page docs/transactions.md has it for users. */
export class BetterLike {
  readonly #db: SqliteHandle;

  constructor(path: string) {
    this.#db = new DatabaseSync(path, { timeout: 1_000 });
  }

  prepare(sql: string): {
    reader: boolean;
    all(...values: unknown[]): unknown[];
    run(...values: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
    iterate(): IterableIterator<unknown>;
  } {
    const statement = this.#db.prepare(sql);
    const bound = (values: unknown[]): (string | number | null)[] => values.flat() as string[];
    return {
      reader: (statement.columns?.() ?? []).length > 0,
      all: (...values) => statement.all(...bound(values)),
      run: (...values) => statement.run(...bound(values)) as never,
      iterate: () => {
        throw new Error("these tests stream nothing");
      },
    };
  }

  pragma(text: string): void {
    this.#db.exec(`PRAGMA ${text}`);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  close(): void {
    this.#db.close();
  }
}
