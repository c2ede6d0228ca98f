// Prisma: the client of an interactive transaction, through its raw queries.
import type { PrismaTransaction } from "../../core/transaction.ts";
import { type Candidate, offers, rowsOf, type Shape } from "./shape.ts";

export const prisma: Shape = (tx, written) => {
  if (!isClient(tx)) return undefined;
  if (offers(tx, "$connect"))
    return "Pass the client that Prisma's $transaction(async (tx) => …) gives, not the client itself";
  return {
    all: async (sql, values) => rowsOf((await tx.$queryRawUnsafe(written(sql), ...values)) as unknown[]),
    run: async (sql, values) => tx.$executeRawUnsafe(written(sql), ...values),
  };
};

function isClient(tx: Candidate): tx is Candidate & PrismaTransaction {
  return offers(tx, "$queryRawUnsafe", "$executeRawUnsafe");
}
