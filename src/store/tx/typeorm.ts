// TypeORM: the EntityManager or the QueryRunner of a transaction. Only the runner's structured answers are the same on all engines.
import type { TypeormRunner } from "../../core/transaction.ts";
import { type Candidate, offers, rowsOf, type Shape } from "./shape.ts";

export const typeorm: Shape = (tx, written) => {
  const runner = runnerOf(tx);
  if (runner === undefined) return undefined;
  if (runner === null || !runner.isTransactionActive || runner.isReleased) {
    return "Pass the EntityManager that TypeORM's dataSource.transaction() gives, or a QueryRunner whose transaction was started";
  }
  return {
    all: async (sql, values) => rowsOf((await runner.query(written(sql), [...values], true)).records),
    run: async (sql, values) => (await runner.query(written(sql), [...values], true)).affected ?? 0,
  };
};

/** Null for what is TypeORM's and has no connection of its own: a DataSource, and the manager and repositories of one. */
function runnerOf(tx: Candidate): TypeormRunner | null | undefined {
  if (isRunner(tx)) return tx;
  if (!offers(tx, "query") || !(offers(tx, "createQueryRunner") || offers(tx, "getRepository", "save")))
    return undefined;
  const { queryRunner } = tx as { queryRunner?: Candidate };
  return queryRunner !== undefined && isRunner(queryRunner) ? queryRunner : null;
}

function isRunner(tx: Candidate): tx is Candidate & TypeormRunner {
  return offers(tx, "query", "startTransaction") && typeof tx.isTransactionActive === "boolean";
}
