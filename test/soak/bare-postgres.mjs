// The tables in PostgreSQL by the bare driver, without Quern: for what the harness reads and does behind its back.
import pg from "pg";

export const isPostgres = (database) => /^postgres(ql)?:/.test(database);

/** Connected, in the schema that the URL names. An error of an idle connection is told by its next question. */
export async function openBarePostgres(url) {
  const address = new URL(url);
  const schema = address.searchParams.get("schema") ?? "public";
  address.searchParams.delete("schema");
  const client = new pg.Client({ connectionString: address.href });
  client.on("error", () => undefined);
  await client.connect();
  await client.query(`SET search_path = "${schema}"`);
  return client;
}

/** One word: `ok`, or what amcheck has against an index of ours, each row of its table looked for in it. */
export async function integrityOf(client) {
  await client.query("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public");
  try {
    await client.query(`SELECT public.bt_index_check(i.indexrelid::regclass, true)
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i'`);
    return "ok";
  } catch (error) {
    return error.message;
  }
}
