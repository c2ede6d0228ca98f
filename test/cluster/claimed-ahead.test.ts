// What a busy cluster claims ahead of its slots: sent into free ones, and given back when none comes free or the cluster stops.
import { describe, expect, test } from "vitest";
import { task } from "../../src/index.ts";
import { engines, until, withCluster, withQuern } from "./memory-quern.ts";

const slots = 4;

/** A task function that is quick for most of its inputs, and holds its slot until the gate opens for those above. */
function gated() {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const work = task("work", (held: boolean) => (held ? gate : undefined));
  return { work, open };
}

const quick = 600;
const held = 150;
const inputs = Array.from({ length: quick + held }, (_, index) => index >= quick);

describe.each(engines)("tasks that a cluster claimed ahead, on %s", (database) => {
  test("go back when no slot comes free for them, without having used up an attempt", async () => {
    const { work, open } = gated();
    await withCluster({ tasks: [work], database, concurrency: slots, retry: false }, async (quern) => {
      const leased = async () => (await quern.queues.list()).reduce((sum, queue) => sum + queue.leased, 0);
      const handles = await quern.enqueueMany(work, inputs);
      await until(async () => (await quern.tasks.count({ state: "success" })) === quick);
      await until(async () => (await leased()) === slots);
      const outcomes = async ({ id }: { id: string }) =>
        (await quern.tasks.attempts(id)).map(({ outcome }) => outcome);
      const before = await Promise.all(handles.slice(quick).map(outcomes));
      expect(before.flat(), "some were claimed ahead").toContain("released");
      open();
      await Promise.all(handles.map((handle) => handle.result()));
    });
  });

  test("go back when it stops", async () => {
    const { work, open } = gated();
    const settings = { concurrency: slots, retry: false, stopGrace: "20s" } as const;
    await withQuern({ tasks: [work], database, ...settings }, async (quern) => {
      const cluster = await quern.start();
      await quern.enqueueMany(work, inputs);
      await until(async () => (await quern.tasks.count({ state: "success" })) === quick);
      const stopped = cluster.stop();
      await until(async () => (await quern.tasks.count({ state: "ready" })) === held - slots);
      open();
      await stopped;
      expect(await quern.tasks.count({ state: "success" })).toBe(quick + slots);
      expect(await quern.tasks.count({ state: "failure" })).toBe(0);
      const next = await quern.start();
      await until(async () => (await quern.tasks.count({ state: "success" })) === quick + held);
      await next.stop();
    });
  });
});
