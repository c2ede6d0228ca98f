// Statements inside a transaction of the caller: none of ours is carried out before it is seen to be open, and on this database.
import { QuernError } from "../../core/errors.ts";
import type { Sql } from "../sql/database.ts";
import { libraries } from "../tx/libraries.ts";
import { type Candidate, offers, type Shape, type Statements, statementsOf } from "../tx/shape.ts";
import { quoted } from "./postgres-dialect.ts";
import { type PgQueryable, type PgResult, types } from "./postgres-driver.ts";
import { serializationFailure } from "./postgres-failure.ts";
import { numbered } from "./statements.ts";

export interface JoinOptions {
  /** On which watchers are told; null: by nothing. */
  channel: string | null;
  location: string;
  /** Connections of ours. */
  reader: Sql;
}

// Server, database and table by what no copy of them shares, and what every user may ask for.
const placeOf = `SELECT concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), current_database(),
  to_regclass(?::text)::oid) AS place`;

export class Joins {
  readonly #options: JoinOptions;
  #place: string | undefined;

  constructor(options: JoinOptions) {
    this.#options = options;
  }

  async join(tx: unknown, table: string): Promise<Sql> {
    const known = statementsOf(tx, shapes, numbered, "Pass the pg client that you ran BEGIN on");
    if (typeof known === "string") throw this.#refusal(known);
    const theirs = await whenOpen(known, table).catch((error: Error) => {
      throw this.#refusal(
        `Pass an open transaction; yours answered: ${error.message.replace(/\.$/, "")}`,
        error,
      );
    });
    if (!(await this.#isHere(theirs, table))) {
      throw this.#refusal(
        "Your transaction is on another database, or its search_path leads to other tables",
      );
    }
    return {
      all: (sql, values = []) => known.all(sql, values).catch((error) => this.#named(error)),
      run: (sql, values = []) => known.run(sql, values).catch((error) => this.#named(error)),
      wake: async () => {
        const { channel } = this.#options;
        if (channel !== null) await known.run(`NOTIFY ${quoted(channel)}`, []); // It is sent when the caller commits.
      },
    };
  }

  /** Under REPEATABLE READ and SERIALIZABLE what another transaction has changed since cannot be waited for. */
  #named(error: unknown): never {
    const conflict = serializationFailure(error);
    if (conflict === undefined) throw error;
    const { location } = this.#options;
    throw new QuernError(
      "QUERN_TX_CONFLICT",
      { engine: location, reason: conflict.message },
      { cause: error },
    );
  }

  /** Where we are is asked again before it is denied: the server may have been started anew. */
  async #isHere(place: string, table: string): Promise<boolean> {
    if (place === this.#place) return true;
    const [row] = await this.#options.reader.all(placeOf, [table]);
    this.#place = String(row?.place);
    return place === this.#place;
  }

  #refusal(hint: string, cause?: unknown): QuernError {
    return new QuernError("QUERN_TX_NOT_JOINABLE", { engine: this.#options.location, hint }, { cause });
  }
}

/** Where the transaction is. Outside of one a statement of ours would be committed by itself, and a savepoint is an error. */
async function whenOpen(statements: Statements, table: string): Promise<string> {
  if (statements.open !== true) await statements.run("SAVEPOINT quern", []);
  const [row] = await statements.all(placeOf, [table]);
  if (statements.open !== true) await statements.run("RELEASE SAVEPOINT quern", []);
  return String(row?.place);
}

/** The driver itself. No names for statements: they might be the caller's, or be lost in a pool between. */
const client: Shape = (tx, written) => {
  if (!isClient(tx)) return undefined;
  if (tx.totalCount !== undefined)
    return "A pool has many connections: pass the client that you ran BEGIN on";
  const status = tx.getTransactionStatus?.();
  if (status === "I") return "Your client has no open transaction: run BEGIN first";
  if (status === null) return "Your client is not connected";
  if (status === "E") return "Your transaction has failed already: roll it back";
  const ask = async (sql: string, values: readonly unknown[]): Promise<PgResult> =>
    (await tx.query({ text: written(sql), values, types })) as PgResult;
  return {
    open: status === "T",
    all: async (sql, values) => (await ask(sql, values)).rows,
    run: async (sql, values) => (await ask(sql, values)).rowCount ?? 0,
  };
};

const shapes = [...libraries, client];

interface Client extends PgQueryable {
  totalCount?: unknown;
  /** Of newer versions: what the server said last. */
  getTransactionStatus?(): unknown;
}

function isClient(tx: Candidate): tx is Candidate & Client {
  return offers(tx, "query");
}
