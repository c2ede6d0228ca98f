// Finds a SQLite library: the one inside Node where it is there and sound, else the package with the same API.
import { QuernError } from "../../core/errors.ts";

/** The part of node:sqlite that Quern uses. */
export interface SqliteHandle {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
  readonly isTransaction?: boolean;
  location?(): string | null;
}

export interface SqliteStatement {
  /** Rows as arrays, which cost half as much to read. Absent in the first versions of node:sqlite. */
  setReturnArrays?(on: boolean): void;
  columns?(): readonly { name: string }[];
  all(...values: (string | number | null)[]): unknown[];
  run(...values: (string | number | null)[]): { changes: number | bigint };
}

export interface SqliteDriver {
  DatabaseSync: new (path: string, options?: { timeout?: number }) => SqliteHandle;
}

export const busy = 5;
export const inputOutput = 10;
export const full = 13;

export function isBusy(error: unknown): boolean {
  return codeOf(error) === busy;
}

const said: Readonly<Record<string, number>> = {
  "database is locked": busy,
  "disk I/O error": inputOutput,
  "database or disk is full": full,
};

// What `@photostructure/sqlite` throws from the reading of a prepared statement has lost its code.
export function codeOf(error: unknown): number {
  const { errcode, message } = (error ?? {}) as { errcode?: unknown; message?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  return said[String(message)] ?? 0;
}

const fallbackPackage = "@photostructure/sqlite";
let found: Promise<SqliteDriver> | undefined;

export function loadSqlite(): Promise<SqliteDriver> {
  found ??= find();
  return found;
}

async function find(): Promise<SqliteDriver> {
  const refused: string[] = [];
  for (const name of ["node:sqlite", fallbackPackage]) {
    const driver = await importDriver(name);
    if (driver === undefined) continue;
    const version = versionOf(driver);
    if (isSound(version)) return driver;
    refused.push(`${name} has SQLite ${version}`);
  }
  if (refused.length > 0) {
    throw new QuernError("QUERN_DATABASE_UNUSABLE", {
      path: "SQLite",
      reason: `${refused.join(", ")}; up to 3.51.2 several connections on one file can corrupt it`,
      hint: `Upgrade Node, or run: npm install ${fallbackPackage}`,
    });
  }
  throw new QuernError("QUERN_ENGINE_MISSING", { engine: "SQLite", package: fallbackPackage });
}

async function importDriver(name: string): Promise<SqliteDriver | undefined> {
  try {
    return (await import(name)) as SqliteDriver;
  } catch {
    return undefined; // Not in this Node, or not installed: the next one is asked.
  }
}

function versionOf(driver: SqliteDriver): string {
  const handle = new driver.DatabaseSync(":memory:");
  const [row] = handle.prepare("SELECT sqlite_version() AS version").all() as { version: string }[];
  handle.close();
  return row?.version ?? "unknown";
}

/** SQLite 3.7.0 to 3.51.2 can corrupt a WAL that several connections reset; fixed in 3.51.3, 3.50.7 and 3.44.6. */
export function isSound(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3) return major > 3;
  return (
    minor > 51 || (minor === 51 && patch >= 3) || (minor === 50 && patch >= 7) || (minor === 44 && patch >= 6)
  );
}
