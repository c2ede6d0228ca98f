// How many tasks ended in each minute, as clusters count them: rows of the meta chapter, read by whoever draws them.
import type { Store } from "../store/store.ts";

const prefix = "series:";
const minuteMs = 60_000;
/** Longer than anybody draws. */
const keptMs = 25 * 3_600_000;
const rowsAtOnce = 1_000;

export interface Ended {
  succeeded: number;
  failed: number;
}

export interface Series {
  /** Starts of the steps, epoch ms, and how long each is. */
  at: number[];
  stepMs: number;
  succeeded: number[];
  failed: number[];
}

/** Adds to the minute of `now` what one cluster has ended since it was last asked. Only that cluster writes its rows. */
export async function addToSeries(store: Store, cluster: string, now: number, ended: Ended): Promise<void> {
  if (ended.succeeded === 0 && ended.failed === 0) return;
  const key = `${keyOf(now)}${cluster}`;
  const before = await store.meta(key);
  const sum = before === null ? { succeeded: 0, failed: 0 } : (JSON.parse(before) as Ended);
  const after: Ended = { succeeded: sum.succeeded + ended.succeeded, failed: sum.failed + ended.failed };
  await store.metaSwap(key, before, JSON.stringify(after));
  if (before === null) await forgetOld(store, now);
}

async function forgetOld(store: Store, now: number): Promise<void> {
  const oldest = keyOf(now - keptMs);
  for (const { key, value } of await store.metas(prefix, { limit: rowsAtOnce }))
    if (key < oldest) await store.metaSwap(key, value, null);
}

export async function readSeries(
  store: Store,
  now: number,
  { spanMs, stepMs }: { spanMs: number; stepMs: number },
): Promise<Series> {
  const first = Math.floor((now - spanMs) / stepMs + 1) * stepMs;
  const at = Array.from({ length: Math.round(spanMs / stepMs) }, (_, index) => first + index * stepMs);
  const [succeeded, failed] = [at.map(() => 0), at.map(() => 0)];
  let after = keyOf(first);
  for (;;) {
    const rows = await store.metas(prefix, { limit: rowsAtOnce, after });
    for (const { key, value } of rows) {
      const place = Math.floor((minuteOf(key) - first) / stepMs);
      if (place < 0 || place >= at.length) continue;
      const ended = JSON.parse(value) as Ended;
      succeeded[place] = (succeeded[place] ?? 0) + ended.succeeded;
      failed[place] = (failed[place] ?? 0) + ended.failed;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) return { at, stepMs, succeeded, failed };
    after = last.key;
  }
}

/** In the order of time as text: `series:000029389412:`. */
function keyOf(at: number): string {
  return `${prefix}${String(Math.floor(at / minuteMs)).padStart(12, "0")}:`;
}

function minuteOf(key: string): number {
  return Number(key.slice(prefix.length, prefix.length + 12)) * minuteMs;
}
