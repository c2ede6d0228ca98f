// When the reaper takes back what a dead cluster left: in time, not right after a pause, and even where every pass is late.
import { expect, it } from "vitest";
import { type Clock, nextTurn, systemClock, turn } from "../../src/core/clock.ts";
import { QuernError } from "../../src/core/errors.ts";
import { Client } from "../../src/client/client.ts";
import { Attempts } from "../../src/cluster/attempts.ts";
import { Monitor } from "../../src/cluster/round/monitor.ts";
import { Outage } from "../../src/cluster/outage.ts";
import { Reaper } from "../../src/cluster/reaper.ts";
import { TaskLog } from "../../src/cluster/task-log.ts";
import { openStore } from "../../src/store/open.ts";
import { claimBy, exampleTask } from "../../src/testing/store/examples.ts";
import { storeOptions } from "../store/store-options.ts";
import { silent } from "./memory-quern.ts";

const leaseMs = 3_000;
const renewMs = 1_000;
const giveUpMs = 120_000;

/** After how many milliseconds the lease of a dead cluster is taken back, on a machine that wakes the reaper so much too late each time. */
async function takenBackAfter(lateMs: (pass: number) => number): Promise<number> {
  return (await takenBack("dead", lateMs)).after;
}

/** The same of a lease of this owner's, and with which outcomes this cluster's own monitor is to save it. */
async function takenBack(
  leasedBy: string,
  lateMs: (pass: number) => number,
  isAway: (look: number) => boolean = () => false,
): Promise<{ after: number; outcomes: string[] }> {
  let passed = 0;
  let pass = 0;
  // Time goes by only while somebody waits for it; the engine's and the machine's are one.
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + passed,
    monotonic: () => systemClock.monotonic() + passed,
    after: (ms, run) => {
      let cancelled = false;
      nextTurn(() => {
        if (cancelled) return;
        passed += Math.round(ms) + lateMs(++pass); // Clocks have whole milliseconds.
        run();
      });
      return { cancel: () => void (cancelled = true) };
    },
  };
  const options = { tasks: [], database: "memory:", lease: leaseMs, renew: renewMs, logger: silent };
  const client = new Client(options, {}, clock);
  const store = await openStore("memory:", storeOptions({ clockOffsetMs: () => passed }).options);
  const opened = { ...(await client.open()), store };
  const reclaimable = store.reclaimable.bind(store);
  let look = 0;
  store.reclaimable = (limit) =>
    isAway(++look)
      ? Promise.reject(new QuernError("QUERN_DATABASE_AWAY", { path: "memory", reason: "a test" }))
      : reclaimable(limit);
  const attempts = new Attempts();
  const log = new TaskLog(silent, clock);
  const monitor = new Monitor({
    client,
    opened,
    attempts,
    log,
    emit: () => {},
    listens: () => false,
    onUnfit: () => {},
  });
  await store.enqueue([exampleTask()]);
  await store.claim(claimBy(leasedBy, { leaseMs }));
  let after = Number.POSITIVE_INFINITY;
  const onReclaimed = (): void => {
    after = passed;
  };
  const outage = new Outage({ clock, logger: silent, onRefused: () => {} });
  const reaper = new Reaper({ client, opened, outage, owner: "us", attempts, monitor, onReclaimed });
  reaper.start();
  while (passed < after && passed < giveUpMs) await turn();
  await reaper.stop();
  await client.close();
  await store.close();
  return { after, outcomes: monitor.take().map(({ outcome }) => outcome) };
}

it("a lease that ran out is taken back within a pass", async () => {
  const after = await takenBackAfter(() => 0);
  expect(after).toBeGreaterThanOrEqual(leaseMs);
  expect(after).toBeLessThanOrEqual(leaseMs + 1_000);
});

it("a lease of our own that nobody here knows of goes back uncharged: the answer to its claim was lost", async () => {
  expect((await takenBack("us", () => 0)).outcomes).toEqual(["released"]);
  expect((await takenBack("dead", () => 0)).outcomes).toEqual([]); // Ended by the reaper itself, as lost.
});

it("after the database was away, however shortly, nothing is taken back before owners that live have renewed twice", async () => {
  const { after } = await takenBack(
    "dead",
    () => 0,
    (look) => look === 4,
  );
  expect(after).toBeGreaterThanOrEqual(leaseMs + 2 * renewMs);
  expect(after).toBeLessThanOrEqual(leaseMs + 2 * renewMs + 1_500);
});

it("after a pause nothing is taken back before owners that live have renewed twice", async () => {
  const pauseMs = 10_000;
  const after = await takenBackAfter((pass) => (pass === 2 ? pauseMs : 0));
  expect(after).toBeGreaterThanOrEqual(2_000 + pauseMs + 2 * renewMs);
  expect(after).toBeLessThanOrEqual(2_000 + pauseMs + 2 * renewMs + 1_000);
});

it("where every pass is late, what a dead cluster left is taken back all the same", async () => {
  const after = await takenBackAfter(() => renewMs);
  expect(after).toBeGreaterThanOrEqual(leaseMs);
  expect(after).toBeLessThanOrEqual(4 * leaseMs);
});
