// Clusters that share a PostgreSQL and race for the same slots.
import { expect, test } from "vitest";
import { Quern, task } from "../../src/index.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres } from "../servers/postgres.ts";
import { until } from "./memory-quern.ts";

const seconds = 4;
const schedules = 30;

await describeEngine("PostgreSQL", startPostgres, (url) => {
  test("three clusters make one task for each slot, on time, and quarrel about nothing", async () => {
    const complaints: string[] = [];
    const complain = (message: string): void => void complaints.push(message);
    const logger = { debug() {}, info() {}, warn: complain, error: complain };
    const ran = new Map<string, number>();
    const tick = task("tick", (name: string, { scheduledFor }) => {
      const slot = `${name} ${scheduledFor?.getTime()}`;
      ran.set(slot, (ran.get(slot) ?? 0) + 1);
    });
    const querns = [1, 2, 3].map(() => new Quern({ tasks: [tick], database: url, workers: 0, logger }));
    const [quern] = querns as [Quern, ...Quern[]];
    const clusters = [];
    for (const each of querns) clusters.push(await each.start());
    const first = Math.ceil(Date.now() / 1_000 + 3) * 1_000;
    const end = new Date(first + (seconds - 1) * 1_000);
    const times = { cron: "* * * * * *", missed: "all", firstRun: new Date(first), end } as const;
    const names = Array.from({ length: schedules }, (_, index) => `number ${index}`);
    await Promise.all(names.map((name) => quern.schedules.create(tick, name, { ...times, name })));
    // One that is made later has no slot there.
    expect(Date.now(), "all are made before the first slot").toBeLessThan(first);
    await until(async () => (await quern.schedules.count({ status: "active" })) === 0);
    await until(async () => (await quern.queues.list()).length === 0);
    expect(ran.size).toBe(schedules * seconds);
    expect(Math.max(...ran.values())).toBe(1);
    const runs = await quern.schedules.history("number 0");
    expect(Math.max(...runs.map((run) => run.enqueued.getTime() - run.slot.getTime()))).toBeLessThan(2_000);
    for (const cluster of clusters) await cluster.stop();
    for (const each of querns) await each.close();
    expect(complaints).toEqual([]);
  });
});
