// What a cluster saves of ends that the database refuses or somebody holds: without their data those whose data is to blame, and all of the others.
import { expect, it, onTestFinished } from "vitest";
import { Client } from "../../src/client/client.ts";
import { Attempts } from "../../src/cluster/attempts.ts";
import { Monitor } from "../../src/cluster/round/monitor.ts";
import { TaskLog } from "../../src/cluster/task-log.ts";
import { systemClock } from "../../src/core/clock.ts";
import { encode } from "../../src/core/codec.ts";
import { QuernError } from "../../src/core/errors.ts";
import type { Ending } from "../../src/store/broker.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { claimBy, exampleTask } from "../../src/testing/store/examples.ts";
import { storeOptions } from "../store/store-options.ts";
import { silent } from "./memory-quern.ts";

const count = 9;
const resultOf = ({ next }: Ending): string | null => ("end" in next ? next.result : null);

/** A monitor with nine ends, whose results are 0 to 8, and its store. */
async function nineEnds(): Promise<{
  monitor: Monitor;
  store: Store;
  save(): Promise<void>;
  results(): Promise<(string | null)[]>;
}> {
  const client = new Client({ tasks: [], database: "memory:", logger: silent }, {}, systemClock);
  const store = await openStore("memory:", storeOptions().options);
  onTestFinished(async () => {
    await client.close();
    await store.close();
  });
  const monitor = new Monitor({
    client,
    opened: { ...(await client.open()), store },
    attempts: new Attempts(),
    log: new TaskLog(silent, systemClock),
    emit: () => {},
    listens: () => false,
    onUnfit: () => {},
  });
  await store.enqueue(Array.from({ length: count }, () => exampleTask()));
  const { tasks } = await store.claim(claimBy("us", { slots: count }));
  for (const [index, task] of tasks.entries())
    monitor.reportUnsent(task, null, {
      ...{ outcome: "success", worker: null, started: 1, stopped: 2, result: encode(index), error: null },
      ...{ log: null, progress: null, retry: true, snoozeMs: null, unknown: false },
    });
  const save = async (): Promise<void> => {
    try {
      monitor.settle(await store.finish(monitor.take()));
    } catch (error) {
      await monitor.saveDivided(error);
    }
  };
  const results = async (): Promise<(string | null)[]> => {
    const ended = await Promise.all(tasks.map(({ id }) => store.task(id)));
    return ended.map((task) => (task !== null && "result" in task ? task.result : null));
  };
  return { monitor, store, save, results };
}

/** The nine ends in a database that refuses what `refuses` says; answers what stands there when it refuses no more. */
async function saved(refuses: (ending: Ending) => boolean): Promise<(string | null)[]> {
  const { monitor, store, save, results } = await nineEnds();
  const finish = store.finish.bind(store);
  let passed = false;
  store.finish = (endings) =>
    !passed && endings.some(refuses) ? Promise.reject(new Error("refused")) : finish(endings);
  await save().catch(() => undefined);
  passed = true;
  if (monitor.size > 0) await save();
  return results();
}

const whole = Array.from({ length: count }, (_, index) => encode(index));

it("the one whose data is refused is saved with a marker, the others with what they had", async () => {
  const results = await saved((ending) => resultOf(ending) === encode(4));
  expect(results[4]).toContain("the database refused it");
  expect(results.toSpliced(4, 1)).toEqual(whole.toSpliced(4, 1));
});

it("what is refused whatever its data, such as without a table, is kept whole until it is taken", async () => {
  expect(await saved(() => true)).toEqual(whole);
});

it("an end whose row somebody holds is put aside, looked for every second, and at once where there is no later", async () => {
  const { monitor, store, save, results } = await nineEnds();
  const [finish, note] = [store.finish.bind(store), store.note.bind(store)];
  let held = true;
  const isHeld = (ending: Ending): boolean => held && resultOf(ending) === encode(4);
  const heldId = monitor.take().find(isHeld)?.id;
  store.finish = (endings) =>
    endings.some(isHeld) ? Promise.reject(new QuernError("QUERN_DATABASE_BUSY", {})) : finish(endings);
  store.note = async (notes) => {
    const written = await note(notes);
    return notes.map(({ id }, index) => (held && id === heldId ? false : written[index] === true));
  };
  await save();
  expect(await results()).toEqual(whole.map((one, index) => (index === 4 ? null : one)));
  held = false;
  await monitor.recall();
  expect(monitor.size).toBe(0); // Looked for a moment ago.
  await monitor.recall({ atOnce: true });
  await save();
  expect(await results()).toEqual(whole);
});
