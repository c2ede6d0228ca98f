// Statements inside a transaction of the caller, once it is seen that it writes to our file, under the locks that we see too.
import { realpathSync } from "node:fs";
import { QuernError } from "../../core/errors.ts";
import type { Sql } from "../sql/database.ts";
import { libraries } from "../tx/libraries.ts";
import { type Candidate, offers, type Shape, type Statements, statementsOf } from "../tx/shape.ts";
import { isBusy, type SqliteDriver, type SqliteHandle } from "./sqlite-driver.ts";
import { sqlOn } from "./sqlite-statements.ts";

export interface JoinOptions {
  driver: SqliteDriver;
  location: string;
  /** Whether a transaction of our own is open. */
  writing: () => boolean;
}

const asItIs = (sql: string): string => sql;

export class Joins {
  readonly #options: JoinOptions;
  #probe: SqliteHandle | undefined;

  constructor(options: JoinOptions) {
    this.#options = options;
  }

  async join(tx: unknown, table: string): Promise<Sql> {
    const { location } = this.#options;
    if (location === ":memory:")
      throw this.#refusal("A database in memory has one connection, and Quern holds it");
    const known = statementsOf(
      tx,
      shapes,
      asItIs,
      "Pass the DatabaseSync of node:sqlite that your transaction runs on",
    );
    if (typeof known === "string") throw this.#refusal(known);
    const file = await fileOf(known).catch((error: Error) => {
      throw this.#refusal(
        `Pass an open transaction; yours answered: ${error.message.replace(/\.$/, "")}`,
        error,
      );
    });
    if (file === "" || realpathSync(file) !== realpathSync(location)) {
      throw this.#refusal(`Your transaction is on another file: ${file || "in memory"}`);
    }
    await known.run(`DELETE FROM ${table} WHERE 1 = 0`, []); // Changes nothing; from here on it holds the lock of those who write.
    if (!this.#isLocked()) {
      throw this.#refusal(
        "Your transaction does not lock the file for Quern: it is not open, or its library brings another copy of SQLite. Two copies in one process do not see each other's locks, and lose what is written",
      );
    }
    return {
      all: (sql, values = []) => known.all(sql, values),
      run: (sql, values = []) => known.run(sql, values),
      wake: async () => undefined, // The write-ahead log tells of every commit.
    };
  }

  close(): void {
    this.#probe?.close();
  }

  /**
   * Whether somebody else in this process writes, as our copy of SQLite sees it. The system's locks are the process's own: they
   * keep out other processes, and are no obstacle to a second copy in here.
   */
  #isLocked(): boolean {
    const { driver, location, writing } = this.#options;
    if (writing()) return false; // It is we.
    this.#probe ??= new driver.DatabaseSync(location, { timeout: 0 });
    try {
      this.#probe.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (isBusy(error)) return true;
      throw error;
    }
    this.#probe.exec("ROLLBACK");
    return false;
  }

  #refusal(hint: string, cause?: unknown): QuernError {
    return new QuernError("QUERN_TX_NOT_JOINABLE", { engine: this.#options.location, hint }, { cause });
  }
}

/** Empty for one in memory. */
async function fileOf(statements: Statements): Promise<string> {
  const [main] = await statements.all("PRAGMA database_list", []);
  return String(main?.file ?? "");
}

/** The driver itself. */
const handle: Shape = (tx) => {
  if (!isHandle(tx)) return undefined;
  if (tx.isTransaction === false || tx.inTransaction === false) {
    return "Your database has no open transaction: run BEGIN IMMEDIATE first";
  }
  return sqlOn(tx);
};

const shapes = [...libraries, handle];

function isHandle(tx: Candidate): tx is Candidate & SqliteHandle & { inTransaction?: boolean } {
  return offers(tx, "prepare", "exec");
}
