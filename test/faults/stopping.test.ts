// F3: stopping a cluster by signals: gently, twice, all processes at once, under load.
import { expect, test } from "vitest";
import { faultRun, now, trials } from "./harness.ts";
import { isAlive } from "./processes.ts";

const settings = { stopGrace: "4s", workers: 2 } as const;
const stopGraceMs = 4_000;
const killGraceMs = 500;

test.concurrent("a stop lets running tasks end within the grace, gives the rest back, and claims nothing", {
  timeout: 60_000,
}, async () => {
  await faultRun(settings, async (run) => {
    const cluster = await run.start({ command: true });
    const soon = await run.enqueue("nap", 2_000);
    // Longer than the lease: it is renewed while the cluster stops.
    const later = await run.enqueue("nap", 3_600);
    const tooLate = await run.enqueue("slowFirst", 60_000);
    const heeding = await run.enqueue("slowFirstHeeds", 60_000);
    const heedful = await run.enqueue("heeds");
    const handles = [soon, later, tooLate, heeding, heedful];
    for (const { id } of handles) await run.line("start", id);
    const heir = await run.start();

    run.fault("cluster-term", cluster.pid, "SIGTERM");
    const signalled = now();
    await run.until(
      "it says that it stops",
      2_000,
      async () => (await run.row(cluster))?.state === "stopping",
    );
    const fresh = await run.enqueueMany("noop", Array.from({ length: 20 }));
    for (const { id } of fresh) expect((await run.line("start", id)).sentinel).toBe(heir.pid);
    expect(await cluster.ended).toBe(0);
    const ended = now();
    expect(ended - signalled).toBeGreaterThan(stopGraceMs - 500);
    expect(ended - signalled).toBeLessThan(stopGraceMs + 2 * killGraceMs + 2_000);
    for (const { id } of [soon, later])
      expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1 });
    expect((await run.ended(heedful.id)).outcome).toBe("timeout");
    for (const { id } of [tooLate, heeding]) {
      const again = await run.line("start", id, 2);
      expect(again.at - ended).toBeLessThan(2_000);
      expect(await run.ended(id)).toMatchObject({ success: true, result: 2, attemptsUsed: 1 });
      expect(await run.outcomes(id)).toEqual(["released", "success"]);
    }
    expect((await run.row(cluster))?.state).toBe("stopped");
  });
});

test.concurrent("signals within a second count as one, a terminal's and an init system's too", {
  timeout: 60_000,
}, async () => {
  await faultRun(settings, async (run) => {
    for (const how of ["five times", "the whole tree", "the foreground group", "hang-up"]) {
      const cluster = await run.start({ command: true });
      const { id } = await run.enqueue("nap", 1_200);
      await run.line("start", id);
      const began = now();
      run.say("fault", "cluster-term", cluster.pid, "SIGTERM");
      if (how === "five times") {
        for (let sent = 0; sent < 5; sent++) {
          process.kill(cluster.pid, "SIGTERM");
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      if (how === "the whole tree")
        for (const pid of [cluster.pid, ...run.workersOf(cluster)]) process.kill(pid, "SIGTERM");
      if (how === "the foreground group") process.kill(-cluster.pid, "SIGINT");
      if (how === "hang-up") process.kill(cluster.pid, "SIGHUP");
      expect(await cluster.ended, how).toBe(0);
      expect(now() - began, how).toBeGreaterThan(600);
      expect(await run.ended(id), how).toMatchObject({ success: true, attempt: 1 });
    }
  });
});

test.concurrent("a later signal kills at once, and the tasks start elsewhere without an attempt used up", {
  timeout: 60_000,
}, async () => {
  await faultRun({ ...settings, stopGrace: "25s" }, async (run) => {
    const cluster = await run.start({ command: true });
    const handles = [await run.enqueue("slowFirst", 60_000), await run.enqueue("slowFirstHeeds", 60_000)];
    for (const { id } of handles) await run.line("start", id);
    const workers = run.workersOf(cluster);
    run.fault("cluster-term", cluster.pid, "SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(isAlive(cluster.pid)).toBe(true);
    process.kill(cluster.pid, "SIGTERM");
    const second = now();
    expect(await cluster.ended).toBe(0);
    expect(now() - second).toBeLessThan(2_000);
    expect(workers.filter(isAlive)).toEqual([]);
    await run.start();
    for (const { id } of handles)
      expect(await run.ended(id)).toMatchObject({ success: true, attempt: 2, attemptsUsed: 1 });
  });
});

test.concurrent("a signal while it starts ends it too", async () => {
  await faultRun({}, async (run) => {
    const cluster = run.launch({ command: true });
    await run.until("its row is there", 10_000, () => run.row(cluster));
    run.fault("cluster-term", cluster.pid, "SIGTERM");
    expect(await cluster.ended).toBe(0);
  });
});

test.concurrent("no stop under load hangs, and nothing is lost by it", { timeout: 180_000 }, async () => {
  await faultRun({ maxCrashes: 1_000, stopGrace: "500ms" }, async (run) => {
    const handles = [];
    for (let trial = 0; trial < trials(3, 20); trial++) {
      const cluster = await run.start({ command: trial % 2 === 0 });
      handles.push(...(await run.enqueueMany("noop", Array.from({ length: 500 }))));
      handles.push(...(await run.enqueueMany("slowFirst", [1, 10, 100, 1_000, 1_500, 1_500])));
      handles.push(...(await run.enqueueMany("alone", [1, 10])));
      // Somewhere in the middle, elsewhere each time.
      const some = handles.at(-508 + 150 * (trial % 3))?.id as string;
      await run.line("start", some, 1, 20_000);
      const began = now();
      run.fault("cluster-term", cluster.pid, "SIGTERM");
      expect(await cluster.ended).toBe(0);
      expect(now() - began).toBeLessThan(1_000 + killGraceMs + 3_000);
    }
    await run.start();
    await run.until("all is done", 30_000, async () => (await run.quern.queues.list()).length === 0);
    expect(await run.quern.tasks.count({ state: ["success"] })).toBe(handles.length);
  });
});
