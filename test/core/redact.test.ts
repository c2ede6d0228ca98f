// What is hidden in a form comes back to where it belongs: never to another entry of a list, whatever was done to the list meanwhile.
import { describe, expect, it } from "vitest";
import { redactValue, restoreRedacted } from "../../src/core/redact.ts";

const users = [
  { user: "ann", token: "A", at: 1 },
  { user: "bob", token: "B", at: 2 },
  { user: "cyd", token: "C", at: 3 },
];
type Entry = Record<string, unknown>;
const shown = JSON.parse(redactValue(JSON.stringify(users))) as [Entry, Entry, Entry];
const restore = (given: unknown, stored: unknown = users): { value: unknown; lost: unknown } => {
  const { text, lost } = restoreRedacted(JSON.stringify(given), JSON.stringify(stored));
  return { value: JSON.parse(text), lost };
};
const [ann, bob, cyd] = shown;

describe("what was hidden in entries of a list", () => {
  it.each<[string, Entry[], unknown[]]>([
    ["as they were", [ann, bob, cyd], users],
    ["moved", [cyd, ann, bob], [users[2], users[0], users[1]]],
    ["one removed", [bob, cyd], [users[1], users[2]]],
    [
      "one added before",
      [{ user: "new", token: "N" }, ann, bob, cyd],
      [{ user: "new", token: "N" }, ...users],
    ],
    [
      "one changed where it stood",
      [ann, { ...bob, at: 9 }, cyd],
      [users[0], { ...users[1], at: 9 }, users[2]],
    ],
    [
      "one with another secret",
      [ann, { ...bob, token: "X" }, cyd],
      [users[0], { ...users[1], token: "X" }, users[2]],
    ],
    ["one twice", [ann, ann], [users[0], users[0]]],
  ])("stays theirs: %s", (_, given, value) => {
    expect(restore(given)).toEqual({ value, lost: [] });
  });

  it.each<[string, Entry[], unknown[]]>([
    ["changed while another was removed", [{ ...bob, at: 9 }, cyd], [[0, "token"]]],
    ["changed and moved", [cyd, { ...ann, at: 9 }, bob], [[1, "token"]]],
    [
      "two changed",
      [{ ...ann, at: 8 }, { ...bob, at: 9 }, cyd],
      [
        [0, "token"],
        [1, "token"],
      ],
    ],
    ["a mark that was typed", [ann, bob, cyd, { user: "dan", token: "•••" }], [[3, "token"]]],
  ])("is nobody's: %s", (_, given, lost) => {
    const back = restore(given);
    expect(back.lost).toEqual(lost);
    for (const secret of ["A", "B", "C"])
      expect((back.value as Entry[]).filter(({ token }) => token === secret).length).toBeLessThanOrEqual(1);
  });

  it("is nobody's where two can't be told from each other and one is gone, unless both are the same", () => {
    expect(restore([{ token: "•••" }], [{ token: "A" }, { token: "B" }]).lost).toEqual([[0, "token"]]);
    expect(restore([{ token: "•••" }], [{ token: "A" }, { token: "A" }])).toEqual({
      value: [{ token: "A" }],
      lost: [],
    });
    expect(restore(["•••", "•••"], ["A", "B"])).toEqual({ value: ["A", "B"], lost: [] });
  });

  it("is found by what is around it in lists of two hundred, and in longer ones only in its place", () => {
    const lostOf = (length: number): unknown[] => {
      const stored = Array.from({ length }, (_, id) => ({ id, token: `t${id}` }));
      return restore(JSON.parse(redactValue(JSON.stringify(stored.slice(1)))), stored).lost as unknown[];
    };
    expect([lostOf(200).length, lostOf(201).length]).toEqual([0, 200]);
  });

  it("is found in no time in lists of many thousands, which stay as they stand", () => {
    const many = Array.from({ length: 30_000 }, (_, id) => ({ id, token: `t${id}` }));
    const marked = many.map(({ id }) => ({ id, token: "•••" }));
    expect(restore(marked, many)).toEqual({ value: many, lost: [] });
    const began = performance.now();
    expect(restore(marked.slice(1), many).lost).toHaveLength(29_999);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

it("what is hidden in a sentence, in an object or in a Map comes back as well; what nothing stands for is told", () => {
  const stored = { note: "password: hunter2", auth: { token: "T" }, map: { $map: [["k", { secret: "S" }]] } };
  const given = JSON.parse(redactValue(JSON.stringify(stored))) as Entry;
  expect(JSON.stringify(given)).not.toMatch(/hunter2|"T"|"S"/);
  expect(restore({ ...given, more: 1 }, stored)).toEqual({ value: { ...stored, more: 1 }, lost: [] });
  expect(restore({ other: { token: "•••" } }, stored).lost).toEqual([["other", "token"]]);
  // A mark that is stored itself is no secret of anybody's.
  expect(restore({ note: "•••" }, { note: "•••" })).toEqual({ value: { note: "•••" }, lost: [] });
});
