// One soak from the plan to the verdict: starts the processes, lets the faults happen, waits for the drain, reads the ledgers.
import { fork } from "node:child_process";
import { setMaxListeners } from "node:events";
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { check } from "./checker.mjs";
import { Clusters, soakEnvironment } from "./clusters.mjs";
import { dump } from "./dump.mjs";
import { engines } from "./engines.mjs";
import { HarnessError } from "./history.mjs";
import { injectUnreadable } from "./inject.mjs";
import { Killer } from "./killer.mjs";
import { Ledger, pidsIn, readLedgers } from "./ledger.mjs";
import { makePlan } from "./plan.mjs";
import { isAlive, othersShare, pidsWith, usageOf, waitedMs } from "./processes.mjs";
import { Progress } from "./progress.mjs";

const clusterCount = 2;
const startMs = 20_000;
const patienceMs = 90_000; // the checker allows 60 s after the last fault; what is slower shall be seen, not cut off
const orphanMs = 2_000;

/** `say` is told what goes on. `signal` ends the run early. Throws HarnessError when there can be no verdict. */
export async function soak({ dist, engineName, seed, tasks, profile, profileName, keep, say, signal }) {
  const folder = mkdtempSync(join(tmpdir(), "quern-soak-"));
  chmodSync(folder, 0o700);
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  signal.addEventListener("abort", () => stopping.abort(signal.reason));
  const ledger = new Ledger(folder, "runner");
  const engine = await engines[engineName](folder);
  const clusters = new Clusters({ folder, dist, database: engine.url, ledger });
  const began = performance.now();
  try {
    const plan = makePlan(seed, { ...profile, tasks });
    writeFileSync(join(folder, "plan.jsonl"), plan.map((step) => `${JSON.stringify(step)}\n`).join(""), {
      mode: 0o600,
    });
    for (const [name, value] of Object.entries({
      leaseMs: 3_000,
      renewMs: 1_000,
      retryMs: 1_000,
      slack: profile.slack,
    })) {
      ledger.write("run", name, value);
    }
    const faults = await carryOut({
      folder,
      dist,
      engine,
      plan,
      ledger,
      clusters,
      say,
      drainMs: profile.drainMs ?? patienceMs,
      signal: stopping.signal,
      stop: (why) => stopping.abort(why),
    });
    const seconds = (performance.now() - began) / 1_000;
    say("checking");
    const tables = await dump(engine.source);
    if (keep) writeFileSync(join(folder, "tables.txt"), tables);
    const { violations, figures } = check(readLedgers(folder), tables);
    const left = plan.filter(({ fault }) => fault).length - Object.values(faults).reduce((a, b) => a + b, 0);
    if (left > 0 && violations.length === 0)
      throw new HarnessError(`${left} faults were not carried out, so a green verdict would say nothing`);
    return report({
      violations,
      figures,
      seed,
      tasks,
      seconds,
      faults,
      profileName,
      dist,
      engine: engineName,
      engineVersion: await engine.version(),
      outageLines: outageLines(folder),
    });
  } finally {
    stopping.abort(new Error("the run is over"));
    await endEverything(folder);
    await engine.disconnect();
    await engine.stop();
    if (keep) say(`kept ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Answers how many faults of each kind were carried out. */
async function carryOut({ folder, dist, engine, plan, ledger, clusters, drainMs, say, signal, stop }) {
  for (let index = 0; index < clusterCount; index++) clusters.start();
  await connected(engine, clusters, signal);
  say("the clusters are starting, the tasks are coming");
  const progress = new Progress(engine);
  const killer = new Killer({ folder, engine, ledger, clusters, progress });
  for (const watch of [
    progress.watch(signal),
    sampleUsage(folder, clusters, ledger, signal),
    tellProgress(progress, clusters, say, signal),
  ])
    watch.catch((error) => stop(error));
  const faults = plan.filter(({ fault }) => fault);
  const mayGoOn = AbortSignal.any([signal, progress.stalled]);
  setMaxListeners(0, mayGoOn);
  const work = [
    runEnqueuer(folder, dist, engine.url, signal),
    killer.run(faults, mayGoOn).catch((error) => {
      if (signal.aborted || !progress.stalled.aborted) throw error;
      say(`${error.message}: the faults that are left are left out`);
    }),
    injectUnreadable(
      plan.filter(({ kind }) => kind === "unreadable"),
      engine,
      ledger,
      signal,
    ),
  ];
  // When one of them fails, the others need not go on.
  for (const one of work) one.catch((error) => stop(error));
  await Promise.all(work);
  say("the plan is carried out; changing over to clusters that know every function");
  await killer.changeOver(clusterCount);
  await drained(engine, drainMs, signal, say);
  say("drained; stopping");
  await Promise.all(clusters.pids.map((pid) => clusters.stop(pid)));
  await noneLeft(folder, ledger);
  stop(new Error("the run is over"));
  return killer.done;
}

/** The tables are there as soon as a cluster has made them. */
async function connected(engine, clusters, signal) {
  for (
    const deadline = performance.now() + startMs;
    performance.now() < deadline;
    await sleep(50, undefined, { signal })
  ) {
    if (clusters.pids.length < clusterCount)
      throw new HarnessError("a cluster ended as soon as it was started");
    try {
      return await engine.connect();
    } catch {
      // Not yet.
    }
  }
  throw new HarnessError(`no cluster made its tables within ${startMs} ms`);
}

function runEnqueuer(folder, dist, database, signal) {
  const output = openSync(join(folder, "enqueuer.log"), "a", 0o600);
  const child = fork(fileURLToPath(new URL("./enqueuer.mjs", import.meta.url)), [], {
    cwd: folder,
    env: soakEnvironment(folder, dist, database, { SOAK_LATE: "1" }), // it names functions that clusters learn of later
    stdio: ["ignore", output, output, "ipc"],
    signal,
    killSignal: "SIGKILL",
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, killedBy) => {
      if (code === 0) return resolve();
      if (signal.aborted) return reject(signal.reason);
      const log = readFileSync(join(folder, "enqueuer.log"), "utf8").slice(-2_000);
      reject(new HarnessError(`the enqueuer ended with ${code ?? killedBy}: ${log}`));
    });
  });
}

async function drained(engine, drainMs, signal, say) {
  for (
    const deadline = performance.now() + drainMs;
    performance.now() < deadline;
    await sleep(100, undefined, { signal })
  ) {
    if (await engine.drained()) return;
  }
  say(`not drained after ${drainMs} ms`);
}

/** What still lives when every worker should have seen that its sentinel is gone is a violation. */
async function noneLeft(folder, ledger) {
  let pids = pidsWith("SOAK_FOLDER", folder);
  for (
    const deadline = performance.now() + orphanMs;
    pids.length > 0 && performance.now() < deadline;
    await sleep(50)
  ) {
    pids = pids.filter(isAlive);
  }
  for (const pid of pids) ledger.write("alive", pid, "process");
}

async function sampleUsage(folder, clusters, ledger, signal) {
  const others = othersShare();
  for (; ; await sleep(1_000, undefined, { signal })) {
    const share = others();
    if (share !== undefined) ledger.write("others", share.toFixed(3));
    for (const pid of clusters.pids) {
      const waited = waitedMs(pid);
      if (waited >= 0) ledger.write("waited", pid, Math.round(waited));
    }
    for (const pid of [...clusters.pids, ...pidsIn(folder, "worker").filter(isAlive)]) {
      const usage = usageOf(pid);
      if (usage) ledger.write("sample", pid, usage.rssKb, usage.descriptors);
    }
  }
}

async function tellProgress(progress, clusters, say, signal) {
  for (;;) {
    await sleep(2_000, undefined, { signal });
    say(`${progress.ended} tasks ended, clusters ${clusters.pids.join(" ")}`);
  }
}

// Also what the runner has lost sight of; a stopped process dies of SIGKILL too.
async function endEverything(folder) {
  let pids = pidsWith("SOAK_FOLDER", folder);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  for (; pids.length > 0; await sleep(10)) pids = pids.filter(isAlive);
}

/** What clusters said about a database that was away, all of them together. */
function outageLines(folder) {
  const lines = readFileSync(join(folder, "clusters.log"), "utf8").split("\n");
  return lines.filter((line) => /QUERN_DATABASE|the database is back|times in a row|works again/.test(line))
    .length;
}

function report({ violations, figures, dist, seconds, tasks, faults, profileName, ...rest }) {
  const { version } = JSON.parse(readFileSync(join(dist, "../package.json"), "utf8"));
  return {
    verdict: violations.length === 0 ? "green" : "red",
    ...rest,
    quern: version,
    node: process.version,
    cores: availableParallelism(),
    profile: profileName,
    tasks,
    seconds: Math.round(seconds * 10) / 10,
    rate: Math.round(tasks / seconds),
    faults,
    ...figures,
    broken: [...new Set(violations.map((text) => text.split(" ")[0]))],
    violations: violations.slice(0, 20),
  };
}
