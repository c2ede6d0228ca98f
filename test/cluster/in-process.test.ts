// workers: 0: a cluster inside the calling process, on the engines that live in one.
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isQuernError, NonRetryable, Quern, task } from "../../src/index.ts";
import { engines, silent, sleep, until, withCluster, withQuern } from "./memory-quern.ts";

const add = task("add", ({ a, b }: { a: number; b: number }) => a + b);
const attempts = task("attempts", { retry: { attempts: 3, delay: 1 } }, (enough: number, { attempt }) => {
  if (attempt < enough) throw new Error(`not at ${attempt}`);
  return attempt;
});
const endless = task("endless", { timeout: "100ms", retry: 1 }, async (_: void, { signal }) =>
  pause(60_000, null, { signal }),
);
const deaf = task("deaf", { timeout: "100ms", retry: 1 }, () => pause(400, "after all"));
const blocks = task("blocks", { timeout: "100ms", retry: 1 }, async (ms: number, { signal }) => {
  for (const end = performance.now() + ms; performance.now() < end; );
  await pause(60_000, null, { signal });
});
const brief = task("brief", { timeout: "200ms", retry: 1 }, (ms: number, { signal }) =>
  pause(ms, "done", { signal }),
);
const alone = task("alone", { isolate: true }, () => "alone");

describe.each(engines)("inside this process, on %s", (database) => {
  test("a task gives its result", async () => {
    await withCluster({ tasks: [add], database }, async (quern) => {
      expect(await (await quern.enqueue(add, { a: 1, b: 2 })).result()).toBe(3);
      const handles = await quern.enqueueMany(
        add,
        Array.from({ length: 500 }, (_, index) => ({ a: index, b: 1 })),
      );
      expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(
        Array.from({ length: 500 }, (_, index) => index + 1),
      );
    });
  });

  test("tasks that were queued before it started run, and those of a stopped one wait for the next", async () => {
    await withQuern({ tasks: [add], database }, async (quern) => {
      const early = await quern.enqueue(add, { a: 1, b: 1 });
      const first = await quern.start();
      expect(await early.result()).toBe(2);
      await first.stop();
      const late = await quern.enqueue(add, { a: 2, b: 2 });
      await expect(late.result({ timeout: "50ms" })).rejects.toThrow("QUERN_RESULT_TIMEOUT");
      const second = await quern.start();
      expect(await late.result()).toBe(4);
      await second.stop();
    });
  });

  test("a failed attempt is repeated until there are no more", async () => {
    await withCluster({ tasks: [attempts], database }, async (quern) => {
      expect(await (await quern.enqueue(attempts, 3)).result()).toBe(3);
      const bad = await quern.enqueue(attempts, 4);
      await expect(bad.result()).rejects.toMatchObject({
        code: "QUERN_TASK_FAILED",
        cause: { message: "not at 3" },
      });
      expect(
        (await quern.tasks.attempts(bad.id)).map(({ outcome, error }) => [outcome, error?.message]),
      ).toEqual([
        ["failed", "not at 1"],
        ["failed", "not at 2"],
        ["failed", "not at 3"],
      ]);
    });
  });

  test("a timeout fires the signal; what does not heed it keeps its slot and what it returns", async () => {
    await withCluster({ tasks: [endless, deaf], database }, async (quern) => {
      const [heeding, deafOne] = [await quern.enqueue(endless), await quern.enqueue(deaf)];
      await expect(heeding.result()).rejects.toMatchObject({ details: { outcome: "timeout" } });
      expect(await deafOne.result()).toBe("after all");
    });
  });

  test("the time of a task that waits behind one that blocks the process runs from its begin", async () => {
    await withCluster({ tasks: [blocks, brief], database }, async (quern) => {
      await quern.queues.pause("default");
      const blocker = await quern.enqueue(blocks, 500);
      const behind = await quern.enqueueMany(brief, [100, 100, 100]);
      await quern.queues.resume("default");
      await expect(blocker.result()).rejects.toMatchObject({ details: { outcome: "timeout" } });
      for (const handle of behind) {
        expect(await handle.result()).toBe("done");
        expect(await quern.tasks.get(handle.id)).toMatchObject({ attempt: 1, attemptsUsed: 1 });
      }
    });
  });

  test("a task that wants to be alone runs beside the others, because there is no other process", async () => {
    await withCluster({ tasks: [alone, add], database, concurrency: 2 }, async (quern) => {
      const handles = await quern.enqueueMany(alone, [undefined, undefined, undefined]);
      expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([
        "alone",
        "alone",
        "alone",
      ]);
    });
  });

  test("recycle and maxRss do not apply: there is nothing to replace", async () => {
    await withCluster({ tasks: [add], database, recycle: 1, maxRss: "1MB" }, async (quern) => {
      for (let each = 0; each < 5; each++)
        expect(await (await quern.enqueue(add, { a: each, b: 0 })).result()).toBe(each);
      expect((await quern.clusters.list())[0]?.reincarnations).toBe(0);
    });
  });

  test("a stop waits for running tasks, and gives back those that take longer than its grace", async () => {
    const nap = task("nap", (ms: number) => pause(ms, ms));
    await withQuern({ tasks: [nap], database, stopGrace: "300ms", killGrace: "50ms" }, async (quern) => {
      const cluster = await quern.start();
      const [short, long] = [await quern.enqueue(nap, 150), await quern.enqueue(nap, 60_000)];
      await until(async () => (await quern.tasks.get(long.id))?.state === "leased");
      const began = performance.now();
      await cluster.stop();
      expect(performance.now() - began).toBeLessThan(20_000);
      expect((await quern.tasks.get(short.id))?.success).toBe(true);
      expect(await quern.tasks.get(long.id)).toMatchObject({ state: "ready", attempt: 1, attemptsUsed: 0 });
      expect((await quern.clusters.list())[0]).toMatchObject({ state: "stopped", workers: [] });
    });
  });

  test("a running task is cancelled by its signal, a waiting one at once", async () => {
    const wait = task("wait", { retry: 5 }, (_: void, { signal }) => pause(60_000, null, { signal }));
    await withCluster({ tasks: [wait], database, concurrency: 1 }, async (quern) => {
      const running = await quern.enqueue(wait);
      await until(async () => (await quern.tasks.get(running.id))?.state === "leased");
      const waiting = await quern.enqueue(wait, undefined, { delay: "1h" });
      expect(await waiting.cancel()).toBe("cancelled");
      expect(await running.cancel()).toBe("asked");
      for (const { id, result } of [running, waiting]) {
        await expect(result()).rejects.toMatchObject({ details: { outcome: "cancelled" } });
        expect(await quern.tasks.cancel(id)).toBe("ended");
      }
      expect(await quern.tasks.cancel("01a20e96-d559-73f0-8370-6d41c33fed5b")).toBe("unknown");
    });
  });
});

test("two Querns in one process know nothing of each other", async () => {
  const mine = task("same.name", () => "mine");
  const yours = task("same.name", () => "yours");
  await withCluster({ tasks: [mine], database: "memory:" }, async (first) => {
    await withCluster({ tasks: [yours], database: "memory:" }, async (second) => {
      expect(await (await first.enqueue(mine)).result()).toBe("mine");
      expect(await (await second.enqueue(yours)).result()).toBe("yours");
    });
  });
});

test("a database in memory can't be shared with worker processes", async () => {
  const quern = new Quern({ tasks: [add], database: "memory:", workers: 1, logger: silent });
  await expect(quern.start()).rejects.toThrow("QUERN_MEMORY_NEEDS_ONE_PROCESS");
  await quern.close();
});

test("inside a task neither a result is waited for nor another attempt wanted that would not help", async () => {
  const outer = task("outer", { retry: 3 }, async (_: void): Promise<string> => {
    try {
      await (await quern.enqueue(add, { a: 1, b: 1 })).result();
      return "it waited";
    } catch (error) {
      throw new NonRetryable(isQuernError(error) ? error.code : "?");
    }
  });
  const quern = new Quern({ tasks: [outer, add], database: "memory:", workers: 0, logger: silent });
  const cluster = await quern.start();
  const handle = await quern.enqueue(outer);
  await expect(handle.result()).rejects.toMatchObject({ cause: { message: "QUERN_RESULT_IN_WORKER" } });
  expect((await quern.tasks.get(handle.id))?.attempt).toBe(1);
  await cluster.stop();
  await sleep(0);
  await quern.close();
});
