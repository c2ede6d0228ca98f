// Knex: a transaction, through `raw`, which puts its own placeholders where we have `?`.
import type { KnexTransaction } from "../../core/transaction.ts";
import { type Candidate, offers, rowsOf, type Shape } from "./shape.ts";

/** What a driver answers goes through as it is: rows alone, rows and a count, or a count alone. */
type Answer = unknown[] | { rows?: unknown[]; rowCount?: number | null; changes?: number | bigint };

export const knex: Shape = (tx) => {
  if (!offers(tx, "raw", "queryBuilder")) return undefined;
  if (!isTransaction(tx)) return "Pass the transaction that knex.transaction() gives, not knex itself";
  if (tx.isCompleted()) return "Your transaction has ended already";
  return {
    async all(sql, values) {
      const answer = (await tx.raw(sql, values)) as Answer;
      return rowsOf(Array.isArray(answer) ? answer : (answer.rows ?? []));
    },
    async run(sql, values) {
      const answer = (await tx.raw(sql, values)) as Answer;
      return Array.isArray(answer) ? answer.length : Number(answer.rowCount ?? answer.changes ?? 0);
    },
  };
};

function isTransaction(tx: Candidate): tx is Candidate & KnexTransaction {
  return tx.isTransaction === true && offers(tx, "isCompleted");
}
