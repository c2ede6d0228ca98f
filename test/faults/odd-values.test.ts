// F21 and F22: results that can't be stored, and errors that are odd, huge or many.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultRun, openBare, sharedRun, trials } from "./harness.ts";
import { residentBytes } from "./processes.ts";

const shared = sharedRun({ workers: 1 });

test("a result that can't be stored is a success with the reason, and the function does not run again", {
  timeout: 60_000,
}, async () => {
  const { run, cluster } = shared();
  const workers = run.workersOf(cluster);
  for (const which of [
    "cycle",
    "large",
    "proxy",
    "rudeProxy",
    "toJson",
    "getter",
    "instance",
    "aFunction",
    "aSymbol",
  ]) {
    const handle = await run.enqueue("odd", which);
    expect(await run.ended(handle.id), which).toMatchObject({
      success: true,
      outcome: "success",
      attempt: 1,
      result: undefined,
    });
    await expect(handle.result(), which).rejects.toThrow("QUERN_RESULT_NOT_STORED");
  }
  expect(run.workersOf(cluster)).toEqual(workers);
  const { id } = await run.enqueue("oddLoop");
  expect(await run.ended(id)).toMatchObject({ success: false, outcome: "timeout", attempt: 1 });
});

test("whatever is thrown is a failure that can be shown", { timeout: 60_000 }, async () => {
  const thrown = [
    "aString",
    "aNull",
    "frozen",
    "brokenStack",
    "brokenMessage",
    "longChain",
    "rudeObject",
    "trap",
    "aSymbol",
    "cycle",
    "large",
  ];
  const { run, cluster } = shared();
  const workers = run.workersOf(cluster);
  const handles = [];
  for (const which of thrown) handles.push(await run.enqueue("throws", which, { retry: 1 }));
  for (const [index, { id }] of handles.entries()) {
    const task = await run.ended(id);
    expect(task, thrown[index]).toMatchObject({ success: false, outcome: "failed", attempt: 1 });
    expect(typeof task.error?.message, thrown[index]).toBe("string");
  }
  expect(run.workersOf(cluster)).toEqual(workers);
});

test("many failures at once stay small, come back spread, and hold up nobody", {
  timeout: 300_000,
}, async () => {
  const count = trials(500, 10_000);
  await faultRun({}, async (run) => {
    const cluster = await run.start();
    const before = residentBytes(cluster.pid);
    let most = before;
    const handles = await run.enqueueMany(
      "throws",
      Array.from({ length: count }, () => "huge"),
    );
    const good = await run.enqueueMany("noop", Array.from({ length: count / 10 }));
    await run.until("all have failed for good", 250_000, async () => {
      most = Math.max(most, residentBytes(cluster.pid));
      return (await run.quern.queues.list()).length === 0;
    });

    expect(most - before).toBeLessThan(150 * 2 ** 20);
    expect(await run.quern.tasks.count({ state: ["failure"] })).toBe(count);
    expect(await run.quern.tasks.count({ state: ["success"] })).toBe(good.length);

    const database = await openBare(run.path);
    const [longest] = database.prepare("SELECT max(length(error)) AS bytes FROM quern_attempt").all() as {
      bytes: number;
    }[];
    database.close();
    expect(longest?.bytes).toBeLessThanOrEqual(8_192);

    const log = readFileSync(cluster.log, "utf8").split("\n");
    expect(Math.max(...log.map((line) => line.length))).toBeLessThanOrEqual(330);
    expect(log.filter((line) => line.includes("fault.throws")).length).toBeLessThan(count);

    const thrown = new Map(
      run
        .lines("throw")
        .filter(({ attempt }) => attempt === 1)
        .map(({ id, at }) => [id, at]),
    );
    const buckets = new Map<number, number>();
    for (const { id, at, attempt } of run.lines("start")) {
      if (attempt !== 2) continue;
      const bucket = Math.floor((at - (thrown.get(id) ?? 0)) / 200);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
    }
    expect([...buckets.values()].reduce((sum, each) => sum + each)).toBe(handles.length);
    expect(Math.max(...buckets.values())).toBeLessThan(3 * (handles.length / 10));
  });
});
