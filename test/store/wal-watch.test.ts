// Who waits for commits of other processes hears of them when they are visible, not a while later.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WalWatch } from "../../src/store/sqlite/wal-watch.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

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
