// One interleaving of two transactions on PostgreSQL: one is held open until the other waits for it.
import pg from "pg";

const mostMs = 3_000;

/** Runs `late` until it waits for a lock that `holder` holds, commits `holder`, and answers with what `late` came to. */
export async function afterWaiting<T>(
  { url, application, holder }: { url: string; application: string; holder: pg.Client },
  late: () => Promise<T>,
): Promise<T> {
  const watcher = new pg.Client({ connectionString: url });
  await watcher.connect();
  try {
    const answer = late();
    answer.catch(() => undefined);
    const waits = `SELECT 1 FROM pg_stat_activity WHERE application_name = '${application}' AND wait_event_type = 'Lock'`;
    const giveUp = performance.now() + mostMs;
    while ((await watcher.query(waits)).rowCount === 0) {
      if (performance.now() > giveUp) throw new Error("it did not wait for the other transaction");
    }
    await holder.query("COMMIT");
    return await answer;
  } finally {
    await watcher.end();
  }
}
