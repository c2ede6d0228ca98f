// Hostile values in every parameter, path and body: an answer below 500, and nothing broken by it.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builtIn } from "../../src/admin/models/built-in.ts";
import { routes } from "../../src/admin/routes.ts";
import { scheduleTypes } from "../../src/core/schedule/schedule.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";
import type { Database } from "./databases.ts";

const hostile = [
  "",
  " ",
  "'",
  '"',
  "''; DROP TABLE quern_task; --",
  "' OR 1=1 --",
  "%",
  "_",
  "\\",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udfff\ud800",
  "🦊",
  "<script>alert(1)</script>",
  "{{7*7}}",
  "${7*7}",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "1e400",
  "-1",
  "9007199254740993",
  "99999999999999999999",
  "0x10",
  "../../etc/passwd",
  "..%2f",
  "%00",
  "%",
  "%zz",
  "%ff%fe",
  "a".repeat(3_000),
  "(".repeat(200),
  "-".repeat(100),
  '"',
  'a"',
  ":",
  "a:",
  ":a",
  "name:",
  "stopped:",
  "stopped:..",
  "stopped:1h..",
  "took:>",
  "attempts:99999999999",
  "attempts:-1..",
  "stopped:>9999999w",
  "stopped:0000-00-00",
  "stopped:9999-12-31",
  "tag:%22",
  "\u2028",
  "\u202e",
  ",",
  ",,,",
  Buffer.from('["stopped",1,"x"]').toString("base64url"),
  Buffer.from('["stopped",1e99,"x"]').toString("base64url"),
  Buffer.from('["stopped",{},[]]').toString("base64url"),
  Buffer.from("[[[[").toString("base64url"),
  "end",
  "today",
  "none",
  "any",
  "..",
  "a..b",
  "2026-01-01..",
  "..2026-13-45",
  "-99999-01-01..",
  "2026-01-01T25:61..",
  "+275760-09-13..+275760-09-14",
  "-271821-04-19..",
  "stopped:+275760-09-13",
  "stopped:>=9007199254740993",
  "took:1e309..",
  "9".repeat(400),
  "* * 31 2 *",
  "0/1 0/1 0/1 0/1 0/1 0/1",
  "1-999999999 * * * *",
  "P1D",
  "99999999999d",
  '{"a":1e400}',
  '{"$date":"x"}',
  '{"$map":[[1]]}',
  "[".repeat(500),
  "Etc/../../passwd",
  "Africa/Abidjan\u0000",
];
const value = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);
const models = builtIn.map(([name]) => name);
const parameter = fc.constantFrom(
  "q",
  "sort",
  "after",
  "before",
  "limit",
  "columns",
  "ids",
  "group",
  "func",
  "queue",
  "stopped",
  "started",
  "state",
  "outcome",
  "model",
  "at",
  "owner",
  "queues",
  "schedule",
  "field",
  "prefix",
  "span",
  "check",
  "colour",
);

const runs = process.env["QUERN_TEST_LONG"] === "1" ? 10_000 : 400;
const part = (text: string): string => {
  try {
    return encodeURIComponent(text);
  } catch {
    return "%ED%A0%80"; // Half of a character, as its bytes.
  }
};

export function fuzzAdmin(open: () => Promise<Database>): void {
  let under: AdminUnderTest;
  let database: Database;
  beforeAll(async () => {
    database = await open();
    under = new AdminUnderTest({ debug: true }, { database: database.url });
    for (let index = 0; index < 5; index++)
      await under.ended(add, { a: index }, { group: hostile[index + 3] || "g" });
    await under.ended(mail, { to: "x" }, {}, { outcome: "failed" });
    await under.enqueue(add, { a: 1 });
  });
  afterAll(async () => {
    await under.close();
    await database.remove();
  });

  it(`${runs} addresses answer with less than 500`, async () => {
    const address = fc.record({
      route: fc.constantFrom(...routes.filter(({ method, path }) => method === "GET" && path !== "stream")),
      model: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...models) }, { weight: 1, arbitrary: value }),
      id: value,
      search: fc.array(fc.tuple(parameter, value), { maxLength: 3 }),
      raw: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(address, async ({ route, model, id, search, raw }) => {
        const path = route.path.replace(":model", part(model)).replace(":id", part(id) || "x");
        const query = raw
          ? search.map(([name, text]) => `${name}=${text.replace(/[#\s]/g, "")}`).join("&")
          : search.map(([name, text]) => `${name}=${part(text)}`).join("&");
        const { status, text } = await under.get(`/api/${path}?${query}`);
        if (status >= 500) throw new Error(`${status} for ${path}?${query}: ${text}`);
      }),
      { numRuns: runs },
    );
  });

  it(`${runs} bodies answer with less than 500`, async () => {
    const number = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.maxSafeInteger(),
      fc.constantFrom(
        0,
        -1,
        8.64e15,
        8.64e15 + 1,
        -8.64e15,
        253_402_300_800_000,
        2 ** 31,
        2 ** 53,
        1e308,
        5e-324,
      ),
    );
    const leaf = fc.oneof(value, number, fc.boolean(), fc.constant(null));
    const loose = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(value, tie("any"), { maxKeys: 3 }),
      ),
    })).any;
    const operation = fc.oneof(fc.uuid(), value);
    const action = fc.record(
      {
        operation,
        ids: fc.oneof(fc.array(value, { maxLength: 3 }), loose),
        matching: fc.oneof(
          fc.record({ query: value, at: fc.oneof(fc.integer(), fc.constant(Number.MAX_SAFE_INTEGER)) }),
          loose,
        ),
        answers: fc.oneof(fc.dictionary(value, leaf, { maxKeys: 2 }), loose),
        reason: fc.oneof(value, loose),
      },
      { requiredKeys: ["operation"] },
    );
    const save = fc.record({
      values: fc.oneof(
        fc.dictionary(fc.oneof(fc.constantFrom("queue", "due", "priority", "input"), value), leaf),
        loose,
      ),
    });
    // A form that would be saved, but for a field or two.
    const field = fc.constantFrom(
      ...builtIn.flatMap(([, model]) =>
        (model.form?.sections ?? []).flatMap(({ fields }) => fields.map(({ name }) => name)),
      ),
    );
    const form = fc
      .tuple(fc.constantFrom(...scheduleTypes), fc.dictionary(field, leaf, { minKeys: 1, maxKeys: 2 }))
      .map(([type, odd]) => ({
        values: {
          ...{
            func: "math.add",
            input: '{"a":1}',
            type,
            timeZone: "Europe/Amsterdam",
            repeats: -1,
            missed: "one",
          },
          ...{ minutes: 5, cron: "0 7 * * 1-5", nextRun: 1_900_000_000_000 },
          ...odd,
        },
      }));
    const request = fc.record({
      route: fc.constantFrom(...routes.filter(({ method }) => method !== "GET")),
      model: fc.constantFrom(...builtIn),
      place: fc.nat(),
      id: value,
      body: fc.oneof(action, save, form, loose),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ route, model: [name, model], place, id, body }) => {
        const chosen =
          model.actions.length === 0 ? "none" : model.actions[place % model.actions.length]!.name;
        const path = route.path
          .replace(":model", name)
          .replace(":action", chosen)
          .replace(":id", part(id) || "x");
        const { status, text } = await under.ask(route.method, `/api/${path}`, {
          body: body ?? {},
          headers: { "if-match": '"x"' },
        });
        if (status >= 500) throw new Error(`${status} for ${path} ${JSON.stringify(body)}: ${text}`);
      }),
      { numRuns: runs },
    );
    expect(({} as { polluted?: unknown }).polluted).toBe(undefined);
  });
}
