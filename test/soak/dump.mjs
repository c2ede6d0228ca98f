// The final tables as text, for the checker: one row a line, by literal SQL through the bare driver.
import { integrityOf, isPostgres, openBarePostgres } from "./bare-postgres.mjs";
import { openBare } from "./bare-sqlite.mjs";

const tables = {
  task: `SELECT id, state, outcome, attempt, enqueued, stopped, func, parent, schedule, slot FROM quern_task`,
  queue: `SELECT id, state, attempt, func, parent, schedule, slot FROM quern_queue`,
  attempt: `SELECT id, attempt, owner, outcome, worker, stopped, CASE WHEN error LIKE '%no slot came free%' THEN 'no-slot' END FROM quern_attempt`,
  cluster: `SELECT id, pid FROM quern_cluster`,
  slot: `SELECT schedule, slot, task FROM quern_slot`,
};

/** `database`: the path of a file, or the URL of a PostgreSQL. */
export async function dump(database) {
  const { rowsOf, integrity, close } = await (isPostgres(database) ? postgres(database) : sqlite(database));
  try {
    const lines = [];
    for (const [table, sql] of Object.entries(tables))
      for (const row of await rowsOf(sql)) lines.push(lineOf(table, row));
    for (const row of await integrity()) lines.push(lineOf("integrity", row));
    return `${lines.join("\n")}\n`;
  } finally {
    await close();
  }
}

async function sqlite(path) {
  const database = await openBare(path);
  const rowsOf = (sql) => database.prepare(sql).all().map(Object.values);
  return { rowsOf, integrity: () => rowsOf("PRAGMA integrity_check"), close: () => database.close() };
}

async function postgres(url) {
  const client = await openBarePostgres(url);
  return {
    rowsOf: async (text) => (await client.query({ text, rowMode: "array" })).rows,
    integrity: async () => [[await integrityOf(client)]],
    close: () => client.end(),
  };
}

const lineOf = (table, values) =>
  [table, ...values.map((value) => (value === null ? "-" : String(value).replaceAll(/\s/g, "_")))].join(" ");
