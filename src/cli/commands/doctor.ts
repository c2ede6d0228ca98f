// quern doctor: looks for what is wrong or could go wrong, and says what to do about it. Changes nothing.
import { didYouMean } from "../../core/check.ts";
import { systemClock } from "../../core/clock.ts";
import { formatDuration } from "../../core/duration.ts";
import { isQuernError } from "../../core/errors.ts";
import type { Client } from "../../client/client.ts";
import { type ClusterInfo, Clusters } from "../../client/clusters.ts";
import { copiedTo } from "../../client/copy/record.ts";
import type { QueueCount } from "../../store/broker.ts";
import { openStore, sqlitePath } from "../../store/open.ts";
import type { Store } from "../../store/store.ts";
import { maskPassword } from "../../core/mask.ts";
import { explain } from "../explain.ts";
import { fail, type Finding, ok, warn } from "../finding.ts";
import { load, type ProjectOptions } from "../load.ts";
import { scheduleTrouble, troubleOf } from "../schedule-trouble.ts";
import { checkSqlite } from "../sqlite-checks.ts";
import type { Colour, Terminal } from "../terminal.ts";
import { plain, several } from "../text.ts";

const oldestNode = [20, 19] as const;
const clocksMayDifferMs = 2_000;
const mostTasksRead = 10_000;

export async function doctor(
  options: ProjectOptions & { json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const findings: Finding[] = [];
  for await (const finding of examine(options)) {
    findings.push(finding);
    if (options.json !== true) print(finding, terminal);
  }
  if (options.json === true) terminal.json(findings);
  else sumUp(findings, terminal);
  return findings.some(({ status }) => status === "fail") ? 1 : 0;
}

function print({ check, status, found, advice }: Finding, terminal: Terminal): void {
  const colour: Colour = status === "ok" ? "green" : status === "warn" ? "yellow" : "red";
  terminal.line(`${terminal.paint(status.padEnd(4), colour)}  ${check.padEnd(10)}  ${plain(found)}`);
  if (advice !== undefined) terminal.line(`${" ".repeat(18)}${terminal.paint(plain(advice), "dim")}`);
}

function sumUp(findings: readonly Finding[], terminal: Terminal): void {
  const number = (status: Finding["status"]): number =>
    findings.filter((finding) => finding.status === status).length;
  terminal.line();
  if (number("fail") > 0) terminal.line(terminal.paint(`${several(number("fail"), "check")} failed.`, "red"));
  else if (number("warn") > 0) terminal.line(`It works; ${several(number("warn"), "thing")} to look at.`);
  else terminal.line(terminal.paint("All is well.", "green"));
}

/** Each check rests on those before it: what they found to be broken is not asked again. */
async function* examine(options: ProjectOptions): AsyncGenerator<Finding> {
  yield checkNode();
  yield checkPlatform();
  let client: Client;
  try {
    const project = await load(options);
    client = project.client;
    yield ok("project", `${project.path}, ${several(client.registry.names().length, "task function")}`);
  } catch (error) {
    yield fail("project", explain(error).replace(/^QUERN_\w+: /, ""), "Everything else depends on it.");
    return;
  }
  yield checkMode();
  yield checkSecret(client);
  const { database } = client.options;
  if (database.startsWith("sqlite:") && sqlitePath(database) !== ":memory:") {
    const { findings, present } = await checkSqlite(sqlitePath(database));
    yield* findings;
    if (!present) return;
  }
  yield* checkDatabase(client);
}

function checkNode(): Finding {
  const found = process.versions.node;
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor))
    return ok("Node", `version ${found}`);
  return fail("Node", `version ${found}`, `Quern needs ${oldestNode.join(".")} or newer.`);
}

function checkPlatform(): Finding {
  if (process.platform !== "win32") return ok("platform", `${process.platform} ${process.arch}`);
  return warn("platform", "Windows", "Clusters do not run here yet: use WSL, or workers: 0.");
}

function checkMode(): Finding {
  const mode = process.env["NODE_ENV"];
  if (mode === "production") return ok("NODE_ENV", "production");
  return ok(
    "NODE_ENV",
    `${mode ? JSON.stringify(mode) : "not set"}, so this is development; set it to production where it is not`,
  );
}

function checkSecret({ options }: Client): Finding {
  if (options.secret === undefined)
    return ok("secret", "generated, kept in the database: whoever can write there could read it too");
  const several = options.secret.includes(",") ? ", with older ones that still verify" : "";
  if (options.sources["secret"] === "environment") return ok("secret", `from QUERN_SECRET${several}`);
  return warn(
    "secret",
    `written in code${several}`,
    "Unless that reads it from somewhere safe, set QUERN_SECRET instead.",
  );
}

async function* checkDatabase(client: Client): AsyncGenerator<Finding> {
  const { database, synchronous, tablePrefix, clockOffsetMs } = client.options;
  let store: Store;
  try {
    store = await openStore(database, {
      synchronous,
      tablePrefix,
      migrate: false,
      clockOffsetMs: () => clockOffsetMs,
    });
  } catch (error) {
    if (isQuernError(error, "QUERN_SCHEMA_TOO_OLD"))
      yield checkTables(client, Number(error.details["found"]));
    else
      yield fail(
        "database",
        `${maskPassword(database)}: ${explain(error).replace(/^QUERN_\w+: /, "")}`,
        "Set database in new Quern({ database }) or QUERN_DATABASE.",
      );
    return;
  }
  try {
    yield ok("tables", `version ${store.migrated.to} in ${store.location}`);
    yield* await checkMoved(store);
    const [clusters, queues] = await Promise.all([new Clusters(client).list(), store.queueCounts()]);
    yield await checkClock(store);
    yield checkClusters(clusters);
    yield* checkQueues(queues, clusters);
    yield await checkFunctions(store, client);
    yield await checkSchedules(store, client);
  } finally {
    await Promise.all([store.close(), client.close()]);
  }
}

async function checkMoved(store: Store): Promise<Finding[]> {
  const moved = await copiedTo(store);
  if (moved === null) return [];
  const found = `to ${moved.location}, on ${new Date(moved.at).toISOString()}`;
  const advice = "If you moved there, set QUERN_DATABASE: tasks that run here too would run twice.";
  return [warn("copied", found, advice)];
}

function checkTables(client: Client, found: number): Finding {
  const state = found === 0 ? "there are none of Quern's yet" : `at version ${found}, which is old`;
  if (client.options.migrate)
    return warn(
      "tables",
      state,
      "Nothing to do: they are made when the database is opened, or by: npx quern migrate",
    );
  return fail("tables", state, "Run: npx quern migrate");
}

async function checkClock(store: Store): Promise<Finding> {
  const before = systemClock.now();
  const theirs = await store.time();
  const off = Math.abs(theirs - (before + systemClock.now()) / 2);
  if (off <= clocksMayDifferMs) return ok("clock", "the database and this machine agree");
  return warn(
    "clock",
    `the database is ${formatDuration(off)} off this machine`,
    "Due times follow the database; set both by NTP.",
  );
}

function checkClusters(clusters: readonly ClusterInfo[]): Finding {
  const alive = clusters.filter(isAlive);
  const lost = clusters.filter(({ state }) => state === "lost");
  const [troubled] = alive.filter(({ trouble }) => trouble !== null);
  if (troubled !== undefined)
    return fail(
      "clusters",
      `${troubled.name}: ${troubled.trouble}`,
      "Its workers do not start. Mend the project module and restart it.",
    );
  if (lost.length > 0) {
    return warn(
      "clusters",
      `lost: ${lost.map(({ name, host, pid }) => `${name} (${host}, pid ${pid})`).join(", ")}`,
      "It ended without saying so. Its tasks went on elsewhere, or do when a cluster runs.",
    );
  }
  if (alive.length === 0) return warn("clusters", "none is running", "Start one: npx quern cluster");
  return ok(
    "clusters",
    alive
      .map(({ name, state, workers }) => `${name} (${state}, ${several(workers.length, "worker")})`)
      .join(", "),
  );
}

function* checkQueues(queues: readonly QueueCount[], clusters: readonly ClusterInfo[]): Generator<Finding> {
  const alive = clusters.filter(isAlive);
  const isServed = (queue: string): boolean =>
    alive.some((cluster) => cluster.queues === "*" || cluster.queues.split(",").includes(queue));
  const paused = queues.filter((queue) => queue.paused && queue.ready + queue.waiting > 0);
  const unserved = queues.filter(({ queue, ready, waiting }) => ready + waiting > 0 && !isServed(queue));
  for (const { queue, ready, waiting } of paused) {
    yield warn(
      "queues",
      `"${queue}" is paused, with ${several(ready + waiting, "task")}`,
      "Resume it when it may go on.",
    );
  }
  if (alive.length > 0) {
    for (const { queue, ready, waiting } of unserved) {
      yield warn(
        "queues",
        `no cluster serves "${queue}", which holds ${several(ready + waiting, "task")}`,
        `Start one: npx quern cluster --queue ${queue}`,
      );
    }
    if (paused.length + unserved.length > 0) return;
  }
  const held = queues.reduce((sum, { ready, waiting }) => sum + ready + waiting, 0);
  if (paused.length === 0)
    yield ok(
      "queues",
      held === 0 ? "empty" : `${several(held, "task")} in ${several(queues.length, "queue")}`,
    );
}

/** Reads a bounded number of tasks: where more wait, the newest say enough. */
async function checkFunctions(store: Store, { registry }: Client): Promise<Finding> {
  const unknown = new Map<string, number>();
  let after: string | undefined;
  for (let read = 0; read < mostTasksRead; ) {
    const page = await store.tasks(
      { state: ["waiting", "ready"] },
      { limit: 1_000, ...(after === undefined ? {} : { after }) },
    );
    for (const { func } of page.tasks) {
      if (registry.find(func) === undefined) unknown.set(func, (unknown.get(func) ?? 0) + 1);
    }
    read += page.tasks.length;
    if (page.next === null) break;
    after = page.next;
  }
  if (unknown.size === 0) return ok("functions", "every queued task has its task function here");
  const list = [...unknown].map(([func, tasks]) => {
    const meant = didYouMean(func, registry.names());
    return `${func} (${several(tasks, "task")}${meant === undefined ? "" : `; is it ${meant} now?`})`;
  });
  return warn(
    "functions",
    `unknown here: ${list.join(", ")}`,
    "Put them into new Quern({ tasks }), or delete the tasks: npx quern tasks list --func NAME",
  );
}

async function checkSchedules(store: Store, client: Client): Promise<Finding> {
  const { schedules, troubled, shown } = await scheduleTrouble(client, store);
  if (troubled === 0)
    return ok(
      "schedules",
      schedules === 0 ? "there are none" : `${several(schedules, "schedule")}, none in trouble`,
    );
  const more = troubled > shown.length ? `; and ${troubled - shown.length} more` : "";
  return warn(
    "schedules",
    `${troubled} should run and ${troubled === 1 ? "does" : "do"} not: ${shown.map(troubleOf).join("; ")}${more}`,
    "Look at one: npx quern schedules show NAME. An invalid one goes on when it is saved again, an overdue one when a cluster serves it.",
  );
}

function isAlive({ state }: ClusterInfo): boolean {
  return state !== "stopped" && state !== "lost";
}
