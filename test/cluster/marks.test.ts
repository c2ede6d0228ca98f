// From where a cluster claims: behind what it claimed last, and every so often from the beginning.
import { expect, it } from "vitest";
import { Marks } from "../../src/cluster/round/marks.ts";
import type { ClaimedTask } from "../../src/core/task.ts";

const tasks = (...ids: string[]): ClaimedTask[] =>
  ids.map((id, index) => ({ id, queue: "a", priority: 0, due: index, isolate: false }) as ClaimedTask);

it("a claim that brought all it asked for is followed by one behind its last task", () => {
  const marks = new Marks();
  expect(marks.of("a", 0)).toBeUndefined();
  marks.set("a", tasks("one", "two"), 2, 0);
  expect(marks.of("a", 10)).toEqual({ priority: 0, due: 1, id: "two" });
  expect(marks.of("b", 10)).toBeUndefined();
});

it("one that brought less is followed by one from the beginning", () => {
  const marks = new Marks();
  marks.set("a", tasks("one", "two"), 2, 0);
  marks.set("a", tasks("three"), 2, 10);
  expect(marks.of("a", 20)).toBeUndefined();
});

it("however often the mark moves, the whole queue is looked at four times a second", () => {
  const marks = new Marks();
  let whole = 0;
  for (let now = 0; now < 10_000; now += 10) {
    if (marks.of("a", now) === undefined) whole += 1;
    marks.set("a", tasks(`at ${now}`), 1, now);
  }
  expect(whole).toBeGreaterThanOrEqual(38);
  expect(whole).toBeLessThanOrEqual(42);
});

it("tasks that need a worker of their own set no mark", () => {
  const marks = new Marks();
  marks.set("a", [{ ...tasks("alone")[0], isolate: true } as ClaimedTask], 1, 0);
  expect(marks.of("a", 1)).toBeUndefined();
});
