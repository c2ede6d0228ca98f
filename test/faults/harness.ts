// One run of a fault test: a folder with database and ledgers, clusters in processes of their own, faults, and the checker's verdict.
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect } from "vitest";
import type { AttemptInfo, CallOptions, ClusterInfo, Quern, TaskHandle, TaskInfo } from "../../dist/index.js";
import { newId } from "../../dist/core/id.js";
import { systemClock } from "../../dist/core/clock.js";
import { check } from "../soak/checker.mjs";
import { type Bare, openBare, tryLock } from "../soak/bare-sqlite.mjs";
import { dump } from "../soak/dump.mjs";
import { childrenOf, isAlive, isStopped, pidsWith } from "./processes.ts";
import { kindOf, type Ledger, makeQuern, type Settings, tasks, writeLedger } from "./tasks.mjs";

/** Full counts, for `npm run test:long`; a few trials each in `npm test`. */
export const long = process.env.QUERN_TEST_LONG === "1";
/** A figure for whoever looks, in the long run only. */
export function report(what: string, figures: readonly number[]): void {
  if (long) console.log(`${what}: at most ${Math.round(Math.max(...figures))} in ${figures.length}`);
}

export const trials = (few: number, many: number): number => (long ? many : few);

export { type Bare, openBare };

export interface Line {
  /** Milliseconds of the monotonic clock, which is one for all processes. */
  at: number;
  wall: number;
  verb: string;
  id: string;
  attempt: number;
  pid: number;
  sentinel: number;
}

export interface ClusterProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly log: string;
  /** When it has ended: its code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export type Signal = "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT" | "SIGINT" | "SIGHUP";

const project = fileURLToPath(new URL("project.mjs", import.meta.url));
const clusterScript = fileURLToPath(new URL("cluster.mjs", import.meta.url));
const commandLine = fileURLToPath(new URL("../../dist/cli/bin.js", import.meta.url));

export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

export class FaultRun {
  readonly folder: string = mkdtempSync(join(tmpdir(), "quern-fault-"));
  readonly quern: Quern;
  readonly #settings: Settings;
  readonly #ledger: Ledger;
  readonly #clusters: ClusterProcess[] = [];

  constructor(settings: Settings = {}) {
    this.#settings = settings;
    this.quern = makeQuern(this.folder, settings);
    this.#ledger = writeLedger(this.folder, "test");
    this.say("run", "slack", 2);
  }

  get path(): string {
    return join(this.folder, "quern.db");
  }

  say(...words: (string | number)[]): void {
    this.#ledger.write(...words);
  }

  /** What a process of this run has in its environment: by it all of them are found again. */
  environment(settings: Settings = {}): NodeJS.ProcessEnv {
    return {
      ...process.env,
      FAULT_FOLDER: this.folder,
      FAULT_SETTINGS: JSON.stringify({ ...this.#settings, ...settings }),
    };
  }

  /** Starts a cluster process; it says nothing yet. With `command` by `quern cluster`, else as an application would. */
  launch({
    settings,
    command = false,
    module = project,
    environment = {},
  }: {
    settings?: Settings;
    command?: boolean;
    module?: string;
    environment?: Record<string, string>;
  } = {}): ClusterProcess {
    const log = join(this.folder, `cluster-${this.#clusters.length}.log`);
    const file = openSync(log, "a");
    const words = command ? [commandLine, "cluster", "--config", module] : [clusterScript, module];
    const stdio = ["ignore", file, file] as const;
    // A process group of its own, as a terminal gives to what it runs.
    const child = spawn(process.execPath, words, {
      env: { ...this.environment(settings), ...environment },
      cwd: this.folder,
      stdio: [...stdio],
      detached: true,
    });
    closeSync(file);
    const { pid } = child;
    if (pid === undefined) throw new Error("the cluster process could not be started");
    this.say("cluster", pid);
    const ended = new Promise<number | string>((resolve) => {
      child.once("exit", (code, signal) => {
        this.say("cluster-end", pid, code ?? "-", signal ?? "-");
        resolve(code ?? signal ?? "?");
      });
    });
    const cluster = { pid, child, log, ended };
    this.#clusters.push(cluster);
    return cluster;
  }

  /** Starts a cluster and waits until its workers are ready. */
  async start(options: Parameters<FaultRun["launch"]>[0] = {}): Promise<ClusterProcess> {
    const cluster = this.launch(options);
    await this.until("the cluster is ready", 15_000, async () => {
      if (!isAlive(cluster.pid))
        throw new Error(`the cluster ended: ${readFileSync(cluster.log, "utf8").slice(-2_000)}`);
      const row = await this.row(cluster);
      return row !== undefined && row.state !== "starting";
    });
    return cluster;
  }

  /** All that were launched, in that order; some may have ended. */
  clusters(): readonly ClusterProcess[] {
    return this.#clusters;
  }

  async row({ pid }: ClusterProcess): Promise<ClusterInfo | undefined> {
    return (await this.quern.clusters.list()).find((cluster) => cluster.pid === pid);
  }

  says({ log }: ClusterProcess, words: string): boolean {
    return readFileSync(log, "utf8").includes(words);
  }

  workersOf({ pid }: ClusterProcess): number[] {
    return childrenOf(pid);
  }

  /** Queues a call, and says so in the ledger before and after. */
  async enqueue(
    name: string,
    input?: unknown,
    options: CallOptions = {},
    kind = kindOf[name] ?? "unknown",
  ): Promise<TaskHandle<unknown>> {
    const id = options.id ?? newId(systemClock);
    this.say("intent", id, kind);
    const handle = await this.quern.enqueue(tasks[name] as never, input as never, { ...options, id });
    this.say("acked", id);
    return handle;
  }

  async enqueueMany(
    name: string,
    inputs: readonly unknown[],
    options: CallOptions = {},
  ): Promise<TaskHandle<unknown>[]> {
    const ids = inputs.map(() => newId(systemClock));
    for (const id of ids) this.say("intent", id, kindOf[name] ?? "unknown");
    const handles = await this.quern.enqueueMany(tasks[name] as never, inputs as never, (_input, index) => ({
      ...options,
      id: ids[index] as string,
    }));
    for (const id of ids) this.say("acked", id);
    return handles;
  }

  /** Every line of this run about this task, in order of time. */
  lines(verb?: string, id?: string): Line[] {
    const lines: Line[] = [];
    for (const text of this.ledgers()) {
      for (const line of text.split("\n")) {
        const [at = "", wall = "", said = "", subject = "", attempt = "", pid = "", sentinel = ""] =
          line.split(" ");
        if ((verb !== undefined && said !== verb) || (id !== undefined && subject !== id) || line === "")
          continue;
        lines.push({
          at: Number(at),
          wall: Number(wall),
          verb: said,
          id: subject,
          attempt: Number(attempt),
          pid: Number(pid),
          sentinel: Number(sentinel),
        });
      }
    }
    return lines.sort((a, b) => a.at - b.at);
  }

  ledgers(): string[] {
    const names = readdirSync(this.folder).filter((name) => name.endsWith(".ledger"));
    return names.map((name) => readFileSync(join(this.folder, name), "utf8"));
  }

  /** The line that says so of this attempt. */
  async line(verb: string, id: string, attempt = 1, withinMs = 10_000): Promise<Line> {
    return this.until(`${verb} of attempt ${attempt} of ${id}`, withinMs, () =>
      this.lines(verb, id).find((line) => line.attempt === attempt),
    );
  }

  /** What `probe` answers, once it is something; looks whenever a file of the run changes. */
  async until<T>(
    what: string,
    withinMs: number,
    probe: () => T | Promise<T>,
  ): Promise<Exclude<T, false | undefined | null>> {
    const deadline = now() + withinMs;
    for (;;) {
      const found = await probe();
      if (found !== undefined && found !== false && found !== null)
        return found as Exclude<T, false | undefined | null>;
      const left = deadline - now();
      if (left <= 0) throw new Error(`not within ${withinMs} ms: ${what}\n${this.#tails()}`);
      await this.#changed(Math.min(25, left));
    }
  }

  async ended(id: string, withinMs = 15_000): Promise<TaskInfo> {
    return this.until(`the end of ${id}`, withinMs, async () => {
      const task = await this.quern.tasks.get(id);
      return task?.success === null ? undefined : task;
    });
  }

  async attempts(id: string): Promise<AttemptInfo[]> {
    return this.quern.tasks.attempts(id);
  }

  async outcomes(id: string): Promise<string[]> {
    return (await this.attempts(id)).map(({ outcome }) => outcome);
  }

  /** Sends the signal, and puts it on record: only what is on record explains an attempt that is repeated. */
  fault(kind: string, pid: number, signal: Signal): void {
    this.say("fault", kind, pid, signal);
    process.kill(pid, signal);
  }

  killWorker(pid: number): void {
    this.fault("worker-kill", pid, "SIGKILL");
  }

  /** Stops a sentinel between two transactions: one that holds the write lock would stop everybody. */
  async freeze(pid: number): Promise<void> {
    const database = await openBare(this.path, { timeout: 200 });
    for (;;) {
      this.fault("sentinel-stop", pid, "SIGSTOP");
      await this.until("the process is stopped", 2_000, () => isStopped(pid));
      if (tryLock(database)) break;
      this.thaw(pid);
    }
    database.exec("ROLLBACK");
    database.close();
  }

  thaw(pid: number, kind = "sentinel-stop"): void {
    process.kill(pid, "SIGCONT");
    this.say("fault-end", kind, pid);
  }

  /** Asks a cluster to stop; its exit code must be 0. */
  async stop(cluster: ClusterProcess, signal: Signal = "SIGTERM", withinMs = 10_000): Promise<void> {
    if (!isAlive(cluster.pid)) return;
    this.fault("cluster-term", cluster.pid, signal);
    await this.until("the cluster has ended", withinMs, () => !isAlive(cluster.pid));
  }

  /** Stops all, and gives ledgers and tables to the checker of the soak: a fault must break no promise, whatever it was about. */
  async verdict(): Promise<string[]> {
    await Promise.all(this.#clusters.map((cluster) => this.stop(cluster)));
    await Promise.all(this.#clusters.map(({ ended }) => ended));
    await this.until("no process is left", 3_000, () => this.#pids().length === 0).catch(() => {
      for (const pid of this.#pids()) this.say("alive", pid, "process");
    });
    return check(this.ledgers(), await dump(this.#settings.database ?? this.path)).violations;
  }

  /** Ends whatever is left of it. */
  async close(): Promise<void> {
    for (const pid of this.#pids()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    }
    await this.quern.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #pids(): number[] {
    return pidsWith("FAULT_FOLDER", this.folder);
  }

  #changed(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const watcher = watch(this.folder, () => end());
      const timer = setTimeout(() => end(), withinMs);
      const end = (): void => {
        clearTimeout(timer);
        watcher.close();
        resolve();
      };
    });
  }

  #tails(): string {
    return this.#clusters
      .map(({ log }) => (existsSync(log) ? readFileSync(log, "utf8").slice(-1_500) : ""))
      .join("\n---\n");
  }
}

/** One run with one cluster for all tests of a suite; its promises are judged behind the last. */
export function sharedRun(settings: Settings): () => { run: FaultRun; cluster: ClusterProcess } {
  let shared: { run: FaultRun; cluster: ClusterProcess } | undefined;
  beforeAll(async () => {
    const run = new FaultRun(settings);
    shared = { run, cluster: await run.start() };
  });
  afterAll(async () => {
    try {
      expect(await shared?.run.verdict()).toEqual([]);
    } finally {
      await shared?.run.close();
    }
  });
  return () => shared as NonNullable<typeof shared>;
}

/** Runs a test in a run of its own, which is cleaned up whatever happens; at the end no promise may be broken. */
export async function faultRun(settings: Settings, work: (run: FaultRun) => Promise<void>): Promise<void> {
  const run = new FaultRun(settings);
  try {
    await work(run);
    const violations = await run.verdict();
    if (violations.length > 0) throw new Error(`promises were broken:\n${violations.join("\n")}`);
  } finally {
    await run.close();
  }
}
