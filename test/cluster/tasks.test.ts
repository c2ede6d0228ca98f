// What a task may ask for and what becomes of it: hooks, unique keys, snoozing, retries, log lines, groups, names.
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type FinishedTask, NonRetryable, task } from "../../src/index.ts";
import { engines, silent, until, withCluster, withQuern } from "./memory-quern.ts";

const echo = task("echo", (value: unknown) => value);
const fails = task("fails", { retry: { attempts: 2, delay: 1 } }, (message: string) => {
  throw new Error(message);
});

describe.concurrent.each(engines)("on %s", (database) => {
  test("a hook is queued once, at the end, with the finished task", async () => {
    const told: FinishedTask[] = [];
    const hook = task("hook", (finished: FinishedTask) => void told.push(finished));
    await withCluster({ tasks: [echo, fails, hook], database }, async (quern) => {
      const good = await quern.enqueue(echo, { n: 1 }, { hook: "hook", group: "g" });
      const bad = await quern.enqueue(fails, "no", { hook });
      await until(() => told.length >= 2);
      await until(async () => (await quern.queues.list()).length === 0);
      expect(told).toHaveLength(2);
      expect(told.find(({ id }) => id === good.id)).toMatchObject({
        success: true,
        func: "echo",
        group: "g",
        outcome: "success",
        attempt: 1,
        result: { n: 1 },
      });
      expect(told.find(({ id }) => id === bad.id)).toMatchObject({
        success: false,
        outcome: "failed",
        attempt: 2,
        error: { name: "Error", message: "no" },
      });
      const hooks = await quern.tasks.list({ func: "hook" });
      expect(hooks.tasks.map(({ parent }) => parent).sort()).toEqual([good.id, bad.id].sort());
    });
  });

  test("a task whose function is known to nobody goes back, with a line that says why", async () => {
    const lines: string[] = [];
    const logger = { ...silent, warn: (line: string) => void lines.push(line) };
    await withCluster({ tasks: [echo], database, logger }, async (quern) => {
      const { id } = await quern.enqueue(echo, 1, { hook: "nobody.knows" });
      await until(() => lines.length > 0);
      const [waiting] = (await quern.tasks.list({ func: "nobody.knows" })).tasks;
      expect(waiting).toMatchObject({ state: "waiting", parent: id });
      expect(lines[0]).toBe(
        `Released '${waiting?.name}' (nobody.knows) attempt 1, again in 5.0 s: no task function here is called nobody.knows`,
      );
    });
  });

  test("a result that can't be stored is told with its reason, in the log and of the task", async () => {
    const lines: string[] = [];
    const logger = { ...silent, warn: (line: string) => void lines.push(line) };
    const odd = task("odd", () => () => {});
    await withCluster({ tasks: [odd, echo], database, logger }, async (quern) => {
      const queued = await quern.enqueue(odd);
      const { id, name } = queued;
      await expect(queued.result()).rejects.toThrow("QUERN_RESULT_NOT_STORED");
      await until(() => lines.length > 0);
      expect(lines[0]).toMatch(
        new RegExp(
          `^Processed '${name}' \\(odd\\) in .*, but its result is not stored: .*result to be plain data, got a function`,
        ),
      );
      const unstored = expect.stringContaining("expected result to be plain data");
      expect(await quern.tasks.get(id)).toMatchObject({ success: true, result: undefined, unstored });
      const good = await quern.enqueue(echo, 1);
      await good.result();
      expect(await quern.tasks.get(good.id)).toMatchObject({ result: 1, unstored: null });
    });
  });

  test("a hook gets no result that is too large for its input, and none that was not stored", async () => {
    const told: FinishedTask[] = [];
    const hook = task("hook", (finished: FinishedTask) => void told.push(finished));
    const large = task("large", { hook }, () => "x".repeat(3_990));
    const odd = task("odd", { hook }, () => () => {});
    await withCluster({ tasks: [large, odd, hook], database, maxBytes: 4_000 }, async (quern) => {
      await quern.enqueue(large);
      await quern.enqueue(odd);
      await until(() => told.length === 2);
      for (const finished of told) {
        expect(finished.success).toBe(true);
        expect(finished).not.toHaveProperty("result");
      }
    });
  });

  test("a unique key is held until its task has ended, or for its time", async () => {
    await withQuern({ tasks: [echo], database }, async (quern) => {
      const first = await quern.enqueue(echo, 1, { unique: "key" });
      const second = await quern.enqueue(echo, 2, { unique: "key" });
      expect(first.deduplicated).toBe(false);
      expect(second).toMatchObject({ id: first.id, name: first.name, deduplicated: true });
      const other = await quern.enqueue(echo, 3, { unique: "another" });
      expect(other.deduplicated).toBe(false);
      const [byInput, same, different] = [
        await quern.enqueue(echo, { a: 1 }, { unique: true }),
        await quern.enqueue(echo, { a: 1 }, { unique: true }),
        await quern.enqueue(echo, { a: 2 }, { unique: true }),
      ];
      expect([byInput, same, different].map(({ deduplicated }) => deduplicated)).toEqual([
        false,
        true,
        false,
      ]);
      const held = await quern.enqueue(echo, 4, { unique: { key: "for long", within: "1h" } });
      const cluster = await quern.start();
      expect(await second.result()).toBe(1);
      expect(await held.result()).toBe(4);
      expect((await quern.enqueue(echo, 5, { unique: "key" })).deduplicated).toBe(false);
      expect((await quern.enqueue(echo, 5, { unique: { key: "for long", within: "1h" } })).id).toBe(held.id);
      await cluster.stop();
    });
  });

  test("a snoozed attempt uses none up and comes back when it asked to", async () => {
    const patient = task("patient", { retry: 1 }, (_: void, { attempt, snooze }) => {
      if (attempt < 4) snooze("30ms");
      return attempt;
    });
    await withCluster({ tasks: [patient], database }, async (quern) => {
      const began = performance.now();
      const handle = await quern.enqueue(patient);
      expect(await handle.result()).toBe(4);
      expect(performance.now() - began).toBeGreaterThanOrEqual(85);
      expect(await quern.tasks.get(handle.id)).toMatchObject({ attempt: 4, attemptsUsed: 1 });
      expect((await quern.tasks.attempts(handle.id)).map(({ outcome }) => outcome)).toEqual([
        "snoozed",
        "snoozed",
        "snoozed",
        "success",
      ]);
    });
  });

  test("NonRetryable and retryIf end a task before its attempts are used up", async () => {
    const final = task("final", { retry: 5 }, () => {
      throw new NonRetryable("for good");
    });
    const retryIf = (error: unknown): boolean => !(error as Error).message.includes("picky");
    const picky = task("picky", { retry: { attempts: 5, delay: 1, retryIf } }, (_: void, { attempt }) => {
      throw new Error(attempt < 3 ? "again" : "too picky");
    });
    const app = task("app", { retry: { attempts: 5, delay: 1 } }, () => {
      throw new Error("app");
    });
    const acked = task("acked", { retry: 5, ackFailures: true }, () => {
      throw new Error("once");
    });
    const options = {
      tasks: [final, picky, app, acked],
      database,
      retry: { retryIf: (error: unknown) => (error as Error).message !== "app" },
    };
    await withCluster(options, async (quern) => {
      for (const [what, attempt] of [
        [final, 1],
        [picky, 3],
        [app, 1],
        [acked, 1],
      ] as const) {
        const handle = await quern.enqueue(what);
        await expect(handle.result()).rejects.toThrow("QUERN_TASK_FAILED");
        expect(await quern.tasks.get(handle.id), what.taskName).toMatchObject({ attempt, outcome: "failed" });
      }
    });
  });

  test("progress and log lines are stored while it runs, and kept with the attempt", async () => {
    let go = (): void => {};
    const voluble = task("voluble", async (_: void, { log, progress }) => {
      log("the first");
      progress(0.25, "a quarter");
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      progress(2);
      for (let line = 0; line < 1_200; line++) log(`line ${line}`);
    });
    for (const renew of ["1s", "5s"] as const) {
      await withCluster({ tasks: [voluble], database, renew, lease: "15s" }, async (quern) => {
        const handle = await quern.enqueue(voluble);
        await until(async () => (await quern.tasks.get(handle.id))?.progress !== null);
        expect((await quern.tasks.get(handle.id))?.progress).toEqual({ value: 0.25, note: "a quarter" });
        go();
        await handle.result();
        expect((await quern.tasks.get(handle.id))?.progress).toEqual({ value: 1 });
        const [attempt] = await quern.tasks.attempts(handle.id);
        expect(attempt?.log.slice(0, 2).map(({ message }) => message)).toEqual(["the first", "line 0"]);
        expect(attempt?.log).toHaveLength(1_000);
        expect(attempt?.logLeftOut).toBe(201);
      });
    }
  });

  test("of the note of a progress the first 1,000 characters are kept", async () => {
    const boasts = task("boasts", (_: void, { progress }) => progress(1, "n".repeat(5_000_000)));
    await withCluster({ tasks: [boasts], database }, async (quern) => {
      const handle = await quern.enqueue(boasts);
      await handle.result();
      expect((await quern.tasks.get(handle.id))?.progress?.note).toBe("n".repeat(1_000));
    });
  });

  test("a group is counted, waited for, listed in order, and deleted", async () => {
    await withCluster({ tasks: [echo, fails], database }, async (quern) => {
      await quern.enqueueMany(echo, [1, 2, 3], { group: "g" });
      const bad = await quern.enqueue(fails, "no", { group: "g", retry: 1 });
      expect(await quern.groups.results("g", { count: 3, timeout: "5s" })).toEqual([1, 2, 3]);
      await expect(quern.groups.results("g", { count: 4, timeout: "50ms" })).rejects.toThrow(
        "QUERN_RESULT_TIMEOUT",
      );
      const tasks = await quern.groups.tasks("g", { count: 4, failures: true, timeout: "5s" });
      expect(tasks.map(({ success }) => success)).toEqual([true, true, true, false]);
      expect(await quern.groups.count("g")).toEqual({ total: 4, succeeded: 3, failed: 1, open: 0 });
      expect(await quern.groups.delete("g")).toBe(4);
      expect(await quern.groups.count("g")).toMatchObject({ total: 0 });
      expect((await quern.tasks.get(bad.id))?.group).toBeNull();
      await quern.enqueueMany(echo, [1, 2], { group: "h" });
      await quern.groups.results("h", { count: 2 });
      expect(await quern.groups.delete("h", { tasks: true })).toBe(2);
      await quern.enqueueMany(echo, [1, 2], { group: "i" });
      await quern.enqueue(fails, "no", { group: "i", retry: 1 });
      const wait = { count: 1, failures: true, timeout: "5s" } as const;
      expect((await quern.groups.tasks("i", { ...wait, func: fails })).map(({ func }) => func)).toEqual([
        "fails",
      ]);
      expect(await quern.groups.results("i", { ...wait, func: fails })).toEqual([]);
      expect(await quern.groups.results("i", { count: 2, timeout: "5s", func: echo })).toEqual([1, 2]);
      await expect(
        quern.groups.results("i", { count: 3, timeout: "50ms", failures: true, func: echo }),
      ).rejects.toThrow("QUERN_RESULT_TIMEOUT");
      expect(await quern.tasks.count({ group: "h" })).toBe(0);
    });
  });

  test("a result is there by id and by name, also for who asks before there is such a task", async () => {
    await withCluster({ tasks: [echo, fails], database }, async (quern) => {
      const early = quern.tasks.result("the-report", { timeout: "5s" });
      const fetched = quern.tasks.fetch("the-report", { wait: "5s" });
      const { id, name } = await quern.enqueue(echo, "found", { name: "the-report" });
      expect(name).toBe("the-report");
      expect(await early).toBe("found");
      expect(await fetched).toMatchObject({ id, name, result: "found" });
      expect(await quern.tasks.result(id)).toBe("found");
      expect(await quern.tasks.fetch("nothing")).toBeNull();
      expect(await quern.tasks.fetch("nothing", { wait: "20ms" })).toBeNull();
      const bad = await quern.enqueue(fails, "no", { retry: 1 });
      expect(await quern.tasks.fetch(bad.id, { wait: "5s" })).toMatchObject({
        success: false,
        error: { message: "no" },
      });
      await expect(quern.tasks.result(bad.name)).rejects.toThrow("QUERN_TASK_FAILED");
    });
  });

  test("what is due later runs then, in order of priority", async () => {
    const order: number[] = [];
    const note = task("note", (number: number) => void order.push(number));
    await withQuern({ tasks: [note], database, concurrency: 1 }, async (quern) => {
      await quern.enqueue(note, 3);
      await quern.enqueue(note, 1, { priority: 5 });
      await quern.enqueue(note, 4, { priority: -1 });
      await quern.enqueue(note, 2, { priority: 1 });
      const soon = await quern.enqueue(note, 5, { delay: "300ms" });
      const began = performance.now();
      const cluster = await quern.start();
      await soon.result();
      expect(performance.now() - began).toBeGreaterThan(200);
      expect(order).toEqual([1, 2, 3, 4, 5]);
      await cluster.stop();
    });
  });

  test("a resubmitted failure runs under a new id and is gone under the old one", async () => {
    let broken = true;
    const mended = task("mended", { retry: 1 }, async (value: number) => {
      await pause(1);
      if (broken) throw new Error("broken");
      return value;
    });
    await withCluster({ tasks: [mended], database }, async (quern) => {
      const handle = await quern.enqueue(mended, 7);
      await expect(handle.result()).rejects.toThrow("QUERN_TASK_FAILED");
      broken = false;
      const again = await quern.tasks.resubmit(handle.id);
      expect(await quern.tasks.result(again.id)).toBe(7);
      expect(await quern.tasks.get(handle.id)).toBeNull();
      expect(await quern.tasks.get(again.id)).toMatchObject({ parent: handle.id, name: handle.name });
    });
  });
});
