// What Quern costs when it does nothing, what it keeps after many tasks, and what importing it takes.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { client, cpuMs, inTempFolder, median, processTree, rssBytes, startCluster } from "./measure.mjs";

/** V8 collects what starting left, once, some seconds after it: that is no part of being idle. */
const settledSeconds = 12;
const idleSeconds = 20;

export async function footprint({ tasks, report }) {
  await inTempFolder(async (folder) => {
    const environment = { BENCH_DATABASE: `sqlite:${join(folder, "q.db")}`, BENCH_SYNCHRONOUS: "full" };
    const { default: instance, noop } = await client(environment);
    const cluster = await startCluster(environment);
    const tree = processTree(cluster.pid);
    const workers = tree.slice(1);
    await wait(settledSeconds);
    const before = cpuMs(tree);
    await wait(idleSeconds);
    report({
      name: "idle cluster, CPU",
      value: (cpuMs(tree) - before) / (idleSeconds * 10),
      unit: "% of a core",
    });

    await runTasks(instance, noop, 2_000); // Code is compiled and pools are filled once.
    const rss = workers.map(rssBytes);
    const sentinel = rssBytes(cluster.pid);
    await runTasks(instance, noop, tasks);
    const grown = workers.map((pid, index) => (rssBytes(pid) - rss[index]) / 2 ** 20);
    report({ name: `memory a worker grew by in ${tasks} tasks`, value: Math.max(...grown), unit: "MB" });
    report({
      name: `memory the sentinel grew by in ${tasks} tasks`,
      value: (rssBytes(cluster.pid) - sentinel) / 2 ** 20,
      unit: "MB",
    });
    report({ name: "memory of a worker", value: Math.max(...workers.map(rssBytes)) / 2 ** 20, unit: "MB" });
    await cluster.stop();
    await instance.close();
  });
  const script =
    'const began = performance.now(); await import("quern"); console.log(performance.now() - began)';
  const times = Array.from({ length: 7 }, () =>
    Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })),
  );
  report({ name: 'import "quern"', value: median(times), unit: "ms" });
}

async function runTasks(instance, task, count) {
  await instance.enqueueMany(task, Array(count).fill(undefined));
  while ((await instance.queues.list()).length > 0) await wait(0.1);
}

function wait(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
