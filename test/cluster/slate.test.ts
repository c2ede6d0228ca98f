// The slate: what a worker wrote down is read by whoever made it, and says nothing of an attempt it was not written for.
import { expect, it } from "vitest";
import { Slate, slateOn } from "../../src/cluster/slate.ts";

it("what is written down is read; a line that is used again says nothing of its new attempt", () => {
  const slate = new Slate();
  const writeDown = slateOn(slate.file as number);
  const [first, second] = [slate.take(), slate.take()];
  expect([slate.beganAt(first), slate.beganAt(second)]).toEqual([null, null]);
  expect(writeDown(second, 12.5)).toBe(true);
  expect([slate.beganAt(first), slate.beganAt(second)]).toEqual([null, 12.5]);
  slate.give(second);
  const third = slate.take();
  expect(third[0]).toBe(second[0]);
  expect(slate.beganAt(third)).toBe(null);
  writeDown(third, 13.5);
  expect([slate.beganAt(second), slate.beganAt(third)]).toEqual([null, 13.5]);
  slate.close();
});

it("what could not be written down is known to the worker", () => {
  const noSuchDescriptor = 1_000_000;
  expect(slateOn(noSuchDescriptor)([0, 1], 12.5)).toBe(false);
});

it("where no file can be made there is a slate all the same, on which nothing stands", () => {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = "/no/such/folder";
  try {
    const slate = new Slate();
    expect(slate.file).toBe(null);
    expect(slate.beganAt(slate.take())).toBe(null);
    slate.close();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
});
