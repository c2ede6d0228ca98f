// What every library's transaction must come to: committed together with the application's own rows, or never queued.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Quern, TaskHandle, Transaction } from "../../src/index.ts";
import { task } from "../../src/index.ts";
import type { Store } from "../../src/store/store.ts";
import { claimBy, exampleTask, failed, leasedTask, succeeded } from "../../src/testing/store/examples.ts";

export const ship = task("ship", (order: Order) => order.title);

export interface Order {
  title: string;
  at?: Date;
  lines?: Map<string, bigint>;
}

/** A transaction of the library: what `tx` gets, and the application's own write in it. */
export interface Open {
  tx: Transaction;
  insert(title: string): Promise<unknown>;
}

export interface Library {
  /** Commits when `work` resolves, rolls back and rejects when it rejects. */
  transaction(work: (open: Open) => Promise<void>): Promise<unknown>;
  /** The same inside of an open one: a savepoint, as the library makes it. */
  nested(open: Open, work: (open: Open) => Promise<void>): Promise<unknown>;
  /** What is no transaction and looks like one. */
  notOne: Readonly<Record<string, unknown>>;
  close(): Promise<unknown>;
}

export interface Bench {
  quern: Quern;
  /** The same database, one floor below. */
  store: Store;
  library: Library;
  /** The titles that the application has stored, as they are committed. */
  titles(): Promise<string[]>;
  close(): Promise<unknown>;
}

class Change extends Error {}

/** Declares the tests. One database for all of them; each looks for its own tasks only. */
export function testTransactions(name: string, open: () => Promise<Bench>): void {
  describe(name, () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(async () => {
      const { quern, store, library, close } = bench;
      await Promise.all([quern.close(), store.close(), library.close()]);
      await close();
    });
    let titles = 0;
    const newTitle = (): string => `order ${++titles}`;
    const test = (sentence: string, body: (bench: Bench) => Promise<void>): void => {
      it(sentence, () => body(bench));
    };

    const rollingBack = async (library: Library, work: (open: Open) => Promise<void>): Promise<void> => {
      const thrown = new Change("never mind");
      const outcome = library.transaction(async (each) => {
        await work(each);
        throw thrown;
      });
      await expect(outcome).rejects.toBe(thrown);
    };
    const notJoinable = expect.objectContaining({ code: "QUERN_TX_NOT_JOINABLE" }) as Error;

    test("a commit queues the task with the application's own rows, not before", async ({
      quern,
      library,
      ...at
    }) => {
      const title = newTitle();
      let handle: TaskHandle<string> | undefined;
      await library.transaction(async ({ tx, insert }) => {
        await insert(title);
        handle = await quern.enqueue(ship, { title }, { tx });
        expect(handle.deduplicated).toBe(false);
        expect(await quern.tasks.get(handle.id)).toBeNull();
      });
      expect(await quern.tasks.get(String(handle?.id))).toMatchObject({ state: "ready", input: { title } });
      expect(await at.titles()).toContain(title);
    });

    test("a rollback leaves nothing: no task, no row, no key", async ({ quern, library, ...at }) => {
      const title = newTitle();
      const unique = { key: title, within: "1h" } as const;
      const handles: TaskHandle<string>[] = [];
      await rollingBack(library, async ({ tx, insert }) => {
        await insert(title);
        handles.push(await quern.enqueue(ship, { title }, { tx, unique }));
        handles.push(...(await quern.enqueueMany(ship, [{ title }, { title }], { tx })));
      });
      for (const { id } of handles) expect(await quern.tasks.get(id)).toBeNull();
      expect(await at.titles()).not.toContain(title);
      expect((await quern.enqueue(ship, { title }, { unique })).deduplicated).toBe(false);
    });

    test("what an inner transaction rolls back is not queued, what the outer one commits is", async ({
      quern,
      library,
    }) => {
      const title = newTitle();
      const ids: string[] = [];
      const enqueue = async (tx: Transaction): Promise<void> =>
        void ids.push((await quern.enqueue(ship, { title }, { tx })).id);
      await library.transaction(async (outer) => {
        await enqueue(outer.tx);
        const inner = library.nested(outer, async ({ tx }) => {
          await enqueue(tx);
          throw new Change("only this");
        });
        await expect(inner).rejects.toThrow("only this");
        await library.nested(outer, ({ tx }) => enqueue(tx));
        await enqueue(outer.tx);
      });
      const states = await Promise.all(ids.map(async (id) => (await quern.tasks.get(id))?.state));
      expect(states).toEqual(["ready", undefined, "ready", "ready"]);
    });

    test("a thousand tasks are queued in one call", async ({ quern, store, library }) => {
      const group = newTitle();
      const inputs = Array.from({ length: 1_000 }, (_, index) => ({ title: `${group}.${index}` }));
      await library.transaction(async ({ tx }) => {
        const handles = await quern.enqueueMany(ship, inputs, ({ title }) => ({ tx, group, name: title }));
        expect(new Set(handles.map(({ id }) => id)).size).toBe(1_000);
        expect(await store.countTasks({ group })).toBe(0);
      });
      expect(await store.countTasks({ group })).toBe(1_000);
      expect(await quern.tasks.get(`${group}.999`)).toMatchObject({ input: { title: `${group}.999` } });
    });

    test("calls that do not wait for each other share the transaction", async ({ quern, store, library }) => {
      const group = newTitle();
      await library.transaction(async ({ tx }) => {
        const calls = Array.from({ length: 20 }, (_, index) =>
          quern.enqueue(
            ship,
            { title: `${group}.${index}` },
            { tx, group, unique: `${group}.${index % 10}` },
          ),
        );
        const handles = await Promise.all(calls);
        expect(handles.filter(({ deduplicated }) => deduplicated).length).toBe(10);
      });
      expect(await store.countTasks({ group })).toBe(10);
    });

    test("a unique key is found where it is held: before the transaction, and in it", async ({
      quern,
      library,
    }) => {
      const title = newTitle();
      const [before, within] = [`["${title}"]`, `{"title":"${title}"}`]; // As some library might take for more than text.
      const held = await quern.enqueue(ship, { title }, { unique: before });
      await library.transaction(async ({ tx }) => {
        const late = await quern.enqueue(ship, { title }, { tx, unique: before });
        expect(late).toMatchObject({ id: held.id, name: held.name, deduplicated: true });
        const first = await quern.enqueue(ship, { title }, { tx, unique: within });
        const second = await quern.enqueue(ship, { title }, { tx, unique: within });
        expect([first.deduplicated, second.deduplicated]).toEqual([false, true]);
        expect(second).toMatchObject({ id: first.id, name: first.name });
      });
    });

    test("odd characters, quotes, dates and moments come back as they were", async ({ quern, library }) => {
      const odd = `${newTitle()} '"\\ \` $1 ? ?? :a {b} %s; -- \u{1F98A} \u0001 \u202e`;
      const order: Order = {
        title: odd,
        at: new Date("2026-03-29T02:30:00.123Z"),
        lines: new Map([[odd, 12_345_678_901_234_567_890n]]),
      };
      const named = '\'; "quoted" \u{1F98A} \\ $1 ?';
      const runAt = new Date(Date.now() + 3_600_000);
      let id = "";
      await library.transaction(async ({ tx }) => {
        ({ id } = await quern.enqueue(ship, order, {
          tx,
          group: named,
          tags: [named],
          unique: named,
          runAt,
        }));
      });
      const info = { input: order, group: named, tags: [named], due: runAt, state: "waiting" };
      expect(await quern.tasks.get(id)).toMatchObject(info);
      await quern.tasks.cancel(id);
    });

    test("an attempt ends in it as the store says: done, already, lost", async ({ store, library }) => {
      const [lane] = [`lane of ${name}`];
      const running = await leasedTask(store, "owner", { queue: lane });
      const followUps = [exampleTask({ queue: lane })];
      await rollingBack(library, async ({ tx }) => {
        expect(await store.finishIn(tx, succeeded(running, { followUps }))).toBe("done");
      });
      expect(await store.task(running.id)).toEqual(running);
      await library.transaction(async ({ tx }) => {
        expect(await store.finishIn(tx, { ...succeeded(running), owner: "another" })).toBe("lost");
        expect(await store.finishIn(tx, succeeded(running, { followUps }))).toBe("done");
        expect(await store.finishIn(tx, failed(running))).toBe("already");
      });
      expect(await store.task(running.id)).toMatchObject({ state: "success" });
      const { tasks } = await store.claim(claimBy("next", { lanes: [{ queue: lane, limit: 10 }] }));
      expect(tasks.map(({ id }) => id)).toEqual(followUps.map(({ id }) => id));
    });

    test("whoever waits for tasks hears of the commit", async ({ quern, store, library }) => {
      const title = newTitle();
      let unwatch = (): void => undefined;
      await library.transaction(async ({ tx }) => {
        await quern.enqueue(ship, { title }, { tx });
      });
      let id = "";
      const heard = new Promise<void>((resolve, reject) => {
        unwatch = store.watch(() => {
          // It may be called for nothing, but it must be called when the task is there.
          store.task(id).then((found) => found !== null && resolve(), reject);
        });
      });
      await library.transaction(async ({ tx }) => {
        ({ id } = await quern.enqueue(ship, { title }, { tx }));
      });
      await heard;
      unwatch();
    });

    test("a transaction that has ended is refused, and nothing is queued", async ({
      quern,
      store,
      library,
    }) => {
      const group = newTitle();
      let ended: Transaction | undefined;
      const keep = async ({ tx }: Open): Promise<void> => {
        ended = tx;
        await quern.enqueue(ship, { title: group }, { tx });
      };
      await library.transaction(keep);
      await expect(quern.enqueue(ship, { title: group }, { tx: ended, group })).rejects.toEqual(notJoinable);
      await rollingBack(library, keep);
      await expect(quern.enqueue(ship, { title: group }, { tx: ended, group })).rejects.toEqual(notJoinable);
      expect(await store.countTasks({ group })).toBe(0);
    });

    test("what is no transaction is refused, and nothing is queued", async ({ quern, store, library }) => {
      const group = newTitle();
      for (const [what, tx] of Object.entries(library.notOne)) {
        const call = quern.enqueue(ship, { title: group }, { tx: tx as never, group });
        await expect(call, what).rejects.toEqual(notJoinable);
      }
      expect(await store.countTasks({ group })).toBe(0);
    });
  });
}
