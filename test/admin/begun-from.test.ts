// New rows begun from others: what is hidden in those is kept, and nobody begins from what he may not see.
import { afterEach, describe, expect, it } from "vitest";
import type { DetailAnswer, SaveAnswer } from "../../src/admin/contract.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";

let under: AdminUnderTest;
afterEach(() => under.close());

const values = { func: "math.add", type: "daily", timeZone: "UTC", input: '{"a":1,"password":"s3cret"}' };

it("a schedule that is duplicated has the secrets of the first", async () => {
  under = new AdminUnderTest();
  const { json: first } = await under.ask<SaveAnswer>("POST", "/api/models/schedule", { body: { values } });
  const { again } = (await under.get<DetailAnswer>(`/api/models/schedule/${first.id}`)).json;
  expect(again?.values["input"]).toContain("•••");
  const body = { values: again?.values, from: { model: "schedule", id: first.id } };
  const { json: second } = await under.ask<SaveAnswer>("POST", "/api/models/schedule", { body });
  expect((await (await under.store()).schedule(second.id))?.definition).toContain("s3cret");
});

const tokens = {
  granted: { token: "granted".padEnd(32, "-"), role: "admin", grants: ["queued.add"] },
  admin: { token: "admin".padEnd(32, "-"), role: "admin" },
} as const;
const as = (token: keyof typeof tokens) => ({ headers: { authorization: `Bearer ${tokens[token].token}` } });

it("a task is queued by hand by its own grant only, and that is in the audit", async () => {
  under = new AdminUnderTest({ debug: false, authenticate: { tokens } });
  const body = { values: { func: "math.add", input: '{"a":2}' } };
  expect((await under.ask("POST", "/api/models/queued", { body, ...as("admin") })).status).toBe(403);
  expect(await (await under.store()).countList("queued", [], 10)).toMatchObject({ count: 0 });
  const { status, json } = await under.ask<SaveAnswer>("POST", "/api/models/queued", {
    body,
    ...as("granted"),
  });
  expect(status).toBe(201);
  const [entry] = await (await under.store()).audits(1);
  expect(entry).toMatchObject({ who: "granted", action: "queued.add", object: json.id });
  for (const wrong of [
    { func: "none" },
    { func: "math.add", input: "{" },
    { func: "math.add", queue: "a\u007f" },
  ])
    expect(
      (await under.ask("POST", "/api/models/queued", { body: { values: wrong }, ...as("granted") })).status,
    ).toBe(422);
  expect(await (await under.store()).countList("queued", [], 10)).toMatchObject({ count: 1 });
});

it("nothing is begun from a row that does not exist for this user, or from a list that says nothing of it", async () => {
  under = new AdminUnderTest({
    debug: false,
    authenticate: { tokens },
    scope: (_, model) => (model === "task" ? [{ field: "func", is: "in", values: ["math.add"] }] : undefined),
  });
  const [own, foreign] = [await under.enqueue(add, { a: 1 }), await under.enqueue(mail, { to: "s3cret" })];
  const begin = (model: string, id: string) =>
    under.ask("POST", "/api/models/queued", {
      body: { values: { func: "math.add", input: '{"a":"•••"}' }, from: { model, id } },
      ...as("granted"),
    });
  expect((await begin("task", own)).status).toBe(201);
  expect((await begin("task", foreign)).status).toBe(404);
  expect((await begin("schedule", own)).status).toBe(400);
});

describe("what is hidden in the input of one function", () => {
  const redact = { "math.add": ["card"] };
  const input = '{"a":1,"card":"4111"}';

  it("does not become part of a call of another, which would show it", async () => {
    under = new AdminUnderTest({ debug: true, redact });
    const id = await under.enqueue(add, { a: 1, card: "4111" } as never);
    const { again } = (await under.get<DetailAnswer>(`/api/models/task/${id}`)).json;
    const begin = (func: string) =>
      under.ask("POST", "/api/models/queued", {
        body: { values: { ...again?.values, func }, from: { model: "task", id } },
      });
    const { status, json } = await begin("mail.send");
    expect([status, json.error.issues?.["input"]?.map(({ path }) => path)]).toEqual([422, [["card"]]]);
    expect((await begin("math.add")).status).toBe(201);
  });

  it("does not stay in a schedule that gets another function", async () => {
    under = new AdminUnderTest({ debug: true, redact });
    const body = { values: { ...values, input } };
    const { json: saved } = await under.ask<SaveAnswer>("POST", "/api/models/schedule", { body });
    const path = `/api/models/schedule/${saved.id}`;
    const { form, version } = (await under.get<DetailAnswer>(path)).json;
    const change = (changed: object) =>
      under.ask("PATCH", path, {
        body: { values: { ...form?.values, ...changed } },
        headers: { "if-match": JSON.stringify(version) },
      });
    const { status, json } = await change({ func: "mail.send" });
    expect([status, Object.keys(json.error.fields ?? {})]).toEqual([422, ["input"]]);
    expect((await change({ func: "mail.send", input: '{"to":"x"}' })).status).toBe(200);
    expect((await (await under.store()).schedule(saved.id))?.definition).not.toContain("4111");
  });
});

it("what is hidden in the name and the note of a schedule is kept by its form, and by a copy", async () => {
  under = new AdminUnderTest();
  const secret = { name: "backup token=s3cret", note: "password: s3cret" };
  const body = { values: { ...values, ...secret } };
  const { json: first } = await under.ask<SaveAnswer>("POST", "/api/models/schedule", { body });
  const path = `/api/models/schedule/${first.id}`;
  const { json: page, text } = await under.get<DetailAnswer>(path);
  expect(text).not.toContain("s3cret");
  const changed = await under.ask("PATCH", path, {
    body: { values: { ...page.form?.values, priority: 7 } },
    headers: { "if-match": JSON.stringify(page.version) },
  });
  expect(changed.status).toBe(200);
  expect(await (await under.store()).schedule(first.id)).toMatchObject(secret);
  const copied = await under.ask<SaveAnswer>("POST", "/api/models/schedule", {
    body: { values: { ...page.again?.values, name: "copy" }, from: { model: "schedule", id: first.id } },
  });
  expect(await (await under.store()).schedule(copied.json.id)).toMatchObject({
    name: "copy",
    note: secret.note,
  });
});
