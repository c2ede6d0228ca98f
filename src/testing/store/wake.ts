// The store suite's chapter on waiting: whoever watches is woken, by any process, and can stop.
import { claimBy, exampleTask, leasedTask, released, succeeded } from "./examples.ts";
import type { OpenedStore, Suite } from "./suite.ts";

/** Resolves with the next wake of a store, after what woke it before has been heard. */
export function nextWake({ store }: Pick<OpenedStore, "store">): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.watch(() => {
      stop();
      resolve();
    });
  });
}

export function wakeChapter({ test, expect }: Suite): void {
  test("a watcher is called back when tasks are added, ended or cancelled", async ({ store }) => {
    const woken = nextWake({ store });
    const task = await leasedTask(store);
    await woken;
    const after = async (change: () => Promise<unknown>): Promise<void> => {
      const woken = nextWake({ store });
      await change();
      await woken;
    };
    await after(() => store.finish([released(task)]));
    await after(() => store.cancel(task.id, "no"));
    const other = await leasedTask(store);
    await after(() => store.cancel(other.id, "no"));
    await after(() => store.finishAndClaim([succeeded(other)], claimBy("owner")));
  });

  test("all watchers are called back, and one that stopped is not", async ({ store }) => {
    let calls = 0;
    const count = (): void => void calls++;
    const stops = [store.watch(count), store.watch(count)];
    for (const stop of [...stops, ...stops]) stop();
    const woken = [nextWake({ store }), nextWake({ store })];
    await store.enqueue([exampleTask()]);
    await Promise.all(woken);
    expect(calls).toBe(0);
  });

  test("a claim that finds nothing wakes nobody, so that a watcher who claims comes to rest", async ({
    store,
  }) => {
    let claims = 0;
    const woken = new Promise<void>((resolve) => {
      store.watch(() => {
        claims++;
        void store.claim(claimBy("owner")).then(() => resolve());
      });
    });
    await store.enqueue([exampleTask()]);
    await woken;
    for (let turn = 0; turn < 50; turn++) await store.time();
    expect(claims < 10).toBe(true);
  });

  test(
    "a watcher is called back when another connection adds tasks",
    async ({ store, another }) => {
      const other = await another!();
      for (let round = 0; round < 5; round++) {
        const woken = nextWake({ store });
        await other.enqueue([exampleTask()]);
        await woken;
      }
    },
    "shared",
  );

  test("a store that is watched can be closed", async ({ store }) => {
    store.watch(() => undefined);
    await store.enqueue([exampleTask()]);
    await store.close();
  });
}
