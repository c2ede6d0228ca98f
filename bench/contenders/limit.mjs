// The limit on PostgreSQL: the smallest loop that does a queue's work over the same driver, in one process, with rows of the size of
// Quern's, all history and attempt rows kept. What Quern adds (workers, leases, signatures, indexes for lists) is not in it.
import pg from "pg";

export const variants = {
  "batches of 100": { settings: "hand-written, history and attempt rows kept", tasks: 50_000 },
  "batches of 1,000": { settings: "hand-written, history and attempt rows kept", tasks: 50_000 },
};

const schema = `
  CREATE TABLE IF NOT EXISTS queue (id text COLLATE "C" PRIMARY KEY, body text NOT NULL, attempt int NOT NULL DEFAULT 0, owner text);
  CREATE INDEX IF NOT EXISTS ready ON queue (id) WHERE owner IS NULL;
  CREATE TABLE IF NOT EXISTS history (id text COLLATE "C" PRIMARY KEY, body text NOT NULL, result text, started bigint, stopped bigint);
  CREATE TABLE IF NOT EXISTS attempt (id text COLLATE "C", attempt int, stopped bigint, PRIMARY KEY (id, attempt))`;

const insert = {
  name: "insert",
  text: "WITH n AS (INSERT INTO queue (id, body) SELECT * FROM unnest($1::text[], $2::text[]) RETURNING id) SELECT pg_notify('tasks', '') FROM n LIMIT 1",
};
const claim = {
  name: "claim",
  text: `WITH picked AS (SELECT id FROM queue WHERE owner IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
    UPDATE queue SET owner = 'me', attempt = attempt + 1 WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING id, body`,
};
const finish = {
  name: "finish",
  text: `WITH gone AS (DELETE FROM queue WHERE id = ANY ($1::text[]) RETURNING id, body, attempt),
      tried AS (INSERT INTO attempt SELECT id, attempt, $2 FROM gone)
    INSERT INTO history SELECT id, body, 'null', $2, $2 FROM gone`,
};
// The columns that Quern fills: envelope, name, func, queue.
const body = "x".repeat(270);
const step = 1_000;

export async function open(url) {
  const connection = new pg.Client({ connectionString: url, pipeline: true });
  await connection.connect();
  await connection.query(schema);
  let made = 0;
  let waiting = [];
  const row = () => `019359ab-cdef-7000-8000-${(made++).toString(16).padStart(12, "0")}`;
  const write = (count) =>
    connection.query({ ...insert, values: [Array.from({ length: count }, row), Array(count).fill(body)] });
  return {
    /** Calls of one turn together, as Quern does. */
    add: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length > 1) return;
        setImmediate(() => {
          const resolved = waiting;
          waiting = [];
          void write(resolved.length).then(() => {
            for (const each of resolved) each();
          });
        });
      }),
    async addMany(count) {
      for (let from = 0; from < count; from += step) await write(Math.min(step, count - from));
    },
    async addTimed(key) {
      await connection.query({
        ...insert,
        values: [[row()], [String(key)]],
      });
    },
    async left() {
      const { rows } = await connection.query("SELECT EXISTS (SELECT 1 FROM queue) AS some");
      return rows[0].some;
    },
    close: () => connection.end(),
  };
}

export async function work(url, variant, began) {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  await connection.query(schema);
  const batch = variant === "batches of 100" ? 100 : 1_000;
  let stopped = false;
  let wake = () => {};
  connection.on("notification", () => wake());
  await connection.query("LISTEN tasks");
  const loop = async () => {
    while (!stopped) {
      const woken = new Promise((resolve) => (wake = resolve));
      const { rows } = await connection.query({ ...claim, values: [batch] });
      if (rows.length === 0) {
        await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 1_000))]);
        continue;
      }
      for (const row of rows) began(row.body === body ? undefined : Number(row.body));
      await connection.query({ ...finish, values: [rows.map(({ id }) => id), Date.now()] });
    }
  };
  const looping = loop();
  return async () => {
    stopped = true;
    wake();
    await looping;
    await connection.end();
  };
}
