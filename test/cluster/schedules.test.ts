// Schedules end to end, in a cluster inside this process: what reaches the function, and what stops and starts them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { Quern, schedule, task } from "../../src/index.ts";
import { engines, silent, until, withCluster, withQuern } from "./memory-quern.ts";

const everySecond = { cron: "* * * * * *" } as const;
const once = (at = new Date()) => ({ type: "once", firstRun: at, repeats: 1 }) as const;

/** A schema that lets through what `fits` says at the moment. */
function schemaOf(fits: (value: unknown) => boolean): StandardSchemaV1<unknown, unknown> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => (fits(value) ? { value } : { issues: [{ message: "it does not fit" }] }),
    },
  };
}

describe.concurrent.each(engines)("schedules on %s", (database) => {
  test("a slot's time and the schedule's name reach the function, in every attempt", async () => {
    const seen: (number | undefined)[] = [];
    const flaky = task("flaky", { retry: { attempts: 3, delay: 1 } }, (_: void, context) => {
      seen.push(context.scheduledFor?.getTime());
      if (context.attempt < 3) throw new Error("not yet");
      return context.group;
    });
    await withCluster({ tasks: [flaky], database }, async (quern) => {
      await quern.schedule("reminder", flaky, undefined, once(new Date(Date.now() + 100)));
      await until(async () => (await quern.schedules.get("reminder"))?.success === true);
      const [run] = await quern.schedules.history("reminder");
      expect(run).toMatchObject({ kind: "slot", outcome: "success" });
      expect(seen).toEqual(Array(3).fill(run?.slot.getTime()));
      expect(await quern.tasks.get(run?.task ?? "")).toMatchObject({ result: "reminder", attempt: 3 });
      const plain = await quern.enqueue(flaky);
      await plain.result();
      expect(seen.at(-1)).toBeUndefined();
    });
  });

  test("one that is due now starts at once on an idle cluster", async () => {
    let started = 0;
    const note = task("note", () => {
      started = Date.now();
    });
    await withCluster({ tasks: [note], database }, async (quern) => {
      await quern.schedule("now", note, undefined, once());
      const saved = Date.now();
      await until(() => started > 0);
      expect(started - saved).toBeLessThan(1_900);
    });
  });
});

describe.concurrent("schedules", () => {
  const database = "sqlite::memory:";

  test("a cluster that serves some queues fires the schedules of those", async () => {
    const note = task("note", () => null);
    await withQuern({ tasks: [note], database }, async (quern) => {
      await quern.schedule("mine", note, undefined, { ...everySecond, queue: "mails" });
      await quern.schedule("theirs", note, undefined, { ...everySecond, queue: "reports" });
      const cluster = await quern.start({ queues: ["mails"] });
      await until(async () => (await quern.schedules.history("mine")).length >= 2);
      expect(await quern.schedules.history("theirs")).toEqual([]);
      await cluster.stop();
      const other = await quern.start({ queues: ["reports"] });
      await until(async () => (await quern.schedules.history("theirs")).length >= 1);
      await other.stop();
    });
  });

  test("when the schema no longer takes its input it stops with that error, and runs again when it is mended", async () => {
    let fits: unknown = "old";
    const picky = task("picky", { input: schemaOf((value) => value === fits) }, (value) => value);
    await withQuern({ tasks: [picky], database }, async (quern) => {
      const failed: string[] = [];
      quern.on("schedule:failed", ({ name, error }) => void failed.push(`${name}: ${error.message}`));
      const fired: string[] = [];
      quern.on("schedule:fired", ({ name }) => void fired.push(name));
      const cluster = await quern.start();
      await quern.schedule("report", picky, "old", everySecond);
      await until(async () => (await quern.schedules.get("report"))?.success === true);
      fits = "new";
      await until(async () => (await quern.schedules.get("report"))?.held === true);
      const stopped = await quern.schedules.get("report");
      expect(stopped?.error).toMatch(/^QUERN_BAD_INPUT: picky can't take this input .*it does not fit/);
      expect(failed).toEqual([`report: ${stopped?.error}`]);
      expect(fired).toContain("report");

      await quern.schedules.update("report", { input: "new" });
      const { length } = await quern.schedules.history("report");
      await until(async () => {
        const [run, ...earlier] = await quern.schedules.history("report");
        return earlier.length >= length && run?.success === true;
      });
      expect(await quern.schedules.get("report")).toMatchObject({ held: false, error: null });
      await cluster.stop();
    });
  });

  test("a function that gives another one a wrong input does not stop its schedule", async () => {
    const picky = task("picky", { input: schemaOf(() => false) }, () => null);
    const clumsy = task("clumsy", { retry: 1 }, async () => {
      await inner.enqueue(picky, undefined);
    });
    let inner: Quern;
    await withCluster({ tasks: [picky, clumsy], database }, async (quern) => {
      inner = quern;
      await quern.schedule("clumsy", clumsy, undefined, everySecond);
      await until(
        async () =>
          (await quern.schedules.history("clumsy")).filter((run) => run.success === false).length >= 2,
      );
      expect(await quern.schedules.get("clumsy")).toMatchObject({ held: false, error: null });
    });
  });

  test("a slot whose unique key is held makes no task, and says which one holds it", async () => {
    let release = (): void => {};
    const slow = task("slow", () => new Promise<void>((resolve) => (release = resolve)));
    await withCluster({ tasks: [slow], database }, async (quern) => {
      await quern.schedule("one at a time", slow, undefined, { ...everySecond, unique: "it" });
      await until(async () => (await quern.schedules.history("one at a time")).length >= 2);
      const runs = await quern.schedules.history("one at a time");
      expect(runs.map(({ outcome }) => outcome).slice(-2)).toEqual(["deduplicated", null]);
      expect(new Set(runs.map((run) => run.task)).size).toBe(1);
      release();
    });
  });
});

test.concurrent("a once that deleted itself stays gone when it is declared again, and comes back when it says something else", async ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "quern-schedules-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const ran: string[] = [];
  const move = task("move", (what: string) => void ran.push(what));
  const run = async (what: string, work: (quern: Quern) => Promise<void>): Promise<void> => {
    const schedules = [schedule("migrate", move, what, { type: "once", firstRun: new Date(0) })];
    const database = `sqlite:${join(folder, "quern.db")}`;
    const quern = new Quern({ tasks: [move], schedules, database, workers: 0, logger: silent });
    const cluster = await quern.start();
    await work(quern);
    await cluster.stop();
    await quern.close();
  };
  await run("first", () => until(() => ran.length === 1));
  await run("first", async (quern) => {
    expect(await quern.schedules.get("migrate")).toBeNull();
    await (await quern.enqueue(move, "between")).result();
  });
  expect(ran).toEqual(["first", "between"]);
  await run("second", () => until(() => ran.length === 3));
  expect(ran).toEqual(["first", "between", "second"]);
});

test.concurrent("a cluster that stops fires nothing more, and the next one makes up for what it missed", async ({
  onTestFinished,
}) => {
  const note = task("note", () => null);
  const folder = mkdtempSync(join(tmpdir(), "quern-schedules-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await withQuern({ tasks: [note], database: `sqlite:${join(folder, "quern.db")}` }, async (quern) => {
    for (const missed of ["all", "one", "none"] as const)
      await quern.schedule(missed, note, undefined, { ...everySecond, missed, missedAfter: "1s" });
    const fired = async (name: string): Promise<number[]> =>
      (await quern.schedules.history(name)).map(({ slot }) => slot.getTime() / 1_000).reverse();
    const first = await quern.start();
    await until(async () => (await fired("all")).length >= 1);
    await first.stop();
    const before = (await fired("all")).at(-1) ?? 0;
    await until(() => Date.now() > (before + 4.5) * 1_000);
    expect((await fired("all")).at(-1)).toBe(before);
    const second = await quern.start();
    await until(async () => ((await fired("all")).at(-1) ?? 0) >= before + 6);
    await second.stop();
    const gaps = async (name: string): Promise<number[]> =>
      (await fired(name)).map((slot, index, all) => slot - (all[index - 1] ?? slot - 1));
    expect(new Set(await gaps("all"))).toEqual(new Set([1]));
    for (const name of ["one", "none"])
      expect(Math.max(...(await gaps(name))), name).toBeGreaterThanOrEqual(3);
  });
});
