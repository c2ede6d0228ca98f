// The watcher by itself: what it does, and no longer does, when it is stopped in the middle of something.
import { expect, it } from "vitest";
import { Watcher } from "../../src/admin/watcher.ts";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { storeOptions } from "../store/store-options.ts";

it("stopped while the store is opening, it counts nothing later", async () => {
  const clock = manualClock();
  const store = new MemoryStore(storeOptions().options);
  const counts: string[] = [];
  const opening: (() => void)[] = [];
  const watcher = new Watcher({
    clock,
    open: () => new Promise((resolve) => opening.push(() => resolve(store))),
    looked: () => undefined,
    count: async () => void counts.push("count"),
    alive: async () => void counts.push("alive"),
    failed: () => undefined,
  });
  await clock.advance(15_000);
  expect(opening.length).toBeGreaterThan(1); // That of the sign of life waits for its store as well.
  watcher.stop();
  for (const open of opening) open();
  await clock.advance(60_000);
  expect(counts).toEqual(["alive"]);
  await store.close();
});
