// What a page of a list weighs as it travels: a hundred rows, in each list's own columns, gzip.
import { gzipSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import type { Boot, ListAnswer } from "../../src/admin/contract.ts";
import { encodeError } from "../../src/core/codec.ts";
import { exampleCluster } from "../../src/testing/store/clusters.ts";
import { savedSchedule } from "../../src/testing/store/schedule-examples.ts";
import { add, AdminUnderTest, mail } from "./admin-under-test.ts";

const most = 60_000;
const rows = 100;

let under: AdminUnderTest;
afterEach(() => under.close());

it(`a hundred rows of any list are at most ${most} bytes, gzip`, async () => {
  under = new AdminUnderTest();
  const store = await under.store();
  const workers = [1, 2, 3, 4].map((pid) => ({ pid, rss: 5e7, running: [], done: pid, state: "ready" }));
  const status = JSON.stringify({ workers, succeeded: 9, failed: 1, reincarnations: 0, trouble: null });
  for (let index = 0; index < rows; index++) {
    // Names and errors that have little in common, which is what gzip lives on.
    const odd = (index * 2_654_435_761).toString(36).repeat(3);
    const error = Object.assign(new Error(`${odd} was refused by ${odd}.example.com after ${index} ms`), {
      stack: `Error\n${Array.from({ length: 30 }, (_, line) => `    at ${odd}${line} (/app/${odd}/${line}.ts:${index}:${line})`).join("\n")}`,
    });
    await under.ended(add, { a: index }, { name: `sum of ${odd}`, group: `group ${odd}` });
    await under.ended(
      mail,
      { to: odd },
      { name: `to ${odd}` },
      { outcome: "failed", result: encodeError(error) },
    );
    const { id } = await savedSchedule(store, { name: `nightly ${odd}` });
    await store.audit({
      who: odd,
      action: "schedule.change",
      object: id,
      before: odd,
      after: `${odd} ${index}`,
    });
    await store.saveCluster(exampleCluster({ id: `cluster ${odd}`, name: odd, status }));
  }
  for (let index = 0; index < 2 * rows; index++) {
    await under.enqueue(add, { a: index }, { name: `waits ${index}` });
    if (index === rows - 1) await under.claim();
  }
  const { json: boot } = await under.get<Boot>("/api/boot");
  const weights: Record<string, number> = {};
  for (const { name, navigation } of boot.models) {
    if (navigation === null) continue;
    const { json, text } = await under.get<ListAnswer>(`/api/models/${name}?limit=${rows}`);
    expect([name, json.rows.length]).toEqual([name, rows]);
    weights[name] = gzipSync(text).length;
  }
  expect(Object.keys(weights).length).toBeGreaterThan(6);
  expect(Object.entries(weights).filter(([, weight]) => weight > most)).toEqual([]);
  expect(Math.min(...Object.values(weights))).toBeGreaterThan(1_000);
});
