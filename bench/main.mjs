// npm run bench: what Quern costs, each figure beside the limit measured in the same run. One JSON line a figure, then a table.
// npm run bench -- --only drain --runs 3 --tasks 20000
// npm run bench -- --admin [sqlite|postgres]: the admin over a million tasks, see admin.mjs
import { parseArgs } from "node:util";
import { admin } from "./admin.mjs";
import { drain } from "./drain.mjs";
import { enqueue } from "./enqueue.mjs";
import { footprint } from "./footprint.mjs";
import { latency } from "./latency.mjs";
import { schedules } from "./schedules.mjs";

const benchmarks = { enqueue, drain, latency, footprint, schedules };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    admin: { type: "boolean" },
    part: { type: "string" },
    keep: { type: "string" },
    only: { type: "string" },
    runs: { type: "string", default: "5" },
    tasks: { type: "string", default: "50000" },
  },
});
const figures = [];
if (values.admin === true) {
  await admin({ engine: positionals[0], part: values.part, keep: values.keep, report });
  console.log(`\n${table(figures)}`);
  process.exit(0);
}
const names = values.only === undefined ? Object.keys(benchmarks) : values.only.split(",");
const unknown = names.find((name) => !(name in benchmarks));
if (unknown !== undefined) {
  console.error(`--only takes ${Object.keys(benchmarks).join(", ")}; got ${unknown}`);
  process.exit(2);
}

for (const name of names) {
  await benchmarks[name]({ runs: Number(values.runs), tasks: Number(values.tasks), report });
}
console.log(`\n${table(figures)}`);

function report(figure) {
  figures.push(figure);
  console.log(JSON.stringify(figure));
}

function table(rows) {
  const cells = rows.map(({ name, value, unit, limit, middle }) => [
    name,
    `${short(value)} ${unit}`,
    limit === undefined ? "" : `limit ${short(limit)}`,
    limit === undefined ? "" : `${(value / limit).toFixed(2)} of it`,
    middle === undefined ? "" : `half below ${short(middle)}`,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column].length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join("   "),
    )
    .join("\n");
}

function short(number) {
  return number >= 100 ? Math.round(number).toLocaleString("en") : number.toFixed(number >= 10 ? 1 : 2);
}
