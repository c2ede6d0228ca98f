// npm run bench: what Quern costs, each figure beside the limit measured in the same run. One JSON line a figure, then a table.
// npm run bench -- --only drain --runs 3 --tasks 20000
// npm run bench -- --admin [sqlite|postgres] [--keep FOLDER]: the admin over a million tasks, see admin.mjs
// npm run bench -- --postgres [--only enqueue,drain,latency,idle] [--runs 3]: on PostgreSQL; with --peers other queues beside it.
import { parseArgs } from "node:util";
import { admin } from "./admin.mjs";
import { drain } from "./drain.mjs";
import { enqueue } from "./enqueue.mjs";
import { footprint } from "./footprint.mjs";
import { latency } from "./latency.mjs";
import { schedules } from "./schedules.mjs";
import { usable } from "./usable.mjs";
import { comparison } from "./comparison.mjs";
import { short, table } from "./table.mjs";

const figures = [];
const benchmarks = { enqueue, drain, latency, footprint, schedules, usable };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    admin: { type: "boolean" },
    part: { type: "string" },
    keep: { type: "string" },
    only: { type: "string" },
    runs: { type: "string" },
    tasks: { type: "string", default: "50000" },
    postgres: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
    with: { type: "string" },
  },
});
if (values.admin === true) {
  await admin({ engine: positionals[0], part: values.part, keep: values.keep, report });
  console.log(`\n${table(figures.map(cellsOf))}`);
  process.exit(0);
}
const compares = values.postgres || values.peers;
const known = compares ? ["enqueue", "drain", "latency", "idle"] : Object.keys(benchmarks);
const names = values.only === undefined ? known : values.only.split(",");
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`--only takes ${known.join(", ")}; got ${unknown}`);
  process.exit(2);
}

if (compares) {
  const runs = Number(values.runs ?? 3);
  await comparison({ only: names, runs, peers: values.peers, among: values.with?.split(",") });
} else {
  for (const name of names) {
    await benchmarks[name]({ runs: Number(values.runs ?? 5), tasks: Number(values.tasks), report });
  }
  console.log(`\n${table(figures.map(cellsOf))}`);
}

function report(figure) {
  figures.push(figure);
  console.log(JSON.stringify(figure));
}

function cellsOf({ name, value, unit, limit, middle }) {
  return [
    name,
    `${short(value)} ${unit}`,
    limit === undefined ? "" : `limit ${short(limit)}`,
    limit === undefined ? "" : `${(value / limit).toFixed(2)} of it`,
    middle === undefined ? "" : `half below ${short(middle)}`,
  ];
}
