// What a server at the other end of a postgres:// must be able to do, asked when it is opened; its product's name is not asked for.
import { QuernError } from "../../core/errors.ts";
import type { Sql } from "../sql/database.ts";

/** The first that knows all settings of our tables (autovacuum_vacuum_insert_scale_factor). */
const oldestVersion = 13;

// A function that is not there is NULL; keywords are what the server's grammar knows.
const question = `SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::bigint AS number,
  current_setting('server_encoding') AS encoding,
  to_regprocedure('pg_advisory_xact_lock(bigint)') IS NOT NULL
    AND to_regprocedure('hashtextextended(text,bigint)') IS NOT NULL AS locks,
  (SELECT count(*) FROM pg_get_keywords() WHERE word IN ('skip', 'locked', 'returning')) = 3 AS skips,
  to_regprocedure('pg_notify(text,text)') IS NOT NULL
    AND to_regprocedure('pg_listening_channels()') IS NOT NULL AS notifies`;

export interface Abilities {
  /** Without LISTEN and NOTIFY everything works; who waits looks again every second. */
  readonly notifies: boolean;
}

/** Throws a sentence of what is missing where Quern can't do without it. */
export async function abilitiesOf(sql: Sql, location: string): Promise<Abilities> {
  const unusable = (reason: string, hint: string, cause?: unknown): QuernError =>
    new QuernError(
      "QUERN_DATABASE_UNUSABLE",
      { path: location, reason, hint, permanent: true },
      cause === undefined ? {} : { cause },
    );
  const [found] = await sql.all(question).catch((error: unknown) => {
    // What is away, or does not let us in, has been explained already.
    if (error instanceof QuernError) throw error;
    const said = (error as Error).message;
    throw unusable(
      `it could not say what it can do (${said})`,
      "Quern needs PostgreSQL, or a server that answers as one",
      error,
    );
  });
  const { version, number, encoding, locks, skips, notifies } = found ?? {};
  if (Number(number) < oldestVersion * 10_000)
    throw unusable(`it is version ${version}`, `Quern needs PostgreSQL ${oldestVersion} or newer`);
  if (encoding !== "UTF8")
    throw unusable(
      `it keeps texts as ${encoding}, which can't hold every character`,
      "Create one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
    );
  if (!skips)
    throw unusable(
      "it knows no SKIP LOCKED or RETURNING, by which clusters share a queue",
      "Quern needs PostgreSQL, or a server that has them",
    );
  if (!locks)
    throw unusable(
      "it has no advisory locks, under which tables are made by one process at a time",
      "Quern needs PostgreSQL, or a server that has them",
    );
  return { notifies: Boolean(notifies) };
}
