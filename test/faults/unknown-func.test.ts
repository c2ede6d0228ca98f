// F20: tasks whose function this cluster does not know. They wait for one that does.
import { expect, test } from "vitest";
import { faultRun, long, now } from "./harness.ts";

test("a task nobody knows goes back with a delay that doubles, and runs when a cluster that knows it starts", {
  timeout: 60_000,
}, async () => {
  const extra = ["later", "constructor", "toString", "__proto__"];
  await faultRun({ workers: 1, extra }, async (run) => {
    const without = await run.start({ settings: { extra: [] } });
    const handles = [];
    for (const name of extra) handles.push(await run.enqueue(name));
    for (const { id } of handles) {
      await run.until("it was given back", 5_000, async () => (await run.outcomes(id)).length === 1);
      const task = await run.quern.tasks.get(id);
      expect(task).toMatchObject({ state: "waiting", attempt: 1, attemptsUsed: 0, success: null });
      const [first] = await run.attempts(id);
      expect(first?.outcome).toBe("released");
      const delay = (task?.due?.getTime() ?? 0) - (first?.stopped.getTime() ?? 0);
      expect(delay).toBeGreaterThan(4_500);
      expect(delay).toBeLessThan(6_000);
    }
    const [{ id } = { id: "" }] = handles;
    if (long) {
      await run.until("it was given back again", 8_000, async () => (await run.outcomes(id)).length === 2);
      const task = await run.quern.tasks.get(id);
      expect((task?.due?.getTime() ?? 0) - Date.now()).toBeGreaterThan(8_000);
    }
    await run.stop(without);

    await run.start();
    const ready = now();
    for (const { id } of handles) {
      const ended = await run.ended(id, 4_000);
      expect(ended).toMatchObject({ success: true, attemptsUsed: 1 });
      expect(extra).toContain(ended.result);
    }
    expect(now() - ready).toBeLessThan(4_000);
  });
});
