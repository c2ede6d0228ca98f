// The limit: the smallest loop that does a queue's work over the same driver, in one process, with rows of the same size and the
// same durability, history and attempt rows kept. What Quern adds (workers, leases, signatures, indexes for lists) is not in it.
import { join } from "node:path";
import { openDriver } from "./driver.mjs";

const claimed = 50;

export async function limitStore(folder, synchronous) {
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(join(folder, "limit.db"));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};
    CREATE TABLE queue (id TEXT PRIMARY KEY, body TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, owner TEXT) STRICT;
    CREATE INDEX ready ON queue (id) WHERE owner IS NULL;
    CREATE TABLE history (id TEXT PRIMARY KEY, body TEXT NOT NULL, result TEXT NOT NULL, started INTEGER, stopped INTEGER) STRICT;
    CREATE TABLE attempt (id TEXT NOT NULL, attempt INTEGER NOT NULL, stopped INTEGER, PRIMARY KEY (id, attempt)) STRICT`);
  const statements = {
    insert: database.prepare("INSERT INTO queue (id, body) VALUES (?, ?)"),
    claim: database.prepare(
      "UPDATE queue SET owner = 'me', attempt = attempt + 1 WHERE id IN (SELECT id FROM queue WHERE owner IS NULL ORDER BY id LIMIT ?) RETURNING id, body, attempt",
    ),
    keep: database.prepare(
      "INSERT INTO history (id, body, result, started, stopped) VALUES (?, ?, 'null', ?, ?)",
    ),
    record: database.prepare("INSERT INTO attempt (id, attempt, stopped) VALUES (?, ?, ?)"),
    remove: database.prepare("DELETE FROM queue WHERE id = ?"),
  };
  const commit = (work) => {
    database.exec("BEGIN IMMEDIATE");
    const answer = work();
    database.exec("COMMIT");
    return answer;
  };
  return {
    insert: (rows) =>
      commit(() => {
        for (const { id, body } of rows) statements.insert.run(id, body);
      }),
    /** Claims and finishes until nothing is left; answers how many that were. */
    drain() {
      for (let done = 0; ; ) {
        const tasks = commit(() => statements.claim.all(claimed));
        if (tasks.length === 0) return done;
        commit(() => {
          for (const { id, body, attempt } of tasks) {
            const now = Date.now();
            statements.keep.run(id, body, now, now);
            statements.record.run(id, attempt, now);
            statements.remove.run(id);
          }
        });
        done += tasks.length;
      }
    },
    close: () => database.close(),
  };
}
