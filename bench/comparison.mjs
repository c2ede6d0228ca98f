// Quern on PostgreSQL beside the hand-written limit, and beside other queues where they are asked for: who takes part, and the table.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inTempFolder, median } from "./measure.mjs";
import { withPostgres } from "./server.mjs";
import { short, table } from "./table.mjs";
import { measures } from "./versus.mjs";

const own = ["quern", "limit"];
const peers = [
  "graphile-worker",
  "pg-boss",
  "bullmq-postgres",
  "bullmq-redis",
  "agenda",
  "sidequest",
  "plainjob",
];
const peersFolder = fileURLToPath(new URL("./peers/", import.meta.url));

/** `among` picks of them by name. */
export async function comparison({ only, runs, peers: withPeers, among }) {
  if (withPeers) installPeers();
  await withPostgres(async ({ what, database, statements }) => {
    console.log(`${what}; Node ${process.version}; medians of ${runs}`);
    const contenders = [...own, ...(withPeers ? peers : [])]
      .filter((name) => among === undefined || among.includes(name))
      .flatMap((name) => contender(name, { database, statements }) ?? []);
    for (const { name, module } of contenders) {
      const { variants } = await import(module);
      for (const [variant, { settings }] of Object.entries(variants))
        console.log(`${name}, ${variant}: ${settings}`);
    }
    const figures = [];
    for (const measure of only) {
      await measures[measure](contenders, {
        runs,
        report(figure) {
          figures.push(figure);
          console.log(JSON.stringify({ ...figure, value: median(figure.values) }));
        },
      });
    }
    console.log(`\n${table(rowsOf(figures))}`);
  });
}

/** Undefined, with a line about it, where what it needs is not there. */
function contender(name, onPostgres) {
  const module = new URL(`./${own.includes(name) ? "contenders" : "peers"}/${name}.mjs`, import.meta.url)
    .href;
  if (name === "plainjob")
    return { name, module, database: (use) => inTempFolder((folder) => use(join(folder, "jobs.db"))) };
  if (name !== "bullmq-redis") return { name, module, ...onPostgres };
  const { REDIS_URL: url } = process.env;
  if (url === undefined) {
    console.log("bullmq-redis: not measured, REDIS_URL names no server");
    return undefined;
  }
  return { name, module, database: (use) => use(url) };
}

function installPeers() {
  if (existsSync(join(peersFolder, "node_modules"))) return;
  console.log(`npm ci --ignore-scripts in ${peersFolder}`);
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts"], { cwd: peersFolder, stdio: "inherit" });
  if (status !== 0) throw new Error("the peers could not be installed");
}

/** Each figure, and how Quern's first one of its measure stands to it. */
function rowsOf(figures) {
  return figures.map(({ measure, name, values, unit }) => {
    const value = median(values);
    const quern = figures.find((other) => other.measure === measure && other.name.startsWith("quern"));
    const ratio =
      quern === undefined || quern.name === name
        ? ""
        : `Quern ${(median(quern.values) / value).toFixed(2)} of it`;
    return [measure, name, `${short(value)} ${unit}`, ratio];
  });
}
