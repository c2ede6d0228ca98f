// Finds `pg`, an optional peer, and says which part of it Quern uses.
import { QuernError } from "../../core/errors.ts";
import type { Row } from "../sql/database.ts";

export interface PgResult {
  rows: Row[];
  rowCount: number | null;
  command: string;
}

export interface PgQuery {
  text: string;
  values?: readonly unknown[];
  /** A statement with a name is parsed and planned once a connection. */
  name?: string | undefined;
  types?: PgTypes;
  query_timeout?: number;
}

export interface PgTypes {
  getTypeParser(oid: number, format?: string): (text: string) => unknown;
}

export interface PgQueryable {
  query(query: PgQuery): Promise<PgResult | PgResult[]>;
}

export interface PgClient extends PgQueryable {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  ref(): void;
  unref(): void;
  on(event: "error" | "end" | "notification", heard: () => void): this;
}

export interface PgPooledClient extends PgQueryable {
  release(destroy?: boolean): void;
}

export interface PgPool {
  connect(): Promise<PgPooledClient>;
  end(): Promise<void>;
  on(event: "connect", made: (client: PgClient) => void): this;
  on(event: "error", heard: () => void): this;
}

export interface PgDriver {
  Pool: new (options: Record<string, unknown>) => PgPool;
  Client: new (options: Record<string, unknown>) => PgClient;
}

export async function loadPg(): Promise<PgDriver> {
  try {
    return (await import("pg")).default as unknown as PgDriver;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new QuernError("QUERN_ENGINE_MISSING", { engine: "PostgreSQL", package: "pg" }, { cause: error });
  }
}

const bigint = 20;
const numeric = 1700;
const integer = 23;
const smallint = 21;

/** Every number of ours fits into a JavaScript one; everything else stays text, whatever parsers the application has set. */
export const types: PgTypes = {
  getTypeParser: (oid) =>
    [bigint, numeric, integer, smallint].includes(oid) ? Number : oid === boolean ? isTrue : String,
};

const boolean = 16;
const isTrue = (text: string): boolean => text === "t";
