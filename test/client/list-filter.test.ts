// What lists are asked for: taken as it is meant, or refused with the field and what it should be.
import { expect, it } from "vitest";
import { task, type TaskFilter } from "../../src/index.ts";
import { withQuern } from "../cluster/memory-quern.ts";

const add = task("math.add", ({ a, b }: { a: number; b: number }) => a + b);

const refused: [object, object, string][] = [
  [{ stat: "failure" }, {}, 'quern.tasks.list has no option "stat". Did you mean "state"?'],
  [
    { state: "failed" },
    {},
    'expected state to be "waiting" or "ready" or "leased" or "success" or "failure"',
  ],
  [{ state: ["ready", "gone"] }, {}, 'got "gone". Set it in quern.tasks.list({ state }).'],
  [{ outcome: "crash" }, {}, 'did you mean "crashed"?'],
  [{ func: add }, {}, "expected func to be text"],
  [{ from: "yesterday" }, {}, 'expected from to be a Date, got "yesterday"'],
  [{ to: new Date(Number.NaN) }, {}, "expected to to be a Date"],
  [{}, { limit: 0 }, "expected limit to be a whole number from 1 to 1000, got 0"],
  [{}, { limit: 5_000 }, "Set it in quern.tasks.list(filter, { limit })."],
  [{}, { oldestfirst: true }, 'Did you mean "oldestFirst"?'],
];

it.each(refused)("a list of tasks refuses %j, %j", (filter, options, sentence) =>
  withQuern({ tasks: [add], database: "memory:" }, async (quern) => {
    await expect(quern.tasks.list(filter, options)).rejects.toThrow(sentence);
  }),
);

it("a list of schedules refuses what it does not know", () =>
  withQuern({ tasks: [add], database: "memory:" }, async (quern) => {
    await expect(quern.schedules.list({ state: "paused" } as object)).rejects.toThrow(
      'has no option "state"',
    );
    await expect(quern.schedules.count({ status: "pausd" as "paused" })).rejects.toThrow(
      'did you mean "paused"?',
    );
    await expect(quern.schedules.list({}, { limit: -1 })).rejects.toThrow(
      "expected limit to be a whole number",
    );
  }));

it("a span of time is of Dates, its end excluded", () =>
  withQuern({ tasks: [add], database: "memory:" }, async (quern) => {
    await quern.enqueue(add, { a: 1, b: 2 });
    const [{ enqueued } = { enqueued: new Date(0) }] = (await quern.tasks.list()).tasks;
    const later = new Date(enqueued.getTime() + 1);
    const count = (filter: TaskFilter): Promise<number> => quern.tasks.count(filter);
    expect([
      await count({ from: enqueued, to: later }),
      await count({ from: later }),
      await count({ to: enqueued }),
    ]).toEqual([1, 0, 0]);
  }));
