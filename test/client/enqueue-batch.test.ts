// Calls of one turn that travel together: what becomes of all of them when one is at fault, and when nobody can write.
import { expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { QuernError } from "../../src/core/errors.ts";
import { EnqueueBatch } from "../../src/client/enqueue/enqueue-batch.ts";
import { openStore } from "../../src/store/open.ts";
import { exampleTask, exampleTasks } from "../../src/testing/store/examples.ts";
import { storeOptions } from "../store/store-options.ts";

/** What became of a hundred calls of one turn, and how often somebody waited in vain for a lock to write them. */
async function enqueued(isHeld: (index: number) => boolean, priorityOfLast = 0) {
  const store = await openStore("memory:", storeOptions().options);
  const tasks = [...exampleTasks(99), exampleTask({ priority: priorityOfLast })];
  const held = new Set(tasks.filter((_, index) => isHeld(index)).map(({ id }) => id));
  const write = store.enqueue.bind(store);
  let waits = 0;
  store.enqueue = async (given) => {
    if (!given.some(({ id }) => held.has(id))) return write(given);
    waits += 1;
    throw new QuernError("QUERN_DATABASE_BUSY", { path: "memory", waited: "5 s" });
  };
  const batch = new EnqueueBatch(systemClock);
  const answers = await Promise.allSettled(tasks.map((task) => batch.add(store, task)));
  const stored = await store.countTasks({});
  await store.close();
  const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Error] : []));
  return { stored, waits, reasons };
}

it("of those that travel together only the one is refused that can't be stored", async () => {
  const { stored, reasons } = await enqueued(() => false, Number.NaN);
  expect([stored, reasons.length]).toEqual([99, 1]);
});

it("one that waits for what a transaction holds keeps no other from being stored", async () => {
  const { stored, reasons, waits } = await enqueued((index) => index === 3);
  expect(reasons.map((reason) => reason.message)).toEqual([expect.stringMatching("QUERN_DATABASE_BUSY")]);
  expect([stored, waits]).toEqual([99, 2]); // Once with the others, once by itself.
});

it("where nobody can write all are told so after a few waits, and not each behind the other", async () => {
  const { stored, reasons, waits } = await enqueued(() => true);
  expect(reasons.filter((reason) => reason.message.startsWith("QUERN_DATABASE_BUSY"))).toHaveLength(100);
  expect([stored, waits]).toEqual([0, 3]);
});
