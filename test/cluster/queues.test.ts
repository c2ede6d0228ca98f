// Several queues: their own limits, turns, pauses, and clusters that serve some of them.
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { task } from "../../src/index.ts";
import { engines, sleep, until, withCluster, withQuern } from "./memory-quern.ts";

describe.concurrent.each(engines)("on %s", (database) => {
  test("a queue runs no more than its limit at a time, and leaves the other slots to the others", async () => {
    const running: Record<string, number> = {};
    const most: Record<string, number> = {};
    const work = task("work", async (_: void, { queue }) => {
      running[queue] = (running[queue] ?? 0) + 1;
      most[queue] = Math.max(most[queue] ?? 0, running[queue]);
      await pause(20);
      running[queue] -= 1;
    });
    const queues = { narrow: { concurrency: 2 }, single: { concurrency: 1 } };
    await withCluster({ tasks: [work], database, concurrency: 8, queues }, async (quern) => {
      for (const queue of ["narrow", "single", "wide"])
        await quern.enqueueMany(work, Array.from({ length: 12 }), { queue });
      await until(async () => (await quern.queues.list()).length === 0);
      expect(most["narrow"]).toBe(2);
      expect(most["single"]).toBe(1);
      expect(most["wide"]).toBeGreaterThanOrEqual(5);
    });
  });

  test("a long queue does not keep a short one waiting", async () => {
    const order: string[] = [];
    const work = task("work", async (_: void, { queue }) => {
      order.push(queue);
      await pause(1);
    });
    await withQuern({ tasks: [work], database, concurrency: 4 }, async (quern) => {
      await quern.enqueueMany(work, Array.from({ length: 400 }), { queue: "long" });
      await quern.enqueueMany(work, Array.from({ length: 20 }), { queue: "short" });
      const cluster = await quern.start();
      await until(async () => (await quern.queues.list()).length === 0);
      expect(order.lastIndexOf("short")).toBeLessThan(200);
      await cluster.stop();
    });
  });

  test("a paused queue gives none of its tasks until it is resumed", async () => {
    const work = task("work", (value: string) => value);
    await withCluster({ tasks: [work], database }, async (quern) => {
      expect(await quern.queues.pause("mail")).toBe(true);
      expect(await quern.queues.pause("mail")).toBe(false);
      const held = await quern.enqueue(work, "held", { queue: "mail" });
      const free = await quern.enqueue(work, "free");
      expect(await free.result()).toBe("free");
      await sleep(100);
      expect(await quern.queues.list()).toEqual([
        { queue: "mail", waiting: 0, ready: 1, leased: 0, paused: true },
      ]);
      expect(await quern.queues.resume("mail")).toBe(true);
      expect(await held.result({ timeout: "5s" })).toBe("held");
      expect(await quern.queues.resume("mail")).toBe(false);
    });
  });

  test("a cluster serves the queues it was started for", async () => {
    const where = task("where", (_: void, { queue }) => queue);
    await withQuern({ tasks: [where], database }, async (quern) => {
      const mail = await quern.start({ queues: ["mail"] });
      const [first, second] = [
        await quern.enqueue(where, undefined, { queue: "mail" }),
        await quern.enqueue(where),
      ];
      expect(await first.result()).toBe("mail");
      await expect(second.result({ timeout: "150ms" })).rejects.toThrow(
        /QUERN_RESULT_TIMEOUT: .* Does a cluster run on \S+ that serves its queue\?/,
      );
      expect((await quern.clusters.list())[0]?.queues).toBe("mail");
      const rest = await quern.start();
      expect(await second.result()).toBe("default");
      await Promise.all([mail.stop(), rest.stop()]);
    });
  });

  test("a queue's timeout and retry hold for tasks that say nothing of their own", async () => {
    const slow = task("slow", (_: void, { signal }) => pause(5_000, null, { signal }));
    const own = task("own", { retry: 1 }, () => {
      throw new Error("own");
    });
    const queues = { quick: { timeout: "50ms", retry: { attempts: 2, delay: 1 } } } as const;
    await withCluster({ tasks: [slow, own], database, queues }, async (quern) => {
      const [first, second] = [
        await quern.enqueue(slow, undefined, { queue: "quick" }),
        await quern.enqueue(own, undefined, { queue: "quick" }),
      ];
      await expect(first.result()).rejects.toMatchObject({ details: { outcome: "timeout" } });
      await expect(second.result()).rejects.toThrow("QUERN_TASK_FAILED");
      expect((await quern.tasks.get(first.id))?.attempt).toBe(2);
      expect((await quern.tasks.get(second.id))?.attempt).toBe(1);
    });
  });
});
