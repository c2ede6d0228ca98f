// A cluster that is told through the store to pause, to go on, and to stop.
import { describe, expect, test } from "vitest";
import { task } from "../../src/index.ts";
import { engines, silent, until, withCluster, withQuern } from "./memory-quern.ts";

const add = task("add", ({ a, b }: { a: number; b: number }) => a + b);

describe.concurrent.each(engines)("orders to a cluster, on %s", (database) => {
  test("a paused cluster ends what it has in hand and takes nothing until it is resumed", async () => {
    let release = (): void => undefined;
    const held = task("held", () => new Promise<string>((resolve) => (release = () => resolve("ended"))));
    await withCluster({ tasks: [add, held], database, name: "mill" }, async (quern) => {
      const state = async (): Promise<string | undefined> => (await quern.clusters.list())[0]?.state;
      const running = await quern.enqueue(held);
      await until(async () => (await quern.tasks.get(running.id))?.state === "leased");
      expect(await quern.clusters.pause("mill", { by: "ann" })).toBe(true);
      expect(await quern.clusters.pause("mill")).toBe(false);
      await until(async () => (await state()) === "paused");
      const waits = await quern.enqueue(add, { a: 1, b: 2 });
      release();
      expect(await running.result()).toBe("ended");
      await expect(waits.result({ timeout: "150ms" })).rejects.toThrow("QUERN_RESULT_TIMEOUT");
      expect(await quern.clusters.resume("mill", { by: "ann" })).toBe(true);
      expect(await waits.result()).toBe(3);
      await until(async () => (await state()) === "idle");
    });
  });

  test("one that is told to stop does so gracefully, once, and hears of it by its id too", async () => {
    await withQuern({ tasks: [add], database, logger: silent }, async (quern) => {
      const cluster = await quern.start();
      expect(await quern.clusters.stop("nobody")).toBe(false);
      expect(await quern.clusters.stop(cluster.id, { by: "ann" })).toBe(true);
      expect(await quern.clusters.stop(cluster.id)).toBe(false);
      await cluster.ended;
      expect(await quern.clusters.list()).toMatchObject([
        { id: cluster.id, state: "stopped", order: "stop" },
      ]);
      expect(await quern.clusters.pause(cluster.id)).toBe(false);
    });
  });

  test("an order that stood before it listened is followed", async () => {
    await withQuern({ tasks: [add], database }, async (quern) => {
      const starting = quern.start();
      await until(async () => (await quern.clusters.list()).length > 0);
      const [row] = await quern.clusters.list();
      await quern.clusters.stop(row!.id);
      await (await starting).ended;
      expect(await quern.clusters.list()).toMatchObject([{ state: "stopped" }]);
    });
  });
});

test("a cluster says how far its clock is from the store's", async () => {
  await withCluster({ tasks: [add], database: "memory:" }, async (quern) => {
    const [{ clockOffMs } = {}] = await quern.clusters.list();
    expect(Math.abs(clockOffMs ?? Number.NaN)).toBeLessThan(1_000);
  });
});
