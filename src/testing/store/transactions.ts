// The store suite's chapter on joining the caller's transaction: with it, or not at all.
import {
  claimBy,
  exampleTask,
  exampleTasks,
  failed,
  idsOf,
  leasedTask,
  released,
  succeeded,
} from "./examples.ts";
import { rejection, type Suite } from "./suite.ts";

export function transactionsChapter({ test, expect }: Suite): void {
  test("a transaction that it can't join is an error, and nothing is written", async ({ store }) => {
    const running = await leasedTask(store);
    for (const tx of [{}, null, "tx", { query: () => undefined }]) {
      expect(await rejection(store.enqueue([exampleTask()], tx))).toMatchObject({
        code: "QUERN_TX_NOT_JOINABLE",
      });
      expect(await rejection(store.finishIn(tx, succeeded(running)))).toMatchObject({
        code: "QUERN_TX_NOT_JOINABLE",
      });
    }
    expect(await store.task(running.id)).toEqual(running);
    expect(await store.countTasks({})).toBe(1);
  });

  test(
    "an enqueue inside the caller's transaction is invisible before its commit",
    async ({ store, begin }) => {
      const tasks = exampleTasks(3);
      const { tx, commit } = await begin!();
      expect(await store.enqueue(tasks, tx)).toMatchObject(
        tasks.map(({ id }) => ({ id, deduplicated: false })),
      );
      expect(await store.countTasks({})).toBe(0);
      await commit();
      expect(idsOf((await store.claim(claimBy("owner"))).tasks)).toEqual(idsOf(tasks));
    },
    "transactions",
  );

  test(
    "an enqueue inside the caller's transaction is gone after its rollback, its unique key too",
    async ({ store, begin }) => {
      const unique = { key: "k", withinMs: 60_000 };
      const { tx, rollback } = await begin!();
      await store.enqueue([exampleTask({ unique })], tx);
      await rollback();
      expect(await store.countTasks({})).toBe(0);
      const task = exampleTask({ unique });
      expect(await store.enqueue([task])).toMatchObject([{ id: task.id, deduplicated: false }]);
    },
    "transactions",
  );

  test(
    "an enqueue may be repeated after a transaction whose end is unknown",
    async ({ store, begin }) => {
      const task = exampleTask({ unique: { key: "k" } });
      for (const end of ["commit", "rollback", "commit"] as const) {
        const caller = await begin!();
        expect(await store.enqueue([task], caller.tx)).toMatchObject([{ id: task.id, deduplicated: false }]);
        await caller[end]();
      }
      expect(await store.countTasks({})).toBe(1);
    },
    "transactions",
  );

  test(
    "an attempt can end inside the caller's transaction",
    async ({ store, begin }) => {
      const task = await leasedTask(store);
      const followUps = [exampleTask()];
      const first = await begin!();
      expect(await store.finishIn(first.tx, succeeded(task, { followUps }))).toBe("done");
      expect(await store.task(task.id)).toEqual(task);
      await first.rollback();
      expect(await store.task(task.id)).toEqual(task);
      expect(await store.attempts(task.id)).toEqual([]);

      const second = await begin!();
      expect(await store.finishIn(second.tx, succeeded(task, { followUps }))).toBe("done");
      expect(await store.finishIn(second.tx, failed(task))).toBe("already");
      await second.commit();
      expect(await store.task(task.id)).toMatchObject({ state: "success" });
      expect(await store.countTasks({})).toBe(2);
      expect(await store.finish([succeeded(task)])).toEqual(["already"]);
    },
    "transactions",
  );

  test(
    "an attempt that lost its lease can't end inside the caller's transaction",
    async ({ store, begin }) => {
      const task = await leasedTask(store, "zombie");
      await store.finish([released(task)]);
      await store.claim(claimBy("heir"));
      const held = await store.task(task.id);
      expect(held).toMatchObject({ attempt: 2, owner: "heir" });
      const { tx, commit } = await begin!();
      expect(await store.finishIn(tx, { ...succeeded(task), owner: "other" })).toBe("lost");
      await commit();
      expect(await store.task(task.id)).toEqual(held);
    },
    "transactions",
  );

  test(
    "a transaction that has ended can't be joined",
    async ({ store, begin }) => {
      const { tx, commit } = await begin!();
      await commit();
      expect(await rejection(store.enqueue([exampleTask()], tx))).toMatchObject({
        code: "QUERN_TX_NOT_JOINABLE",
      });
      expect(await store.countTasks({})).toBe(0);
    },
    "transactions",
  );

  test(
    "a commit inside the caller's transaction wakes the watchers",
    async ({ store, begin }) => {
      const { tx, commit } = await begin!();
      await store.enqueue([exampleTask()], tx);
      const woken = new Promise<void>((resolve) => void store.watch(resolve));
      await commit();
      await woken;
    },
    "transactions",
  );
}
