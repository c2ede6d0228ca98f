// What a busy cluster claims ahead of its slots: sent into free ones, and given back when none comes free or the cluster stops.
import { describe, expect, test } from "vitest";
import { task } from "../../src/index.ts";
import { engines, until, withCluster, withQuern } from "./memory-quern.ts";

const slots = 4;

/** A task function that is quick for most of its inputs, and holds its slot until the gate opens for those above. */
function gated() {
  let open = (): void => {};
  let holding = 0;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const work = task("work", (held: boolean) => {
    if (!held) return undefined;
    holding += 1;
    return gate;
  });
  // A slow machine may give quick ones back, too: so it is not waited for the last of those.
  const allHeld = (): Promise<void> => until(() => holding >= slots);
  return { work, open, allHeld };
}

const quick = 600;
const held = 150;
const inputs = Array.from({ length: quick + held }, (_, index) => index >= quick);

describe.each(engines)("tasks that a cluster claimed ahead, on %s", (database) => {
  test("go back when no slot comes free for them, without having used up an attempt", async () => {
    const { work, open, allHeld } = gated();
    await withCluster({ tasks: [work], database, concurrency: slots, retry: false }, async (quern) => {
      const leased = async () => (await quern.queues.list()).reduce((sum, queue) => sum + queue.leased, 0);
      const handles = await quern.enqueueMany(work, inputs);
      await allHeld();
      await until(async () => (await leased()) === slots);
      const outcomes = await Promise.all(handles.map(({ id }) => quern.tasks.attempts(id)));
      expect(
        outcomes.flat().map(({ outcome }) => outcome),
        "some were claimed ahead",
      ).toContain("released");
      open();
      await Promise.all(handles.map((handle) => handle.result()));
    });
  });

  test("go back when it stops", async () => {
    const { work, open, allHeld } = gated();
    const settings = { concurrency: slots, retry: false, stopGrace: "20s" } as const;
    await withQuern({ tasks: [work], database, ...settings }, async (quern) => {
      const cluster = await quern.start();
      await quern.enqueueMany(work, inputs);
      await allHeld();
      const stopped = cluster.stop();
      const count = (state: "ready" | "success") => quern.tasks.count({ state });
      await until(async () => (await count("ready")) + (await count("success")) === quick + held - slots);
      const before = await count("success");
      open();
      await stopped;
      expect(await count("success")).toBe(before + slots);
      expect(await quern.tasks.count({ state: "failure" })).toBe(0);
      const next = await quern.start();
      await until(async () => (await count("success")) === quick + held);
      await next.stop();
    });
  });
});
