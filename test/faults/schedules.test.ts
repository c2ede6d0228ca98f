// F13, F15: clusters that are killed, clocks that are stepped, versions that follow each other; of each slot there is one task.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { ScheduleOptions } from "../../dist/index.js";
import { type FakeTime, findFakeTime } from "./faketime.ts";
import {
  type Bare,
  type ClusterProcess,
  FaultRun,
  faultRun,
  long,
  now,
  openBare,
  report,
} from "./harness.ts";
import { isAlive } from "./processes.ts";
import { tasks } from "./tasks.mjs";

const second = 1_000;
const hour = 3_600 * second;
const everySecond = { cron: "* * * * * *", missed: "all", keepRuns: 10_000 } as const;

interface SlotRow {
  schedule: string;
  slot: number;
  enqueued: number;
}

async function make(run: FaultRun, times: ScheduleOptions): Promise<string> {
  return (await run.quern.schedules.create("fault.slot", undefined, times)).id;
}

async function slotsOf(run: FaultRun, schedule?: string): Promise<SlotRow[]> {
  const database: Bare = await openBare(run.path);
  try {
    const rows = database.prepare("SELECT schedule, slot, enqueued FROM quern_slot ORDER BY slot").all();
    return (rows as unknown as SlotRow[]).filter((row) => (schedule ?? row.schedule) === row.schedule);
  } finally {
    database.close();
  }
}

async function running(run: FaultRun, { log }: ClusterProcess): Promise<void> {
  await run.until("the cluster runs", 15_000, () => /Cluster .* running/.test(readFileSync(log, "utf8")));
}

async function drained(run: FaultRun, withinMs: number): Promise<void> {
  await run.until(
    "all that was queued has run",
    withinMs,
    async () => (await run.quern.queues.list()).length === 0,
  );
}

test.concurrent("four clusters, one killed every two seconds: each slot of twenty schedules becomes one task, none is missed", {
  timeout: 180_000,
}, async () => {
  const seconds = long ? 60 : 12;
  // What the kills cost a task is not what this is about.
  const patient = { retry: { attempts: 1_000, delay: "100ms" }, maxCrashes: 1_000 } as const;
  await faultRun({ workers: 1, ...patient }, async (run) => {
    await Promise.all([1, 2, 3, 4].map(() => run.start()));
    const first = Math.ceil(Date.now() / second) * second + 4 * second;
    const last = first + (seconds - 1) * second;
    const times = { ...everySecond, firstRun: new Date(first), end: new Date(last) };
    const ids = await Promise.all(Array.from({ length: 20 }, () => make(run, times)));
    // One that is made later has no slot there.
    expect(Date.now(), "all are made before the first slot").toBeLessThan(first);
    for (const id of ids) for (let due = first; due <= last; due += second) run.say("due", id, due);
    for (let kill = first + 2 * second; kill < last; kill += 2 * second) {
      await run.until("the next kill", 10_000, () => Date.now() >= kill);
      const clusters = run.clusters().filter(({ pid }) => isAlive(pid));
      const victim = clusters[Math.floor(Math.random() * clusters.length)];
      if (victim !== undefined) run.fault("sentinel-kill", victim.pid, "SIGKILL");
      run.launch();
    }
    await run.until(
      "no slot is left",
      30_000,
      async () => (await run.quern.schedules.count({ status: "active" })) === 0,
    );
    await drained(run, 30_000);
    for (const cluster of run.clusters()) if (isAlive(cluster.pid)) await running(run, cluster);
    // One task for each slot, and no other, is what the checker makes sure of by the `due` lines.
    const fired = await slotsOf(run);
    expect(fired).toHaveLength(20 * seconds);
    report(
      "ms from a slot to its task",
      fired.map((row) => row.enqueued - row.slot),
    );
  });
});

test.concurrent("clusters whose clocks are an hour apart make no slot twice", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1 }, async (run) => {
    const first = Math.floor(Date.now() / second) * second + 31 * second; // In nobody's time another comes due while this runs.
    const times = { type: "minutes", minutes: 1, missed: "all", firstRun: new Date(first) } as const;
    const id = await make(run, times);
    const right = await run.start();
    const ahead = await run.start({ settings: { clockOffsetMs: hour } });
    const behind = run.launch({ settings: { clockOffsetMs: -hour } });
    await running(run, behind);
    const fired = await run.until("the one that is ahead fires what is in its past", 10_000, async () => {
      const slots = await slotsOf(run, id);
      return slots.length >= 60 && slots;
    });
    await drained(run, 10_000);
    await run.stop(ahead);
    const known = fired.map((row) => row.slot);
    expect(known).toEqual(known.map((_, index) => first + index * 60 * second));
    // For the others all of these are in the future: they have nothing to do for an hour.
    const probe = await make(run, { type: "once", firstRun: new Date(), repeats: 1 });
    await run.until("a slot that is due", 10_000, async () => (await slotsOf(run, probe)).length > 0);
    expect(await slotsOf(run, id)).toHaveLength(known.length);
    for (const row of await slotsOf(run)) run.say("due", row.schedule, row.slot);
    await drained(run, 10_000);
    await run.stop(right);
    await run.stop(behind);
  });
});

const found = findFakeTime();
afterAll(() => typeof found === "string" || found.remove());
const notRun = typeof found === "string" ? ` (did not run: ${found})` : "";

test.skipIf(typeof found === "string")(
  `a machine's clock is stepped an hour forward and back, no slot is twice${notRun}`,
  { concurrent: true, timeout: 60_000 },
  async () => {
    const { environment, step } = found as FakeTime;
    const run = new FaultRun({ workers: 1 });
    try {
      const file = join(run.folder, "time");
      step(file, 0);
      await run.start({ environment: environment(file) });
      const inTenMinutes = new Date(Math.floor(Date.now() / second) * second + 600 * second);
      const seldom = await make(run, { type: "minutes", minutes: 10, missed: "all", firstRun: inTenMinutes });
      const often = await make(run, { cron: "* * * * * *", missed: "none" });
      await run.until("it fires", 10_000, async () => (await slotsOf(run, often)).length > 0);

      step(file, 3_600);
      const stepped = now();
      await run.until(
        "what the step made due",
        10_000,
        async () => (await slotsOf(run, seldom)).length === 6,
      );
      report("ms from a step of the clock to the slots it made due", [now() - stepped]);
      const beyond = Date.now() + hour - 30 * second;
      await run.until(
        "it goes on there",
        6_000,
        async () => ((await slotsOf(run, often)).at(-1)?.slot ?? 0) > beyond,
      );

      step(file, 0);
      const probe = await make(run, { type: "once", firstRun: new Date(), repeats: 1 });
      await run.until("a slot of now", 10_000, async () => (await slotsOf(run, probe)).length > 0);
      const before = await slotsOf(run, often);
      const again = await make(run, { type: "once", firstRun: new Date(), repeats: 1 });
      await run.until("one more", 10_000, async () => (await slotsOf(run, again)).length > 0);
      // Their next slots are in an hour.
      expect(await slotsOf(run, often)).toEqual(before);
      expect(await slotsOf(run, seldom)).toHaveLength(6);

      // What was queued in the hour ahead and not yet begun is due there.
      for (const id of [often, seldom]) await run.quern.schedules.pause(id);
      step(file, 3_600);
      await drained(run, 10_000);
      for (const row of await slotsOf(run)) run.say("due", row.schedule, row.slot);
      // When things happened, and before what, is what such a run can't tell.
      const ofTime = /^I9|^I6 .* after the task had ended$/;
      expect((await run.verdict()).filter((broken) => !ofTime.test(broken))).toEqual([]);
    } finally {
      await run.close();
    }
  },
);

test.skipIf(typeof found === "string" || !long)(
  "four clusters whose machine is an hour ahead and back, one killed every two seconds: 12,000 slots once each, none is missed (QUERN_TEST_LONG)",
  { concurrent: true, timeout: 180_000 },
  async () => {
    const { environment, step } = found as FakeTime;
    const run = new FaultRun({ workers: 1, retry: { attempts: 1_000, delay: "100ms" }, maxCrashes: 1_000 });
    try {
      const file = join(run.folder, "time");
      step(file, 0);
      const faked = { environment: environment(file) };
      await Promise.all([1, 2, 3, 4].map(() => run.start(faked)));
      const stepMs = 6 * second;
      const first = Math.ceil(Date.now() / stepMs) * stepMs + 30 * second;
      const slots = 600;
      const times = {
        ...({ cron: "*/6 * * * * *", missed: "all", keepRuns: 10_000 } as const),
        firstRun: new Date(first),
        end: new Date(first + (slots - 1) * stepMs),
      };
      const ids = await Promise.all(Array.from({ length: 20 }, () => make(run, times)));
      expect(Date.now(), "all are made before the first slot").toBeLessThan(first);
      for (const id of ids)
        for (let index = 0; index < slots; index++) run.say("due", id, first + index * stepMs);

      // Forward: all of the hour is due at once. Back: nothing is. Forward again: what is left goes on.
      for (const [ahead, kills] of [
        [3_600 + 60, 3],
        [0, 2],
        [3_600 + 60, 3],
      ] as const) {
        step(file, ahead);
        for (let kill = 1, at = now() + 2 * second; kill <= kills; kill++, at += 2 * second) {
          await run.until("the next kill", 10_000, () => now() >= at);
          const clusters = run.clusters().filter(({ pid }) => isAlive(pid));
          const victim = clusters[Math.floor(Math.random() * clusters.length)];
          if (victim !== undefined) run.fault("sentinel-kill", victim.pid, "SIGKILL");
          run.launch(faked);
        }
      }
      await run.until(
        "no slot is left",
        60_000,
        async () => (await run.quern.schedules.count({ status: "active" })) === 0,
      );
      await drained(run, 60_000);
      for (const cluster of run.clusters()) if (isAlive(cluster.pid)) await running(run, cluster);
      expect(await slotsOf(run)).toHaveLength(20 * slots);
      report("slots fired", [20 * slots]);
      // When things happened is what such a run can't tell, and a step of the clock ends leases without a word in the ledgers.
      expect((await run.verdict()).filter((broken) => !/^I[49]\b/.test(broken))).toEqual([]);
    } finally {
      await run.close();
    }
  },
);

test.concurrent("when a later version's worker can't take the input, the schedule shows it, stops, and runs again once it is edited", {
  timeout: 60_000,
}, async () => {
  const run = new FaultRun({ workers: 1 });
  try {
    const picky = tasks["picky"] as NonNullable<(typeof tasks)[string]>;
    await run.quern.schedule("numbers", picky, 3, { cron: "* * * * * *" });
    const old = await run.start();
    await run.until(
      "it runs",
      5_000,
      async () => (await run.quern.schedules.get("numbers"))?.success === true,
    );
    await run.stop(old);
    await run.start({ settings: { atLeast: 5 } });
    const held = await run.until("it is held", 10_000, async () => {
      const schedule = await run.quern.schedules.get("numbers");
      return schedule?.held === true && schedule;
    });
    expect(held.error).toMatch(/^QUERN_BAD_INPUT: fault\.picky can't take this input .*it is less than 5/);
    await run.quern.schedules.update("numbers", { input: 7 });
    const task = await run.until("it runs again", 10_000, async () => {
      const [newest] = await run.quern.schedules.history("numbers");
      return newest?.success === true && newest.task;
    });
    expect(await run.quern.tasks.get(task)).toMatchObject({ result: 7 });
    expect(await run.quern.schedules.get("numbers")).toMatchObject({ held: false, error: null });
  } finally {
    await run.close();
  }
});
