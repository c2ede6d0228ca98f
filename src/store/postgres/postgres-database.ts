// PostgreSQL through `pg`: a few connections, a transaction at a time on each, and a deadline on everything that is asked.
import { systemClock } from "../../core/clock.ts";
import { QuernError } from "../../core/errors.ts";
import type { Database, Row, Sql, Value } from "../sql/database.ts";
import { Joins } from "./join.ts";
import { Listener } from "./listen.ts";
import { quoted } from "./postgres-dialect.ts";
import {
  loadPg,
  type PgDriver,
  type PgPool,
  type PgPooledClient,
  type PgQueryable,
  type PgResult,
  types,
} from "./postgres-driver.ts";
import { explained, failureOf } from "./postgres-failure.ts";
import { Statements } from "./statements.ts";

const mostWriters = 3;
const mostReaders = 2;
const deadlineMs = 5_000;
// The server's own limits lie below the client's deadline: a lock that is not to be had then costs a statement and not the connection.
const lockWaitMs = 4_000;
// A process that was stopped inside a transaction must not hold its rows for ever.
const idleInTransactionMs = 10_000;
const migrationDeadlineMs = 60_000;
const idleConnectionMs = 60_000;
const longestPauseMs = 25;
/** A half-open connection never says that it has ended. */
const closeWithinMs = 2_000;

export interface PostgresOptions {
  /** As `pg` reads it; our own parameters are taken out. */
  url: string;
  /** The server's settings that came with the URL, as `-c name=value`. */
  settings: string;
  /** Made if it is missing; null: wherever the connection's search path leads. */
  schema: string | null;
  /** Between us and the server connections are handed out by the transaction: nothing may be set or prepared on one. */
  pooled: boolean;
  /** The server has LISTEN and NOTIFY; without them watchers look again every second. */
  notifies: boolean;
  /** On which watchers are told; and the lock under which tables are made. */
  channel: string;
}

export async function openPostgres(options: PostgresOptions): Promise<Database> {
  return new PostgresDatabase(await loadPg(), options);
}

/** The address for people: without the password, and with what else says where the tables are. */
function locationOf({ url, schema }: PostgresOptions): string {
  const shown = new URL(url);
  shown.password = "";
  shown.search = schema === null ? "" : new URLSearchParams({ schema }).toString();
  return shown.href;
}

const limits = {
  statement_timeout: deadlineMs,
  lock_timeout: lockWaitMs,
  idle_in_transaction_session_timeout: idleInTransactionMs,
};

// A plan that was kept when the tables were empty reads them whole, and goes on doing so while they fill. What writes is to go by
// the indexes, in their order (a bitmap would give the order in which rows lie, and who takes several must take them in one order), and
// to join the rows so found with the given ones by hash and not each with each. What reads, lists and counts
// among it, is planned anew each time.
// One plan a statement then serves for good; asked each time, the server finds some of them worth planning anew, for longer than it
// takes to carry them out.
const writerOptions =
  "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_nestloop=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";
const readerOptions = "-c plan_cache_mode=force_custom_plan";

class PostgresDatabase implements Database {
  readonly location: string;
  readonly reader: Sql;
  readonly #options: PostgresOptions;
  readonly #channel: string | null;
  readonly #writers: PgPool;
  readonly #readers: PgPool;
  readonly #statements: Statements;
  readonly #listener: Listener;
  readonly #joins: Joins;
  #closed: Promise<void> | undefined;

  constructor(driver: PgDriver, options: PostgresOptions) {
    const connection = {
      connectionString: options.url,
      application_name: "quern",
      connectionTimeoutMillis: deadlineMs,
      query_timeout: deadlineMs,
      keepAlive: true,
      types,
      ...(options.pooled ? {} : limits),
    };
    this.location = locationOf(options);
    this.#options = options;
    this.#statements = new Statements(!options.pooled);
    const pool = (max: number, settings: string): PgPool =>
      poolOf(driver, {
        ...connection,
        max,
        ...(options.pooled ? {} : { options: `${options.settings} ${settings}` }),
      });
    this.#writers = pool(mostWriters, writerOptions);
    this.#readers = pool(mostReaders, readerOptions);
    const channel = options.notifies ? options.channel : null;
    this.#channel = channel;
    this.#listener = new Listener(
      () => new driver.Client(connection),
      options.pooled ? null : channel,
      systemClock,
    );
    this.reader = {
      all: async (text, values) => (await this.#read(text, values)).rows,
      run: async (text, values) => (await this.#read(text, values)).rowCount ?? 0,
      wake: async () => undefined,
    };
    this.#joins = new Joins({ channel, location: this.location, reader: this.reader });
  }

  write<T>(work: (sql: Sql) => Promise<T>, idempotent?: boolean): Promise<T> {
    return this.#withClient(
      this.#writers,
      (client) => this.#transaction(client, work, deadlineMs),
      deadlineMs,
      idempotent,
    );
  }

  exclusive<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const alone = async (sql: Sql): Promise<T> => {
      await sql.run("SET LOCAL statement_timeout = 0");
      await sql.run("SET LOCAL lock_timeout = 0");
      await sql.run("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", [this.#options.channel]);
      await this.#makeSchema(sql);
      return work(sql);
    };
    const timeoutMs = migrationDeadlineMs;
    return this.#withClient(
      this.#writers,
      (client) => this.#transaction(client, alone, timeoutMs),
      timeoutMs,
    );
  }

  join(tx: unknown, table: string): Promise<Sql> {
    return this.#joins.join(tx, table);
  }

  watch(wake: () => void): () => void {
    return this.#listener.add(wake);
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const over = new AbortController();
    const ended = Promise.all([this.#listener.stop(), this.#writers.end(), this.#readers.end()]);
    await Promise.race([ended, systemClock.sleep(closeWithinMs, over.signal)]);
    over.abort();
  }

  #read(text: string, values: readonly Value[] = []): Promise<PgResult> {
    const query = this.#statements.query(text, values);
    return this.#withClient(
      this.#readers,
      async (client) => (await client.query(query)) as PgResult,
      deadlineMs,
    );
  }

  async #transaction<T>(
    client: PgPooledClient,
    work: (sql: Sql) => Promise<T>,
    timeoutMs: number,
  ): Promise<T> {
    const transaction = new Transaction(client, this.#statements, this.#channel, timeoutMs);
    try {
      const answer = await work(transaction);
      await transaction.commit();
      return answer;
    } catch (error) {
      await transaction.abandon(error);
      throw error;
    }
  }

  /**
   * Once more when the transaction lost to another one, as long as there is time; and once on a new connection when the old one
   * turned out to be dead before anything could have been committed on it, or it does not matter whether it was.
   */
  async #withClient<T>(
    pool: PgPool,
    work: (client: PgPooledClient) => Promise<T>,
    timeoutMs: number,
    idempotent = false,
  ): Promise<T> {
    const giveUp = systemClock.monotonic() + timeoutMs;
    for (let mayReconnect = true; ; ) {
      if (this.#closed !== undefined) throw new QuernError("QUERN_CLOSED", {});
      try {
        return await withOne(pool, work);
      } catch (error) {
        const failure = failureOf(error);
        const repeatable =
          failure === "again" ||
          (failure === "away" && mayReconnect && (idempotent || !(error instanceof MaybeCommitted)));
        if (failure === "away") mayReconnect = false;
        const cause = error instanceof MaybeCommitted ? error.cause : error;
        if (!repeatable || systemClock.monotonic() > giveUp)
          throw explained(cause, this.location, `${timeoutMs / 1000} s`);
        if (failure === "again") await systemClock.sleep(Math.random() * longestPauseMs);
      }
    }
  }

  async #makeSchema(sql: Sql): Promise<void> {
    const { schema } = this.#options;
    if (schema === null) return;
    // IF NOT EXISTS alone would ask for the privilege to make it even when it is there.
    const [found] = await sql.all("SELECT 1 AS found FROM pg_namespace WHERE nspname = ?", [schema]);
    if (found === undefined) await sql.run(`CREATE SCHEMA ${quoted(schema)}`);
  }
}

function poolOf(driver: PgDriver, options: Record<string, unknown>): PgPool {
  const pool = new driver.Pool({
    ...options,
    pipeline: true,
    idleTimeoutMillis: idleConnectionMs,
    allowExitOnIdle: true,
  });
  // A connection that breaks says so here and to whoever waits for its answer; without a listener the process would end.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

async function withOne<T>(pool: PgPool, work: (client: PgPooledClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    return await work(client);
  } catch (error) {
    broken = failureOf(error) === "away";
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The connection was lost under a COMMIT: it may have been carried out, so it must not be repeated here. */
class MaybeCommitted extends Error {
  readonly code: string;

  constructor(cause: unknown) {
    super((cause as Error).message, { cause });
    this.code = (cause as { code?: string }).code ?? "08007";
  }
}

/** Statements go out as they come, without waiting for each other's answers; BEGIN goes with the first. */
class Transaction implements Sql {
  readonly #client: PgQueryable;
  readonly #statements: Statements;
  readonly #channel: string | null;
  readonly #timeoutMs: number;
  #begun: Promise<unknown> | undefined;
  #committing: Promise<PgResult> | undefined;
  #news = false;
  /** What the first statement that failed was refused for. */
  #failed: unknown;

  constructor(client: PgQueryable, statements: Statements, channel: string | null, timeoutMs: number) {
    this.#client = client;
    this.#statements = statements;
    this.#channel = channel;
    this.#timeoutMs = timeoutMs;
  }

  async all(text: string, values: readonly Value[] = []): Promise<Row[]> {
    return (await this.#ask(text, values)).rows;
  }

  async run(text: string, values: readonly Value[] = []): Promise<number> {
    return (await this.#ask(text, values)).rowCount ?? 0;
  }

  async wake(): Promise<void> {
    this.#news = true;
  }

  last(): void {
    if (this.#begun !== undefined) this.#committing = this.#sendCommit();
  }

  async commit(): Promise<void> {
    if (this.#begun === undefined) return;
    if (this.#committing === undefined) await this.#begun;
    this.#committing ??= this.#sendCommit();
    const { command } = await this.#committing.catch((error: unknown) => {
      throw failureOf(error) === "away" ? new MaybeCommitted(error) : error;
    });
    // To COMMIT in a transaction that has failed PostgreSQL answers, without an error, that it rolled back.
    if (command !== "COMMIT")
      throw new Error("a statement of this transaction failed without anybody noticing");
  }

  /** Something failed. Throws where it may have been committed all the same. */
  async abandon(error: unknown): Promise<void> {
    if (this.#begun === undefined || error instanceof MaybeCommitted) return;
    if (this.#committing === undefined) {
      if (failureOf(error) !== "away") await this.#client.query({ text: "ROLLBACK" });
      return;
    }
    const answer = await this.#committing.catch(() => undefined);
    if (answer?.command !== "ROLLBACK") throw new MaybeCommitted(error);
  }

  #sendCommit(): Promise<PgResult> {
    const committing = this.#client.query({ text: "COMMIT" });
    committing.catch(() => undefined); // It is awaited when the statements have been answered.
    // Behind the COMMIT and not in it: committing a NOTIFY takes a lock of the whole server, and keeps it until the disk has answered.
    // One that gets lost is made up for by the net beneath.
    if (this.#news && this.#channel !== null)
      this.#client.query({ text: `NOTIFY ${quoted(this.#channel)}` }).catch(() => undefined);
    return committing as Promise<PgResult>;
  }

  async #ask(text: string, values: readonly Value[]): Promise<PgResult> {
    if (this.#committing !== undefined)
      throw new Error("a statement came behind the last one of its transaction");
    if (this.#begun === undefined) {
      // Whatever the server's default: under READ COMMITTED a statement sees what was committed before it began, which is what
      // "lock the rows, then look" rests on.
      this.#begun = this.#client.query({ text: "BEGIN ISOLATION LEVEL READ COMMITTED" });
      this.#begun.catch(() => undefined); // It is awaited at the commit, and the first statement fails with it.
    }
    const query = this.#statements.query(text, values);
    try {
      return (await this.#client.query({ ...query, query_timeout: this.#timeoutMs })) as PgResult;
    } catch (error) {
      // Those behind it, which were on their way already, are refused because it failed: why it did is what counts.
      this.#failed ??= error;
      throw this.#failed;
    }
  }
}
