// Lists through the admin's API: columns, filters, search, order, paging, counts and suggestions.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Count, ListAnswer, SuggestAnswer } from "../../src/admin/contract.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";

let under: AdminUnderTest;
beforeEach(() => {
  under = new AdminUnderTest();
});
afterEach(() => under.close());

const names = (query: string): Promise<string[]> => under.names("success", query);

describe("search and filters", () => {
  beforeEach(async () => {
    await under.ended(add, { a: 1 }, { name: "first", group: "Spring" });
    await under.ended(mail, { to: "x" }, { name: "second", queue: "long", tags: ["red"] }, { worker: "77" });
    await under.ended(
      mail,
      { to: "only-here" },
      { name: "third one", group: "autumn" },
      { result: '"a result"' },
    );
  });

  it.each([
    ["a part of a name", "q=FIR", ["first"]],
    ["a part of a func", "q=mail", ["third one", "second"]],
    ["a part of a group, whatever the case", "q=spring", ["first"]],
    ["words that must all be there", "q=mail%20third", ["third one"]],
    ["words of which one is nowhere", "q=mail%20first", []],
    ["a phrase", "q=%22third%20one%22", ["third one"]],
    ["a phrase that is not there", "q=%22one%20third%22", []],
    ["what is not to be there", "q=-mail", ["first"]],
    ["a word that stands only in an input or a result", "q=only-here", []],
    ["a field", "q=func:math.add", ["first"]],
    ["one of several values", "q=group:Spring,autumn", ["third one", "first"]],
    ["no value of several", "q=-group:Spring,autumn", ["second"]],
    ["a worker", "q=worker:77", ["second"]],
    ["another worker, of those of the page", "q=-worker:77", ["third one", "first"]],
    ["any value", "q=group:*", ["third one", "first"]],
    ["no value", "q=-group:*", ["second"]],
    ["a tag", "q=tag:red", ["second"]],
    ["a number", "q=attempts:1", ["third one", "second", "first"]],
    ["a range of numbers", "q=attempts:>1", []],
    ["a duration", "q=took:500ms..1m", ["third one", "second", "first"]],
    ["a moment that is long past", "q=-stopped:1h", []],
    ["a moment of late", "q=stopped:1h", ["third one", "second", "first"]],
    ["a quoted value with a space", "q=name:%22third%20one%22", ["third one"]],
    ["signs that mean something elsewhere", "q=%25", []],
    ["the filter by func", "func=mail.send", ["third one", "second"]],
    ["the filter by queue", "queue=long", ["second"]],
    ["two values of one filter", "group=Spring&group=autumn", ["third one", "first"]],
    ["two filters", "func=mail.send&group=autumn", ["third one"]],
    ["the filter by moment", "stopped=today", ["third one", "second", "first"]],
    ["a span", "stopped=..2001-01-01", []],
    ["no date", "started=none", []],
  ])("finds by %s", async (_, query, found) => {
    expect(await names(query)).toEqual(found);
    const { json } = await under.get<ListAnswer>(`/api/models/success?${query}`);
    expect(json.count).toEqual({ number: found.length, capped: false });
  });

  it("opens a whole task id, in whatever list it is typed", async () => {
    const [row] = await under.list("success");
    expect(await names(`q=${row!.id}`)).toEqual(["third one"]);
  });

  it.each([
    ["an open quote", "q=a%20%22b", { from: 2, to: 4 }],
    ["an unknown field", "q=a%20colour:red", { from: 2, to: 8 }],
    ["no value", "q=group:", { from: 0, to: 6 }],
    ["a moment that is none", "q=stopped:yesterday", { from: 8, to: 17 }],
    ["a number that is none", "q=attempts:many", { from: 9, to: 13 }],
    ["a duration that is none", "q=took:%3Elong", { from: 5, to: 10 }],
  ])("a mistake in the search says where it is: %s", async (_, query, position) => {
    const { status, json } = await under.get(`/api/models/success?${query}`);
    expect([status, json.error.code, json.error.position]).toEqual([400, "bad-query", position]);
  });

  it.each([
    ["an unknown parameter", "colour=red"],
    ["a limit above 200", "limit=201"],
    ["a limit of nothing", "limit=0"],
    ["an unknown column", "columns=name,none"],
    ["a column of every object", "columns=constructor"],
    ["an order by what can't be sorted", "sort=input"],
    ["an order by what is not there", "sort=__proto__"],
    ["a choice that is none", "stopped=whenever"],
    ["both cursors", "after=a&before=b"],
    ["a cursor that is none", "after=x"],
    ["the same parameter twice", "sort=name&sort=func"],
    ["too many words", `q=${"a%20".repeat(65)}`],
    ["too long a search", `q=${"a".repeat(2_049)}`],
  ])("refuses %s", async (_, query) => {
    expect((await under.get(`/api/models/success?${query}`)).status).toBe(400);
  });

  it("answers only the columns that were asked for, in that order", async () => {
    const [row] = await under.list("success", "columns=took,name&limit=1");
    expect(Object.keys(row!.cells)).toEqual(["took", "name"]);
  });

  it("answers rows by id that still match", async () => {
    const rows = await under.list("success");
    const ids = rows.map(({ id }) => id);
    expect(await names(`ids=${ids.join(",")}&func=mail.send`)).toEqual(["third one", "second"]);
    expect(await names(`ids=${ids[0]},none`)).toEqual(["third one"]);
  });

  it("suggests values by prefix, then by what is in them, at most 20, and not for what has no such filter", async () => {
    for (let index = 0; index < 25; index++)
      await under.ended(add, { a: 1 }, { group: `many-${index + 10}` });
    const suggest = async (query: string): Promise<string[]> =>
      (await under.get<SuggestAnswer>(`/api/models/success/suggest?${query}`)).json.values.map(
        ({ value }) => value,
      );
    expect(await suggest("field=group&prefix=aut")).toEqual(["autumn"]);
    expect((await suggest("field=group&prefix=many")).length).toBe(20);
    expect(await suggest("field=func&prefix=")).toEqual(["mail.send", "math.add"]);
    expect(await suggest("field=queue&prefix=l")).toEqual(["long", "default"]);
    expect((await under.get("/api/models/success/suggest?field=result&prefix=")).status).toBe(400);
  });
});

describe("order and pages", () => {
  beforeEach(async () => {
    for (let index = 0; index < 12; index++)
      await under.ended(
        index % 2 === 0 ? add : mail,
        index % 2 === 0 ? { a: index } : { to: "x" },
        {
          name: `task-${String(index).padStart(2, "0")}`,
          ...(index % 3 === 0 ? {} : { group: `g${index % 3}` }),
        },
        { started: 1_000 * index, stopped: 1_000 * index + 100 * ((index * 7) % 12) },
      );
  });

  it.each([
    "-stopped",
    "stopped",
    "group",
    "-group",
    "func",
    "-func",
    "name",
    "-name",
    "took",
    "-took",
    "queue",
  ])("walks %s forward and backward, each row once", async (sort) => {
    const whole = await names(`sort=${sort}&limit=200`);
    expect(new Set(whole).size).toBe(12);
    for (const way of ["after", "before"] as const) {
      const seen: string[] = [];
      let query = way === "after" ? "" : "&before=end";
      for (let page = 0; page < 20; page++) {
        const { json } = await under.get<ListAnswer>(
          `/api/models/success?columns=name&limit=5&sort=${sort}${query}`,
        );
        const found = json.rows.map(({ cells }) => String(cells["name"]));
        if (way === "after") seen.push(...found);
        else seen.unshift(...found);
        const cursor = json[way];
        if (cursor === null) break;
        query = `&${way}=${cursor}`;
      }
      expect({ way, seen }).toEqual({ way, seen: whole });
    }
  });

  it("the page before a page is the one it came from", async () => {
    const first = (await under.get<ListAnswer>("/api/models/success?limit=5")).json;
    const second = (await under.get<ListAnswer>(`/api/models/success?limit=5&after=${first.after}`)).json;
    const back = (await under.get<ListAnswer>(`/api/models/success?limit=5&before=${second.before}`)).json;
    expect(back.rows.map(({ id }) => id)).toEqual(first.rows.map(({ id }) => id));
    expect([first.before, back.before]).toEqual([null, null]);
  });

  it("counts exactly on demand", async () => {
    const { json } = await under.get<Count>("/api/models/success/count?func=math.add");
    expect(json).toEqual({ number: 6, capped: false });
  });

  it("says which columns can be sorted at any size", async () => {
    const { json } = await under.get<{
      models: { name: string; fields: Record<string, { sortable: string }> }[];
    }>("/api/boot");
    const fields = json.models.find(({ name }) => name === "success")!.fields;
    const sortable = Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, field.sortable]),
    );
    expect(sortable).toMatchObject({
      stopped: "always",
      group: "always",
      func: "always",
      id: "always",
      name: "few",
      took: "few",
      input: "no",
      tags: "no",
    });
  });
});
