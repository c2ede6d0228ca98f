// F6: tasks that end their process.
import { expect, test } from "vitest";
import { sharedRun, trials } from "./harness.ts";
import { isAlive } from "./processes.ts";

const ways = [
  ["exit0", "exited (0) before finishing", "released"],
  ["exit1", "exited (1) before finishing", "released"],
  ["abort", "SIGABRT", "crashed"],
  ["disconnect", "SIGKILL", "crashed"],
  ["reallyExit", "exited (0) before finishing", "crashed"],
] as const;

const shared = sharedRun({ workers: 1 });

test("a task that ends its process is crashed, never a success", { timeout: 120_000 }, async () => {
  const { run, cluster } = shared();
  for (const [how, reason, ofNeighbour] of Array.from({ length: trials(1, 10) }, () => ways).flat()) {
    // Longer than it may take on a loaded machine until the other ends the process of both.
    const neighbour = await run.enqueue("slowFirst", 5_000);
    const { pid } = await run.line("start", neighbour.id);
    const { id } = await run.enqueue("ends", { how });
    await run.line("start", id, 2);
    await run.until("the worker has ended", 2_000, () => !isAlive(pid));
    const [first] = await run.attempts(id);
    expect(first).toMatchObject({ outcome: "crashed", error: { message: reason }, worker: String(pid) });
    expect(await run.ended(id)).toMatchObject({ success: true, attempt: 2 });
    expect((await run.ended(neighbour.id)).success).toBe(true);
    expect((await run.outcomes(neighbour.id))[0]).toBe(ofNeighbour);
  }
  expect(isAlive(cluster.pid)).toBe(true);
});

test("a task that exits every time ends as a failure, and one that had ended in the same turn is not repeated", async () => {
  const { run } = shared();
  const [first, second] = await run.enqueueMany("noop", [1, 2]);
  const { id } = await run.enqueue("ends", { how: "exit0", times: 10 }, {}, "poison");
  expect(await run.ended(id)).toMatchObject({ success: false, outcome: "crashed", attempt: 3 });
  for (const handle of [first, second]) expect((await run.ended(handle?.id as string)).success).toBe(true);
});

test("what a task says over the channel to its cluster is none of the cluster's business", async () => {
  const { run, cluster } = shared();
  const words = [
    "ready",
    null,
    0,
    [],
    {},
    { kind: "reports" },
    { kind: "reports", reports: [null] },
    { quern: null },
  ];
  const { id } = await run.enqueue("says", words);
  expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1, result: "fine" });
  expect((await run.ended((await run.enqueue("noop")).id)).success).toBe(true);
  expect(isAlive(cluster.pid)).toBe(true);
});
