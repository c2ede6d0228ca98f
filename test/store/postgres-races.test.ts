// What two transactions may do to each other on PostgreSQL, one interleaving at a time: one is held open while the other comes.
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { turn } from "../../src/core/clock.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  fenceOf,
  leasedTask,
  released,
  succeeded,
} from "../../src/testing/store/examples.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { startProxy } from "../servers/proxy.ts";
import { afterWaiting as afterWaitingFor } from "./after-waiting.ts";

await describeEngine("PostgreSQL", startPostgres, (url) => {
  let schema: string;
  let store: Store;
  let other: pg.Client;
  let count = 0;
  const opened: Store[] = [];

  const open = async (clockOffsetMs = 0, through = url): Promise<Store> => {
    const made = await openStore(withParameters(through, { schema, application_name: schema }), {
      synchronous: "full",
      tablePrefix: "quern_",
      migrate: true,
      clockOffsetMs: () => clockOffsetMs,
    });
    opened.push(made);
    return made;
  };
  const rows = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await other.query(sql, values)).rows as Record<string, unknown>[];
  const deadlocks = async (): Promise<number> =>
    Number(
      (await rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))[0]?.deadlocks,
    );

  beforeEach(async () => {
    schema = `races_${process.pid}_${++count}`;
    store = await open();
    other = new pg.Client({ connectionString: url });
    other.on("error", () => undefined);
    await other.connect();
    await other.query(`SET search_path = ${schema}`);
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await other.query("ROLLBACK");
    await other.query(`DROP SCHEMA ${schema} CASCADE`);
    await other.end();
  });

  const afterWaiting = <T>(late: () => Promise<T>): Promise<T> =>
    afterWaitingFor({ url, application: schema, holder: other }, late);

  describe("an enqueue", () => {
    it("with a unique key waits for another one of the key that is not committed, and gets its task", async () => {
      const [first, second] = [exampleTask({ unique: { key: "a" } }), exampleTask({ unique: { key: "a" } })];
      await other.query("BEGIN");
      await store.enqueue([first], other);
      expect(await afterWaiting(() => store.enqueue([second]))).toEqual([
        { id: first.id, name: first.name, deduplicated: true },
      ]);
      expect(await rows("SELECT id FROM quern_queue")).toEqual([{ id: first.id }]);
    });

    it("that wants a key whose task has ended loses to another one that takes it first", async () => {
      const task = await leasedTask(store, "owner", { unique: { key: "a" } });
      await store.finish([succeeded(task)]);
      const [second, third] = [exampleTask({ unique: { key: "a" } }), exampleTask({ unique: { key: "a" } })];
      await other.query("BEGIN");
      await store.enqueue([second], other);
      const [answer] = await afterWaiting(() => store.enqueue([third]));
      expect(answer).toEqual({ id: second.id, name: second.name, deduplicated: true });
      expect(await rows("SELECT id FROM quern_queue")).toEqual([{ id: second.id }]);
    });

    it("that is repeated while its task ends adds nothing", async () => {
      const task = await leasedTask(store);
      await other.query("BEGIN");
      await store.finishIn(other, succeeded(task));
      await afterWaiting(() => store.enqueue([exampleTask({ id: task.id })]));
      expect(await rows("SELECT id FROM quern_queue")).toEqual([]);
      expect(await rows("SELECT id FROM quern_task")).toEqual([{ id: task.id }]);
    });

    it("that is repeated while another try of it is not committed adds nothing", async () => {
      const task = exampleTask();
      await other.query("BEGIN");
      await store.enqueue([task], other);
      await afterWaiting(() => store.enqueue([task]));
      expect(await rows("SELECT id FROM quern_queue")).toEqual([{ id: task.id }]);
    });

    it("of the same tasks and keys in another order makes no deadlock", async () => {
      const before = await deadlocks();
      const second = await open();
      const keys = Array.from({ length: 20 }, (_, index) => ({ unique: { key: `k${index}` } }));
      for (let round = 0; round < 20; round++) {
        const tasks = exampleTasks(20);
        const unique = keys.map((key) => exampleTask(key));
        await Promise.all([
          store.enqueue([...tasks, ...unique]),
          second.enqueue([...unique, ...tasks].reverse()),
        ]);
      }
      expect(await deadlocks()).toBe(before);
      expect(await rows("SELECT count(*)::int AS n FROM quern_queue")).toEqual([{ n: 20 * 20 + 20 }]);
    });
  });

  describe("a finish", () => {
    it("that is repeated while its first try is not committed is `already` done, once", async () => {
      const task = await leasedTask(store);
      const ending = succeeded(task, { followUps: [exampleTask()] });
      await other.query("BEGIN");
      await store.finishIn(other, ending);
      expect(await afterWaiting(() => store.finish([ending]))).toEqual(["already"]);
      expect(await rows("SELECT attempt FROM quern_attempt")).toEqual([{ attempt: 1 }]);
      expect((await rows("SELECT id FROM quern_queue")).length).toBe(1);
    });

    it("by a reaper loses to a renewal at the same moment", async () => {
      const task = await leasedTask(store);
      const reaper = await open(60_000);
      await other.query("BEGIN");
      await other.query("UPDATE quern_queue SET leased_until = leased_until + 120000");
      expect(
        await afterWaiting(() => reaper.finish([released(task, { lapsed: true, outcome: "lost" })])),
      ).toEqual(["lost"]);
      expect((await rows("SELECT state FROM quern_queue"))[0]).toEqual({ state: "leased" });
    });

    it("by its owner loses to a reaper's at the same moment", async () => {
      const task = await leasedTask(store);
      const reaper = await open(60_000);
      await other.query("BEGIN");
      await reaper.finishIn(other, released(task, { lapsed: true, outcome: "lost" }));
      expect(await afterWaiting(() => store.finish([succeeded(task)]))).toEqual(["lost"]);
      expect(await rows("SELECT outcome FROM quern_attempt")).toEqual([{ outcome: "lost" }]);
    });

    it("that gives the task back is told of a cancel at the same moment", async () => {
      const task = await leasedTask(store);
      await other.query("BEGIN");
      await other.query("UPDATE quern_queue SET cancelled = 1");
      expect(await afterWaiting(() => store.finish([released(task)]))).toEqual(["cancelled"]);
      expect(await store.finish([failed(task, { outcome: "cancelled" })])).toEqual(["done"]);
    });

    it("of the same tasks in another order, beside their renewal, makes no deadlock", async () => {
      const before = await deadlocks();
      const second = await open();
      for (let round = 0; round < 10; round++) {
        await store.enqueue(exampleTasks(60));
        const { tasks } = await store.claim(claimBy("owner"));
        const back = [...tasks].reverse();
        const answers = await Promise.all([
          store.finish(tasks.map((task) => succeeded(task))),
          second.finish(back.map((task, at) => (at % 3 === round % 3 ? released(task) : succeeded(task)))),
          second.extend(back.map(fenceOf), 15_000),
          store.note(back.map((task) => ({ ...fenceOf(task), progress: "1", log: null }))),
        ]);
        const done = [...answers[0], ...answers[1]].filter((answer) => answer === "done");
        expect(done.length).toBe(tasks.length);
      }
      expect(await deadlocks()).toBe(before);
    });
  });

  describe("a cancel", () => {
    it("asks the owner when the task is claimed at the same moment", async () => {
      const [task] = exampleTasks(1);
      await store.enqueue([exampleTask({ id: task?.id ?? "" })]);
      await other.query("BEGIN");
      await other.query(
        "UPDATE quern_queue SET state = 'leased', attempt = 1, owner = 'owner', leased_until = 9e12",
      );
      expect(await afterWaiting(() => store.cancel(String(task?.id), "gone"))).toBe("asked");
      expect(await store.cancellations("owner")).toEqual([task?.id]);
    });

    it("takes a task that is given back at the same moment", async () => {
      const task = await leasedTask(store);
      await other.query("BEGIN");
      await store.finishIn(other, released(task));
      expect(await afterWaiting(() => store.cancel(task.id, "gone"))).toBe("cancelled");
      expect(await rows("SELECT id FROM quern_queue")).toEqual([]);
    });

    it("comes too late for a task that ends at the same moment", async () => {
      const task = await leasedTask(store);
      await other.query("BEGIN");
      await store.finishIn(other, succeeded(task));
      expect(await afterWaiting(() => store.cancel(task.id, "gone"))).toBe("ended");
      expect(await rows("SELECT state FROM quern_task")).toEqual([{ state: "success" }]);
    });
  });

  it("a claim passes over tasks that somebody holds, and takes others", async () => {
    await store.enqueue(exampleTasks(10));
    await other.query("BEGIN");
    const held = await rows("SELECT id FROM quern_queue ORDER BY id LIMIT 4 FOR UPDATE");
    const { tasks } = await store.claim(claimBy("owner", { slots: 5 }));
    expect(tasks.length).toBe(5);
    expect(tasks.filter((task) => held.some((row) => row.id === task.id))).toEqual([]);
  });

  it("an attempt that ends in an application's transaction holds up no renewal, no word and no reclaiming of others", async () => {
    const ending = await leasedTask(store);
    const beside = await leasedTask(store);
    const reaper = await open(60_000);
    await other.query("BEGIN");
    expect(await store.finishIn(other, succeeded(ending))).toBe("done");
    const fences = [ending, beside].map(fenceOf);
    expect(await store.extend(fences, 15_000)).toEqual({ lost: [], cancelled: [] });
    expect(await store.note(fences.map((fence) => ({ ...fence, progress: "1", log: null })))).toEqual([
      false,
      true,
    ]);
    expect((await reaper.reclaimable(10)).map(({ id }) => id)).toEqual([beside.id]);
    await other.query("COMMIT");
    expect(await store.extend(fences, 15_000)).toEqual({ lost: [fenceOf(ending)], cancelled: [] });
  });

  it("pruning leaves a unique key that is given to another task at the same moment", async () => {
    const task = await leasedTask(store, "owner", { unique: { key: "a" } });
    await store.finish([succeeded(task)]);
    await other.query("BEGIN");
    await store.enqueue([exampleTask({ unique: { key: "a" } })], other);
    const request = {
      saveLimit: null,
      per: null,
      failuresBefore: null,
      attemptsBefore: 0,
      clustersBefore: 0,
      limit: 100,
    };
    await afterWaiting(() => store.prune(request));
    const [again] = await store.enqueue([exampleTask({ unique: { key: "a" } })]);
    expect(again?.deduplicated).toBe(true);
  });

  it("8 connections, claiming while tasks come and come due, never share one and leave none", async () => {
    const stores = [store, ...(await Promise.all(Array.from({ length: 7 }, () => open())))];
    const total = 4_000;
    const taken = new Map<string, number>();
    const enqueueing = (async () => {
      for (let sent = 0; sent < total; sent += 100) {
        await store.enqueue(
          Array.from({ length: 100 }, (_, index) =>
            exampleTask(index % 3 === 0 ? { delayMs: index % 7 } : {}),
          ),
        );
      }
    })();
    const consume = async (claimer: Store, index: number): Promise<void> => {
      const owner = `owner-${index}`;
      let endings: ReturnType<typeof succeeded>[] = [];
      while (taken.size < total) {
        const size = 1 + ((index * 7 + taken.size) % 40);
        const { answers, claim } = await claimer.finishAndClaim(
          endings,
          claimBy(owner, { slots: size, isolated: 0 }),
        );
        expect(answers.every((answer) => answer === "done")).toBe(true);
        expect(claim.tasks.length).toBeLessThanOrEqual(size);
        for (const task of claim.tasks) taken.set(task.id, (taken.get(task.id) ?? 0) + 1);
        endings = claim.tasks.map((task) => succeeded(task));
      }
      await claimer.finish(endings);
    };
    await Promise.all([enqueueing, ...stores.map(consume)]);
    expect([...taken.values()].every((times) => times === 1)).toBe(true);
    expect(await rows("SELECT count(*)::int AS n FROM quern_queue")).toEqual([{ n: 0 }]);
    expect(await rows("SELECT count(*)::int AS n FROM quern_task")).toEqual([{ n: total }]);
  });

  it("8 processes that open a new schema at once make its tables once", async () => {
    const { to: newest } = store.migrated;
    await other.query(`DROP SCHEMA ${schema} CASCADE`);
    const stores = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(stores.map((each) => each.migrated.from).sort()).toEqual([0, ...Array(7).fill(newest)]);
  });

  describe("a connection", () => {
    const terminate = (): Promise<unknown> =>
      other.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
        schema,
      ]);

    it("that the server ended is replaced before anybody notices", async () => {
      await store.enqueue([exampleTask()]);
      await terminate();
      await store.enqueue([exampleTask()]);
      await terminate();
      expect((await store.queueCounts())[0]?.ready).toBe(2);
    });

    const listening = (): Promise<Record<string, unknown>[]> =>
      rows(
        `SELECT pid FROM pg_stat_activity WHERE application_name = '${schema}' AND query LIKE 'LISTEN%' AND state = 'idle'`,
      );
    const until = async (what: () => Promise<boolean> | boolean): Promise<void> => {
      const giveUp = performance.now() + 3_000;
      while (!(await what())) {
        if (performance.now() > giveUp) throw new Error("it did not come");
        await turn();
      }
    };

    it("that listens stays for whoever waits next, and hears for him", async () => {
      const unwatch = store.watch(() => {});
      await until(async () => (await listening()).length > 0);
      const before = await listening();
      unwatch();
      let woken = 0;
      store.watch(() => woken++);
      await store.enqueue([exampleTask()]);
      await until(() => woken > 0);
      expect(await listening()).toEqual(before);
    });

    it("that listens is made again when it broke, and wakes at once", async () => {
      let woken = 0;
      store.watch(() => woken++);
      await until(async () => (await listening()).length > 0);
      const [before] = await listening();
      await terminate();
      await until(async () => (await listening()).some((row) => row.pid !== before?.pid));
      await until(() => woken > 0);
      const second = await open();
      // Three times, for the net beneath wakes too, once a second.
      const took: number[] = [];
      for (let round = 0; round < 3; round++) {
        const seen = woken;
        const began = performance.now();
        await second.enqueue([exampleTask()]);
        await until(() => woken > seen);
        took.push(performance.now() - began);
      }
      expect(Math.min(...took)).toBeLessThan(500);
    });

    it("that waits for a lock gives up within its deadline, with an error that says so, and is used again", async () => {
      await other.query("BEGIN");
      await other.query("LOCK TABLE quern_queue");
      const began = performance.now();
      await expect(store.enqueue([exampleTask()])).rejects.toMatchObject({ code: "QUERN_DATABASE_BUSY" });
      expect(performance.now() - began).toBeLessThan(15_000);
      await other.query("ROLLBACK");
      expect((await store.enqueue([exampleTask()])).length).toBe(1);
    });

    it("whose wire is dead costs each call its deadline and no more, with an error that says it may pass", async () => {
      const wire = await startProxy(url);
      try {
        const far = await open(0, wire.url);
        await far.enqueue([exampleTask()]);
        wire.freeze();
        const began = performance.now();
        await expect(far.enqueue([exampleTask()])).rejects.toMatchObject({ code: "QUERN_DATABASE_AWAY" });
        expect(performance.now() - began).toBeLessThan(15_000);
        wire.thaw();
        await far.enqueue([exampleTask()]);
        expect(await rows("SELECT count(*)::int AS n FROM quern_queue")).toEqual([{ n: 2 }]);
      } finally {
        await wire.stop();
      }
    });

    it("that is lost under a COMMIT leaves it open what became of it; an enqueue is repeated and adds nothing", async () => {
      const commit = "COMMIT\0"; // The whole statement: a BEGIN speaks of READ COMMITTED.
      const wire = await startProxy(url);
      try {
        const far = await open(0, wire.url);
        const task = exampleTask();
        const cut = wire.cutAnswerTo(commit);
        expect(await far.enqueue([task])).toMatchObject([{ id: task.id, deduplicated: false }]);
        expect(cut.done()).toBe(true);
        expect(await far.enqueue([task])).toMatchObject([{ id: task.id, deduplicated: false }]);
        wire.cutAnswerTo(commit);
        await expect(far.claim(claimBy("owner"))).rejects.toMatchObject({ code: "QUERN_DATABASE_AWAY" });
        const tasks = await far.leasesOf("owner");
        expect(tasks.map(({ id }) => id)).toEqual([task.id]);
        wire.cutAnswerTo(commit);
        const endings = tasks.map((each) => succeeded(each));
        await expect(far.finish(endings)).rejects.toMatchObject({ code: "QUERN_DATABASE_AWAY" });
        expect(await far.finish(endings)).toEqual(["already"]);
      } finally {
        await wire.stop();
      }
    });

    it("that is lost before a COMMIT is replaced, and the whole transaction repeated", async () => {
      const wire = await startProxy(url);
      try {
        const far = await open(0, wire.url);
        wire.cutAnswerTo("INSERT");
        await far.enqueue([exampleTask(), exampleTask()]);
        expect(await rows("SELECT count(*)::int AS n FROM quern_queue")).toEqual([{ n: 2 }]);
      } finally {
        await wire.stop();
      }
    });

    it("with statements prepared before a newer Quern added a column goes on", async () => {
      const task = await leasedTask(store);
      await other.query("ALTER TABLE quern_queue ADD COLUMN newer TEXT");
      expect((await store.finishAndClaim([succeeded(task)], claimBy("owner"))).answers).toEqual(["done"]);
    });
  });

  describe("the plan that is kept for a claim", () => {
    it("uses the index of the ready tasks", async () => {
      await store.enqueue(exampleTasks(2_000));
      await other.query("ANALYZE quern_queue; SET plan_cache_mode = force_generic_plan");
      await other.query(`PREPARE picked (text, text, bigint) AS
        SELECT id FROM quern_queue WHERE queue = $1 AND state = 'ready' AND isolate = 0
          AND NOT EXISTS (SELECT 1 FROM quern_meta WHERE key = $2)
        ORDER BY priority DESC, due, id LIMIT $3 FOR UPDATE SKIP LOCKED`);
      const plan = (await rows("EXPLAIN EXECUTE picked ('default', 'paused:default', 50)"))
        .map((row) => row["QUERY PLAN"])
        .join("\n");
      expect(plan).toMatch(/Index Scan using quern_queue_ready/);
      expect(plan).not.toMatch(/Sort/);
    });
  });

  describe("your transaction", () => {
    it("is refused when it is none: a pool, a client outside a transaction, something else", async () => {
      const pool = new pg.Pool({ connectionString: url });
      for (const tx of [pool, other, {}, null, "tx"]) {
        await expect(store.enqueue([exampleTask()], tx)).rejects.toMatchObject({
          code: "QUERN_TX_NOT_JOINABLE",
        });
      }
      await pool.end();
    });
  });
});
