// How many successes are kept, and that who waits for a result gets it whatever is kept.
import { describe, test } from "vitest";
import { task } from "../../src/index.ts";
import { engines, until, withCluster } from "./memory-quern.ts";

const echo = task("echo", (value: number) => value);
const other = task("other", (value: number) => value);
const unsaved = task("unsaved", { save: false }, (value: number) => value);
const fails = task("fails", { retry: 1 }, (value: number) => {
  throw new Error(`${value}`);
});
const tasks = [echo, other, unsaved, fails];
const numbers = Array.from({ length: 30 }, (_, index) => index);

describe.concurrent.each(engines)("on %s", (database) => {
  test("the oldest successes go beyond the limit, failures never", { timeout: 30_000 }, async ({
    expect,
  }) => {
    await withCluster({ tasks, database, saveLimit: 10, concurrency: 1 }, async (quern) => {
      await quern.enqueueMany(fails, [1, 2, 3]);
      const handles = await quern.enqueueMany(echo, numbers);
      await Promise.all(handles.map((handle) => handle.result()));
      await until(async () => (await quern.tasks.count({ state: "success" })) === 10);
      const left = await quern.tasks.list({ state: "success" }, { oldestFirst: true });
      expect(left.tasks.map(({ result }) => result)).toEqual(numbers.slice(-10));
      expect(await quern.tasks.count({ state: "failure" })).toBe(3);
    });
  });

  test("the limit can count for each func by itself", { timeout: 30_000 }, async ({ expect }) => {
    await withCluster({ tasks, database, saveLimit: 5, saveLimitPer: "func" }, async (quern) => {
      const handles = [
        ...(await quern.enqueueMany(echo, numbers)),
        ...(await quern.enqueueMany(other, numbers)),
      ];
      await Promise.all(handles.map((handle) => handle.result()));
      await until(async () => (await quern.tasks.count({ state: "success" })) === 10);
      for (const func of ["echo", "other"]) expect(await quern.tasks.count({ func })).toBe(5);
    });
  });

  test("a success that is not saved still answers who waits", async ({ expect }) => {
    await withCluster({ tasks, database }, async (quern) => {
      const handle = await quern.enqueue(unsaved, 7);
      expect(await handle.result()).toBe(7);
      expect(await handle.result()).toBe(7);
      expect(await quern.tasks.result(handle.name)).toBe(7);
      expect(await quern.tasks.count()).toBe(0);
      expect(await quern.tasks.get(handle.id)).toBeNull();
    });
    await withCluster({ tasks, database, saveLimit: -1 }, async (quern) => {
      const handles = await quern.enqueueMany(echo, numbers);
      expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(numbers);
      await expect((await quern.enqueue(fails, 1)).result()).rejects.toThrow("QUERN_TASK_FAILED");
      expect(await quern.tasks.count()).toBe(1);
    });
  });
});
