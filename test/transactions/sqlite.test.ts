// The query builders and the driver itself, on an SQLite file, with the copy of SQLite that Quern uses, and with another.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sql as drizzleSql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import knexOf from "knex";
import { SqliteDialect } from "kysely";
import { expect, it } from "vitest";
import { Quern, task } from "../../src/index.ts";
import type { SqliteDriver, SqliteHandle } from "../../src/store/sqlite/sqlite-driver.ts";
import { kyselyLibrary } from "./kysely-library.ts";
import { BetterLike, DatabaseSync, sqliteBench } from "./sqlite-bench.ts";
import { type Library, type Open, type Order, ship, testTransactions } from "./transaction-suite.ts";

const require = createRequire(import.meta.url);

function onHandle(handle: SqliteHandle): Library {
  const open: Open = {
    tx: handle as never,
    insert: async (title) => handle.prepare("INSERT INTO orders VALUES (?)").run(title),
  };
  const within = async (
    [begin, commit, rollback]: readonly [string, string, string],
    work: (open: Open) => Promise<void>,
  ): Promise<void> => {
    handle.exec(begin);
    try {
      await work(open);
      handle.exec(commit);
    } catch (error) {
      handle.exec(rollback);
      throw error;
    }
  };
  return {
    transaction: (work) => within(["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"], work),
    nested: (_, work) => within(["SAVEPOINT a", "RELEASE a", "ROLLBACK TO a"], work),
    notOne: { "a path": "app.db", "an empty object": {}, nothing: null, "a function": () => undefined },
    close: async () => undefined,
  };
}

testTransactions("DatabaseSync", () => sqliteBench(({ handle }) => onHandle(handle)));

testTransactions("Kysely on SQLite", () =>
  sqliteBench(({ path }) =>
    kyselyLibrary({ dialect: new SqliteDialect({ database: new BetterLike(path) as never }) }),
  ),
);

testTransactions("Knex on SQLite", () =>
  sqliteBench(({ path }) => {
    const Client = require("knex/lib/dialects/better-sqlite3/index.js") as typeof knexOf.Knex.Client;
    class OwnClient extends Client {
      _driver(): typeof BetterLike {
        return BetterLike;
      }
    }
    const knex = knexOf({ client: OwnClient, connection: { filename: path }, useNullAsDefault: true });
    const openOn = (tx: knexOf.Knex.Transaction): Open => ({
      tx,
      insert: async (title) => tx("orders").insert({ title }),
    });
    return {
      transaction: (work) => knex.transaction((tx) => work(openOn(tx))),
      nested: ({ tx }, work) =>
        (tx as unknown as knexOf.Knex.Transaction).transaction((inner) => work(openOn(inner))),
      notOne: { knex },
      close: () => knex.destroy(),
    };
  }),
);

// Its own transaction on a file is synchronous, or gives rows without names; the handle beneath is what can be joined.
testTransactions("Drizzle on SQLite, by the handle beneath", () =>
  sqliteBench(({ handle }) => {
    const db = drizzle(async (text, values, method) => {
      const statement = handle.prepare(text);
      if (method !== "run") throw new Error("these tests read nothing through it");
      statement.run(...(values as string[]));
      return { rows: [] };
    });
    let inTransaction: unknown;
    const openOn = (tx: Pick<typeof db, "run">): Open => ({
      tx: handle as never,
      insert: async (title) => tx.run(drizzleSql`INSERT INTO orders VALUES (${title})`),
    });
    return {
      transaction: (work) =>
        db.transaction(
          async (tx) => {
            inTransaction = tx;
            await work(openOn(tx));
          },
          { behavior: "immediate" },
        ),
      nested: (_, work) => (inTransaction as typeof db).transaction((inner) => work(openOn(inner))),
      notOne: {
        "the database": db,
        get "its transaction"() {
          return inTransaction;
        },
      },
      close: async () => undefined,
    };
  }),
);

it("a transaction of another copy of SQLite is refused: neither would wait for the other", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quern-copy-"));
  const name = "@photostructure/sqlite";
  const manifest = require.resolve(`${name}/package.json`);
  cpSync(dirname(manifest), join(folder, "node_modules", name), { recursive: true });
  // What it needs lies beside it or above, wherever the package manager put it.
  const needs = createRequire(manifest).resolve("node-gyp-build/package.json");
  cpSync(dirname(needs), join(folder, "node_modules/node-gyp-build"), { recursive: true });
  const another = createRequire(join(folder, "app.js"));
  const copy = another(name) as SqliteDriver;
  expect(copy.DatabaseSync).not.toBe(DatabaseSync);

  const bench = await sqliteBench(({ path }) => onHandle(new copy.DatabaseSync(path)));
  await bench.library.transaction(async ({ tx }) => {
    await expect(bench.quern.enqueue(ship, { title: "a" }, { tx })).rejects.toThrow("another copy of SQLite");
  });
  expect((await bench.quern.tasks.list()).tasks).toEqual([]);
  await Promise.all([bench.quern.close(), bench.store.close()]);
  await bench.close();
  rmSync(folder, { recursive: true });
});

it("a transaction on another file, or in memory, is refused, and a database in memory joins none", async () => {
  const [here, there] = await Promise.all([1, 2].map(() => sqliteBench(({ handle }) => onHandle(handle))));
  const within = async (
    library: Library | undefined,
    quern: Quern | undefined,
    message: string,
  ): Promise<void> => {
    await library?.transaction(async ({ tx }) => {
      await expect(quern?.enqueue(ship, { title: "a" }, { tx })).rejects.toThrow(message);
    });
  };
  await within(there?.library, here?.quern, "Your transaction is on another file: /");
  await within(
    onHandle(new DatabaseSync(":memory:")),
    here?.quern,
    "Your transaction is on another file: in memory",
  );
  const inMemory = new Quern({ tasks: [ship], database: "sqlite::memory:" });
  await within(here?.library, inMemory, "A database in memory has one connection");
  await inMemory.close();
  for (const bench of [here, there]) {
    await Promise.all([bench?.quern.close(), bench?.store.close()]);
    await bench?.close();
  }
});

it("a Quern that is opened inside the transaction does not wait for it", async () => {
  const bench = await sqliteBench(({ handle }) => onHandle(handle));
  const fresh = new Quern({ tasks: [ship], database: `sqlite:${bench.store.location}` });
  await bench.library.transaction(async ({ tx }) => {
    await fresh.enqueue(ship, { title: "a" }, { tx });
  });
  expect((await fresh.tasks.list()).tasks.length).toBe(1);
  await Promise.all([fresh.close(), bench.quern.close(), bench.store.close()]);
  await bench.close();
});

it("a task that completes in a transaction ends once when it is drained, in sync mode too", async () => {
  const bench = await sqliteBench(({ handle }) => onHandle(handle));
  const done = task("done", ({ title }: Order, { completeIn, log }) => {
    log("in the transaction");
    return bench.library.transaction(async ({ tx, insert }) => {
      await insert(title);
      await completeIn(tx, `${title} is done`);
    });
  });
  const quern = new Quern({ tasks: [done], database: `sqlite:${bench.store.location}`, sync: true });
  const handle = await quern.enqueue(done, { title: "a" });
  expect(await handle.result()).toBe("a is done");
  const attempts = await quern.tasks.attempts(handle.id);
  expect(attempts).toMatchObject([{ outcome: "success", log: [{ message: "in the transaction" }] }]);
  expect(await bench.titles()).toEqual(["a"]);
  await Promise.all([quern.close(), bench.quern.close(), bench.store.close()]);
  await bench.close();
});

it("calls that name different transactions are refused together", async () => {
  const bench = await sqliteBench(({ handle }) => onHandle(handle));
  await bench.library.transaction(async ({ tx }) => {
    const mixed = bench.quern.enqueueMany(ship, [{ title: "a" }, { title: "b" }], (_, index) =>
      index === 0 ? { tx } : {},
    );
    await expect(mixed).rejects.toThrow("expected tx to be the same for all calls of enqueueMany()");
  });
  expect((await bench.quern.tasks.list()).tasks).toEqual([]);
  await Promise.all([bench.quern.close(), bench.store.close()]);
  await bench.close();
});
