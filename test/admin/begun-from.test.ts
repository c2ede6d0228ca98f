// New rows begun from others: what is hidden in those is kept, and nobody begins from what he may not see.
import { afterEach, expect, it } from "vitest";
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
