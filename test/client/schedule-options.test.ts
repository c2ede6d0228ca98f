// Options of a schedule: each wrong one is refused with its name before anything is written, and none keeps the process busy.
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Quern, task } from "../../src/index.ts";
import { silent } from "../cluster/memory-quern.ts";

const report = task(
  "report",
  { input: z.object({ to: z.string(), day: z.iso.datetime().optional() }) },
  ({ to }) => to,
);
const dated = task("dated", { input: z.object({ day: z.iso.datetime() }) }, ({ day }) => day);
const anything = task("anything", (input: unknown) => input);
const tasks = [report, dated, anything];
const quern = new Quern({ tasks, database: "memory:", logger: silent });
afterAll(() => quern.close());

const daily = { type: "daily" };
const create = (options: object, func = "anything", input?: unknown): Promise<unknown> =>
  quern.schedules.create(func, input, options as never);

describe("a wrong option is refused by name, and nothing is made", () => {
  it.each<[string, object]>([
    ["type", {}],
    ["type", { type: "dayly" }],
    ["type", { type: 7 }],
    ["cron", { type: "cron" }],
    ["cron", { type: "daily", cron: "* * * * *" }],
    ["cron", { type: "minutes", minutes: 5, cron: "* * * * *" }],
    ["minutes", { cron: "* * * * *", minutes: 5 }],
    ["cron", { cron: 7 }],
    ["minutes", { type: "minutes" }],
    ["minutes", { type: "hourly", minutes: 5 }],
    ["minutes", { minutes: 0 }],
    ["minutes", { minutes: 1.5 }],
    ["minutes", { minutes: "5" }],
    ["timeZone", { ...daily, timeZone: "Amsterdam" }],
    ["timeZone", { ...daily, timeZone: "+02:00" }],
    ["firstRun", { ...daily, firstRun: "2030-01-01" }],
    ["firstRun", { ...daily, firstRun: new Date(Number.NaN) }],
    ["end", { ...daily, end: 5 }],
    ["repeats", { ...daily, repeats: 1.5 }],
    ["repeats", { ...daily, repeats: Number.NaN }],
    ["repeats", { ...daily, repeats: 1e10 }],
    ["missed", { ...daily, missed: "some" }],
    ["missedAfter", { ...daily, missedAfter: "soon" }],
    ["missedAfter", { ...daily, missedAfter: 10 }],
    ["intendedDateKey", { ...daily, intendedDateKey: "not valid!" }],
    ["intendedDateKey", { ...daily, intendedDateKey: "__proto__" }],
    ["keepRuns", { ...daily, keepRuns: 0 }],
    ["queue", { ...daily, queue: "" }],
    ["group", { ...daily, group: "a\nb" }],
    ["group", { ...daily, group: "x".repeat(256) }],
    ["priority", { ...daily, priority: 0.5 }],
    ["timeout", { ...daily, timeout: 0 }],
    ["retry.attempts", { ...daily, retry: { attempts: 0 } }],
    ["retry.retryIf", { ...daily, retry: { retryIf: () => true } }],
    ["save", { ...daily, save: "no" }],
    ["unique", { ...daily, unique: 7 }],
    ["tags", { ...daily, tags: "a" }],
    ["hook", { ...daily, hook: () => 1 }],
    ["isolate", { ...daily, isolate: 1 }],
    ["the name of a schedule", { ...daily, name: "" }],
    ["the name of a schedule", { ...daily, name: "\u0000" }],
  ])("%s in %j", async (field, options) => {
    await expect(create(options)).rejects.toMatchObject({ code: "QUERN_BAD_OPTION", details: { field } });
    expect(await quern.schedules.count()).toBe(0);
  });

  it("says which option, type or choice was meant, and where to set it", async () => {
    await expect(create({ ...daily, timezone: "UTC" })).rejects.toThrow(
      'QUERN_UNKNOWN_OPTION: a schedule of anything has no option "timezone". Did you mean "timeZone"?',
    );
    await expect(create({ type: "dayly" })).rejects.toThrow(
      /"daily"\?\), got "dayly"\. Set it in quern\.schedules\.create\(anything, input, \{ type \}\)\./,
    );
    await expect(create(daily, "anythin")).rejects.toThrow(
      'QUERN_UNKNOWN_TASK: no task function is called "anythin". Did you mean "anything"?',
    );
  });

  it("a name or options that are not there are refused with a sentence too", async () => {
    const none = undefined as never;
    await expect(quern.schedules.create(anything, 1, none)).rejects.toThrow(
      /the options of a schedule of anything to be an object/,
    );
    await expect(quern.schedule("x", anything, 1, none)).rejects.toThrow(
      /the options of schedule x to be an object/,
    );
    for (const name of [undefined, null, 7])
      await expect(quern.schedule(name as never, anything, 1, { type: "daily" })).rejects.toThrow(
        /the name of a schedule to be text/,
      );
    await expect(quern.schedules.update("x", none)).rejects.toThrow(/to be an object, got undefined/);
    await expect(quern.schedules.preview(none)).rejects.toThrow(/the options of a schedule to be an object/);
  });

  it.each(["id", "delay", "runAt", "tx"])("%s is no option of a schedule", async (option) => {
    await expect(create({ ...daily, [option]: 5 })).rejects.toMatchObject({ code: "QUERN_UNKNOWN_OPTION" });
  });
});

describe("what could never come is refused with the reason", () => {
  it.each<[string, object, RegExp]>([
    [
      "end before first run",
      { ...daily, firstRun: new Date("2190-01-02"), end: new Date("2190-01-01") },
      /expected end .* no earlier than its next run \(2190-01-02T00:00:00\.000Z\), got "2190-01-01/,
    ],
    [
      "an end that has passed",
      { ...daily, end: new Date("2001-01-01") },
      /expected end .* no earlier than its next run/,
    ],
    ["a once after its end", { type: "once", end: new Date("2001-01-01") }, /expected end/],
    [
      "a day that no month has",
      { cron: "0 0 30 2 *" },
      /QUERN_BAD_CRON: expected the day of month .* a day that never comes/,
    ],
    [
      "an hour that the clocks skip each time",
      { cron: "* 2 * 3 sun#2", timeZone: "America/New_York" },
      /expected cron .* a line whose times come in America\/New_York/,
    ],
    [
      "a first run beyond all calendars",
      { ...daily, firstRun: new Date(8.64e15) },
      /expected firstRun .* years 1 to 9999/,
    ],
  ])("%s", async (_, options, message) => {
    await expect(create(options)).rejects.toThrow(message);
  });
});

describe("the input is checked when a schedule is made", () => {
  it("against the schema of its task function", async () => {
    await expect(create(daily, "report", { to: 7 })).rejects.toMatchObject({ code: "QUERN_BAD_INPUT" });
    await expect(create(daily, "report", undefined)).rejects.toMatchObject({ code: "QUERN_BAD_INPUT" });
    await expect(create(daily, "dated", {})).rejects.toMatchObject({ code: "QUERN_BAD_INPUT" });
  });

  it("together with the intended date", async () => {
    await expect(create({ ...daily, intendedDateKey: "to" }, "dated", {})).rejects.toMatchObject({
      code: "QUERN_BAD_INPUT",
    });
    for (const input of [{}, undefined]) {
      const made = await quern.schedules.create("dated", input, { type: "daily", intendedDateKey: "day" });
      expect(made).toMatchObject({ input, intendedDateKey: "day" });
      await quern.schedules.delete(made.id);
    }
  });

  it.each([["text"], [7], [null], [[1]], [new Map([["a", 1]])], [new Date(0)]])(
    "%j has no place for an intended date",
    async (input) => {
      await expect(create({ ...daily, intendedDateKey: "day" }, "anything", input)).rejects.toMatchObject({
        code: "QUERN_BAD_OPTION",
        details: { field: "the input" },
      });
    },
  );

  it("for what the codec carries, and its limits", async () => {
    await expect(create(daily, "anything", { call: () => 1 })).rejects.toMatchObject({
      code: "QUERN_UNENCODABLE",
    });
    await expect(create(daily, "anything", "x".repeat(2 ** 21))).rejects.toMatchObject({
      code: "QUERN_TOO_LARGE",
    });
    const input = {
      when: new Date(0),
      many: 10n ** 30n,
      all: new Map([["a", new Set([1])]]),
      none: undefined,
    };
    const made = await quern.schedules.create(anything, input, { type: "daily" });
    expect(made.input).toEqual(input);
    await quern.schedules.delete(made.id);
  });

  it("again when it is changed", async () => {
    const { id } = await quern.schedules.create(report, { to: "ops" }, { type: "daily" });
    await expect(quern.schedules.update(id, { input: { to: 7 } })).rejects.toMatchObject({
      code: "QUERN_BAD_INPUT",
    });
    await expect(quern.schedules.update(id, { func: dated })).rejects.toMatchObject({
      code: "QUERN_BAD_INPUT",
    });
    await expect(quern.schedules.update(id, { cron: "nonsense" })).rejects.toMatchObject({
      code: "QUERN_BAD_CRON",
    });
    await expect(quern.schedules.update(id, { repaets: 3 } as never)).rejects.toThrow(
      'Did you mean "repeats"?',
    );
    expect(await quern.schedules.get(id)).toMatchObject({ version: 1, input: { to: "ops" } });
    expect(
      await quern.schedules.update(id, { func: dated, input: { day: "2030-01-01T00:00:00Z" } }),
    ).toMatchObject({ func: "dated" });
    await quern.schedules.delete(id);
  });
});

it("200 hostile cron lines are each refused with a sentence, or make a schedule", async () => {
  const fine = ["*", "0", "5/3", "*/7", "1,2", "1-5", "07", "22-2"];
  const odd = [
    "60",
    "-1",
    "1-999999999",
    "*/0",
    "*/99999999",
    "l",
    "LW",
    "31W",
    "mon#9",
    "feb",
    "?",
    "1,,2",
    "",
  ];
  const hostile = ["\u0000", "💥", "$(x)", "0x1", "1e3", "@daily", "' OR 1=1", "é", "\u202e1"];
  const pools = [fine, [...fine, ...odd], [...odd, ...hostile], [...fine, ...hostile]];
  const lines = Array.from({ length: 200 }, (_, line) => {
    const pool = pools[line % pools.length] as string[];
    const fields = Array.from({ length: line % 3 === 0 ? 1 + (line % 9) : 5 + (line % 2) }, (_, field) => {
      return pool[(line * 7 + field * (1 + (line % 11))) % pool.length];
    });
    const text = fields.join(line % 9 === 0 ? "\t " : " ");
    return line % 50 === 49 ? text.repeat(20_000) : text;
  });
  const began = performance.now();
  for (const cron of lines) {
    const made = await quern.schedules.create(anything, undefined, { cron }).catch((error: unknown) => error);
    if (made instanceof Error)
      expect(made).toMatchObject({ code: "QUERN_BAD_CRON", message: expect.stringMatching(/^.{30,600}$/su) });
    else expect(made).toMatchObject({ status: "active", type: "cron" });
  }
  expect(await quern.schedules.count()).toBeGreaterThan(5);
  expect(performance.now() - began).toBeLessThan(10_000);
});
