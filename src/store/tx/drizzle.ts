// Drizzle: what db.transaction() hands to its function, through `execute`, which takes whatever can say its SQL.
import type { DrizzleQuery, DrizzleTransaction } from "../../core/transaction.ts";
import type { Value } from "../sql/database.ts";
import { type Candidate, offers, rowsOf, type Shape } from "./shape.ts";

/** How Drizzle itself tells its classes, whichever copy of it made them. */
const entityKind = Symbol.for("drizzle:entityKind");

/** What the driver node-postgres answers. */
interface Answer {
  rows: unknown[];
  rowCount: number | null;
}

export const drizzle: Shape = (tx, written) => {
  if (typeof tx.constructor !== "function" || !(entityKind in tx.constructor)) return undefined;
  if (!offers(tx, "rollback"))
    return "Pass the transaction that Drizzle's db.transaction() gives, not the database";
  // Its transactions on a file are synchronous, or their rows come without the names of the columns.
  if (!isTransaction(tx)) return "Pass the client that this Drizzle runs on, after BEGIN IMMEDIATE on it";
  const ask = async (sql: string, values: readonly Value[]): Promise<Answer> => {
    const answer = await tx.execute(queryOf(written(sql), values));
    if (Array.isArray((answer as Partial<Answer>).rows)) return answer as Answer;
    throw new Error("of the drivers of Drizzle only the one on pg is known");
  };
  return {
    all: async (sql, values) => rowsOf((await ask(sql, values)).rows),
    run: async (sql, values) => (await ask(sql, values)).rowCount ?? 0,
  };
};

/** An SQLWrapper of Drizzle's: its dialect asks it for the text, and gives that to the driver as it is. */
function queryOf(sql: string, values: readonly Value[]): DrizzleQuery {
  return { getSQL: () => ({ toQuery: () => ({ sql, params: [...values] }) }) };
}

function isTransaction(tx: Candidate): tx is Candidate & DrizzleTransaction {
  return offers(tx, "execute");
}
