// How many tasks are claimed ahead: as many as will be started at once, none of those that take long.
import { describe, expect, it } from "vitest";
import { Reserve, type Reserved } from "../../src/cluster/round/reserve.ts";

/** What it wants after each of these: so many tasks ended, so many milliseconds after the one before. */
function wantsAfter(reserve: Reserve, steps: readonly (readonly [ended: number, afterMs: number])[]): number {
  let now = 1_000_000;
  return steps.map(([ended, afterMs]) => reserve.wants(ended, (now += afterMs))).at(-1) ?? 0;
}

const held = (name: string, claimedAt: number): Reserved =>
  ({ attempt: { task: { name } }, claimedAt, notAfter: claimedAt + 15_000 }) as unknown as Reserved;

const nameOf = ({ attempt }: Reserved): string => attempt.task.name;

describe("what is claimed ahead", () => {
  it.each([
    ["as many as ended in 20 ms", [[10, 0], ...Array(4).fill([10, 5])], 40],
    [
      "at most 100",
      [
        [500, 0],
        [500, 25],
      ],
      100,
    ],
    ["nothing at first", [[20, 0]], 0],
    [
      "nothing when tasks take a second, however many end together",
      [
        [20, 0],
        [20, 1_000],
        [20, 5],
        [20, 995],
      ],
      0,
    ],
    [
      "nothing for tasks that end alone",
      [
        [1, 0],
        [1, 1],
        [0, 40],
        [1, 60],
      ],
      0,
    ],
    [
      "nothing any more when none has ended for a while",
      [
        [50, 0],
        [50, 25],
        [0, 150],
      ],
      0,
    ],
    [
      "as before when one looks between the ends",
      [
        [10, 0],
        [10, 10],
        [0, 2],
        [0, 2],
        [10, 6],
        [0, 1],
      ],
      20,
    ],
  ] as [string, [number, number][], number][])("is %s", (_, steps, wanted) => {
    expect(wantsAfter(new Reserve(), steps)).toBe(wanted);
  });

  it("is less by what is held already", () => {
    const reserve = new Reserve();
    for (const name of ["a", "b", "c"]) reserve.add(held(name, 0));
    expect(
      wantsAfter(reserve, [
        [10, 0],
        [10, 20],
      ]),
    ).toBe(7);
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
