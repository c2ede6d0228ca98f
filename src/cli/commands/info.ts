// quern info: database, queues, clusters, totals and rates, as Django Q's qinfo; or the configuration in force.
import { systemClock } from "../../core/clock.ts";
import { formatDuration } from "../../core/duration.ts";
import { type ClusterInfo, Clusters } from "../../client/clusters.ts";
import type { QueueCount } from "../../store/broker.ts";
import { Queues } from "../../client/queues.ts";
import { version } from "../../client/version.ts";
import { configuration } from "../configuration.ts";
import { type Project, withProject } from "../load.ts";
import { scheduleTrouble, troubleOf } from "../schedule-trouble.ts";
import type { Cell, Terminal } from "../terminal.ts";
import { count, megabytes, plain, several } from "../text.ts";
import { localTime } from "./tasks.ts";

export interface InfoOptions {
  /** True when it was given without a path: then the configuration is meant. */
  config?: string | true;
  options?: boolean;
  json?: boolean;
}

interface Info {
  version: string;
  node: string;
  project: string;
  database: { location: string; engine: string; tables: number };
  functions: string[];
  queues: QueueCount[];
  clusters: ClusterInfo[];
  /** With their names, those that have an error or are overdue. */
  schedules: { total: number; troubled: number; shown: { schedule: string; trouble: string }[] };
  tasks: { succeeded: number; failed: number; waiting: number; ready: number; running: number };
  /** Of the tasks that were queued within 24 hours and have ended. */
  day: { ended: number; perHour: number; perMinute: number };
  /** Milliseconds, over the newest successes; null when there is none. */
  averageTime: number | null;
}

const dayMs = 86_400_000;
const averagedOver = 1_000;

export async function info(options: InfoOptions, terminal: Terminal): Promise<number> {
  const config = typeof options.config === "string" ? { config: options.config } : {};
  return withProject(config, async (project) => {
    if (options.config === true || options.options === true)
      return showConfiguration(project, options, terminal);
    const found = await gather(project);
    if (options.json === true) terminal.json(found);
    else print(found, terminal);
    return 0;
  });
}

function showConfiguration({ path, client }: Project, { json }: InfoOptions, terminal: Terminal): number {
  const values = configuration(client.options);
  if (json === true) {
    terminal.json({
      project: path,
      options: Object.fromEntries(values.map(({ name, value, source }) => [name, { value, source }])),
    });
    return 0;
  }
  terminal.heading(`Configuration of ${path}`);
  terminal.line();
  const columns = [{ title: "OPTION" }, { title: "FROM" }, { title: "VALUE", cut: true }];
  terminal.table(
    columns,
    values.map(({ name, shown, source }) => [
      name,
      source === "default" ? { text: source, colour: "dim" } : source,
      shown,
    ]),
    2,
  );
  return 0;
}

async function gather({ path, client }: Project): Promise<Info> {
  const { store } = await client.open();
  const yesterday = (await store.time()) - dayMs;
  const ended = { state: ["success", "failure"], from: yesterday } as const;
  const [queues, clusters, trouble, succeeded, failed, inDay, newest] = await Promise.all([
    new Queues(client).list(),
    new Clusters(client).list(),
    scheduleTrouble(client, store),
    store.countTasks({ state: "success" }),
    store.countTasks({ state: "failure" }),
    store.countTasks(ended),
    store.tasks({ ...ended, state: "success" }, { limit: averagedOver }),
  ]);
  const times = newest.tasks.flatMap((task) =>
    "outcome" in task && task.started !== null ? task.stopped - task.started : [],
  );
  const sum = (pick: (queue: QueueCount) => number): number =>
    queues.reduce((total, queue) => total + pick(queue), 0);
  return {
    version,
    node: process.versions.node,
    project: path,
    database: {
      location: store.location,
      engine: client.options.database.split(":", 1)[0] ?? "",
      tables: store.migrated.to,
    },
    functions: client.registry.names().sort(),
    queues,
    clusters,
    schedules: {
      total: trouble.schedules,
      troubled: trouble.troubled,
      shown: trouble.shown.map((one) => ({ schedule: one.name ?? one.id, trouble: troubleOf(one) })),
    },
    tasks: {
      succeeded,
      failed,
      waiting: sum(({ waiting }) => waiting),
      ready: sum(({ ready }) => ready),
      running: sum(({ leased }) => leased),
    },
    day: { ended: inDay, perHour: inDay / 24, perMinute: inDay / 1_440 },
    averageTime: times.length === 0 ? null : times.reduce((total, time) => total + time, 0) / times.length,
  };
}

function print(found: Info, terminal: Terminal): void {
  const { database, tasks, day, averageTime } = found;
  terminal.heading(`Quern ${found.version} on Node ${found.node}`);
  terminal.line();
  const fact = (name: string, value: string): void =>
    terminal.line(`  ${terminal.paint(name.padEnd(11), "dim")} ${value}`);
  fact("database", database.location);
  fact("engine", `${database.engine}, tables at version ${database.tables}`);
  fact("project", found.project);
  fact("functions", several(found.functions.length, "task function"));
  fact("schedules", count(found.schedules.total));
  terminal.line();
  fact("succeeded", count(tasks.succeeded));
  fact("failed", terminal.paint(count(tasks.failed), tasks.failed > 0 ? "red" : "dim"));
  fact("in 24 hours", `${count(day.ended)} ended, ${rate(day)}`);
  fact("on average", averageTime === null ? "-" : formatDuration(averageTime));
  terminal.line();
  printQueues(found.queues, terminal);
  terminal.line();
  printClusters(found.clusters, terminal);
  printTrouble(found.schedules, terminal);
}

function printTrouble({ troubled, shown }: Info["schedules"], terminal: Terminal): void {
  if (troubled === 0) return;
  terminal.line();
  terminal.line(`${several(troubled, "schedule")} should run and ${troubled === 1 ? "does" : "do"} not:`);
  for (const { trouble } of shown) terminal.line(terminal.paint(`  ${plain(trouble)}`, "red"));
  if (troubled > shown.length) terminal.line(`  and ${count(troubled - shown.length)} more`);
}

/** In the unit in which it is a number one can picture. */
function rate({ ended, perHour, perMinute }: Info["day"]): string {
  if (perMinute >= 1) return `${perMinute.toFixed(1)} a minute`;
  return perHour >= 1 ? `${perHour.toFixed(1)} an hour` : `${ended} a day`;
}

function printQueues(queues: readonly QueueCount[], terminal: Terminal): void {
  if (queues.length === 0) return terminal.line("No queue holds tasks.");
  const columns = [
    { title: "QUEUE", cut: true },
    { title: "READY", right: true },
    { title: "WAITING", right: true },
    { title: "RUNNING", right: true },
    { title: "" },
  ];
  const rows = queues.map(({ queue, ready, waiting, leased, paused }): Cell[] => [
    queue,
    count(ready),
    count(waiting),
    count(leased),
    { text: paused ? "paused" : "", colour: "yellow" },
  ]);
  terminal.table(columns, rows);
}

const stateColours: Partial<Record<ClusterInfo["state"], "red" | "yellow">> = {
  lost: "red",
  paused: "yellow",
};

/** Those that have not stopped, with their workers and what troubles them. */
export function printClusters(clusters: readonly ClusterInfo[], terminal: Terminal): void {
  const present = clusters.filter(({ state }) => state !== "stopped");
  if (present.length === 0) return terminal.line("No cluster is running. Start one with: npx quern cluster");
  const columns = [
    { title: "CLUSTER" },
    { title: "STATE" },
    { title: "PID", right: true },
    { title: "MEMORY", right: true },
    { title: "RUNNING", right: true },
    { title: "DONE", right: true },
    { title: "UP", right: true },
    { title: "HOST", spare: 1 },
    { title: "QUEUES", spare: 2, cut: true },
  ];
  const now = systemClock.now();
  const rows = present.flatMap((cluster): Cell[][] => [
    [
      cluster.name,
      { text: cluster.state, colour: stateColours[cluster.state] ?? "green" },
      String(cluster.pid),
      "",
      count(cluster.workers.reduce((running, worker) => running + worker.running.length, 0)),
      count(cluster.succeeded + cluster.failed),
      formatDuration(Math.max(0, now - cluster.started.getTime())),
      cluster.host,
      cluster.queues === "*" ? "all" : cluster.queues,
    ],
    ...cluster.workers.map(({ state, pid, rss, running, done }): Cell[] => [
      "  worker",
      state,
      String(pid),
      rss === null ? "-" : megabytes(rss),
      count(running.length),
      count(done),
    ]),
  ]);
  terminal.table(columns, rows);
  for (const { name, trouble, uncaught } of present) {
    if (trouble !== null) terminal.line(terminal.paint(`${name}: ${trouble}`, "red"));
    for (const error of uncaught) terminal.line(terminal.paint(`${name}: ${uncaughtText(error)}`, "red"));
  }
}

function uncaughtText({ at, workerPid, name, message, running }: ClusterInfo["uncaught"][number]): string {
  const where = `${localTime(at)} in worker ${workerPid}, running ${running.join(", ") || "nothing"}`;
  return plain(`an uncaught ${name} that no task can be blamed for: ${message} (${where})`);
}
