// The admin over a large application: 1,000,000 successes in 200,000 groups, 20,000 failures, 100,000 queued, 5,000 schedules.
// Each figure is the 95th percentile of what the server takes, beside its budget. On SQLite, and on a real PostgreSQL.
//
// npm run bench -- --admin                                   all of it, seeding included
// npm run bench -- --admin sqlite --part read --keep FOLDER  one part (read, change); what is seeded stays in the folder for the next run
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createJiti } from "jiti";
import { createAdmin } from "../dist/admin/index.js";
import { childId } from "../dist/core/id.js";
import { Quern, task } from "../dist/index.js";
import { clientKey } from "../dist/client/client.js";
import { checkCall, sealTask } from "../dist/client/enqueue/enqueue.js";
import { inTempFolder, percentile } from "./measure.mjs";
import { failures, queued, schedules, settle, successes } from "./admin-rows.mjs";

const engines = ["sqlite", "postgres"];
const parts = { read, change };
const again = 100_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const work = task("bench.work", async () => null);
const bulk = task("bench.again", async () => null);

export async function admin({ engine, part, keep, report }) {
  for (const one of engine === undefined ? engines : [engine]) {
    await withDatabase(one, keep, async (url) => {
      const quern = new Quern({
        tasks: [work, bulk],
        database: url,
        workers: 0,
        logger: quiet,
        synchronous: "normal",
      });
      const client = quern[clientKey];
      const handler = createAdmin(quern, { debug: true });
      const { store, keyring } = await client.open();
      const at = { engine: one, url, client, store, keyring, ask: asking(handler), handler };
      const tell = (figure) => report({ ...figure, name: `admin, ${one}: ${figure.name}` });
      const seeded = keep === undefined ? undefined : join(keep, `${one}.seeded`);
      if (seeded === undefined || !existsSync(seeded)) await seed(at, tell);
      if (seeded !== undefined) writeFileSync(seeded, "");
      for (const name of part === undefined ? Object.keys(parts) : [part]) await parts[name](at, tell);
      await handler.close();
      await quern.close();
    });
  }
}

async function withDatabase(engine, keep, work) {
  if (keep !== undefined) mkdirSync(keep, { recursive: true });
  if (engine === "postgres") {
    const servers = await createJiti(import.meta.url).import("../test/servers/postgres.ts");
    const server =
      keep === undefined ? await servers.startPostgres() : await keptPostgres(servers, resolve(keep, engine));
    try {
      await work(servers.withParameters(server.url, { schema: "quern_bench_admin" }));
    } finally {
      await server.stop();
    }
  } else if (keep === undefined) await inTempFolder((folder) => work(`sqlite:${join(folder, "admin.db")}`));
  else await work(`sqlite:${join(keep, "admin.db")}`);
}

/** A private server whose data stays in the folder. */
async function keptPostgres({ makePostgres, runPostgres, urlOf }, folder) {
  const { freePort, nobody, privateFolder } = await createJiti(import.meta.url).import(
    "../test/servers/server.ts",
  );
  mkdirSync(folder, { recursive: true });
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  const { root, data } = makePostgres(folder);
  const port = await freePort();
  const running = await runPostgres({ root, data, port, folder: privateFolder("postgres") });
  return { url: urlOf(port), stop: () => running.stop() };
}

function asking(handler) {
  return async (path, body) => {
    const request = new Request(`http://localhost/api/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { host: "localhost", "content-type": "application/json", "sec-fetch-site": "same-origin" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await handler(request, { address: "127.0.0.1" });
    const text = await response.text();
    if (response.status >= 300) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
}

async function seed(at, report) {
  const began = performance.now();
  await successes(at);
  await failures(at, sealed(at, work), 20_000);
  await failures(at, sealed(at, bulk), again);
  await queued(at, sealed(at, work), 100_000);
  await schedules(at, work, 5_000);
  await settle(at);
  report({ name: "seeded in", value: (performance.now() - began) / 1_000, unit: "s" });
}

function sealed({ client, keyring }, func) {
  return (index) =>
    sealTask(
      client,
      keyring,
      checkCall(client, func, { index }, { group: `group-${index % 500}`, name: `task ${index}` }),
    );
}

async function read({ ask, store }, report) {
  const measure = async (name, limit, work, times = 40) => {
    const taken = [];
    for (let turn = 0; turn < times + 3; turn++) {
      const began = performance.now();
      await work(turn);
      if (turn >= 3) taken.push(performance.now() - began);
    }
    report({ name, value: percentile(taken, 0.95), unit: "ms", limit, middle: percentile(taken, 0.5) });
  };
  const some = (turn) => (turn * 7_919) % 200_000;
  for (const model of ["success", "failure", "queued", "schedule", "running", "cluster", "audit"]) {
    const list = `models/${model}?limit=100`;
    await measure(`${model}, first page`, 20, () => ask(list));
    const { after } = await ask(list);
    if (after === null) continue;
    await measure(`${model}, second page`, 20, () => ask(`${list}&after=${after}`));
    await measure(`${model}, last page`, 20, () => ask(`${list}&before=end`));
  }
  const success = "models/success?limit=100";
  for (const sort of ["group", "-func", "id"])
    await measure(`success by ${sort}, first page`, 20, () => ask(`${success}&sort=${sort}`));
  await measure("success by group, last page", 20, () => ask(`${success}&sort=group&before=end`));
  await measure("success, filter by group", 20, (turn) => ask(`${success}&group=group-${some(turn)}`));
  await measure("success, filter by func", 20, (turn) => ask(`${success}&func=func.${turn % 20}`));
  await measure("success, filter by queue", 20, (turn) => ask(`${success}&queue=queue-${turn % 5}`));
  await measure("success, filter by day and queue", 20, () => ask(`${success}&queue=queue-1&stopped=today`));
  await measure("failure, filter by error class", 20, () =>
    ask("models/failure?limit=100&errorClass=RangeError"),
  );
  await measure("failure, filter by outcome that is rare", 100, () =>
    ask("models/failure?limit=100&outcome=lost"),
  );
  await measure("queued, filter by queue", 20, () => ask("models/queued?limit=100&queue=default"));
  await measure("queued, filter by group", 20, (turn) => ask(`models/queued?limit=100&group=group-${turn}`));
  const columns = "id,name,func,state,position";
  await measure("queued, with positions", 20, () => ask(`models/queued?limit=100&columns=${columns}`));
  await measure("queued, with positions, last page", 20, () =>
    ask(`models/queued?limit=100&columns=${columns}&before=end`),
  );
  await measure("schedule, filter by type", 20, () => ask("models/schedule?limit=100&type=daily"));
  for (const [model, field, prefix] of [
    ["success", "group", ""],
    ["success", "group", "group-19"],
    ["success", "func", ""],
    ["success", "queue", "q"],
    ["failure", "errorClass", ""],
    ["queued", "group", "group-4"],
    ["queued", "func", ""],
    ["schedule", "func", ""],
    // None begins so: those that contain it are looked for.
    ["success", "group", "roup-19"],
    ["success", "group", "nowhere"],
    ["success", "queue", "ueue"],
    ["failure", "group", "roup-4"],
    ["failure", "errorClass", "Error"],
    ["queued", "group", "roup-4"],
    ["queued", "group", "nowhere"],
  ])
    await measure(`suggestions, ${model} ${field} "${prefix}"`, 10, () =>
      ask(`models/${model}/suggest?field=${field}&prefix=${prefix}`),
    );
  const state = (value) => [{ field: "state", is: "in", values: [value] }];
  await measure("capped count of successes", 5, () => store.countList("ended", state("success"), 10_000));
  await measure("capped count of queued", 5, () => store.countList("queued", [], 10_000));
  await measure("exact count of successes", 5_000, () => ask("models/success/count"), 3);
  await search(ask, report, "a word", "nowhere");
  await search(ask, report, "a worker", "worker:nobody");
  const [{ id }] = (await ask("models/failure?limit=1")).rows;
  await measure("task page", 20, () => ask(`models/task/${id}`));
  const [waiting] = (await ask("models/queued?limit=1&state=ready")).rows;
  await measure("page of a queued task", 20, () => ask(`models/task/${waiting.id}`));
  await measure("overview", 50, () => ask("overview"));
  await measure("counts of the navigation", 50, () => ask("counts"));
  const values = { func: "bench.work", type: "cron", cron: "0 7 * * 1-5", timeZone: "Europe/Amsterdam" };
  await measure("schedule preview", 20, () => ask("schedules/preview", { values }));
}

/** What nowhere occurs, step by step through all there is. */
async function search(ask, report, what, query) {
  const taken = [];
  let after = "";
  for (let done = false; !done; ) {
    const began = performance.now();
    const page = await ask(`models/success?limit=100&q=${query}${after}`);
    taken.push(performance.now() - began);
    done = page.after === null;
    after = `&after=${page.after}`;
  }
  report({ name: `one search step, ${what}`, value: percentile(taken, 0.95), unit: "ms", limit: 110 });
  report({
    name: `${what} that nowhere occurs, ${taken.length} steps`,
    value: taken.reduce((a, b) => a + b),
    unit: "ms",
    limit: 2_000,
  });
}

async function change({ ask }, report) {
  await bulkAction(ask, report, "resubmit", "failure", "func=bench.again");
  await bulkAction(ask, report, "delete", "queued", "func=bench.again");
  await bulkAction(ask, report, "delete", "success", "func=func.1&func=func.2");
}

/** All that match, and what a reader who looks in every 20 ms is kept waiting meanwhile. */
async function bulkAction(ask, report, action, model, query) {
  const operation = childId("019a0000-0000-7000-8000-000000000000", `${action} ${model} ${Date.now()}`);
  const began = performance.now();
  const matching = { query, at: Date.now() + 86_400_000 };
  await ask(`models/${model}/actions/${action}`, { operation, matching });
  const waited = [];
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const asked = performance.now();
    await ask(waited.length % 2 === 0 ? "models/success?limit=100" : "models/queued?limit=100");
    waited.push(performance.now() - asked);
    const { operations } = await ask("operations");
    const { state, done, skipped, failed } = operations.find(({ id }) => id === operation);
    if (state === "running") continue;
    const rate = (done / (performance.now() - began)) * 1_000;
    const what = `${action} ${done} of ${model}${skipped + failed > 0 ? `, ${skipped} skipped, ${failed} failed` : ""}`;
    report({ name: what, value: rate, unit: "rows/s", limit: 5_000, least: true });
    report({
      name: `${what}: another request, p95`,
      value: percentile(waited, 0.95),
      unit: "ms",
      limit: 100,
    });
    report({ name: `${what}: another request, the slowest`, value: Math.max(...waited), unit: "ms" });
    return;
  }
}
