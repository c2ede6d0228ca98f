// F16 and F17: processes that are stopped and go on: nothing is lost that need not be, and a zombie changes nothing.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultRun, long, trials } from "./harness.ts";

const leaseMs = 3_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.concurrent("a stopped worker costs no lease, and its deadlines still end it", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1 }, async (run) => {
    await run.start();
    await run.start({ settings: { queues: {} } });
    const { id } = await run.enqueue("endless", undefined, { timeout: "3500ms" });
    const { pid } = await run.line("start", id);
    run.fault("worker-stop", pid, "SIGSTOP");
    expect(await run.ended(id)).toMatchObject({ outcome: "timeout", attempt: 1 });
    run.say("fault-end", "worker-stop", pid);
    expect(await run.outcomes(id)).toEqual(["timeout"]);
  });
});

test.concurrent("a sentinel that was stopped for less than a lease loses nothing, and what ended meanwhile is no timeout", {
  timeout: 60_000,
}, async () => {
  await faultRun({}, async (run) => {
    const cluster = await run.start();
    for (let trial = 0; trial < trials(2, 10); trial++) {
      const handles = await run.enqueueMany(
        "briefly",
        Array.from({ length: 10 }, () => 500),
      );
      for (const { id } of handles) await run.line("start", id);
      await run.freeze(cluster.pid);
      const witness = trial === 0 ? await run.start({ settings: { workers: 1 } }) : undefined;
      for (const { id } of handles) await run.line("end", id);
      await sleep(witness === undefined ? 1_500 : 700); // Past their deadline.
      run.thaw(cluster.pid);
      for (const { id } of handles) {
        expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1 });
        expect(await run.outcomes(id)).toEqual(["success"]);
      }
    }
  });
});

test.concurrent("what a sentinel that lost its leases still reports changes nothing", {
  timeout: 120_000,
}, async () => {
  await faultRun({}, async (run) => {
    for (let trial = 0; trial < trials(1, 5); trial++) {
      const zombie = await run.start();
      const napping = await run.enqueueMany("slowFirst", [1_000, 1_000, 1_000]);
      const failing = await run.enqueueMany("slowFirstFails", [1_000, 1_000]);
      const snoozing = await run.enqueueMany("slowFirstSnoozes", [1_000, 1_000]);
      const running = await run.enqueueMany("slowFirstHeeds", [60_000, 60_000]);
      const handles = [...napping, ...failing, ...snoozing, ...running];
      for (const { id } of handles) await run.line("start", id);
      await run.freeze(zombie.pid);
      const heir = await run.start();
      for (const { id } of handles) {
        expect((await run.line("start", id, 2, 4 * leaseMs)).sentinel).toBe(heir.pid);
        expect(await run.ended(id)).toMatchObject({ success: true, result: 2 });
      }
      run.thaw(zombie.pid);
      // Those that still run there are told by their signal.
      for (const { id } of running) await run.line("throw", id, 1);
      const refused = /had lost its lease|lost its lease/g;
      await run.until(
        "it has noticed",
        10_000,
        () => (readFileSync(zombie.log, "utf8").match(refused)?.length ?? 0) >= handles.length,
      );
      for (const { id } of handles) {
        expect(await run.quern.tasks.get(id)).toMatchObject({
          success: true,
          result: 2,
          attempt: 2,
          progress: null,
        });
        expect(await run.outcomes(id)).toEqual(["lost", "success"]);
        expect((await run.attempts(id)).flatMap(({ log }) => log)).toEqual([]);
      }
      // It goes on as a cluster like any other.
      await run.stop(heir);
      const after = await run.enqueue("noop");
      expect((await run.line("start", after.id)).sentinel).toBe(zombie.pid);
      await run.ended(after.id);
      await run.stop(zombie);
    }
  });
});

test.concurrent("a sentinel that was stopped for longer than its lease keeps its attempts when nobody has taken them", {
  timeout: 60_000,
}, async () => {
  await faultRun({}, async (run) => {
    const cluster = await run.start();
    const handles = await run.enqueueMany("nap", [500, 6_000]);
    for (const { id } of handles) await run.line("start", id);
    await run.freeze(cluster.pid);
    await sleep(leaseMs + 1_000);
    run.thaw(cluster.pid);
    for (const { id } of handles) {
      expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1 });
      expect(await run.outcomes(id)).toEqual(["success"]);
    }
  });
});

test.concurrent("when everything was stopped for long, nothing is lost", { timeout: 60_000 }, async () => {
  await faultRun({}, async (run) => {
    const clusters = [await run.start(), await run.start()];
    const handles = await run.enqueueMany(
      "nap",
      Array.from({ length: 20 }, () => 2_000),
    );
    for (const { id } of handles) await run.line("start", id);
    const workers = clusters.flatMap((cluster) => run.workersOf(cluster));
    for (const { pid } of clusters) await run.freeze(pid);
    for (const pid of workers) run.fault("worker-stop", pid, "SIGSTOP");
    await sleep(long ? 3 * leaseMs : 1.5 * leaseMs);
    for (const pid of workers) run.thaw(pid, "worker-stop");
    for (const { pid } of clusters) run.thaw(pid);
    for (const { id } of handles) {
      await run.ended(id);
      expect(await run.outcomes(id)).toEqual(["success"]);
    }
  });
});
