// Kysely's transactions, whatever its dialect.
import { Kysely, type KyselyConfig, sql, type Transaction } from "kysely";
import type { Library, Open } from "./transaction-suite.ts";

interface Tables {
  orders: { title: string };
}

export function kyselyLibrary(config: KyselyConfig): Library {
  const db = new Kysely<Tables>(config);
  const openOn = (tx: Transaction<Tables>): Open => ({
    tx,
    insert: (title) => tx.insertInto("orders").values({ title }).execute(),
  });
  return {
    transaction: (work) => db.transaction().execute((tx) => work(openOn(tx))),
    async nested({ tx }, work) {
      const outer = tx as unknown as Transaction<Tables>;
      await sql`SAVEPOINT a`.execute(outer);
      try {
        await work(openOn(outer));
      } catch (error) {
        await sql`ROLLBACK TO SAVEPOINT a`.execute(outer);
        throw error;
      }
    },
    notOne: { "the database": db },
    close: () => db.destroy(),
  };
}
