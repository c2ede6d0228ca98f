// F29: workers that can't load the project module, at the start and later.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultRun, type FaultRun, long, now } from "./harness.ts";

const breakIt = (run: FaultRun, how: string): void => writeFileSync(join(run.folder, "broken"), how);

test.concurrent("a cluster whose workers can't load their module does not start, and says why", {
  timeout: 120_000,
}, async () => {
  await faultRun({}, async (run) => {
    const ways = [
      ["throws", "the module is broken"],
      ["exits", "exited (3)"],
      ["waits", "exited (13)"],
      ...(long ? [["hangs", "not loaded after 30 s"]] : []),
    ] as [string, string][];
    for (const [how, reason] of ways) {
      for (const command of how === "throws" ? [true, false] : [true]) {
        breakIt(run, how);
        const began = now();
        const cluster = run.launch({ command });
        run.say("fault", "sentinel-kill", cluster.pid, "SIGTERM"); // That it ends by itself is what we want here.
        expect(await cluster.ended, how).toBe(1);
        expect(now() - began, how).toBeLessThan(how === "hangs" ? 40_000 : 10_000);
        expect(readFileSync(cluster.log, "utf8"), how).toContain(reason);
        await run.until("its row says so", 1_000, async () => (await run.row(cluster))?.state === "stopped");
      }
    }
    rmSync(join(run.folder, "broken"));
  });
});

test.concurrent("when the module breaks later nothing is claimed, and work goes on when it is mended", {
  timeout: 60_000,
}, async () => {
  await faultRun({ workers: 1, recycle: 1 }, async (run) => {
    const cluster = await run.start();
    breakIt(run, "throws");
    await run.ended((await run.enqueue("noop")).id); // With it the last good worker retires.
    const handles = [await run.enqueue("noop"), await run.enqueue("alone", 1)];
    await run.until("the trouble is shown", 10_000, async () =>
      (await run.row(cluster))?.trouble?.includes("the module is broken"),
    );
    await run.until(
      "it tries again and again",
      10_000,
      () => (readFileSync(cluster.log, "utf8").match(/could not start/g)?.length ?? 0) >= 3,
    );
    for (const { id } of handles)
      expect(await run.quern.tasks.get(id)).toMatchObject({ attemptsUsed: 0, success: null });
    // 0.1, 0.2, 0.4 … seconds: a busy loop would have forked dozens.
    expect(readFileSync(cluster.log, "utf8").match(/could not start/g)?.length).toBeLessThan(8);
    rmSync(join(run.folder, "broken"));
    for (const { id } of handles)
      expect(await run.ended(id)).toMatchObject({ success: true, attemptsUsed: 1 });
  });
});

test.concurrent.each([
  ["leaves", "exited (4)"],
  ["raises", "an uncaught error"],
])(
  "workers that come up and leave again before they have done anything are not forked in a storm: one that %s",
  {
    timeout: 60_000,
  },
  async (how, reason) => {
    await faultRun({ workers: 1, recycle: 1 }, async (run) => {
      const cluster = await run.start();
      breakIt(run, how);
      await run.ended((await run.enqueue("noop")).id); // With it the last good worker retires.
      const left = (): number => readFileSync(cluster.log, "utf8").match(/did not stay/g)?.length ?? 0;
      const began = now();
      await run.until("it tries again and again", 20_000, () => left() >= 4);
      // 0.1, 0.2 and 0.4 seconds between them.
      expect(now() - began).toBeGreaterThan(700);
      await run.until("the trouble is shown", 10_000, async () =>
        (await run.row(cluster))?.trouble?.includes(reason),
      );
      rmSync(join(run.folder, "broken"));
      const { id } = await run.enqueue("noop");
      expect(await run.ended(id)).toMatchObject({ success: true, attemptsUsed: 1 });
    });
  },
);
