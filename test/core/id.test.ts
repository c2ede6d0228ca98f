// Ids and names: order, form, and that the same always gives the same.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { childId, isId, nameOf, newId } from "../../src/core/id.ts";
import { words } from "../../src/core/words.ts";

function clockAt(now: number): Clock & { time: number } {
  return {
    ...systemClock,
    time: now,
    now() {
      return this.time;
    },
  };
}

const anyId = fc.uuid({ version: 7 });

describe("an id", () => {
  it("only grows within a millisecond, and when the wall clock steps back", () => {
    const clock = clockAt(1_700_000_000_000);
    const ids: string[] = [];
    for (const step of [0, 0, 1, -5_000, 0, 7, -1]) {
      clock.time += step;
      for (let n = 0; n < 2_000; n++) ids.push(newId(clock));
    }
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("begins with the time of its clock, whatever other clocks say", () => {
    newId(clockAt(4_000_000_000_000));
    const id = newId(clockAt(0x0189_0000_0000));
    expect(id.slice(0, 13)).toBe("01890000-0000");
    expect(isId(id)).toBe(true);
  });

  it.each([
    [""],
    ["01890000-0000-7000-8000-00000000000"],
    ["01890000-0000-4000-8000-000000000000"],
    ["01890000-0000-7000-c000-000000000000"],
    ["0189000A-0000-7000-8000-000000000000"],
    [" 01890000-0000-7000-8000-000000000000"],
    ["01890000-0000-7000-8000-000000000000\n"],
    [7],
    [null],
  ])("%j is none", (text) => {
    expect(isId(text)).toBe(false);
  });
});

describe("a child's id", () => {
  it("is the same every time, another for each parent and position, and has its parent's time", () => {
    fc.assert(
      fc.property(anyId, anyId, fc.string(), fc.string(), (parent, other, position, next) => {
        const id = childId(parent, position);
        expect(isId(id)).toBe(true);
        expect(id).toBe(childId(parent, position));
        expect(id.slice(0, 13)).toBe(parent.slice(0, 13));
        if (position !== next) expect(childId(parent, next)).not.toBe(id);
        if (parent !== other) expect(childId(other, position)).not.toBe(id);
      }),
    );
  });

  it("stays what it was in earlier versions, because a repeat must meet it", () => {
    expect(childId("01890000-0000-7000-8000-000000000000", "1")).toBe("01890000-0000-760e-bb47-53d3d9b56622");
  });
});

describe("a name", () => {
  const firstWords = (clock: Clock, count: number): string[] =>
    Array.from({ length: count }, () => nameOf(newId(clock)).split("-")[0] ?? "");

  it("shares its first word with those of the 128 tasks at most that were made with it, all else differs", () => {
    const clock = clockAt(1_800_000_000_000);
    const names = Array.from({ length: 12_800 }, () => nameOf(newId(clock)).split("-"));
    const runs = names.filter(([word], index) => word !== names[index - 1]?.[0]).length;
    expect(runs).toBeGreaterThan(80); // Of a hundred; two that follow each other may happen to be alike.
    expect(runs).toBeLessThanOrEqual(100);
    expect(new Set(names.map((words) => words.slice(1).join("-"))).size).toBeGreaterThan(12_750);
  });

  it("has a first word of its own when more than 20 ms lie between", () => {
    const clock = clockAt(1_810_000_000_000);
    expect(new Set(firstWords(clock, 20)).size).toBe(1);
    const apart = Array.from({ length: 64 }, () => {
      clock.time += 21;
      return firstWords(clock, 1)[0];
    });
    expect(new Set(apart).size).toBeGreaterThan(32);
  });

  it("is four words made from the id alone", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(nameOf(id)).toBe(nameOf(id));
        const parts = nameOf(id).split("-");
        expect(parts).toHaveLength(4);
        for (const [index, part] of parts.entries()) expect(words[index]).toContain(part);
      }),
    );
  });

  it("stays what it was in earlier versions", () => {
    expect(nameOf("01890000-0000-7000-8000-000000000000")).toBe("able-abbey-acorn-albatross");
    expect(nameOf("01890000-0000-7000-8000-0000ffffffff")).toBe("zesty-yard-zinc-zebra");
  });

  it("is another for nearly every task of a day", () => {
    const names = new Set(Array.from({ length: 20_000 }, () => nameOf(newId(systemClock))));
    expect(names.size).toBeGreaterThan(19_990);
  });

  it("comes from four lists of 256 short words, each word in one of them only", () => {
    const all = words.flat();
    expect(words.map((list) => list.length)).toEqual([256, 256, 256, 256]);
    expect(new Set(all).size).toBe(1_024);
    expect(all.filter((word) => !/^[a-z]{2,11}$/.test(word))).toEqual([]);
  });
});
