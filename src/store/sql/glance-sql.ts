// The heads of all lists in one statement: ids, and a mark for each that changes with its row. No payload is read.
import { type Glance, type HeadName, headNames } from "../browse.ts";
import type { Scope, Tables } from "./dialect.ts";

interface HeadSql {
  from(tables: Tables): string;
  keys: readonly string[];
  down?: "ASC";
  /** Columns whose values together are the mark. */
  marks: readonly string[];
}

const heads: Record<HeadName, HeadSql> = {
  success: { from: ({ task }) => `${task} WHERE state = 'success'`, keys: ["stopped", "id"], marks: [] },
  failure: { from: ({ task }) => `${task} WHERE state = 'failure'`, keys: ["stopped", "id"], marks: [] },
  running: {
    from: ({ queue }) => `${queue} WHERE state = 'leased'`,
    keys: ["leased_at", "id"],
    marks: ["attempt", "leased_until", "cancelled", "progress"],
  },
  queued: {
    from: ({ queue }) => queue,
    keys: ["id"],
    marks: ["state", "attempt", "due", "priority", "queue"],
  },
  schedules: {
    from: ({ schedule }) => `${schedule} WHERE next_run IS NOT NULL AND repeats <> 0 AND held = 0`,
    keys: ["next_run", "id"],
    down: "ASC",
    marks: ["version", "revision", "next_run", "repeats", "error"],
  },
  audit: { from: ({ audit }) => audit, keys: ["id"], marks: [] },
  clusters: {
    from: ({ cluster }) => cluster,
    keys: ["started", "id"],
    marks: ["state", "ordered", "heartbeat"],
  },
};

export async function glanceAt({ sql, tables }: Scope, limit: number): Promise<Glance> {
  const parts = headNames.map((name) => {
    const { from, keys, down = "DESC", marks } = heads[name];
    const order = keys.map((key) => `${key} ${down}`).join(", ");
    const mark = marks.map((column) => `COALESCE(CAST(${column} AS TEXT), '')`).join(" || ' ' || ");
    // Numbered outside of the limit: inside, an engine may number the whole table first.
    return `SELECT '${name}' AS head, CAST(id AS TEXT) AS row_id, mark, row_number() OVER (ORDER BY ${order}) AS place
      FROM (SELECT ${keys.join(", ")}, ${mark || "''"} AS mark FROM ${from(tables)} ORDER BY ${order} LIMIT ?) ${name}_head`;
  });
  const rows = await sql.all(
    parts.join(" UNION ALL "),
    headNames.map(() => limit),
  );
  const glance = Object.fromEntries(headNames.map((name) => [name, []])) as unknown as Glance;
  rows.sort((a, b) => Number(a.place) - Number(b.place));
  for (const { head, row_id: id, mark } of rows)
    glance[head as HeadName].push({ id: String(id), mark: String(mark) });
  return glance;
}
