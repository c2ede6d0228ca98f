// What a look says of a list is true whatever became of the list: no old row is called new, and none that stayed as it was changed.
import fc from "fast-check";
import { expect, it } from "vitest";
import { changesOf, headLimit } from "../../src/admin/engine/changes.ts";
import { type Glance, type Glimpse, headNames } from "../../src/store/browse.ts";

const glanceOf = (rows: readonly Glimpse[]): Glance =>
  Object.fromEntries(headNames.map((name) => [name, rows.slice(0, headLimit)])) as Glance;

const rowsFrom = (from: number, count: number): Glimpse[] =>
  Array.from({ length: count }, (_, index) => ({ id: `row ${from + count - index}`, mark: "a" }));

/** A list, newest first, and what becomes of it: rows go, change, and come in at its head. */
const course = fc.record({
  size: fc.integer({ min: 0, max: 2 * headLimit }),
  coming: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 * headLimit })),
  // Some of them, or all down to one.
  leaving: fc.oneof(
    fc.array(fc.nat(2 * headLimit), { maxLength: 2 * headLimit }),
    fc.nat(2 * headLimit).map((to) => Array.from({ length: to }, (_, index) => index)),
  ),
  changing: fc.array(fc.nat(2 * headLimit), { maxLength: 20 }),
});

it("nothing is told that is not so, and of what came nothing is left out but what it says there may be more of", () => {
  fc.assert(
    fc.property(course, ({ size, coming, leaving, changing }) => {
      const before = rowsFrom(0, size);
      const stayed = before
        .filter((_, index) => !leaving.includes(index))
        .map((row, index) => (changing.includes(index) ? { ...row, mark: "b" } : row));
      const newRows = rowsFrom(size, coming);
      const now = [...newRows, ...stayed];
      const { came, more, changed } = changesOf(glanceOf(before), glanceOf(now)).queued;
      const idsOf = (rows: readonly Glimpse[]): string[] => rows.map(({ id }) => id);
      const [was, is] = [
        new Map(before.map((row) => [row.id, row])),
        new Map(now.map((row) => [row.id, row])),
      ];
      if (came !== null) {
        expect(came.length).toBeLessThanOrEqual(headLimit);
        expect(came.filter((id) => was.has(id) || !is.has(id))).toEqual([]);
        if (!more) expect(came).toEqual(idsOf(newRows));
      }
      if (changed !== null) {
        expect(changed.length).toBeLessThanOrEqual(headLimit);
        expect(changed.filter((id) => is.get(id)?.mark === was.get(id)?.mark)).toEqual([]);
        // Those that both looks have are all told of.
        const seen = now
          .slice(0, headLimit)
          .filter(({ id }) => idsOf(before.slice(0, headLimit)).includes(id));
        expect(idsOf(seen.filter(({ mark }) => mark === "b")).filter((id) => !changed.includes(id))).toEqual(
          [],
        );
      }
    }),
  );
});

it("when all that was seen has gone it does not say what came", () => {
  const before = rowsFrom(0, headLimit + 3);
  const now = [...rowsFrom(headLimit + 3, 2), ...before.slice(headLimit)];
  const { came, more, changed } = changesOf(glanceOf(before), glanceOf(now)).queued;
  expect({ came, more, left: changed?.length }).toEqual({ came: null, more: false, left: headLimit });
});

it("a list that is seen whole tells exactly what became of it", () => {
  const before = rowsFrom(0, 5);
  const now = [...rowsFrom(5, 2), ...before.filter((_, index) => index !== 1)];
  const { came, more, changed } = changesOf(glanceOf(before), glanceOf(now)).queued;
  expect({ came, more, changed }).toEqual({ came: ["row 7", "row 6"], more: false, changed: ["row 4"] });
  expect(changesOf(glanceOf(now), glanceOf([])).queued).toEqual({
    came: [],
    more: false,
    changed: now.map(({ id }) => id),
  });
});
