// Whatever stands where an option, a filter or a schedule is expected: it is taken or refused with a sentence, and nothing else is thrown.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isQuernError, nextRuns, Quern, task } from "../../src/index.ts";

const plain = task("plain", async (input: unknown) => input);
let quern: Quern;
beforeAll(() => {
  quern = new Quern({ tasks: [plain], database: "memory:", workers: 0 });
});
afterAll(() => quern.close());

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSparseArray: true,
});
const likely = fc.constantFrom<unknown>(
  "daily",
  "cron",
  "* * * * *",
  "0 0 L * *",
  "UTC",
  "5m",
  5,
  -1,
  "all",
  "success",
  new Date(0),
  new Date(8.64e15),
);
const value = fc.oneof(anything, likely);

const some = (...keys: string[]): fc.Arbitrary<object> =>
  fc.dictionary(fc.constantFrom(...keys, "__proto__"), value, { maxKeys: 5 });
const options = some(
  "queue",
  "group",
  "name",
  "priority",
  "timeout",
  "retry",
  "save",
  "unique",
  "hook",
  "isolate",
  "tags",
  "id",
  "delay",
  "runAt",
  "tx",
);
const times = some(
  "type",
  "cron",
  "minutes",
  "timeZone",
  "firstRun",
  "end",
  "repeats",
  "missed",
  "missedAfter",
  "intendedDateKey",
  "keepRuns",
  "note",
);
const filter = some(
  "state",
  "outcome",
  "func",
  "queue",
  "group",
  "name",
  "schedule",
  "tag",
  "from",
  "to",
  "search",
);
const paging = some("limit", "after", "oldestFirst");
const settings = some(
  "database",
  "secret",
  "name",
  "queues",
  "workers",
  "maxRss",
  "lease",
  "retry",
  "schedules",
  "timeZone",
  "tablePrefix",
  "logger",
  "execArgv",
);

it.each<[string, fc.Arbitrary<unknown[]>, (...given: never[]) => unknown]>([
  ["the options of a call", fc.tuple(options), (given) => quern.enqueue(plain, 1, given)],
  ["an input", fc.tuple(value), (given) => quern.enqueue(plain, given)],
  ["a schedule", fc.tuple(times), (given) => quern.schedules.preview(given, 3)],
  ["times", fc.tuple(times, some("after", "count")), (given, asked) => nextRuns(given, asked)],
  ["a filter", fc.tuple(filter, paging), (given, page) => quern.tasks.list(given, page)],
  [
    "the options of new Quern",
    fc.tuple(settings),
    (given: object) => new Quern({ tasks: [plain], ...given }),
  ],
  ["an id", fc.tuple(value), (given) => quern.tasks.cancel(given)],
])("%s", async (_, given, call) => {
  await fc.assert(
    fc.asyncProperty(given, async (values) => {
      try {
        await call(...(values as never[]));
      } catch (error) {
        if (!isQuernError(error)) throw error;
        expect(error.message).toMatch(/^QUERN_[A-Z_]+: \S/);
      }
    }),
    { numRuns: 150 },
  );
});
