// Live updates: one watcher however many streams, names of what changed and never its content, and an end when the session ends.
import { afterEach, expect, it } from "vitest";
import type { Count, OperationsAnswer } from "../../src/admin/contract.ts";
import { hashPassword, rowsSource, successAdmin, type AdminOptions } from "../../src/admin/index.ts";
import { exampleCluster } from "../../src/testing/store/clusters.ts";
import { claimBy, exampleTasks, failed, fenceOf, succeeded } from "../../src/testing/store/examples.ts";
import { manualClock, type ManualClock } from "../../src/testing/manual-clock.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

const status = JSON.stringify({ workers: [], succeeded: 0, failed: 0, reincarnations: 0, trouble: null });

let under: AdminUnderTest;
let clock: ManualClock;
afterEach(() => under.close());
const open = (options: AdminOptions = { debug: true }): void => {
  clock = manualClock();
  under = new AdminUnderTest(options, {}, clock);
};

interface Told {
  name: string;
  data: { model?: string; ids?: string[] | null; count?: Count | null };
}

interface Stream {
  /** What has been sent so far. */
  text(): string;
  /** The events since this was asked before. */
  events(): Told[];
  /** Waits for it to be sent, whatever else is. */
  says(part: string): Promise<void>;
  ended: Promise<void>;
  leave(): Promise<void>;
}

async function listen(headers: Record<string, string> = {}, address = "127.0.0.1"): Promise<Stream> {
  const request = new Request("http://localhost/api/stream", { headers: { host: "localhost", ...headers } });
  const response = await under.admin(request, { address });
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  let text = "";
  let heard = (): void => {};
  const ended = (async () => {
    const decoder = new TextDecoder();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value);
      heard();
    }
    heard();
  })();
  let heardTo = 0;
  return {
    text: () => text,
    events() {
      const since = text.slice(heardTo);
      heardTo = text.length;
      return [...since.matchAll(/^event: (.+)\ndata: (.+)$/gm)].map(([, name, data]) => ({
        name: name!,
        data: JSON.parse(data!) as Told["data"],
      }));
    },
    async says(part) {
      while (!text.includes(part)) await new Promise<void>((resolve) => (heard = resolve));
    },
    ended,
    leave: () => reader.cancel(),
  };
}

/** How many watch the store now. */
async function counted(): Promise<() => number> {
  const store = await under.store();
  const watch = store.watch.bind(store);
  let watching = 0;
  Object.defineProperty(store, "watch", {
    value: (wake: () => void) => {
      const stop = watch(wake);
      watching++;
      return () => {
        watching--;
        stop();
      };
    },
  });
  return () => watching;
}

it("many streams have one watcher, and none has none", async () => {
  open();
  const watching = await counted();
  expect(watching()).toBe(0);
  const streams = [await listen(), await listen(), await listen()];
  for (const stream of streams) await stream.says("retry:");
  expect(watching()).toBe(1);
  for (const stream of streams) await stream.leave();
  expect(watching()).toBe(0);
  const again = await listen();
  await again.says("retry:");
  expect(watching()).toBe(1);
  await again.leave();
});

/** What was told of one model since it was asked before, counts of the navigation aside. */
const of = (stream: Stream, model: string): [name: string, told: unknown][] =>
  stream
    .events()
    .filter(({ data }) => data.model === model)
    .map(({ name, data }) => [name, name === "new" ? data.count : data.ids]);

it("a change is told once a second at most, by the names of the lists, and counts every five", async () => {
  open();
  const stream = await listen();
  await stream.says("retry:");
  for (let index = 0; index < 5; index++) await under.enqueue(add, { a: 987_654 });
  await clock.advance(0);
  // The first look has nothing to compare it to.
  expect(of(stream, "queued")).toEqual([
    ["rows", null],
    ["new", null],
  ]);
  for (let index = 0; index < 5; index++) await under.enqueue(add, { a: 987_654 });
  await clock.advance(500);
  expect(of(stream, "queued")).toEqual([]);
  await clock.advance(600);
  expect(of(stream, "queued")).toEqual([["new", { number: 5, capped: false }]]);
  await clock.advance(5_000);
  await stream.says('"queued":{"number":10,"capped":false}');
  expect(stream.text()).not.toContain("987654");
  await stream.leave();
});

it("each step of a task is told to the lists it leaves and comes into, and to its page", async () => {
  open();
  const stream = await listen();
  const id = await under.enqueue(add, { a: 1 });
  await clock.advance(0);
  stream.events();
  // A claim wakes nobody in this engine; but a look that saw something is followed by another.
  const [running] = await under.claim();
  await clock.advance(1_000);
  expect(stream.events()).toEqual([
    { name: "rows", data: { model: "queued", ids: [id] } },
    { name: "new", data: { model: "running", count: { number: 1, capped: false } } },
    { name: "rows", data: { model: "task", ids: [id] } },
  ]);
  const store = await under.store();
  await store.note([{ ...fenceOf(running!), progress: '{"value":0.5,"note":null}', log: null }]);
  await clock.advance(1_000);
  expect(of(stream, "running")).toEqual([["rows", [id]]]);
  await store.finish([failed(running!)]);
  await clock.advance(1_000);
  expect(stream.events().filter(({ name }) => name !== "counts")).toEqual([
    { name: "new", data: { model: "failure", count: { number: 1, capped: false } } },
    { name: "rows", data: { model: "queued", ids: [id] } },
    { name: "rows", data: { model: "running", ids: [id] } },
    { name: "rows", data: { model: "task", ids: [id] } },
  ]);
  await under.act("failure", "delete", { ids: [id] });
  await clock.advance(1_000);
  const told = stream.events().filter(({ name }) => name === "rows" || name === "new");
  expect(told).toContainEqual({ name: "rows", data: { model: "failure", ids: [id] } });
  expect(told).toContainEqual({ name: "new", data: { model: "audit", count: { number: 1, capped: false } } });
  await stream.leave();
});

const burst = process.env["QUERN_TEST_LONG"] ? 10_000 : 1_000;

it(`${burst} tasks that end in a second are told in a few words`, async () => {
  open();
  const stream = await listen();
  await under.ended(add, { a: 1 });
  await clock.advance(0);
  stream.events();
  const store = await under.store();
  await store.enqueue(exampleTasks(burst));
  const { tasks } = await store.claim(claimBy("owner"));
  const stopped = Date.now() + 1_000;
  await store.finish(tasks.map((task) => succeeded(task, { stopped })));
  await clock.advance(1_000);
  const told = stream.events();
  expect(told.filter(({ data }) => data.model === "success")).toEqual([
    { name: "new", data: { model: "success", count: { number: 100, capped: true } } },
  ]);
  expect(JSON.stringify(told).length).toBeLessThan(2_000);
  await stream.leave();
});

it("a look is one statement however many streams there are, and where there is none none is made", async () => {
  open();
  const store = await under.store();
  const calls: string[] = [];
  for (const name of ["glance", "browse", "countList", "clusters"] as const) {
    const call = store[name].bind(store) as (...given: unknown[]) => unknown;
    Object.defineProperty(store, name, {
      value: (...given: unknown[]) => {
        calls.push(name);
        return call(...given);
      },
    });
  }
  const streams = await Promise.all(Array.from({ length: 20 }, () => listen()));
  for (let second = 0; second < 4; second++) {
    await under.enqueue(add, { a: 1 });
    await clock.advance(1_000);
  }
  const counts = calls.filter((name) => name !== "glance");
  // The navigation's: each counted list once, for all twenty.
  expect([calls.filter((name) => name === "glance").length, counts.length]).toEqual([5, 6]);
  await clock.advance(10_000);
  calls.length = 0;
  // Not all that changes is told by the engine, so there is a look now and then; and what time alone brings is counted with the sign of life.
  await clock.advance(30_000);
  expect([calls.filter((name) => name === "glance").length, calls.length]).toEqual([6, 6 + 2 * 6]);
  for (const stream of streams) await stream.leave();
  calls.length = 0;
  await under.enqueue(add, { a: 1 });
  await clock.advance(30_000);
  expect(calls).toEqual([]);
});

it("where a look takes long the next one waits ten times as long", async () => {
  open();
  const store = await under.store();
  const glance = store.glance.bind(store);
  let looks = 0;
  store.glance = async (limit) => {
    looks++;
    await clock.advance(300);
    return glance(limit);
  };
  const stream = await listen();
  for (let tenth = 0; tenth < 70; tenth++) {
    await under.enqueue(add, { a: 1 });
    await clock.advance(100);
  }
  expect(looks).toBe(3);
  await stream.leave();
});

it("after looks that failed, which are logged once, anything may have changed", async () => {
  const logged: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => void logged.push(line) };
  clock = manualClock();
  under = new AdminUnderTest({ debug: true }, { logger }, clock);
  const store = await under.store();
  const glance = store.glance.bind(store);
  const stream = await listen();
  await under.enqueue(add, { a: 1 });
  await clock.advance(0);
  stream.events();
  store.glance = () => Promise.reject(new Error("away"));
  for (let count = 0; count < 3; count++) {
    await under.enqueue(add, { a: 1 });
    await clock.advance(1_000);
  }
  expect(stream.events().filter(({ name }) => name !== "counts")).toEqual([]);
  expect(logged).toEqual(["the admin's live updates failed: Error: away"]);
  store.glance = glance;
  await under.enqueue(add, { a: 1 });
  await clock.advance(1_000);
  expect(of(stream, "queued")).toEqual([
    ["rows", null],
    ["new", null],
  ]);
  await stream.leave();
});

it("a cluster that comes or stops is told, its heartbeats only to its list", async () => {
  open();
  const stream = await listen();
  const store = await under.store();
  const cluster = async (changes: Parameters<typeof exampleCluster>[0] = {}): Promise<Told[]> => {
    const before = await store.time();
    while ((await store.time()) === before); // The next heartbeat is of another moment.
    await store.saveCluster(exampleCluster({ status, ...changes }));
    await clock.advance(6_000); // A heartbeat wakes nobody.
    return stream.events().filter(({ name, data }) => name === "cluster" || data.model === "cluster");
  };
  await cluster();
  const beat = { name: "rows", data: { model: "cluster", ids: ["cluster 1"] } };
  expect(await cluster()).toEqual([beat]);
  expect(await cluster({ state: "stopped" })).toEqual([
    beat,
    { name: "cluster", data: { ids: ["cluster 1"] } },
  ]);
  await stream.leave();
});

it("to whom not all rows exist nothing is named: what is told is the same whoever's row it was", async () => {
  const token = "t".repeat(40);
  open({
    debug: false,
    authenticate: { tokens: { ann: { token, role: "admin" } } },
    scope: (_, model) =>
      model === "audit" || model === "cluster" ? undefined : [{ field: "queue", is: "in", values: ["own"] }],
  });
  const stream = await listen({ authorization: `Bearer ${token}` }, "10.0.0.9");
  await under.enqueue(add, { a: 1 }, { queue: "own" });
  await clock.advance(0);
  const tell = async (queue: string): Promise<Told[]> => {
    stream.events();
    await under.ended(add, { a: 1 }, { queue }, { outcome: "failed" });
    await clock.advance(1_000);
    return stream.events().filter(({ name }) => name !== "counts");
  };
  const [own, foreign] = [await tell("own"), await tell("foreign")];
  expect(foreign).toEqual(own);
  const named = own.filter(({ data }) => data.ids != null || data.count != null);
  expect([own.length > 0, named]).toEqual([true, []]);
  await stream.leave();
});

it("whose rights have changed is let go, to come back with those he has now", async () => {
  let role: "viewer" | "admin" = "admin";
  open({ debug: false, authenticate: () => ({ name: "ann", role }) });
  const stream = await listen({}, "10.0.0.9");
  await clock.advance(15_000);
  await stream.says(": alive");
  role = "viewer";
  await clock.advance(15_000);
  await stream.ended;
});

it("a list that has been scoped meanwhile names nothing any more", async () => {
  const token = "t".repeat(40);
  let scoped = false;
  open({
    debug: false,
    authenticate: { tokens: { ann: { token } } },
    scope: () => (scoped ? [{ field: "id", is: "in", values: [] }] : undefined),
  });
  const stream = await listen({ authorization: `Bearer ${token}` }, "10.0.0.9");
  const next = async (): Promise<unknown> => {
    await under.enqueue(add, { a: 1 });
    await clock.advance(1_000);
    return of(stream, "queued").find(([name]) => name === "new");
  };
  await next();
  expect(await next()).toEqual(["new", { number: 1, capped: false }]);
  scoped = true;
  await clock.advance(15_000);
  expect(await next()).toEqual(["new", null]);
  await stream.leave();
});

it("a user is told of no list that he may not see, and of nothing once he has logged out", async () => {
  open({ debug: false, authenticate: { passwords: { bob: { hash: await hashPassword("secret") } } } });
  const address = "10.0.0.9";
  const login = await under.ask("POST", "/api/login", { body: { name: "bob", password: "secret" }, address });
  const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
  const stream = await listen({ cookie }, address);
  await stream.says("retry:");
  await under.enqueue(add, { a: 1 });
  await clock.advance(1_000);
  await stream.says('"model":"queued"');
  expect(stream.text()).not.toContain('"model":"audit"');
  await under.ask("POST", "/api/logout", { body: {}, headers: { cookie }, address });
  await clock.advance(15_000);
  await stream.ended;
});

it("a page left open does not keep its session", async () => {
  open({ debug: false, authenticate: { passwords: { bob: { hash: await hashPassword("secret") } } } });
  const address = "10.0.0.9";
  const login = await under.ask("POST", "/api/login", { body: { name: "bob", password: "secret" }, address });
  const stream = await listen({ cookie: login.headers.get("set-cookie")!.split(";")[0]! }, address);
  await stream.says("retry:");
  await clock.advance(31 * 60_000);
  await stream.ended;
});

it("what happens to an operation is told to who began it", async () => {
  open();
  const id = await under.ended(add, { a: 1 });
  const stream = await listen();
  await stream.says("retry:");
  await under.act("success", "delete", { operation: "operation-told", ids: [id] });
  await stream.says("event: operation");
  expect(stream.text()).toContain('"id":"operation-told"');
  await stream.leave();
});

it("an admin to whom not all rows exist hears nothing of what others do to them", async () => {
  const tokenOf = (name: string): string => name.repeat(40);
  open({
    debug: false,
    authenticate: {
      tokens: Object.fromEntries(
        ["a", "b", "c"].map((name) => [name, { token: tokenOf(name), role: "admin" as const }]),
      ),
    },
    scope: ({ name }) => (name === "b" ? [{ field: "queue", is: "in", values: ["own"] }] : undefined),
  });
  const asked = (name: string) => ({
    headers: { authorization: `Bearer ${tokenOf(name)}` },
    address: "10.0.0.9",
  });
  const id = await under.ended(add, { a: 1 });
  const [scoped, other] = [
    await listen(asked("b").headers, "10.0.0.9"),
    await listen(asked("c").headers, "10.0.0.9"),
  ];
  await under.act("success", "delete", { operation: "operation-of-a", ids: [id] }, asked("a"));
  await other.says('"id":"operation-of-a"');
  expect(scoped.text()).not.toContain("operation");
  const { json } = await under.get<OperationsAnswer>("/api/operations", asked("b"));
  expect(json.operations).toEqual([]);
  expect(
    (await under.ask("POST", "/api/operations/operation-of-a/cancel", { ...asked("b"), body: {} })).status,
  ).toBe(404);
  for (const stream of [scoped, other]) await stream.leave();
});

it("counts of a navigation are those of the lists one may see", async () => {
  open();
  await under.ended(add, { a: 1 });
  const { json } = await under.get<{ counts: Record<string, Count> }>("/api/counts");
  expect(json.counts).toMatchObject({
    success: { number: 1, capped: false },
    failure: { number: 0, capped: false },
  });
  expect(json.counts).not.toHaveProperty("audit");
});

it("a client that leaves while its session is asked about is not written to", async () => {
  open({ debug: false, authenticate: { passwords: { bob: { hash: await hashPassword("secret") } } } });
  const address = "10.0.0.9";
  const login = await under.ask("POST", "/api/login", { body: { name: "bob", password: "secret" }, address });
  const cookie = login.headers.get("set-cookie")!.split(";")[0]!;
  const streams = [await listen({ cookie }, address), await listen({ cookie }, address)];
  for (const stream of streams) await stream.says("retry:");
  const store = await under.store();
  const meta = store.meta.bind(store);
  let asked = 0;
  Object.defineProperty(store, "meta", {
    value: async (key: string) => {
      asked++;
      await streams[0]!.leave();
      return meta(key);
    },
  });
  await clock.advance(15_000);
  await streams[1]!.says(": alive");
  expect([asked, streams[0]!.text().includes(": alive")]).toEqual([1, false]);
  await streams[1]!.leave();
});

it("a HEAD opens no stream, and one user does not take all streams there are", async () => {
  open();
  const watching = await counted();
  for (let count = 0; count < 60; count++) expect((await under.ask("HEAD", "/api/stream")).status).toBe(200);
  expect(watching()).toBe(0);
  const streams = [];
  for (let count = 0; count < 50; count++) streams.push(await listen());
  expect((await under.get("/api/stream")).status).toBe(503);
  for (const stream of streams) await stream.leave();
  const again = await listen();
  await again.leave();
});

it("a stream whose events are not read is given up", async () => {
  open();
  const watching = await counted();
  const request = new Request("http://localhost/api/stream", { headers: { host: "localhost" } });
  const { body } = await under.admin(request, { address: "127.0.0.1" });
  for (let count = 0; count < 110; count++) await clock.advance(15_000);
  expect(watching()).toBe(0);
  await expect(body!.getReader().read()).rejects.toThrow("not read");
});

it("of one that does not read its events the others miss none", async () => {
  open();
  const request = new Request("http://localhost/api/stream", { headers: { host: "localhost" } });
  await under.admin(request, { address: "127.0.0.1" });
  const reader = await listen();
  await reader.says("retry:");
  // Each task is a bunch of events: somewhere in the midst of one the other stream is given up.
  const tasks = 60;
  for (let count = 0; count < tasks; count++) {
    await under.enqueue(add, { a: count });
    await clock.advance(1_000);
  }
  expect(of(reader, "queued").filter(([name]) => name === "new")).toHaveLength(tasks);
  await reader.leave();
});

it("twenty open tabs read once what they all show, and whoever has changed something sees it at once", async () => {
  open();
  for (let index = 0; index < 3; index++) await under.ended(add, { a: index }, { group: "g" });
  const store = await under.store();
  const browse = store.browse.bind(store);
  let reads = 0;
  store.browse = (list, request) => {
    reads++;
    return browse(list, request);
  };
  const look = async (query = ""): Promise<number> =>
    (await under.get<{ rows: unknown[] }>(`/api/models/success?${query}`)).json.rows.length;
  const twenty = async (): Promise<number> => {
    reads = 0;
    const seen = await Promise.all(Array.from({ length: 20 }, () => look()));
    expect(new Set(seen).size).toBe(1);
    return reads;
  };
  const alone = await twenty();
  const stream = await listen();
  await stream.says("retry:");
  const [together, again] = [await twenty(), await twenty()];
  expect({ alone, together, again }).toEqual({ alone: 40, together: 2, again: 0 });
  // Who is shown what was read for somebody before is not told that it is of now: all that match are those up to then.
  const readAt = async (): Promise<number> =>
    (await under.get<{ at: number }>("/api/models/success?")).json.at;
  const first = await readAt();
  while ((await store.time()) <= first); // Time goes on.
  expect(await readAt()).toBe(first);
  // Another list is another read.
  expect([await look("group=g"), await look("group=none"), await look("limit=1")]).toEqual([3, 0, 1]);
  const [id] = (await under.list("success")).map((row) => row.id);
  await under.act("success", "delete", { ids: [id] });
  expect(await look()).toBe(2);
  // What others write is seen with the event that tells of it, or a second later.
  await store.deleteTasks([(await under.list("success"))[0]!.id]);
  expect(await look()).toBe(2);
  await clock.advance(1_000);
  expect(await look()).toBe(1);
  await stream.leave();
});

it("what is read for one user is never shared with another, where it depends on who asks", async () => {
  const tokenOf = (name: string): string => name.repeat(40);
  open({
    debug: false,
    authenticate: { tokens: { a: { token: tokenOf("a") }, b: { token: tokenOf("b") } } },
    scope: ({ name }, model) =>
      model === "success" ? [{ field: "group", is: "in", values: [`of-${name}`] }] : undefined,
  });
  under.admin.register("mine", {
    ...successAdmin,
    path: "mine",
    source: {
      ...rowsSource<{ id: string; name: string }>({
        fields: { id: "text", name: "text" },
        load: async ({ user }) => [{ id: `row-${user.name}`, name: user.name }],
        id: ({ id }) => id,
        value: (row, field) => row[field as "id"],
      }),
    } as never,
    fields: { name: { label: "Name", kind: "text" } } as never,
    columns: ["name"] as never,
    search: [],
    sort: ["id"],
    filters: [],
    actions: [],
    detail: [],
    banner: async ({ user }) => `for ${user.name}`,
  });
  for (const name of ["a", "b"])
    await under.ended(add, { a: 1 }, { group: `of-${name}`, name: `task of ${name}` });
  const as = (name: string) => ({
    headers: { authorization: `Bearer ${tokenOf(name)}` },
    address: "10.0.0.9",
  });
  const stream = await listen(as("a").headers, "10.0.0.9");
  for (const name of ["a", "b", "a"]) {
    const success = await under.get(`/api/models/success?columns=name`, as(name));
    expect(success.text).toContain(`task of ${name}`);
    expect(success.text).not.toContain(`task of ${name === "a" ? "b" : "a"}`);
    const own = await under.get<{ rows: { id: string }[]; banner: string }>("/api/models/mine", as(name));
    expect([own.json.rows.map(({ id }) => id), own.json.banner]).toEqual([[`row-${name}`], `for ${name}`]);
  }
  await stream.leave();
});
