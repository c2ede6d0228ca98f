// Live updates: one watcher however many streams, names of what changed and never its content, and an end when the session ends.
import { afterEach, expect, it } from "vitest";
import type { Count } from "../../src/admin/contract.ts";
import { hashPassword, rowsSource, successAdmin, type AdminOptions } from "../../src/admin/index.ts";
import { manualClock, type ManualClock } from "../../src/testing/manual-clock.ts";
import { add, AdminUnderTest } from "./admin-under-test.ts";

let under: AdminUnderTest;
let clock: ManualClock;
afterEach(() => under.close());
const open = (options: AdminOptions = { debug: true }): void => {
  clock = manualClock();
  under = new AdminUnderTest(options, {}, clock);
};

interface Stream {
  /** What has been sent so far. */
  text(): string;
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
  return {
    text: () => text,
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

it("a change is told once a second at most, by the names of the lists, and counts every five", async () => {
  open();
  const stream = await listen();
  await stream.says("retry:");
  for (let index = 0; index < 5; index++) await under.enqueue(add, { a: 987_654 });
  await clock.advance(0);
  await stream.says('event: rows\ndata: {"model":"queued"}');
  const first = stream.text().split('"model":"queued"').length - 1;
  for (let index = 0; index < 5; index++) await under.enqueue(add, { a: 987_654 });
  await clock.advance(500);
  expect([first, stream.text().split('"model":"queued"').length - 1]).toEqual([1, 1]);
  await clock.advance(600);
  expect(stream.text().split('"model":"queued"').length - 1).toBe(2);
  await clock.advance(5_000);
  await stream.says('"queued":{"number":10,"capped":false}');
  expect(stream.text()).not.toContain("987654");
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
