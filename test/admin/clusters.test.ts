// Clusters in the admin: their state, the orders they are given, and who may give them.
import { afterEach, expect, it } from "vitest";
import type {
  DetailAnswer,
  ListAnswer,
  OverviewAnswer,
  PreviewAnswer,
  RichCell,
} from "../../src/admin/contract.ts";
import type { AdminOptions } from "../../src/admin/index.ts";
import { exampleCluster } from "../../src/testing/store/clusters.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

const tokenOf = (name: string): string => `${name}-${"x".repeat(32)}`;
const as = (name: string): { headers: Record<string, string>; address: string } => ({
  headers: { authorization: `Bearer ${tokenOf(name)}` },
  address: "10.0.0.9",
});
const status = (changes: object = {}): string =>
  JSON.stringify({ workers: [], succeeded: 0, failed: 0, reincarnations: 0, trouble: null, ...changes });

let under: AdminUnderTest;
afterEach(() => under.close());

async function open(states: Record<string, string>, options: AdminOptions = {}): Promise<void> {
  const tokens = {
    anna: { token: tokenOf("anna"), role: "admin" },
    otto: { token: tokenOf("otto"), role: "operator" },
  } as const;
  under = new AdminUnderTest({ debug: false, authenticate: { tokens }, ...options });
  const store = await under.store();
  for (const [id, state] of Object.entries(states))
    await store.saveCluster(exampleCluster({ id, name: id, state, status: status(), queues: "*" }));
}

const stateOf = async (id: string): Promise<RichCell> => {
  const { json } = await under.get<{ rows: { cells: { state: RichCell } }[] }>(
    `/api/models/cluster?ids=${id}&columns=state`,
    as("anna"),
  );
  return json.rows[0]!.cells.state;
};

it("an admin pauses, resumes and stops clusters, which is in the audit; what can't be done says why", async () => {
  await open({ a: "idle", b: "working", gone: "stopped" });
  const act = (name: string, ids: string[]) => under.act("cluster", name, { ids }, as("anna"));
  expect((await act("pause", ["a", "gone"])).json).toMatchObject({
    done: 1,
    skipped: [{ id: "gone", reason: "It is stopped." }],
  });
  expect(await stateOf("a")).toMatchObject({ value: "idle", note: "told to pause" });
  expect((await act("pause", ["a"])).json.skipped).toMatchObject([{ reason: "It is paused already." }]);
  expect((await act("resume", ["a"])).json.done).toBe(1);
  expect((await act("stop", ["a", "b"])).json.done).toBe(2);
  expect(await stateOf("b")).toMatchObject({ value: "working", note: "told to stop" });
  expect((await act("resume", ["b"])).json.skipped).toMatchObject([{ reason: "It was told to stop." }]);
  const store = await under.store();
  expect(await Promise.all(["a", "b", "gone"].map((id) => store.clusterOrder(id)))).toEqual([
    "stop",
    "stop",
    null,
  ]);
  expect((await store.audits(9)).map(({ who, action, object }) => [who, action, object])).toEqual([
    ["anna", "cluster.stop", "b"],
    ["anna", "cluster.stop", "a"],
    ["anna", "cluster.resume", "a"],
    ["anna", "cluster.pause", "a"],
  ]);
});

it("an operator gives no orders, and the try is logged", async () => {
  await open({ a: "idle" });
  for (const action of ["pause", "resume", "stop"])
    expect((await under.act("cluster", action, { ids: ["a"] }, as("otto"))).status).toBe(403);
  expect((await (await under.store()).audits(9)).map(({ outcome }) => outcome)).toEqual([
    "refused",
    "refused",
    "refused",
  ]);
});

it("errors of workers that no task could be blamed for stand on the cluster's page, redacted", async () => {
  await open({});
  const uncaught = [
    {
      at: 1,
      workerPid: 7,
      name: "TypeError",
      message: "token=abc",
      stack: "    at x",
      running: ["one", "two"],
    },
  ];
  const store = await under.store();
  await store.saveCluster(exampleCluster({ id: "c", status: status({ uncaught }) }));
  const { json, text } = await under.get<DetailAnswer>("/api/models/cluster/c", as("anna"));
  expect(json.tables["errors"]!.rows[0]!.cells).toMatchObject({
    at: 1,
    worker: "7",
    error: { error: { name: "TypeError", message: "token=•••", frames: [{ text: "at x" }] } },
    running: "one, two",
  });
  expect(text).not.toContain("abc");
});

it("clusters stand by their state, in the order of a life, and then by name", async () => {
  await open({ d: "stopped", b: "working", c: "idle", a: "working", e: "starting" });
  const names = async (sort: string): Promise<unknown[]> => {
    const { json } = await under.get<ListAnswer>(`/api/models/cluster?columns=name${sort}`, as("anna"));
    return json.rows.map(({ cells }) => cells["name"]);
  };
  expect(await names("")).toEqual(["e", "c", "a", "b", "d"]);
  expect(await names("&sort=-state")).toEqual(["d", "b", "a", "c", "e"]);
});

it("a cluster's page tells what its services do, and who started and died of what", async () => {
  await open({ old: "idle" });
  const services = {
    ...{ inHand: 2, unsaved: 1, looked: 9 },
    taken: { count: 12, at: 7 },
    saved: { count: 9, at: 8 },
    fired: { count: 1, at: 6 },
  };
  const starts = [5, 1].map((at) => ({ at, workerPid: at }));
  const deaths = [{ at: 5, workerPid: 1, reason: "out-of-memory", running: ["one (math.add)"] }];
  const store = await under.store();
  const told = { starts, deaths, services, reincarnations: 1 };
  await store.saveCluster(exampleCluster({ id: "c", state: "working", status: status(told) }));
  const tables = async (id: string): Promise<unknown[]> => {
    const { json } = await under.get<DetailAnswer>(`/api/models/cluster/${id}`, as("anna"));
    return ["services", "comings"].map((name) =>
      json.tables[name]!.rows.map(({ cells }) =>
        Object.values(cells).map((cell) => (cell as RichCell | null)?.value ?? cell),
      ),
    );
  };
  expect(await tables("c")).toEqual([
    [
      ["sentinel", "guards 0 workers", "1 worker replaced", 5],
      ["pusher", "2 tasks in hand", "12 attempts taken", 7],
      ["monitor", "1 end to be saved", "9 ends saved", 8],
      ["scheduler", "looks for what is due", "1 task queued", 6],
    ],
    [
      [5, "5", "started", null, null],
      [5, "1", "died", "out-of-memory", "one (math.add)"],
      [1, "1", "started", null, null],
    ],
  ]);
  expect(await tables("old")).toEqual([[], []]);
});

it("the overview warns of a clock that is away from the store's, of a pause, and of what nobody takes then", async () => {
  await open({ a: "paused" });
  const store = await under.store();
  const saved = exampleCluster({ id: "b", name: "b", state: "paused", queues: "*" });
  await store.saveCluster({ ...saved, status: status({ clockOffMs: -90_000 }) });
  await under.enqueue(add, { a: 1 });
  const { json } = await under.get<OverviewAnswer>("/api/overview", as("anna"));
  expect(json.warnings.map(({ text }) => text)).toEqual([
    "No cluster takes tasks of the queue default.",
    "The cluster a is paused.",
    "The cluster b is paused.",
    "The clock of b is 1 min 30 s ahead of that of the database.",
  ]);
});

it("the overview warns of nothing in a list that one may not see", async () => {
  const hidden = new Set<string>();
  await open({ a: "paused" }, { authorize: (_, permission) => (hidden.has(permission) ? false : undefined) });
  await under.enqueue(add, { a: 1 });
  const texts = async (): Promise<string[]> =>
    (await under.get<OverviewAnswer>("/api/overview", as("anna"))).json.warnings.map(({ text }) => text);
  expect(await texts()).toEqual(["No cluster takes tasks of the queue default.", "The cluster a is paused."]);
  hidden.add("cluster.view");
  expect(await texts()).toEqual(["No cluster takes tasks of the queue default."]);
  hidden.add("queued.view");
  expect(await texts()).toEqual([]);
});

it("a queue that only a lost cluster serves is served by none", async () => {
  await open({ a: "working" });
  const body = { values: { func: "math.add", type: "daily", timeZone: "UTC" } };
  const warned = async (): Promise<string[]> =>
    (await under.ask<PreviewAnswer>("POST", "/api/schedules/preview", { ...as("anna"), body })).json.warnings;
  expect(await warned()).toEqual([]);
  const store = await under.store();
  const clusters = await store.clusters();
  Object.defineProperty(store, "clusters", {
    value: async () => clusters.map((one) => ({ ...one, heartbeat: one.heartbeat - 60_000 })),
  });
  expect(await warned()).toEqual(["No cluster takes tasks of the queue default now."]);
});
