// What the benchmarks share: temp folders, clusters to start and stop, medians, CPU and memory of process trees.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export async function inTempFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), "quern-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each benchmark has its own copy of the project module, because its settings are read when it is loaded. */
export async function client(environment) {
  Object.assign(process.env, environment);
  return import(`./project.mjs?${Math.random()}`);
}

export async function startCluster(environment) {
  const child = fork(fileURLToPath(new URL("./cluster.mjs", import.meta.url)), {
    env: { ...process.env, ...environment },
  });
  await once(child, "message");
  return {
    pid: child.pid,
    async stop() {
      child.send("stop");
      await once(child, "exit");
    },
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Runs `work` some times and answers the median of the rates it tells. */
export async function medianOf(times, work) {
  const values = [];
  for (let run = 0; run < times; run++) values.push(await work(run));
  return median(values);
}

/** Tasks a second that `work` manages. */
export async function rate(count, work) {
  const began = performance.now();
  await work();
  return (count / (performance.now() - began)) * 1000;
}

/** This process and all below it. */
export function processTree(pid) {
  const parents = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statOf(entry);
    if (fields !== undefined) parents.set(Number(entry), Number(fields[1]));
  }
  const tree = [pid];
  for (const found of tree) for (const [child, parent] of parents) if (parent === found) tree.push(child);
  return tree;
}

/** Milliseconds of CPU that these processes have used since they began. */
export function cpuMs(pids) {
  return pids.reduce((sum, pid) => {
    const fields = statOf(pid) ?? [];
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
  }, 0);
}

export function rssBytes(pid) {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
}

/** The fields of /proc/PID/stat after the name, which may itself hold blanks; undefined for a process that is gone. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
