// What pages tell beyond their rows: a hook in the timeline, why a task is gone, places in the queue, recent runs, what is wrong with a schedule.
import { afterEach, describe, expect, it } from "vitest";
import type {
  Boot,
  Cell,
  DetailAnswer,
  OverviewAnswer,
  PreviewAnswer,
  RichCell,
  SuggestAnswer,
} from "../../src/admin/contract.ts";
import { encodeError } from "../../src/core/codec.ts";
import { childId, newId } from "../../src/core/id.ts";
import { failed } from "../../src/testing/store/examples.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";

let under: AdminUnderTest;
afterEach(() => under.close());

const failure = { outcome: "failed" as const, result: encodeError(new Error("broken")) };
const rich = (cell: Cell | undefined): RichCell =>
  typeof cell === "object" && cell !== null ? cell : { value: cell ?? null };
const saved = async (values: object): Promise<string> =>
  (
    await under.ask<{ id: string }>("POST", "/api/models/schedule", {
      body: { values: { func: "math.add", type: "hourly", timeZone: "UTC", input: '{"a":1}', ...values } },
    })
  ).json.id;

it("a task's timeline ends with its hook, and says so where the hook's task is not stored any more", async () => {
  under = new AdminUnderTest();
  const id = await under.ended(add, { a: 1 }, { hook: "mail.send" });
  const steps = async (): Promise<RichCell[]> => {
    const { tables } = (await under.get<DetailAnswer>(`/api/models/task/${id}`)).json;
    return (tables["timeline"]?.rows ?? []).map(({ cells }) => rich(cells["what"]));
  };
  expect((await steps()).at(-1)).toMatchObject({ value: "Hook mail.send", note: "its task is not stored" });
  const hook = childId(id, "hook");
  await under.enqueue(mail, { to: "a" }, { id: hook });
  expect((await steps()).at(-1)).toMatchObject({ value: "Hook mail.send queued", to: `tasks/${hook}` });
});

describe("a task that is not there", () => {
  const said = async (id: string): Promise<string> =>
    (await under.get(`/api/models/task/${id}`)).json.error.message;

  it("was deleted by somebody, removed by a limit, or never was", async () => {
    under = new AdminUnderTest({ debug: true }, { saveLimit: 1 });
    const deleted = await under.ended(add, { a: 1 }, {}, failure);
    await under.act("failure", "delete", { ids: [deleted] });
    expect(await said(deleted)).toBe("Deleted by debug.");
    const first = await under.ended(add, { a: 1 });
    await under.ended(add, { a: 2 });
    await (await under.store()).prune({
      saveLimit: 1,
      per: null,
      failuresBefore: null,
      attemptsBefore: 0,
      clustersBefore: 0,
      limit: 100,
    });
    expect(await said(first)).toBe("It succeeded, and was removed by saveLimit.");
    const answer = await under.get(`/api/models/task/${newId(under.client.clock)}`);
    expect(answer.json.error.message).toBe("Not stored, or removed by saveLimit.");
    expect(answer.json.error.hint).toMatch(/^The newest 1 successful tasks are kept .* ended .* ago\./);
    for (const never of ["nonsense", "ffffffff-ffff-7fff-8fff-ffffffffffff"])
      expect(await said(never)).toBe("There never was a task of this id.");
  });

  it("tells a user for whom not all rows exist nothing of it", async () => {
    const tokens = { ann: { name: "ann", role: "admin" as const, token: "a".repeat(32) } };
    under = new AdminUnderTest({
      debug: false,
      authenticate: { tokens },
      scope: () => [{ field: "func", is: "in", values: ["mail.send"] }],
    });
    const id = await under.ended(add, { a: 1 });
    await (await under.store()).deleteTasks([id]);
    const asked = { headers: { authorization: `Bearer ${tokens.ann.token}` } };
    for (const one of [id, "nonsense"])
      expect((await under.get(`/api/models/task/${one}`, asked)).json.error.message).toBe(
        "There is nothing under this id.",
      );
  });
});

it("ready tasks have their place in their queue; what is due later or picked up has none", async () => {
  under = new AdminUnderTest();
  await under.enqueue(add, { a: 1 }, { name: "held" });
  await under.claim();
  await under.enqueue(add, { a: 1 }, { name: "second" });
  await under.enqueue(add, { a: 1 }, { name: "first", priority: 5 });
  await under.enqueue(add, { a: 1 }, { name: "elsewhere", queue: "long" });
  await under.enqueue(add, { a: 1 }, { name: "later", delay: "1h" });
  const rows = await under.list("queued", "columns=name,position");
  const places = Object.fromEntries(rows.map(({ cells }) => [cells["name"], cells["position"]]));
  expect(places).toEqual({ held: null, first: 1, second: 2, elsewhere: 1, later: null });
});

it("the places of a page with many queues are told of fewer of each, so that they cost no more", async () => {
  under = new AdminUnderTest();
  for (let queue = 0; queue < 20; queue++) await under.enqueue(add, { a: 1 }, { queue: `queue-${queue}` });
  for (let index = 1; index < 12; index++) await under.enqueue(add, { a: 1 }, { queue: "queue-0" });
  const placesIn = async (query: string): Promise<unknown[]> =>
    (await under.list("queued", `columns=queue,position&sort=id&${query}`))
      .filter(({ cells }) => rich(cells["queue"]).value === "queue-0")
      .map(({ cells }) => rich(cells["position"]).text ?? rich(cells["position"]).value);
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(await placesIn("")).toEqual([...ten, "after 10", "after 10"]);
  expect(await placesIn("queue=queue-0")).toEqual([...ten, 11, 12]);
});

it("a schedule shows how its newest runs went, each with the way to its task", async () => {
  under = new AdminUnderTest();
  const id = await saved({ name: "hourly", nextRun: Date.now() + 3_600_000, missed: "all" });
  const store = await under.store();
  // Due one hour after the other, as if nobody had looked since.
  const fireAt = async (hoursAgo: number): Promise<void> => {
    const read = (await store.schedule(id))!;
    await store.saveSchedule(
      { ...read, nextRun: Date.now() - hoursAgo * 3_600_000, version: read.version + 1 },
      read,
    );
    await under.fire();
  };
  await saved({ name: "new", nextRun: Date.now() + 3_600_000 });
  await fireAt(2);
  const [task] = await under.claim();
  await store.finish([failed(task!)]);
  await fireAt(1);
  const rows = await under.list("schedule", "columns=name,recentRuns");
  const of = (name: string): RichCell =>
    rich(rows.find(({ cells }) => rich(cells["name"]).text === name)?.cells["recentRuns"]);
  expect(of("new").value).toBeNull();
  expect(of("hourly")).toMatchObject({
    value: "0 of 2 succeeded",
    marks: [
      { text: "failed", tone: "bad", to: `tasks/${task!.id}` },
      { text: "not ended", tone: "quiet" },
    ],
  });
});

it("suggestions go on with values that only contain what is typed, and show none of what is hidden", async () => {
  under = new AdminUnderTest();
  for (const group of ["summer", "midsummer", "indian summer", "winter", "token=summer"])
    for (let each = 0; each < 25; each++) await under.ended(add, { a: each }, { group });
  const { values } = (await under.get<SuggestAnswer>("/api/models/success/suggest?field=group&prefix=summer"))
    .json;
  expect(values.map(({ value }) => value)).toEqual(["summer", "indian summer", "midsummer"]);
});

it("the overview names the schedules that can't run, and says why", async () => {
  under = new AdminUnderTest();
  const store = await under.store();
  for (const name of ["a", "b", "c", "d"]) {
    const id = await saved({ name, nextRun: Date.now() + 1_000 });
    const row = (await store.schedule(id))!;
    await store.failSchedule(row.id, row.version, `its func is gone, password=${name}`, true);
  }
  const { warnings } = (await under.get<OverviewAnswer>("/api/overview")).json;
  const texts = warnings.map(({ text }) => text).filter((text) => /schedule/.test(text));
  expect(texts).toEqual([
    ...["a", "b", "c"].map((name) => `The schedule ${name} can't run: its func is gone, password=•••`),
    "1 more schedule has an error.",
  ]);
});

it("an empty queue says when the last one left it, and a preview that nobody takes its queue", async () => {
  under = new AdminUnderTest();
  const hint = async (): Promise<string | undefined> =>
    (await under.get<Boot>("/api/boot")).json.models.find(({ name }) => name === "queued")?.empty.hint;
  expect(await hint()).toBe("No cluster is running: npx quern cluster.");
  await under.ended(add, { a: 1 }, {}, failure);
  expect(await hint()).toMatch(/^The last one left it at \d\d:\d\d\. No cluster is running/);
  const body = { values: { func: "math.add", type: "daily", timeZone: "UTC", queue: "long" } };
  const { json } = await under.ask<PreviewAnswer>("POST", "/api/schedules/preview", { body });
  expect(json.warnings).toEqual(["No cluster takes tasks of the queue long now."]);
});
