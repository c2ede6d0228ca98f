// Throughput, as clusters count it and the overview draws it.
import { expect, it } from "vitest";
import { addToSeries, readSeries } from "../../src/client/series.ts";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import { storeOptions } from "../store/store-options.ts";

const minute = 60_000;
const hour = 60 * minute;
const now = 1_000_000 * minute;

it("adds up what clusters ended in each minute, and forgets it after a day", async () => {
  const store = new MemoryStore(storeOptions().options);
  await addToSeries(store, "a", now - 26 * hour, { succeeded: 9, failed: 9 });
  await addToSeries(store, "a", now - minute, { succeeded: 2, failed: 1 });
  await addToSeries(store, "a", now - minute + 5_000, { succeeded: 3, failed: 0 });
  await addToSeries(store, "b", now - minute, { succeeded: 10, failed: 0 });
  await addToSeries(store, "b", now, { succeeded: 0, failed: 0 });
  await addToSeries(store, "b", now, { succeeded: 1, failed: 4 });
  const inHour = await readSeries(store, now, { spanMs: hour, stepMs: minute });
  expect([inHour.at.length, inHour.at.at(-1)]).toEqual([60, now]);
  expect([inHour.succeeded.slice(-3), inHour.failed.slice(-3)]).toEqual([
    [0, 15, 1],
    [0, 1, 4],
  ]);
  const inDay = await readSeries(store, now, { spanMs: 24 * hour, stepMs: 15 * minute });
  expect([inDay.at.length, inDay.succeeded.reduce((a, b) => a + b)]).toEqual([96, 16]);
  expect((await store.metas("series:", { limit: 99 })).length).toBe(3);
});
