// How late the tasks of schedules are queued and started: of a few on an idle cluster, and of ten thousand, a hundred due each second,
// beside what the sentinel then uses of a core.
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

const idleSeconds = 60;
const idlePhases = 20;

export async function schedules({ report }) {
  await inTempFolder((folder) => idle(folder, report));
  for (const [how, stepMs, runs] of [
    ["new, on the second", 0, 0],
    ["old, on the second", 0, keptRuns],
    ["old, spread over the second", 1_000 / perSecond, keptRuns],
  ]) {
    await inTempFolder((folder) => measure(folder, { how, stepMs, runs }, report));
  }
}

/** Each second one on the second and twenty beside it, each at a moment of its own. A cron can't come beside the second; a once can. */
async function idle(folder, report) {
  const environment = { BENCH_DATABASE: `sqlite:${join(folder, "q.db")}` };
  const { default: instance, noop } = await client({ ...environment, BENCH_SYNCHRONOUS: "normal" });
  const begin = Math.ceil(Date.now() / 1_000) * 1_000 + 8_000;
  const every = { cron: "* * * * * *", firstRun: new Date(begin), keepRuns: 1_000 };
  await instance.schedules.create(noop, undefined, every);
  const moments = Array.from({ length: idleSeconds * idlePhases }, (_, index) => {
    const phase = index % idlePhases;
    return begin + Math.floor(index / idlePhases) * 1_000 + 13 + phase * 47 + ((phase * 7) % 11);
  });
  await Promise.all(
    moments.map((moment) =>
      instance.schedules.create(noop, undefined, { type: "once", firstRun: new Date(moment), repeats: 1 }),
    ),
  );
  const cluster = await startCluster({ ...environment, BENCH_SYNCHRONOUS: "full" });
  if (Date.now() > begin - 1_000) throw new Error("this machine is too slow to make them in time");
  await until(begin - 500);
  const busy = await cpuShare(cluster.pid, idleSeconds * 1_000 + 1_000);
  await cluster.stop();
  await instance.close();
  const slots = await latenesses(folder, begin, {
    seconds: idleSeconds,
    expected: idleSeconds * (idlePhases + 1),
  });
  reportLateness(report, "idle cluster, 21 a second", slots);
  report({ name: "schedules, idle cluster, 21 a second: sentinel", value: busy, unit: "% of a core" });
}

function reportLateness(report, how, { queued, started }) {
  for (const [what, values] of [
    ["slot to queued", queued],
    ["slot to start", started],
  ])
    for (const share of [0.5, 0.99])
      report({
        name: `schedules, ${how}: ${what}, p${share * 100}`,
        value: percentile(values, share),
        unit: "ms",
      });
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
  const counted = { seconds: seconds - 1, expected: (seconds - 1) * perSecond };
  reportLateness(report, how, await latenesses(folder, begin, counted));
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
async function latenesses(folder, begin, { seconds, expected }) {
  const { DatabaseSync } = await openDriver();
  const database = new DatabaseSync(join(folder, "q.db"));
  const rows = database
    .prepare(
      "SELECT enqueued - slot AS queued, started - slot AS started FROM quern_slot WHERE slot >= ? AND slot < ?",
    )
    .all(begin, begin + seconds * 1_000);
  database.close();
  if (rows.length !== expected) throw new Error(`${rows.length} of ${expected} slots were fired`);
  return { queued: rows.map((row) => row.queued), started: rows.map((row) => row.started) };
}
