// What a schedule's row says as text: the same definition is the same text, and what can't be read is said, not thrown about.
import { describe, expect, it } from "vitest";
import {
  type Definition,
  readDeclared,
  readDefinition,
  readSchedule,
  rememberKey,
  withIntendedDate,
  writeDeclared,
  writeDefinition,
} from "../../src/core/schedule/definition.ts";

const definition: Definition = {
  type: "daily",
  minutes: null,
  cron: null,
  timeZone: "UTC",
  firstRun: 0,
  end: null,
  missed: "one",
  missedAfterMs: 60_000,
  intendedDateKey: null,
  input: '{"to":"ops"}',
  options: { tags: ["b", "a"], retry: { delay: "1s", attempts: 2 }, group: "mine" },
};

it("reads what it wrote", () => {
  expect(readDefinition(writeDefinition(definition), "digest")).toEqual(definition);
});

it("is the same text whatever the order it was said in, but for lists", () => {
  const { options, ...rest } = definition;
  const turned = {
    options: { group: "mine", retry: { attempts: 2, delay: "1s" }, tags: ["b", "a"] },
    ...rest,
  } as const;
  expect(writeDefinition({ ...turned, options: { ...turned.options, tags: ["b", "a"] } })).toBe(
    writeDefinition(definition),
  );
  expect(writeDefinition({ ...definition, options: { ...options, tags: ["a", "b"] } })).not.toBe(
    writeDefinition(definition),
  );
});

it("lets through what a newer Quern adds", () => {
  const text = JSON.stringify({ ...definition, moon: "full" });
  expect(readDefinition(text, "digest")).toMatchObject({ type: "daily", moon: "full" });
});

it.each<[string, string]>([
  ["", "it is no JSON"],
  ["null", "it is null"],
  ["7", "it is a number"],
  ["[]", "its type is missing or wrong"],
  ...Object.entries({
    type: "dayly",
    minutes: "5",
    cron: 7,
    timeZone: null,
    firstRun: "2030-01-01",
    end: 0.5,
    missed: "some",
    missedAfterMs: -1,
    intendedDateKey: 7,
    input: { to: "ops" },
    options: [],
  }).map(([key, wrong]): [string, string] => [
    JSON.stringify({ ...definition, [key]: wrong }),
    `its ${key} is missing or wrong`,
  ]),
])("%s can't be read: %s", (text, reason) => {
  expect(() => readDefinition(text, "digest")).toThrow(
    `QUERN_UNREADABLE_SCHEDULE: the definition of schedule "digest" can't be read: ${reason}.`,
  );
});

it("a row's tasks are labelled by the group option, else its name, else its id", () => {
  const row = { id: "1", name: "digest", repeats: 1, nextRun: 5, definition: writeDefinition(definition) };
  expect(readSchedule(row)).toMatchObject({ group: "mine", repeats: 1, nextRun: 5, type: "daily" });
  const plain = { ...row, definition: writeDefinition({ ...definition, options: {} }) };
  expect(readSchedule(plain).group).toBe("digest");
  expect(readSchedule({ ...plain, name: null }).group).toBe("1");
});

describe("a declaration", () => {
  it("is remembered by name and content, whoever declared it", () => {
    const key = (by: "config" | "code", content: string, name = "digest"): string | undefined =>
      rememberKey({ name, declared: writeDeclared({ by, content }) });
    expect(key("config", "{}")).toBe(key("code", "{}"));
    expect(new Set([key("code", "{}"), key("code", "{} "), key("code", "{}", "other")]).size).toBe(3);
    expect(rememberKey({ name: "digest", declared: null })).toBeUndefined();
    expect(readDeclared(writeDeclared({ by: "code", content: "a\nb" }))).toEqual({
      by: "code",
      content: "a\nb",
    });
  });
});

it("the intended date is put into a copy of the input, as ISO text", () => {
  const input = { to: "ops", day: "old" };
  expect(withIntendedDate(input, "day", 0)).toEqual({ to: "ops", day: "1970-01-01T00:00:00.000Z" });
  expect(input.day).toBe("old");
  expect(withIntendedDate(undefined, "day", 0)).toEqual({ day: "1970-01-01T00:00:00.000Z" });
});
