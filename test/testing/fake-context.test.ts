// What tests of task functions lean on: a context to hand in, and a queue that is run here.
import { expect, it } from "vitest";
import { Quern, task } from "../../src/index.ts";
import { drain, fakeContext } from "../../src/testing/index.ts";

const resize = task("photo.resize", async (width: number, context) => {
  context.progress(0.5, "halfway");
  context.log(`resizing to ${width}`);
  if (context.attempt === 1 && width > 1_000) context.snooze("1m");
  if (context.signal.aborted) throw new Error("aborted");
  return width * 2;
});

it("a task function can be called with a fake context, which keeps what it said", async () => {
  const context = fakeContext({ group: "photos" });
  expect(await resize.run(21, context)).toBe(42);
  expect(context.logged).toEqual(["resizing to 21"]);
  expect(context.progressed).toEqual([{ value: 0.5, note: "halfway" }]);
  expect([context.group, context.attempt]).toEqual(["photos", 1]);
});

it("a fake context snoozes and aborts like a real one", async () => {
  await expect(resize.run(2_000, fakeContext())).rejects.toMatchObject({ delayMs: 60_000 });
  expect(await resize.run(2_000, fakeContext({ attempt: 2 }))).toBe(4_000);
  const context = fakeContext();
  context.abort();
  await expect(resize.run(1, context)).rejects.toThrow("aborted");
});

it("a fake context keeps what it was completed with, and leaves the transaction alone", async () => {
  const context = fakeContext();
  const tx = { query: () => Promise.reject(new Error("nobody asks it")), escapeIdentifier: String };
  await context.completeIn(tx, { paid: true });
  expect(context.completed).toEqual([{ tx, result: { paid: true } }]);
});

it("drain runs what is queued, and says how many attempts that took", async () => {
  await using quern = new Quern({ tasks: [resize], database: "memory:" });
  const [small, large] = await quern.enqueueMany(resize, [1, 2_000]);
  expect(await drain(quern)).toBe(2);
  expect(await small?.result()).toBe(2);
  expect(await quern.tasks.get(large?.id ?? "")).toMatchObject({ state: "waiting" });
  expect(await drain(quern)).toBe(0);
});
