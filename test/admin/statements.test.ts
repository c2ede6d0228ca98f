// A page asks the store as often for a hundred rows as for two, whatever columns are shown; and a count on demand lets others in between.
import { afterEach, expect, it } from "vitest";
import type { Boot, Count, ListAnswer } from "../../src/admin/contract.ts";
import type { Store } from "../../src/store/store.ts";
import { exampleCluster } from "../../src/testing/store/clusters.ts";
import { savedSchedule } from "../../src/testing/store/schedule-examples.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";

const status = JSON.stringify({ workers: [], succeeded: 0, failed: 0, reincarnations: 0, trouble: null });

let under: AdminUnderTest;
afterEach(() => under.close());

/** The names of the store's operations, as they are asked for from now on. */
async function heardCalls(): Promise<string[]> {
  const store = await under.store();
  const calls: string[] = [];
  for (const name of methodsOf(store)) {
    const call = (store as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!.bind(store);
    Object.defineProperty(store, name, {
      value: (...args: unknown[]) => {
        calls.push(name);
        return call(...args);
      },
    });
  }
  return calls;
}

function methodsOf(store: Store): string[] {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(store) as object);
  return own.filter((name) => name !== "constructor" && typeof store[name as keyof Store] === "function");
}

it("every list asks as often for twenty rows as for two, with all its columns", async () => {
  under = new AdminUnderTest();
  const store = await under.store();
  for (let index = 0; index < 20; index++) {
    await under.ended(add, { a: index }, { group: `group-${index}` });
    await under.ended(mail, { to: "x" }, {}, { outcome: "failed" });
    const { id } = await savedSchedule(store, { name: `nightly-${index}` });
    await store.audit({ who: "ann", action: "schedule.run", object: id });
    await store.saveCluster(exampleCluster({ id: `cluster-${index}`, status }));
  }
  for (let index = 0; index < 20; index++) await under.enqueue(add, { a: index });
  await under.claim("cluster-1");
  for (let index = 0; index < 20; index++) await under.enqueue(add, { a: index });
  const { json: boot } = await under.get<Boot>("/api/boot");
  const calls = await heardCalls();
  for (const { name, fields, navigation } of boot.models) {
    if (navigation === null) continue;
    const asked = async (limit: number): Promise<[rows: number, calls: string[]]> => {
      calls.length = 0;
      const columns = Object.keys(fields).join(",");
      const { json, text } = await under.get<ListAnswer>(
        `/api/models/${name}?limit=${limit}&columns=${columns}`,
      );
      expect({ name, rows: json.rows?.length, text: json.rows === undefined ? text : "" }).toEqual({
        name,
        rows: limit,
        text: "",
      });
      return [json.rows.length, [...calls].sort()];
    };
    const [, forTwo] = await asked(2);
    const [, forTwenty] = await asked(20);
    expect({ name, calls: forTwenty }).toEqual({ name, calls: forTwo });
    expect({ name, few: forTwenty.length <= 10 }).toEqual({ name, few: true });
  }
});

it("a count on demand gives up after five seconds and says so, and ends when nobody waits for it", async () => {
  const clock = manualClock();
  under = new AdminUnderTest({ debug: true }, {}, clock);
  for (let index = 0; index < 3; index++) await under.ended(add, { a: index });
  const store = await under.store();
  let steps = 0;
  Object.defineProperty(store, "countOn", {
    value: async () => {
      steps++;
      await clock.advance(1_000);
      return { count: 7, after: "more" };
    },
  });
  const { json } = await under.get<Count>("/api/models/success/count");
  expect([json, steps]).toEqual([{ number: 42, capped: true }, 6]);
  const left = AbortSignal.abort();
  const request = new Request("http://localhost/api/models/success/count", {
    headers: { host: "localhost" },
    signal: left,
  });
  await under.admin(request, { address: "127.0.0.1" });
  expect(steps).toBe(7);
});
