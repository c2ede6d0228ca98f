// Ten thousand schedules, a hundred due each second: how late their tasks are queued and started, and what the sentinel uses of a core.
import { join } from "node:path";
import { openDriver } from "./driver.mjs";
import { client, cpuMs, inTempFolder, percentile, startCluster } from "./measure.mjs";

const count = 10_000;
const perSecond = 100;
const seconds = 20;
const types = [
  { type: "hourly" },
  { type: "daily", timeZone: "Europe/Amsterdam" },
  { type: "monthly", timeZone: "America/New_York" },
];

/** What a schedule keeps by default: those of an application that has run for a while have so many. */
const keptRuns = 100;

export async function schedules({ report }) {
  for (const [how, stepMs, runs] of [
    ["new, on the second", 0, 0],
    ["old, on the second", 0, keptRuns],
    ["old, spread over the second", 1_000 / perSecond, keptRuns],
  ]) {
    await inTempFolder((folder) => measure(folder, { how, stepMs, runs }, report));
  }
}

async function measure(folder, { how, stepMs, runs }, report) {
  const environment = { BENCH_DATABASE: `sqlite:${join(folder, "q.db")}` };
  const { default: instance, noop } = await client({ ...environment, BENCH_SYNCHRONOUS: "normal" });
  // None comes twice in a run: those of one second come after those of the second before.
  const begin = Math.ceil(Date.now() / 1_000) * 1_000 + 75_000;
  for (let index = 0; index < count; index++) {
    const slot = begin + Math.floor(index / perSecond) * 1_000 + (index % perSecond) * stepMs;
    await instance.schedules.create(noop, undefined, {
      ...types[index % types.length],
      firstRun: new Date(slot),
    });
  }
  await addHistory(folder, runs, begin);
  const cluster = await startCluster({ ...environment, BENCH_SYNCHRONOUS: "full" });
  if (Date.now() > begin - 6_000) throw new Error("this machine is too slow to make them in time");
  await until(begin - 5_500);
  const idle = await cpuShare(cluster.pid, 5_000);
  await until(begin - 500);
  const busy = await cpuShare(cluster.pid, seconds * 1_000);
  await cluster.stop();
  await instance.close();
  const { queued, started } = await latenesses(folder, begin);
  report({ name: `schedules, ${how}: slot to queued, p50`, value: percentile(queued, 0.5), unit: "ms" });
  report({ name: `schedules, ${how}: slot to queued, p99`, value: percentile(queued, 0.99), unit: "ms" });
  report({ name: `schedules, ${how}: slot to start, p50`, value: percentile(started, 0.5), unit: "ms" });
  report({ name: `schedules, ${how}: slot to start, p99`, value: percentile(started, 0.99), unit: "ms" });
  report({ name: `schedules, ${how}: sentinel before the first`, value: idle, unit: "% of a core" });
  report({ name: `schedules, ${how}: sentinel`, value: busy, unit: "% of a core" });
}

function until(moment) {
  return new Promise((resolve) => setTimeout(resolve, moment - Date.now()));
}

async function cpuShare(pid, ms) {
  const before = cpuMs([pid]);
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ((cpuMs([pid]) - before) / (performance.now() - began)) * 100;
}

/** Runs of the hours before, to the schedules that will fire. */
async function addHistory(folder, runs, begin) {
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(join(folder, "q.db"));
  database
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO quern_slot (schedule, revision, slot, task, kind, enqueued, started, stopped, outcome)
       SELECT s.id, s.revision, s.next_run - i * 3600000, s.id || '-' || i, 'slot', s.next_run - i * 3600000,
         s.next_run - i * 3600000, s.next_run - i * 3600000, 'success'
       FROM quern_schedule s, n WHERE ? > 0 AND s.next_run < ?`,
    )
    .run(runs, runs, begin + (seconds + 1) * 1_000);
  database.close();
}

/** As the rows tell it, of the slots that were measured. */
async function latenesses(folder, begin) {
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(join(folder, "q.db"));
  const rows = database
    .prepare(
      "SELECT enqueued - slot AS queued, started - slot AS started FROM quern_slot WHERE slot >= ? AND slot < ?",
    )
    .all(begin, begin + (seconds - 1) * 1_000);
  database.close();
  const expected = (seconds - 1) * perSecond;
  if (rows.length !== expected) throw new Error(`${rows.length} of ${expected} slots were fired`);
  return { queued: rows.map((row) => row.queued), started: rows.map((row) => row.started) };
}
