// F13: the machine's clock is set an hour forward and back while attempts run: leases that live are nobody else's, and work goes on.
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type FakeTime, findFakeTime } from "./faketime.ts";
import { FaultRun, now, report } from "./harness.ts";
import { isAlive } from "./processes.ts";

const leaseMs = 3_000;
// When things happened, and before what, is what such runs can't tell.
const ofTime = /^I9|^I6 .* after the task had ended$/;
const found = findFakeTime();
afterAll(() => typeof found === "string" || found.remove());
const notRun = typeof found === "string" ? ` (did not run: ${found})` : "";

test.skipIf(typeof found === "string").each([
  ["forward", 3_600],
  ["back", -3_600],
])(
  `the clock is set an hour %s under two clusters: nothing is lost or started twice, and what comes then is done at once${notRun}`,
  { concurrent: true, timeout: 60_000 },
  async (_, seconds) => {
    const { environment, step } = found as FakeTime;
    const run = new FaultRun({ workers: 1 });
    try {
      const file = join(run.folder, "time");
      step(file, 0);
      const faked = { environment: environment(file) };
      await Promise.all([run.start(faked), run.start(faked)]);
      const inputs = Array.from({ length: 12 }, () => 2 * leaseMs);
      const handles = await run.enqueueMany("nap", inputs);
      for (const { id } of handles) await run.line("start", id);
      step(file, seconds);
      const stepped = now();
      // Asked by us, who live in another time: a task that is due now, by their clock, or was before.
      const { id } = await run.enqueue("noop", undefined, { runAt: new Date(Date.now() + seconds * 1_000) });
      await run.ended(id);
      report("F13: ms from a step of the clock to the end of a task that came then", [now() - stepped]);
      for (const handle of handles) {
        expect(await run.ended(handle.id)).toMatchObject({ success: true, attempt: 1 });
        expect(await run.outcomes(handle.id)).toEqual(["success"]);
      }
      expect((await run.verdict()).filter((broken) => !ofTime.test(broken))).toEqual([]);
    } finally {
      await run.close();
    }
  },
);

test.skipIf(typeof found === "string")(
  `what a cluster left that died before the clock was set back is taken over as soon as ever${notRun}`,
  { concurrent: true, timeout: 60_000 },
  async () => {
    const { environment, step } = found as FakeTime;
    const run = new FaultRun({ workers: 1 });
    try {
      const file = join(run.folder, "time");
      step(file, 0);
      const faked = { environment: environment(file) };
      const dying = await run.start(faked);
      const handles = await run.enqueueMany("slowFirst", [60_000, 60_000, 60_000]);
      for (const { id } of handles) await run.line("start", id);
      run.fault("sentinel-kill", dying.pid, "SIGKILL");
      await run.until("it is gone", 5_000, () => !isAlive(dying.pid));
      step(file, -3_600);
      const heir = run.launch(faked);
      for (const { id } of handles)
        expect((await run.line("start", id, 2, 5 * leaseMs)).sentinel).toBe(heir.pid);
      for (const { id } of handles) {
        expect(await run.ended(id)).toMatchObject({ success: true, result: 2 });
        expect(await run.outcomes(id)).toEqual(["lost", "success"]);
      }
      // The record of a loss is older, by its clock, than the kill that explains it.
      const broken = (await run.verdict()).filter((one) => !ofTime.test(one) && !/^I4 .* was lost/.test(one));
      expect(broken).toEqual([]);
    } finally {
      await run.close();
    }
  },
);
