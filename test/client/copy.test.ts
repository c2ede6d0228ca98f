// Copying one database into another: what is carried, what is refused, and how it goes on after it was stopped anywhere.
import { beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, copyDatabase } from "../../src/client/copy/copy.ts";
import { planCopy } from "../../src/client/copy/plan.ts";
import { copiedTo, recordKey } from "../../src/client/copy/record.ts";
import { makeKeyring } from "../../src/core/signing.ts";
import { openCall, sealCall } from "../../src/core/envelope.ts";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/store.ts";
import { manualClock } from "../../src/testing/index.ts";
import { fill } from "../../src/testing/store/copying.ts";
import {
  exampleTask,
  exampleTasks,
  leasedTask,
  leaseMs,
  succeeded,
} from "../../src/testing/store/examples.ts";
import { storeOptions } from "../store/store-options.ts";
import { contentsOf } from "./copied.ts";

const later = 3_600_000;
let source: MemoryStore;
let target: MemoryStore;
let emptyStore: () => MemoryStore;
let moveClock: (ms: number) => void;

beforeEach(() => {
  const clock = storeOptions();
  moveClock = clock.moveClock;
  emptyStore = () => new MemoryStore(clock.options);
  source = emptyStore();
  target = emptyStore();
});

function options(changes: Partial<CopyOptions> = {}): CopyOptions {
  return {
    clock: manualClock(),
    by: "cli:ann",
    force: false,
    waitMs: 0,
    onProgress: () => {},
    onWait: () => {},
    ...changes,
  };
}

const copy = (changes?: Partial<CopyOptions>) => copyDatabase(source, target, options(changes));

/** The same store, but for the methods given. */
function but(store: MemoryStore, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(of, name) {
      const value = changes[name as keyof Store] ?? of[name as keyof Store];
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
}

/** Something of everything, and nobody at work any more: its leases have run out. */
async function filled(): Promise<void> {
  await fill(source);
  moveClock(later);
}

const cluster = {
  id: "c1",
  name: "brisk-fern",
  host: "left",
  pid: 7,
  version: "1",
  state: "working",
  queues: "*",
  started: 0,
  status: "{}",
};

it("carries everything, says so, and tells the audit of the new one and whoever looks into the old one", async () => {
  await filled();
  const report = await copy();
  expect(await contentsOf(target)).toEqual(await contentsOf(source));
  expect(report).toMatchObject({ continued: "from the start", late: 0, missing: 0 });
  for (const { table, source: there, target: here, added } of report.counts) {
    if (table !== "settings") expect([table, here, added]).toEqual([table, there, there]);
  }
  expect((await target.audits(1))[0]).toMatchObject({
    who: "cli:ann",
    action: "database.copy",
    object: "memory",
    after: expect.stringContaining('"queued":6'),
  });
  expect(await copiedTo(source)).toMatchObject({ location: "memory" });
});

it("adds nothing when it is run again, whatever became of the tasks meanwhile", async () => {
  await filled();
  await copy();
  await target.resume("long");
  const { tasks } = await target.tasks({ state: ["ready", "waiting"] }, { limit: 100 });
  await target.deleteTasks(tasks.map(({ id }) => id));
  const before = await contentsOf(target);
  const audited = (await target.audits(100)).length;
  const again = await copy();
  expect(again).toMatchObject({ continued: "finished", late: 0, missing: 0 });
  expect(again.counts.map(({ added }) => added)).toEqual(again.counts.map(() => 0));
  expect((await contentsOf(target)).queued).toEqual(before.queued);
  expect((await target.audits(100)).length).toBe(audited);
});

it("goes on where it was stopped, at whichever step that was, and carries nothing twice", async () => {
  await filled();
  const whole = await contentsOf(source);
  for (let survived = 0; ; survived++) {
    target = emptyStore();
    let steps = 0;
    const dies = but(target, {
      async addRows(...rows) {
        if (steps++ === survived) throw new Error("killed");
        return MemoryStore.prototype.addRows.apply(target, rows as never);
      },
    });
    const first = await copyDatabase(source, dies, options()).catch((error: Error) => error.message);
    if (first !== "killed") break;
    expect(await copy()).toMatchObject({ continued: "unfinished", late: 0, missing: 0 });
    expect(await contentsOf(target)).toEqual(whole);
    expect(survived).toBeLessThan(20);
  }
});

it("reads in bounded steps", async () => {
  await source.enqueue(exampleTasks(2_500));
  await source.enqueue([
    exampleTask({ envelope: "x".repeat(3_000_000) }),
    exampleTask({ envelope: "y".repeat(3_000_000) }),
  ]);
  const sizes: number[] = [];
  const counted = but(target, {
    async addRows(table, rows, step) {
      if (table === "queued") sizes.push(rows.length);
      return MemoryStore.prototype.addRows.call(target, table, rows as never, step);
    },
  });
  await copyDatabase(source, counted, options());
  expect(sizes).toEqual([1_000, 1_000, 501, 1]);
});

describe("is refused", () => {
  it("while a cluster is alive on either, and is not any more when it has stopped or been silent", async () => {
    await filled();
    for (const store of [source, target]) {
      await store.saveCluster(cluster);
      await expect(copy()).rejects.toThrow(
        /nobody at work on the (old|new) database.*there is cluster brisk-fern \(left, pid 7\)\. Stop the clusters; --wait/,
      );
      await store.saveCluster({ ...cluster, state: "stopped" });
    }
    await source.saveCluster({ ...cluster, id: "c2" });
    moveClock(16_000);
    expect(await copy()).toMatchObject({ late: 0 });
  });

  it("while a task runs, and carries one whose lease has run out for the next cluster to take back", async () => {
    const { id } = await leasedTask(source, "killed");
    await expect(copy()).rejects.toThrow(/there is 1 running tasks/);
    moveClock(leaseMs + 1);
    await copy();
    expect((await target.reclaimable(10)).map((task) => [task.id, task.owner])).toEqual([[id, "killed"]]);
  });

  it("into a database that has something of its own, or of a third one, or is the same", async () => {
    await source.enqueue([exampleTask()]);
    await target.enqueue([exampleTask()]);
    await expect(copy()).rejects.toThrow(
      /an empty database to copy to, but memory holds queued tasks already/,
    );
    target = emptyStore();
    await copy();
    const third = emptyStore();
    await expect(copyDatabase(third, target, options())).rejects.toThrow(/was filled from memory/);
    await expect(copyDatabase(source, source, options())).rejects.toThrow(
      /two databases, but both are memory/,
    );
  });

  it("when a cluster has worked on the old one since the copy began", async () => {
    await filled();
    await copy();
    moveClock(1_000);
    await source.saveCluster({ ...cluster, state: "stopped" });
    await expect(copy()).rejects.toThrow(
      /nobody to have worked on the old database.*cluster brisk-fern .* did/,
    );
    expect(await copy({ force: true })).toMatchObject({ continued: "finished" });
  });

  it("when another copy takes its steps", async () => {
    await filled();
    const answers = await Promise.allSettled([copy(), copy()]);
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(answers.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { message: expect.stringContaining("the only copy at work") },
    });
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
  });
});

it("waits until the clusters have stopped, and says for whom", async () => {
  await filled();
  await source.saveCluster(cluster);
  const clock = manualClock();
  const waitedFor: string[] = [];
  const onWait = (what: string): void => {
    waitedFor.push(what);
    const row = waitedFor.length === 3 ? { ...cluster, state: "stopped" } : cluster;
    void source.saveCluster(row).then(() => clock.advance(500));
  };
  expect(await copy({ clock, waitMs: 60_000, onWait })).toMatchObject({ late: 0 });
  expect(waitedFor).toEqual(Array(3).fill("cluster brisk-fern (left, pid 7) on memory"));
  await source.saveCluster(cluster);
  const silent = manualClock();
  const waiting = copy({ clock: silent, waitMs: 1_000, onWait: () => void silent.advance(500) });
  await expect(waiting).rejects.toThrow(/after 1\.0 s/);
});

it("forced beside a cluster, a task that ends meanwhile is in one list only, and no attempt is in another's way", async () => {
  const running = await leasedTask(source);
  const forced = but(source, {
    async readRows(table, request) {
      if (table === "attempts" && request.after === null) await source.finish([succeeded(running)]);
      return MemoryStore.prototype.readRows.call(source, table, request) as never;
    },
  });
  const report = await copyDatabase(forced, target, options({ force: true }));
  expect(report).toMatchObject({ late: 0, missing: 2 }); // the ended task and its attempt: here it runs again
  moveClock(leaseMs + 1);
  const [task] = await target.reclaimable(10);
  expect(await target.finish([{ ...succeeded(running), lapsed: true }])).toEqual(["done"]);
  expect(task?.id).toBe(running.id);
});

describe("rows that are added to the old one meanwhile", () => {
  it("are read once more, also those that came in before where the copy was", async () => {
    await source.enqueue(exampleTasks(3));
    const id = "00000000-0000-7000-8000-000000000000";
    const busy = but(source, {
      async readRows(table, request) {
        if (table === "attempts") await source.enqueue([exampleTask({ id })]);
        return MemoryStore.prototype.readRows.call(source, table, request) as never;
      },
    });
    expect(await copyDatabase(busy, target, options())).toMatchObject({ late: 0, missing: 0 });
    expect(await target.task(id)).toMatchObject({ state: "ready" });
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
  });

  it("are said to be late when they don't cease, and then the copy is not finished", async () => {
    const busy = but(source, {
      async rowCount(table) {
        if (table === "queued") await source.enqueue([exampleTask()]);
        return MemoryStore.prototype.rowCount.call(source, table);
      },
    });
    expect(await copyDatabase(busy, target, options())).toMatchObject({ late: 1 });
    expect(JSON.parse((await target.meta(recordKey)) ?? "")).toMatchObject({ finished: null });
    expect(await copy()).toMatchObject({ continued: "unfinished", late: 0, missing: 0 });
  });

  it("after it was finished come along when it is run again", async () => {
    await filled();
    await copy();
    const task = exampleTask();
    await source.enqueue([task]);
    const { counts } = await copy();
    expect(counts.find(({ table }) => table === "queued")).toMatchObject({ added: 1 });
    expect(await target.task(task.id)).toMatchObject({ state: "ready" });
  });
});

it("the generated secret goes along in front of the one that is there, and both verify", async () => {
  const [theirs, own] = ["old".repeat(10), "new".repeat(10)];
  await source.metaOnce("secret", theirs);
  await target.metaOnce("secret", own);
  expect(await copy()).toMatchObject({ secretCarried: true });
  await copy();
  const secret = await target.meta("secret");
  expect(secret).toBe(`${theirs},${own}`);
  const call = { id: "1", func: "f", queue: "q", options: JSON.stringify(sealedOptions), input: "1" };
  for (const signedBy of [theirs, own])
    expect(openCall(sealCall(call, makeKeyring(signedBy)), call, makeKeyring(secret ?? "")).input).toBe("1");
});

const sealedOptions = {
  timeoutMs: null,
  attempts: 1,
  backoff: "fixed",
  delayMs: 0,
  factor: 1,
  maxDelayMs: 0,
  jitter: false,
  maxCrashes: 1,
  save: true,
  isolate: false,
  ackFailures: false,
};

it("a plan counts, tells what stands in the way, and changes nothing", async () => {
  await filled();
  await source.saveCluster(cluster);
  await target.enqueue([exampleTask()]);
  const before = [await source.metas("", { limit: 100 }), await target.metas("", { limit: 100 })];
  const plan = await planCopy(source, target, { clock: manualClock(), force: false });
  expect(plan.obstacles).toEqual([
    expect.stringContaining("an empty database"),
    expect.stringContaining("nobody at work on the old database"),
  ]);
  expect(plan.counts.find(({ table }) => table === "queued")).toEqual({
    table: "queued",
    source: 6,
    read: 0,
    target: 1,
  });
  expect([await source.metas("", { limit: 100 }), await target.metas("", { limit: 100 })]).toEqual(before);
  const free = await planCopy(source, null, { clock: manualClock(), force: true });
  expect(free.obstacles).toEqual([]);
});
