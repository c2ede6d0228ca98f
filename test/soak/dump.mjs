// The final tables as text, for the checker: one row a line, by literal SQL through the bare driver.
import { openBare } from "./bare-sqlite.mjs";

const tables = {
  task: `SELECT id, state, outcome, attempt, enqueued, stopped, func, parent, schedule, slot FROM quern_task`,
  queue: `SELECT id, state, attempt, func, parent, schedule, slot FROM quern_queue`,
  attempt: `SELECT id, attempt, owner, outcome, worker, stopped FROM quern_attempt`,
  cluster: `SELECT id, pid FROM quern_cluster`,
  slot: `SELECT schedule, slot, task FROM quern_slot`,
  integrity: `PRAGMA integrity_check`,
};

export async function dump(path) {
  const database = await openBare(path);
  try {
    const lines = [];
    for (const [table, sql] of Object.entries(tables)) {
      for (const row of database.prepare(sql).all()) lines.push(lineOf(table, Object.values(row)));
    }
    return `${lines.join("\n")}\n`;
  } finally {
    database.close();
  }
}

const lineOf = (table, values) =>
  [table, ...values.map((value) => (value === null ? "-" : String(value).replaceAll(/\s/g, "_")))].join(" ");
