// Whether anybody is at work on a database: clusters that are alive, and tasks that run.
import type { Clock } from "../../core/clock.ts";
import { formatDuration } from "../../core/duration.ts";
import { QuernError } from "../../core/errors.ts";
import type { Store } from "../../store/store.ts";
import { heartbeatMs } from "../clusters.ts";

const lookEveryMs = 500;
const countedTasks = 1_000;

/** Who is at work there, in words; null: nobody. A lease that has run out is nobody's: the next cluster takes it back. */
export async function atWork(store: Store): Promise<string | null> {
  const now = await store.time();
  const alive = (await store.clusters()).filter(
    ({ state, heartbeat }) => state !== "stopped" && now - heartbeat <= 3 * heartbeatMs,
  );
  const running = await store.countList(
    "queued",
    [
      { field: "state", is: "in", values: ["leased"] },
      { field: "leasedUntil", is: "between", from: now },
    ],
    countedTasks,
  );
  const clusters = alive.map(({ name, host, pid }) => `cluster ${name} (${host}, pid ${pid})`);
  const tasks = running.count === 0 ? [] : [`${running.count}${running.more ? "+" : ""} running tasks`];
  return clusters.length + tasks.length === 0 ? null : [...clusters, ...tasks].join(", ");
}

export async function waitUntilQuiet(
  store: Store,
  { clock, waitMs, onWait }: { clock: Clock; waitMs: number; onWait: (forWhat: string) => void },
  where: string,
): Promise<void> {
  const giveUp = clock.monotonic() + waitMs;
  for (;;) {
    const who = await atWork(store);
    if (who === null) return;
    if (clock.monotonic() >= giveUp) {
      throw refused(
        `nobody at work on ${where}`,
        `there is ${who}${waitMs === 0 ? "" : `, after ${formatDuration(waitMs)}`}`,
        "Stop the clusters; --wait 60s waits until they have (one that was killed counts as gone after 15 s); " +
          "--force copies all the same: tasks that run at this moment then run a second time",
      );
    }
    onWait(`${who} on ${store.location}`);
    await clock.sleep(Math.min(lookEveryMs, Math.max(1, giveUp - clock.monotonic())));
  }
}

export function refused(expected: string, found: string, hint: string): QuernError {
  return new QuernError("QUERN_COPY_REFUSED", { expected, found, hint });
}
