// One SQLite file: a connection that writes, one transaction at a time, and one that reads what is committed.
import { closeSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { QuernError } from "../../core/errors.ts";
import type { Database, Sql, Value } from "../sql/database.ts";
import {
  busy,
  codeOf,
  full,
  inputOutput,
  isBusy,
  loadSqlite,
  type SqliteDriver,
  type SqliteHandle,
} from "./sqlite-driver.ts";
import { Joins } from "./sqlite-join.ts";
import { sqlOn } from "./sqlite-statements.ts";
import { WalWatch } from "./wal-watch.ts";

// SQLite waits for the lock inside the event loop, so it may only wait briefly; the rest of the waiting is ours, beside other work.
const driverWaitMs = 10;
const busyDeadlineMs = 5_000;
const longestPauseMs = 25;
const migrationDeadlineMs = 60_000;

const walLimitBytes = 64 * 1024 * 1024;
const checkpointPages = 8_000; // 32 MB: what is written again and again is copied into the file once.

const cantOpen = 14;
const notADatabase = 26;
const readOnly = 8;
const corrupt = 11;

export interface SqliteOptions {
  /** An absolute path, or ":memory:". */
  path: string;
  synchronous: "full" | "normal";
}

export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const driver = await loadSqlite();
  const inMemory = options.path === ":memory:";
  if (!inMemory) makePrivateFile(options.path);
  const writer = open(driver, options.path);
  try {
    await retryBusy(migrationDeadlineMs, () => prepareFile(writer, options));
    const reader = inMemory ? undefined : open(driver, options.path);
    return new SqliteDatabase(driver, options.path, writer, reader);
  } catch (error) {
    writer.close();
    throw explained(error, options.path);
  }
}

/** Made by us so that nobody else can read it; SQLite gives its -wal and -shm the same mode. */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // An existing file is left alone: opening and closing it here would drop the locks that another connection of this process holds.
    if (code === "EEXIST" && !statSync(path).isDirectory()) return;
    const folder = dirname(path);
    const reasons: Record<string, [reason: string, hint: string]> = {
      ENOENT: [`its folder ${folder} does not exist`, `Make the folder, or ${setAnother}`],
      ENOTDIR: [`${folder} is no folder`, setAnother],
      EEXIST: ["it is a directory", setAnother],
      EACCES: [`its folder ${folder} is not writable`, `Let this user write there, or ${setAnother}`],
      EROFS: [`its folder ${folder} is read-only`, setAnother],
    };
    throw unusable(path, reasons[code ?? ""] ?? [String(code), setAnother], error);
  }
}

function open(driver: SqliteDriver, path: string): SqliteHandle {
  try {
    return new driver.DatabaseSync(path, { timeout: driverWaitMs });
  } catch (error) {
    throw explained(error, path);
  }
}

function prepareFile(handle: SqliteHandle, { synchronous, path }: SqliteOptions): void {
  const [{ page_count }] = handle.prepare("PRAGMA page_count").all() as [{ page_count: number }];
  if (page_count === 0) handle.exec("PRAGMA auto_vacuum = INCREMENTAL"); // Only possible before the first table.
  if (path !== ":memory:") handle.exec("PRAGMA journal_mode = WAL");
  handle.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = ${checkpointPages};
    PRAGMA journal_size_limit = ${walLimitBytes}; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY`);
  // The driver opens a file it may not write, and would tell us with the first enqueue. A file that is locked at the moment can be
  // written, and who is opened inside a transaction of the application's would wait for it in vain.
  try {
    handle.exec("BEGIN IMMEDIATE; ROLLBACK");
  } catch (error) {
    if (!isBusy(error)) throw error;
  }
}

async function retryBusy<T>(deadlineMs: number, attempt: () => T | Promise<T>): Promise<T> {
  const giveUp = systemClock.monotonic() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || systemClock.monotonic() > giveUp) throw error;
      await systemClock.sleep(Math.random() * longestPauseMs);
    }
  }
}

const setAnother =
  "set database, in new Quern({ database }) or QUERN_DATABASE, to the path of a file, such as sqlite:quern.db";

function unusable(
  path: string,
  [reason, advice]: readonly [string, string],
  cause?: unknown,
  more: { permanent?: true } = {},
): QuernError {
  const hint = advice.charAt(0).toUpperCase() + advice.slice(1);
  return new QuernError("QUERN_DATABASE_UNUSABLE", { path, reason, hint, ...more }, { cause });
}

/** Which file a path leads to; undefined where none is. Looking does not open it, which would drop its locks. */
function fileAt(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/** What SQLite says, as a sentence of ours where a user can do something about it. */
function explained(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === busy)
    return new QuernError(
      "QUERN_DATABASE_BUSY",
      { path, waited: `${busyDeadlineMs / 1000} s` },
      { cause: error },
    );
  // Both pass: there is room again, the disk is there again. A full one is told as either, by what could not be written.
  const passing =
    code === full
      ? "the disk or its size limit is full"
      : code === inputOutput
        ? "its disk fails or is full"
        : null;
  if (passing !== null) {
    const reason = `${passing} (${(error as Error).message})`;
    return new QuernError("QUERN_DATABASE_AWAY", { path, reason }, { cause: error });
  }
  const reasons: Record<number, [reason: string, hint: string]> = {
    [cantOpen]: ["it can't be opened", `Let this user read and write it, or ${setAnother}`],
    [notADatabase]: ["it is not an SQLite database", setAnother],
    [readOnly]: ["it is not writable", `Let this user write to it and its folder, or ${setAnother}`],
    [corrupt]: ["it is damaged", "Stop what uses it, and restore a backup; npx quern doctor says more"],
  };
  const reason = reasons[code];
  return reason === undefined ? error : unusable(path, reason, error);
}

class SqliteDatabase implements Database {
  readonly location: string;
  readonly reader: Sql;
  readonly #writer: SqliteHandle;
  readonly #handles: SqliteHandle[];
  readonly #write: Sql;
  readonly #wal: WalWatch | undefined;
  readonly #joins: Joins;
  readonly #memoryWakes = new Set<() => void>();
  /** The file that is open; undefined in memory. */
  readonly #file: string | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** A transaction of ours is open. */
  #writing = false;
  /** What it does is waited for by somebody. */
  #news = false;
  #closed = false;

  constructor(driver: SqliteDriver, path: string, writer: SqliteHandle, reader: SqliteHandle | undefined) {
    this.location = path;
    this.#file = reader === undefined ? undefined : fileAt(path);
    this.#writer = writer;
    this.#handles = reader === undefined ? [writer] : [writer, reader];
    this.#write = {
      ...sqlOn(writer),
      wake: async () => {
        this.#news = true;
      },
    };
    this.#joins = new Joins({ driver, location: path, writing: () => this.#writing });
    this.reader = this.#guarded(reader === undefined ? this.#inTurn(this.#write) : sqlOn(reader));
    if (reader !== undefined) {
      const version = reader.prepare("PRAGMA data_version");
      this.#wal = new WalWatch(
        `${path}-wal`,
        () => (version.all() as [{ data_version: number }])[0].data_version,
        systemClock,
      );
    }
  }

  write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#transaction(work, busyDeadlineMs);
  }

  exclusive<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#transaction(work, migrationDeadlineMs);
  }

  join(tx: unknown, table: string): Promise<Sql> {
    return this.#joins.join(tx, table);
  }

  watch(wake: () => void): () => void {
    if (this.#wal !== undefined) return this.#wal.add(wake);
    const own = (): void => wake(); // The same function may watch twice, and stop once.
    this.#memoryWakes.add(own);
    return () => this.#memoryWakes.delete(own);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#wal?.stop();
    await this.#lastWrite;
    this.#joins.close();
    for (const handle of this.#handles) handle.close();
  }

  async #transaction<T>(work: (sql: Sql) => Promise<T>, deadlineMs: number): Promise<T> {
    if (this.#closed) throw new QuernError("QUERN_CLOSED", {});
    return this.#queue(async () => {
      try {
        return await retryBusy(deadlineMs, () => this.#once(work));
      } catch (error) {
        throw explained(error, this.location);
      }
    });
  }

  async #once<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#refuseLostFile();
    await this.#write.run("BEGIN IMMEDIATE");
    this.#writing = true;
    this.#news = false;
    try {
      const before = await this.#changesSoFar();
      const answer = await work(this.#write);
      await this.#write.run("COMMIT");
      if (this.#news) this.#wal?.touch();
      // A claim that found nothing must not wake those who would then claim again.
      if ((await this.#changesSoFar()) !== before) for (const wake of this.#memoryWakes) queueMicrotask(wake);
      return answer;
    } catch (error) {
      if (this.#writer.isTransaction !== false) this.#writer.exec("ROLLBACK");
      throw error;
    } finally {
      this.#writing = false;
    }
  }

  // SQLite goes on writing to a file that was deleted or replaced, and all of that is gone with the process.
  #refuseLostFile(): void {
    if (this.#file === undefined) return;
    const now = fileAt(this.location);
    if (now === this.#file) return;
    const what = now === undefined ? "deleted or moved away" : "replaced by another";
    throw unusable(
      this.location,
      [
        `the file that this process has open was ${what}`,
        "Start this process again; stop it before you touch its file",
      ],
      undefined,
      { permanent: true },
    );
  }

  /** Only asked for where nobody else can change the database, and somebody wants to know. */
  async #changesSoFar(): Promise<Value | undefined> {
    if (this.#memoryWakes.size === 0) return undefined;
    const [row] = await this.#write.all("SELECT total_changes() AS n");
    return row?.n;
  }

  /** One after another: statements of two transactions must never meet on the one connection that writes. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#lastWrite.then(work);
    this.#lastWrite = mine.catch(() => undefined);
    return mine;
  }

  #inTurn(sql: Sql): Sql {
    return {
      ...sql,
      all: (text, values) => this.#queue(() => sql.all(text, values)),
      run: (text, values) => this.#queue(() => sql.run(text, values)),
    };
  }

  #guarded(sql: Sql): Sql {
    const guard = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.#closed) throw new QuernError("QUERN_CLOSED", {});
      try {
        return await work();
      } catch (error) {
        throw explained(error, this.location);
      }
    };
    return {
      ...sql,
      all: (text, values) => guard(() => sql.all(text, values)),
      run: (text, values) => guard(() => sql.run(text, values)),
    };
  }
}
