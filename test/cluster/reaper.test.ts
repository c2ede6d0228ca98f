// When the reaper takes back what a dead cluster left: in time, not right after a pause, and even where every pass is late.
import { expect, it } from "vitest";
import { type Clock, nextTurn, systemClock, turn } from "../../src/core/clock.ts";
import { longestAwayMs } from "../../src/core/backoff.ts";
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

interface Setting {
  /** Of the lease. */
  owner?: string;
  /** The machine wakes the reaper so much too late each time. */
  lateMs?: (pass: number) => number;
  /** Whether the database is away, so many milliseconds after the start. */
  isAway?: (passedMs: number) => boolean;
  /** Until then somebody keeps everybody from writing. */
  lockedUntilMs?: number;
  /** The lease ran out so long before the start. */
  ranOutMsAgo?: number;
}

/** After how many milliseconds the lease of a dead cluster is taken back, and what this cluster's own monitor is to save of it. */
async function takenBack({
  owner = "dead",
  lateMs = () => 0,
  isAway = () => false,
  lockedUntilMs = 0,
  ranOutMsAgo = -leaseMs,
}: Setting = {}): Promise<{ after: number; outcomes: string[] }> {
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
  store.reclaimable = (limit) =>
    isAway(passed)
      ? Promise.reject(new QuernError("QUERN_DATABASE_AWAY", { path: "memory", reason: "a test" }))
      : reclaimable(limit);
  const writing = <Args extends unknown[], Answer>(write: (...args: Args) => Answer) => {
    return (...args: Args): Answer => {
      passed = Math.max(passed, lockedUntilMs);
      return write(...args);
    };
  };
  store.finish = writing(store.finish.bind(store));
  store.extend = writing(store.extend.bind(store));
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
  await store.claim(claimBy(owner, { leaseMs: -ranOutMsAgo }));
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
  const { after } = await takenBack();
  expect(after).toBeGreaterThanOrEqual(leaseMs);
  expect(after).toBeLessThanOrEqual(leaseMs + 1_000);
});

it("a lease of our own that nobody here knows of goes back uncharged: the answer to its claim was lost", async () => {
  expect((await takenBack({ owner: "us" })).outcomes).toEqual(["released"]);
  expect((await takenBack()).outcomes).toEqual([]); // Ended by the reaper itself, as lost.
});

/** An owner that finds the database back a second late, which is the longest that it waits between two tries, has twice its `renew`. */
async function expectCareAfter(moment: number, setting: Setting): Promise<void> {
  const careMs = 2 * renewMs + longestAwayMs;
  const { after } = await takenBack(setting);
  expect(after).toBeGreaterThanOrEqual(moment + careMs);
  expect(after).toBeLessThanOrEqual(moment + careMs + 2_500); // Our own look may come a second late, too.
}

it("a cluster that starts takes nothing back before owners that were in an outage until then have renewed", () =>
  expectCareAfter(0, { ranOutMsAgo: 20_000 }));

it("one that starts during the outage does not either", () =>
  expectCareAfter(30_000, { ranOutMsAgo: 1, isAway: (passedMs) => passedMs < 30_000 }));

it("after the database was away, however shortly, nothing is taken back before owners that live have renewed", () =>
  expectCareAfter(2_500, { isAway: (passedMs) => passedMs >= 1_500 && passedMs < 2_500 }));

it("nor after a long outage that followed soon after a short one", () =>
  expectCareAfter(15_000, {
    isAway: (passedMs) => (passedMs >= 500 && passedMs < 1_500) || (passedMs >= 2_500 && passedMs < 15_000),
  }));

it("nor after a time in which somebody kept everybody from writing, and so from renewing", () =>
  expectCareAfter(8_000, { lockedUntilMs: 8_000 }));

it.each([1, 2, 3])(
  "after a pause, before pass %i, nothing is taken back before owners that live have renewed",
  (pausedPass) =>
    expectCareAfter(pausedPass * 1_000 + 10_000, {
      lateMs: (pass) => (pass === pausedPass ? 10_000 : 0),
    }),
);

it("where every pass is late, what a dead cluster left is taken back all the same", async () => {
  const { after } = await takenBack({ lateMs: () => renewMs });
  expect(after).toBeGreaterThanOrEqual(leaseMs);
  expect(after).toBeLessThanOrEqual(4 * leaseMs);
});
