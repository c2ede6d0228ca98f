// Who waits for commits of other processes hears of them when they are visible, not a while later.
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { WalWatch } from "../../src/store/sqlite/wal-watch.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { claimBy, exampleTask } from "../../src/testing/store/examples.ts";
import { storeOptions } from "./store-options.ts";

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "quern-wal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "quern.db-wal");
  writeFileSync(path, "");
  return path;
}

test("the touch of who has committed wakes at once, although the log was written before that", async () => {
  const path = logFile();
  const clock = manualClock(); // It stands still: neither the next look nor the net beneath comes to help.
  let version = 1;
  let looked = (): void => {};
  const watch = new WalWatch(
    path,
    () => {
      looked();
      return version;
    },
    clock,
  );
  let wakes = 0;
  const woken = new Promise<void>((resolve) => {
    watch.add(() => {
      wakes++;
      resolve();
    });
  });
  const seen = new Promise<void>((resolve) => {
    looked = resolve;
  });
  appendFileSync(path, "a frame");
  await seen;
  expect(wakes, "what is written is not committed").toBe(0);
  version = 2;
  new WalWatch(path, () => 0, clock).touch();
  await woken;
  watch.stop();
});

test("a log that is gone, or not ours to touch, is no reason to fail after a commit", () => {
  const path = logFile();
  rmSync(path);
  const teller = new WalWatch(path, () => 0, manualClock());
  expect(() => teller.touch()).not.toThrow();
});

/** We set the log's time to whole milliseconds; those at which the system writes are whole ones in four of a thousand cases. */
function isTouched(path: string): boolean {
  const beyond = Number(statSync(`${path}-wal`, { bigint: true }).mtimeNs % 1_000_000n);
  return beyond < 2_000 || beyond > 998_000;
}

test("an enqueue touches the log, and a claim, which nobody waits for, does not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quern-touch-"));
  const path = join(folder, "quern.db");
  const store = await openSqliteStore(path, storeOptions().options);
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const touchedByClaims: boolean[] = [];
  for (let round = 0; round < 10; round++) {
    await store.enqueue([exampleTask()]);
    expect(isTouched(path)).toBe(true);
    expect((await store.claim(claimBy("owner"))).tasks.length).toBe(1);
    touchedByClaims.push(isTouched(path));
  }
  expect(touchedByClaims).toContain(false);
});
