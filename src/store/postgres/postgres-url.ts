// What a postgres:// URL says to us. The rest of it is for `pg`, which is not to see our part.
import { didYouMean } from "../../core/check.ts";
import { QuernError } from "../../core/errors.ts";

export interface PostgresUrl {
  /** As `pg` reads it. */
  url: string;
  schema: string | null;
  pooled: boolean;
  /** The server's settings, as `-c name=value`. */
  settings: string;
}

const ours = ["schema", "pgbouncer"];
const place = "new Quern({ database }) or QUERN_DATABASE";

export function readPostgresUrl(text: string): PostgresUrl {
  const address = new URL(text);
  for (const name of address.searchParams.keys()) {
    // Taken for a parameter of `pg`, which passes over what it does not know, it would lead to other tables.
    const meant = ours.includes(name) ? undefined : didYouMean(name, ours);
    if (meant !== undefined)
      throw new QuernError("QUERN_UNKNOWN_OPTION", { what: "the URL of the database", option: name, meant });
  }
  const schema = taken(address, "schema");
  if (schema === "") throw wrong("schema", "the name of a schema", schema);
  const pooler = taken(address, "pgbouncer");
  if (pooler !== null && pooler !== "true" && pooler !== "false")
    throw wrong("pgbouncer", "true or false", pooler);
  const pooled = pooler === "true";
  const settings = pooled ? "" : (taken(address, "options") ?? "");
  return { url: address.href, schema, pooled, settings };
}

function taken(address: URL, name: string): string | null {
  const value = address.searchParams.get(name);
  address.searchParams.delete(name);
  return value;
}

function wrong(name: string, expected: string, given: string): QuernError {
  const field = `${name}= in the URL of the database`;
  return new QuernError("QUERN_BAD_OPTION", { field, expected, given: JSON.stringify(given), where: place });
}
