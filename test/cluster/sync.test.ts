// sync: true runs a task inside enqueue.
import { describe, expect, test } from "vitest";
import { task } from "../../src/index.ts";
import { engines, withQuern } from "./memory-quern.ts";

describe.each(engines)("sync mode on %s", (database) => {
  test("the task has run when enqueue resolves, and its failures are failures", async () => {
    const ran: number[] = [];
    const notes = task("notes", async (value: number) => {
      await Promise.resolve();
      ran.push(value);
      return value * 2;
    });
    const fails = task("fails", { retry: { attempts: 3, delay: 0 } }, (_: void, { attempt }) => {
      throw new Error(`attempt ${attempt}`);
    });
    const alone = task("alone", { isolate: true }, () => "alone");
    const slow = task("slow", { timeout: "50ms", retry: 1 }, (_: void, { signal }) => {
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    await withQuern({ tasks: [notes, fails, alone, slow], database, sync: true }, async (quern) => {
      const handle = await quern.enqueue(notes, 1);
      expect(ran).toEqual([1]);
      expect(await handle.result()).toBe(2);
      const bad = await quern.enqueue(fails);
      expect(await quern.tasks.get(bad.id)).toMatchObject({
        success: false,
        attempt: 3,
        error: { message: "attempt 3" },
      });
      expect(await (await quern.enqueue(alone)).result()).toBe("alone");
      expect(await quern.tasks.get((await quern.enqueue(slow)).id)).toMatchObject({ outcome: "timeout" });
      await quern.enqueueMany(notes, [2, 3, 4]);
      expect(ran).toEqual([1, 2, 3, 4]);
      const later = await quern.enqueue(notes, 5, { delay: "1h" });
      expect(await quern.tasks.get(later.id)).toMatchObject({ state: "waiting" });
    });
  });

  test("a task that enqueues another in it runs that one too", async () => {
    const child = task("child", () => "child");
    let childId = "";
    await withQuern({ tasks: [child], database, sync: true }, async () => {});
    const parent = task("parent", async () => {
      childId = (await inner.enqueue(child)).id;
    });
    const { Quern } = await import("../../src/index.ts");
    const inner = new Quern({ tasks: [parent, child], database, sync: true });
    await inner.enqueue(parent);
    expect(await inner.tasks.get(childId)).toMatchObject({ success: true, result: "child" });
    await inner.close();
  });
});
