// Kysely: the transaction of db.transaction() or db.startTransaction(), without the plugins that would rename our columns.
import type { KyselyTransaction } from "../../core/transaction.ts";
import type { Value } from "../sql/database.ts";
import { type Candidate, offers, rowsOf, type Shape } from "./shape.ts";

export const kysely: Shape = (tx, written) => {
  if (!offers(tx, "executeQuery", "withoutPlugins")) return undefined;
  if (!isTransaction(tx))
    return "Pass the transaction that Kysely's db.transaction() gives, not the database";
  const plain = tx.withoutPlugins();
  const ask = (sql: string, values: readonly Value[]): ReturnType<KyselyTransaction["executeQuery"]> => {
    const text = written(sql);
    // What CompiledQuery.raw() of Kysely makes.
    return plain.executeQuery({
      sql: text,
      parameters: values,
      query: { kind: "RawNode", sqlFragments: [text], parameters: [] },
      queryId: { queryId: "quern" },
    });
  };
  return {
    all: async (sql, values) => rowsOf((await ask(sql, values)).rows),
    run: async (sql, values) => Number((await ask(sql, values)).numAffectedRows ?? 0),
  };
};

function isTransaction(tx: Candidate): tx is Candidate & KyselyTransaction {
  return tx.isTransaction === true;
}
