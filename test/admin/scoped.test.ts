// What does not exist for a user is told to him nowhere: not by suggestions, cursors, previews, neighbours, histories or counts.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type {
  Cell,
  DetailAnswer,
  HistoryAnswer,
  ListAnswer,
  OverviewAnswer,
  PreviewAnswer,
  RichCell,
  SuggestAnswer,
} from "../../src/admin/contract.ts";
import { scheduleAdmin } from "../../src/admin/index.ts";
import { checkCall, sealTask } from "../../src/client/enqueue/enqueue.ts";
import type { Condition } from "../../src/store/browse.ts";
import { exampleCluster } from "../../src/testing/store/clusters.ts";
import { savedSchedule } from "../../src/testing/store/schedule-examples.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";

const token = "x".repeat(40);
const asked = { headers: { authorization: `Bearer ${token}` }, address: "10.0.0.9" };

let under: AdminUnderTest;
let own: string;
let foreign: string;
let schedule: string;
let foreignSchedule: string;

describe("for whom only the tasks of his own queue are there", () => {
  beforeEach(async () => {
    under = new AdminUnderTest({
      debug: false,
      authenticate: { tokens: { ann: { token, role: "admin" } } },
      scope: (_, model) => {
        if (model === "cluster" || model === "task") return undefined;
        return model === "audit"
          ? [{ field: "who", is: "in", values: ["ann"] }]
          : [{ field: "queue", is: "in", values: ["own"] }];
      },
    });
    own = await under.ended(add, { a: 1 }, { queue: "own", group: "mine" });
    foreign = await under.ended(add, { a: 1 }, { queue: "foreign", group: "foreign-group" });
    await under.ended(mail, { to: "x" }, { queue: "foreign" }, { outcome: "failed" });
    const store = await under.store();
    const nextRun = (await store.time()) + 3_600_000;
    ({ id: schedule } = await savedSchedule(store, { name: "mine-too", queue: "own", nextRun }));
    ({ id: foreignSchedule } = await savedSchedule(store, {
      name: "foreign-plan",
      queue: "foreign",
      nextRun,
    }));
    for (const who of ["ann", "bob"])
      await store.audit({ who, action: "schedule.change", object: foreignSchedule });
  });
  afterEach(() => under.close());

  it("suggestions name nothing else", async () => {
    const suggest = async (model: string, field: string, prefix = "") =>
      (
        await under.get<SuggestAnswer>(`/api/models/${model}/suggest?field=${field}&prefix=${prefix}`, asked)
      ).json.values.map(({ value }) => value);
    expect(await suggest("success", "group")).toEqual(["mine-too", "mine"]);
    expect(await suggest("success", "group", "foreign")).toEqual([]);
    expect(await suggest("success", "queue")).toEqual(["own"]);
    expect(await suggest("failure", "func")).toEqual([]);
  });

  it("the page of a task is there only where its list has it, and so are its actions", async () => {
    expect((await under.get(`/api/models/task/${own}`, asked)).status).toBe(200);
    expect((await under.get(`/api/models/task/${foreign}`, asked)).status).toBe(404);
    expect((await under.get(`/api/models/task/${foreign}/history`, asked)).status).toBe(404);
    const { json } = await under.get<ListAnswer>(`/api/models/task?ids=${own},${foreign}`, asked);
    expect(json.rows.map(({ id }) => id)).toEqual([own]);
    const deleted = await under.act("task", "success-delete", { ids: [foreign] }, asked);
    expect(deleted.status).toBe(404);
    expect(await (await under.store()).task(foreign)).toMatchObject({ id: foreign });
  });

  it("tasks that are not there are not shown beside one's own", async () => {
    const { store, keyring } = await under.client.open();
    const relatedTo = async (parent: string): Promise<string[]> => {
      const call = await checkCall(under.client, add, { a: 1 }, { queue: "own" });
      const made = { ...sealTask(under.client, keyring, call), parent };
      await store.enqueue([made]);
      const { json } = await under.get<DetailAnswer>(`/api/models/task/${made.id}`, asked);
      const isNamed = parent === own;
      expect([json.fields["parent"] !== null, json.raw?.includes(parent)]).toEqual([isNamed, isNamed]);
      return json.tables["related"]!.rows.map(({ id }) => id);
    };
    expect([await relatedTo(own), await relatedTo(foreign)]).toEqual([[own], []]);
  });

  it("a cluster does not say which tasks it has in hand", async () => {
    const store = await under.store();
    const status = JSON.stringify({
      workers: [{ pid: 1, state: "working", rss: null, running: [foreign], done: 0 }],
      uncaught: [{ at: 1, workerPid: 1, name: "Error", message: "x", stack: null, running: [foreign] }],
    });
    await store.saveCluster(exampleCluster({ id: "c", status }));
    const { status: code, text } = await under.get("/api/models/cluster/c", asked);
    expect([code, text.includes(foreign)]).toEqual([200, false]);
  });

  it("a preview tells nothing of another's schedule", async () => {
    const values = { func: "math.add", type: "daily", timeZone: "UTC", nextRun: Date.now() + 60_000 };
    const preview = async (id: string): Promise<number | null> =>
      (await under.ask<PreviewAnswer>("POST", "/api/schedules/preview", { ...asked, body: { values, id } }))
        .json.replaces;
    expect(await preview(schedule)).toBeTypeOf("number");
    expect(await preview(foreignSchedule)).toBe(null);
  });

  it("a last run that is another's is neither named nor linked", async () => {
    const store = await under.store();
    const lastRun = async (queue: string): Promise<Cell> => {
      const call = await checkCall(under.client, add, { a: 1 }, { queue });
      const { keyring } = await under.client.open();
      await store.runSchedule(schedule, sealTask(under.client, keyring, call));
      const { json } = await under.get<ListAnswer>("/api/models/schedule?columns=name,lastRun", asked);
      expect(json.rows.map(({ cells }) => (cells["name"] as RichCell).value)).toEqual(["mine-too"]);
      return json.rows[0]!.cells["lastRun"]!;
    };
    expect([typeof (await lastRun("own")), await lastRun("foreign")]).toEqual(["object", null]);
  });

  it("histories and the overview have only entries that the audit has for him", async () => {
    const history = await under.get<HistoryAnswer>(`/api/models/cluster/${foreignSchedule}/history`, asked);
    expect(history.json.entries.map(({ who }) => who)).toEqual(["ann"]);
    const { json } = await under.get<OverviewAnswer>("/api/overview", asked);
    expect(json.recent.map(({ who }) => who)).toEqual(["ann"]);
    expect(json.recent[0]!.object).toMatchObject({ text: foreignSchedule });
    const value = (name: string) => json.tiles.find((tile) => tile.name === name)!.value;
    expect([value("succeeded"), value("failed-hour"), json.warnings]).toEqual([1, 0, []]);
  });
});

describe("for whom only a part is there of what clusters do", () => {
  afterEach(() => under.close());
  const status = JSON.stringify({ workers: [], succeeded: 0, failed: 0, reincarnations: 0, trouble: null });
  const withScope = async (conditions: Record<string, Condition[]>, grants: string[] = []): Promise<void> => {
    under = new AdminUnderTest({
      debug: false,
      authenticate: { tokens: { ann: { token, role: "admin", grants } } },
      scope: (_, model) => conditions[model],
    });
    const store = await under.store();
    for (const id of ["mill", "lake"])
      await store.saveCluster(
        exampleCluster({ id, name: `quiet-${id}`, state: "idle", queues: "*", status }),
      );
  };
  const onlyMill: Condition[] = [{ field: "name", is: "in", values: ["quiet-mill"] }];
  const value = (text: string, name: string): unknown =>
    (JSON.parse(text) as OverviewAnswer).tiles.find((tile) => tile.name === name)?.value;

  it("the tile of clusters counts his, and no list, filter or cell names another", async () => {
    await withScope({ cluster: onlyMill });
    await under.enqueue(add, { a: 1 });
    await under.claim("lake");
    const pages = [
      "overview",
      "boot",
      "models/running",
      "models/queued",
      "models/running/suggest?field=owner&prefix=",
      "models/cluster",
    ];
    for (const page of pages) {
      const { status, text } = await under.get(`/api/${page}`, asked);
      expect([page, status, text.includes("lake")]).toEqual([page, 200, false]);
      if (page === "overview") expect(value(text, "clusters")).toBe(1);
    }
  });

  it("the chart, which counts all tasks, is not there for whom some are not", async () => {
    await withScope({ failure: [{ field: "queue", is: "in", values: ["own"] }] });
    expect((await under.get("/api/series", asked)).status).toBe(404);
    await under.close();
    await withScope({ schedule: [{ field: "queue", is: "in", values: ["own"] }] });
    expect((await under.get("/api/series", asked)).status).toBe(200);
  });

  it("a place in the queue is told only to whom the whole queue is there", async () => {
    const places = async (queued: Condition[]): Promise<unknown[]> => {
      await withScope({ queued });
      await under.enqueue(add, { a: 1 }, { queue: "own", group: "theirs" });
      await under.enqueue(add, { a: 1 }, { queue: "own", group: "mine" });
      await under.enqueue(add, { a: 1 }, { queue: "foreign" });
      const { json } = await under.get<ListAnswer>("/api/models/queued?columns=position&sort=id", asked);
      const shown = json.rows.map(({ cells }) => cells["position"]);
      await under.close();
      return shown;
    };
    const own: Condition = { field: "queue", is: "in", values: ["own"] };
    const mine: Condition = { field: "group", is: "in", values: ["mine"] };
    expect(await places([own])).toEqual([1, 2]);
    expect(await places([{ is: "any", conditions: [own] }])).toEqual([1, 2]);
    expect(await places([own, mine])).toEqual([null]);
    expect(await places([{ is: "not", condition: { is: "not", condition: mine } }])).toEqual([null]);
    await withScope({});
  });

  it("a form suggests the queues of his tasks, and a banner is of his", async () => {
    await withScope(
      {
        queued: [{ field: "queue", is: "in", values: ["own"] }],
        success: [{ field: "queue", is: "in", values: ["own"] }],
      },
      ["queued.add"],
    );
    await under.enqueue(add, { a: 1 }, { queue: "own" });
    await under.enqueue(add, { a: 1 }, { queue: "foreign" });
    under.admin.register("schedule", { ...scheduleAdmin, filters: [] }); // Its filter by queue suggests in place of its form.
    for (const form of ["queued", "schedule"]) {
      const { json } = await under.get<SuggestAnswer>(
        `/api/models/${form}/suggest?field=queue&prefix=`,
        asked,
      );
      expect([form, json.values.map(({ value }) => value)]).toEqual([form, ["own"]]);
    }
    await under.ended(add, { a: 1 }, { queue: "foreign" });
    const banner = async (): Promise<string | null> =>
      (await under.get<ListAnswer>("/api/models/success", asked)).json.banner;
    expect(await banner()).not.toContain("oldest");
    await under.ended(add, { a: 1 }, { queue: "own" });
    expect(await banner()).toContain("oldest");
  });

  it("a tile of a list that he may not see is not there", async () => {
    under = new AdminUnderTest({
      debug: false,
      authenticate: { tokens: { ann: { token } } },
      authorize: (_, permission) =>
        ["failure.view", "cluster.view", "queued.view"].includes(permission) ? false : undefined,
    });
    const { json } = await under.get<OverviewAnswer>("/api/overview", asked);
    expect(json.tiles.map(({ name }) => name)).toEqual(["running", "succeeded", "overdue"]);
    expect((await under.get("/api/series", asked)).status).toBe(404);
  });
});

describe("a cursor", () => {
  afterEach(() => under.close());

  it("does not say what stands at its place, and none can be made up", async () => {
    under = new AdminUnderTest({ debug: true });
    for (let index = 0; index < 3; index++)
      await under.ended(add, { a: index }, { group: `token=hunter${index}` });
    const page = "/api/models/success?sort=group&limit=1";
    const { json, text } = await under.get<ListAnswer>(page);
    expect(text).not.toContain("hunter");
    expect(Buffer.from(json.after!.split(".")[1]!, "base64url").toString("latin1")).not.toContain("hunter");
    expect((await under.get<ListAnswer>(`${page}&after=${json.after!}`)).json.rows.length).toBe(1);
    const made = Buffer.from(JSON.stringify(["group", "token=hunter1", 0, ""])).toString("base64url");
    const [key, sealed] = json.after!.split(".") as [string, string];
    const other = await under.get<ListAnswer>("/api/models/failure?sort=group");
    expect(other.status).toBe(200);
    for (const cursor of [
      made,
      `${key}.${made}`,
      `${key}.${sealed.slice(0, -2)}AA`,
      `00000000.${sealed}`,
      `${key}.`,
    ])
      for (const way of ["after", "before"])
        expect((await under.get(`${page}&${way}=${cursor}`)).status).toBe(400);
    // Nor is that of another list one of this.
    expect((await under.get(`/api/models/failure?sort=group&after=${json.after!}`)).status).toBe(400);
  });
});

describe("what may be a secret", () => {
  afterEach(() => under.close());

  it("is left out of links, tags and notes as it is of texts", async () => {
    under = new AdminUnderTest({ debug: true });
    const store = await under.store();
    await savedSchedule(store, { name: "token=hunter2" });
    await under.ended(add, { a: 1 }, { tags: ["password:hunter2"], name: "secret=hunter2" });
    await store.audit({ who: "ann", action: "queue.pause", object: "cookie=hunter2" });
    const lists = ["schedule", "success?columns=name,tags,group", "audit"];
    for (const list of lists) {
      const { text, status } = await under.get(`/api/models/${list}`);
      expect([list, status, text.includes("•••"), text.includes("hunter2")]).toEqual([
        list,
        200,
        true,
        false,
      ]);
    }
  });
});
