// What Quern and others are compared by, each in a database of its own: enqueue three ways, drain, latency, and what idling costs.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { percentile } from "./measure.mjs";

const ways = 100;
const bulkStep = 10_000;
const trials = 200;
const pauseMs = 40;
/** Who is slow has fewer trials, and who does not answer has none. */
const longestMs = 30_000;
const answerWithinMs = 10_000;
const idleSeconds = 30; // Chores that come every five or ten seconds all have their share.

/** Each is given contenders, { name, module, database, statements }: a URL to import, and what makes an empty database for it. */
export const measures = { enqueue, drain, latency, idle };

async function enqueue(contenders, { runs, report }) {
  const rates = new Map(contenders.map(({ name }) => [name, { single: [], ways: [], bulk: [] }]));
  await inTurns(contenders, runs, async ({ name, module, database }) => {
    const { open } = await import(module);
    await database(async (url) => {
      const { add, addMany, close } = await open(url);
      for (let index = 0; index < 20; index++) await add();
      const { single, ways: together, bulk } = rates.get(name);
      single.push(await rateFor(1_500, 1, add));
      together.push(await rateFor(1_500, ways, add));
      bulk.push((await rateFor(2_000, 1, () => addMany(bulkStep))) * bulkStep);
      await close();
    });
  });
  for (const [name, { single, ways: together, bulk }] of rates) {
    if (single.length === 0) continue;
    report({ measure: "enqueue one by one", name, values: single, unit: "tasks/s" });
    report({ measure: "enqueue 100-way", name, values: together, unit: "tasks/s" });
    report({ measure: "enqueue bulk", name, values: bulk, unit: "tasks/s" });
  }
}

/** Calls a second, made from so many sides at once, for so long. */
async function rateFor(ms, sides, call) {
  const began = performance.now();
  let done = 0;
  const side = async () => {
    while (performance.now() - began < ms) {
      await call();
      done++;
    }
  };
  await Promise.all(Array.from({ length: sides }, side));
  return (done / (performance.now() - began)) * 1_000;
}

async function drain(contenders, { runs, report }) {
  const rates = new Map();
  await inTurns(contenders, runs, async ({ name, module, database }) => {
    const { open, variants } = await import(module);
    for (const [variant, { tasks }] of Object.entries(variants)) {
      await database(async (url) => {
        const producer = await open(url);
        await producer.prepare?.();
        await producer.addMany(tasks);
        const worker = await startWorker(module, url, variant);
        await producer.release?.();
        while (await producer.left()) await wait(20);
        const ended = performance.timeOrigin + performance.now();
        const began = (await producer.firstStart?.()) ?? worker.firstBegan();
        await worker.stop();
        await producer.close();
        const key = `${name}, ${variant}`;
        rates.set(key, [...(rates.get(key) ?? []), (tasks / (ended - began)) * 1_000]);
      });
    }
  });
  for (const [name, values] of rates) report({ measure: "drain", name, values, unit: "tasks/s" });
}

async function latency(contenders, { runs, report }) {
  const latencies = new Map(contenders.map(({ name }) => [name, { p50: [], p99: [] }]));
  await inTurns(contenders, runs, async ({ name, module, database }) => {
    const { open, variants } = await import(module);
    await database(async (url) => {
      const producer = await open(url);
      const worker = await startWorker(module, url, Object.keys(variants)[0]);
      const found = [];
      const until = performance.now() + longestMs;
      for (let trial = 0; trial < trials + 20 && performance.now() < until; trial++) {
        const heard = worker.began(trial);
        const called = performance.timeOrigin + performance.now();
        await producer.addTimed(trial);
        const began = await within(answerWithinMs, producer.began?.() ?? heard);
        if (trial >= 20) found.push(began - called);
        await wait(pauseMs);
      }
      await worker.stop();
      await producer.close();
      latencies.get(name).p50.push(percentile(found, 0.5));
      latencies.get(name).p99.push(percentile(found, 0.99));
    });
  });
  for (const [name, { p50, p99 }] of latencies) {
    if (p50.length === 0) continue;
    report({ measure: "latency enqueue to start, p50", name, values: p50, unit: "ms" });
    report({ measure: "latency enqueue to start, p99", name, values: p99, unit: "ms" });
  }
}

async function idle(contenders, { report }) {
  for (const { name, module, database, statements } of contenders) {
    if (statements === undefined) continue;
    const { open, variants } = await import(module);
    await database(async (url) => {
      const producer = await open(url);
      await producer.addMany(100);
      const worker = await startWorker(module, url, Object.keys(variants)[0]);
      while (await producer.left()) await wait(20);
      await producer.close();
      await wait(10_000); // What follows the work itself is over.
      const before = await statements(url);
      await wait(idleSeconds * 1_000);
      const values = [((await statements(url)) - before) / idleSeconds];
      report({ measure: "idle cluster", name, values, unit: "statements/s" });
      await worker.stop();
    });
  }
}

/**
 * Each has its turn before any has its second, so that a slow minute of the machine is everybody's. Who can't be measured is named,
 * with the reason, and has no further turn.
 */
async function inTurns(contenders, runs, work) {
  const failed = new Set();
  for (let run = 0; run < runs; run++) {
    for (const contender of contenders.filter((one) => !failed.has(one))) {
      try {
        await work(contender);
      } catch (error) {
        failed.add(contender);
        for (const worker of workers) worker.kill("SIGKILL"); // Who is still there would take part in what is measured next.
        console.log(`${contender.name}: not measured, ${error.message}`);
      }
    }
  }
}

const workers = new Set();

async function startWorker(module, url, variant) {
  const script = fileURLToPath(new URL("./worker.mjs", import.meta.url));
  const child = fork(script, [module, url, variant]);
  workers.add(child);
  child.once("exit", () => workers.delete(child));
  const heard = new Map();
  let firstBegan;
  child.on("message", ({ began, key }) => {
    if (began === undefined) return;
    firstBegan ??= began;
    heard.get(key)?.(began);
  });
  await new Promise((resolve, reject) => {
    child.on("message", ({ ready }) => ready && resolve());
    child.once("exit", (code) => reject(new Error(`the worker of ${module} ended with ${code}`)));
  });
  return {
    firstBegan: () => firstBegan,
    began: (key) => new Promise((resolve) => heard.set(key, resolve)),
    async stop() {
      child.send("stop");
      await once(child, "exit");
    },
  };
}

async function within(ms, promise) {
  let timer;
  const over = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no task began within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
