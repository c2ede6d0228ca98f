// How many tasks are claimed ahead: as many as will be started at once, none of those that take long.
import { describe, expect, it } from "vitest";
import { Reserve, type Reserved } from "../../src/cluster/round/reserve.ts";

const now = 1_000_000;

/** A reserve that has heard how long tasks took, one millisecond after the other, the first of them often. */
function reserveAfter(...ms: number[]): Reserve {
  const reserve = new Reserve();
  const [often] = ms;
  if (often !== undefined) for (let at = 0; at < 2_400; at++) reserve.ended(often, now - ms.length);
  for (const [index, each] of ms.entries()) reserve.ended(each, now - ms.length + index + 1);
  return reserve;
}

const held = (name: string, claimedAt: number): Reserved =>
  ({ attempt: { task: { name } }, claimedAt, notAfter: claimedAt + 15_000 }) as unknown as Reserved;

const nameOf = ({ attempt }: Reserved): string => attempt.task.name;

describe("what is claimed ahead", () => {
  it.each([
    ["for 20 slots and tasks of 8 ms", [8, 8, 8], 20, 50],
    ["for tasks that take no time", [0, 0], 4, 500],
    ["for tasks that take 100 ms", [100, 100], 20, 4],
    ["for tasks that take a second", [1_000], 20, 0],
    ["before any has ended", [], 20, 0],
    ["after a slow one among quick ones", [0, 0, 0, 960], 10, 6],
  ])("%s is what they start in 20 ms, at most 500", (_, ms, slots, wanted) => {
    expect(reserveAfter(...ms).wants(slots, now)).toBe(wanted);
  });

  it("is nothing when none has ended for a while, and what comes then counts by itself", () => {
    const reserve = reserveAfter(0, 0, 0);
    expect([reserve.wants(4, now + 50), reserve.wants(4, now + 150)]).toEqual([500, 0]);
    for (let times = 0; times < 40; times++) reserve.ended(40, now + 150);
    expect(reserve.wants(4, now + 150)).toBe(2);
  });

  it("is no more than a quarter of those that ended of late, however quick they are", () => {
    const reserve = new Reserve();
    for (let at = 0; at < 400; at += 2) reserve.ended(0, now + at); // One every 2 ms.
    expect(reserve.wants(20, now + 400)).toBe(50);
    for (let at = 400; at < 1_000; at += 2) reserve.ended(0, now + at);
    expect(reserve.wants(20, now + 1_000)).toBe(125);
    for (let at = 1_000; at < 2_000; at += 50) reserve.ended(0, now + at);
    expect(reserve.wants(20, now + 2_000)).toBe(5);
  });

  it("is less by what is held already", () => {
    const reserve = reserveAfter(8);
    for (const name of ["a", "b", "c"]) reserve.add(held(name, now));
    expect(reserve.wants(20, now)).toBe(47);
  });
});

it("what was claimed first is sent first, and what waited for more than half a second is taken out", () => {
  const reserve = new Reserve();
  for (const [name, claimedAt] of [
    ["a", 0],
    ["b", 10],
    ["c", 20],
    ["d", 600],
  ] as const)
    reserve.add(held(name, claimedAt));
  expect(nameOf(reserve.next()!)).toBe("a");
  expect(reserve.takeStale(515).map(nameOf)).toEqual(["b"]);
  expect(reserve.takeAll().map(nameOf)).toEqual(["c", "d"]);
  expect([reserve.size, reserve.next()]).toEqual([0, undefined]);
});
