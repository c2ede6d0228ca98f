// quern demo: a cluster with real worker processes on a database of its own, sample tasks, and what becomes of them.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { consoleLogger, type Logger } from "../../core/log.ts";
import { clientKey } from "../../client/client.ts";
import { version } from "../../client/version.ts";
import type { Quern } from "../../quern.ts";
import type { Store } from "../../store/store.ts";
import { maskPassword } from "../configuration.ts";
import { queueMix, queueOne, samples } from "../demo-mix.ts";
import { type DemoServer, startDemoServer } from "../demo-server.ts";
import { printSchedules, printSummary, sumUp } from "../demo-summary.ts";
import { refuseWindows } from "../refusal.ts";
import { onStop } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { count, cut, pad } from "../text.ts";

export interface DemoOptions {
  once?: boolean;
  database?: string;
}

const mostWorkers = 4;
const lookEveryMs = 200;
/** How often a line is written where none can be redrawn. */
const lineEveryMs = 2_000;
const trickleMs = 400;

export async function demo(options: DemoOptions, terminal: Terminal): Promise<number> {
  refuseWindows();
  const stop = new AbortController();
  const now = new AbortController();
  onStop(
    () => stop.abort(),
    () => now.abort(),
  );
  const database = options.database ?? `sqlite:${join(temporaryFolder(), "demo.db")}`;
  process.env["QUERN_DATABASE"] = database; // The workers, which load the same module, are told by it.
  const { demoQuern, demoQueue } = await import("../demo-project.ts");
  const workers = Math.min(mostWorkers, availableParallelism());
  await using quern = demoQuern({ database, workers, sync: false, logger: loggerOn(terminal) });
  const { store } = await quern[clientKey].open();
  const server = await startDemoServer();

  introduce(
    { store, server, workers, kept: options.database !== undefined, once: options.once === true },
    terminal,
  );
  const began = systemClock.monotonic();
  const from = await store.time();
  const cluster = await quern.start({
    project: new URL("../demo-project.js", import.meta.url),
    queues: [demoQueue],
  });
  now.signal.addEventListener("abort", () => void cluster.stop({ now: true }));
  const { telling, delayed } = await queueMix(quern, server);
  await watch(
    {
      quern,
      store,
      server,
      queue: demoQueue,
      from,
      telling,
      endless: options.once !== true,
      stop: stop.signal,
    },
    terminal,
  );

  terminal.status("");
  await cluster.stop();
  server.close();
  terminal.line();
  printSummary(await sumUp(store, from, new Set([delayed])), systemClock.monotonic() - began, terminal);
  const { schedules } = await quern.schedules.list({ queue: demoQueue });
  printSchedules(schedules, terminal);
  // In a database that is kept they would wait for clusters that know their functions.
  for (const { id } of schedules) await quern.schedules.delete(id);
  if (options.database !== undefined) terminal.line(`  kept in ${terminal.paint(store.location, "bold")}`);
  return 0;
}

/** Only for this user, and gone with this process, however it ends short of being killed. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "quern-demo-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The cluster's lines, with their time dimmed and their level coloured, no wider than the terminal. */
function loggerOn(terminal: Terminal): Logger {
  const colours = { INFO: "green", WARNING: "yellow", ERROR: "red", DEBUG: "dim" } as const;
  return consoleLogger(
    {},
    (line) => {
      const [, time = "", level = "INFO", rest = ""] = /^(\S+ \[Q\]) (\w+) (.*)$/.exec(line) ?? [];
      const room = terminal.width - time.length - level.length - 2;
      const [first = "", ...more] = level === "INFO" ? [fitted(rest, room)] : wrapped(rest, room);
      const colour = colours[level as keyof typeof colours];
      terminal.line(`${terminal.paint(time, "dim")} ${terminal.paint(level, colour)} ${first}`);
      for (const text of more) terminal.line(`${" ".repeat(time.length + level.length + 2)}${text}`);
    },
    systemClock,
  );
}

/** Of a line that is too long the task's name gives way first: what became of it is what one wants to read. */
function fitted(text: string, room: number): string {
  const over = text.length - room;
  if (over <= 0) return text;
  return cut(
    text.replace(/'([^']+)'/, (_, name: string) => `'${cut(name, Math.max(16, name.length - over))}'`),
    room,
  );
}

/** What went wrong is shown whole. */
function wrapped(text: string, room: number): string[] {
  if (text.length <= room) return [text];
  const space = text.lastIndexOf(" ", room);
  const at = space > 0 ? space : room;
  return [text.slice(0, at), ...wrapped(text.slice(at).trimStart(), room)];
}

interface Introduction {
  store: Store;
  server: DemoServer;
  workers: number;
  kept: boolean;
  once: boolean;
}

function introduce({ store, server, workers, kept, once }: Introduction, terminal: Terminal): void {
  const fact = (name: string, value: string): void =>
    terminal.line(`  ${terminal.paint(pad(name, 10), "dim")}${value}`);
  terminal.line();
  terminal.line(`${terminal.paint("Quern", "bold")} ${version} demo`);
  terminal.line();
  fact(
    "database",
    `${maskPassword(store.location)}${kept ? "" : terminal.paint("  removed at the end", "dim")}`,
  );
  fact("workers", `${workers} processes`);
  fact("server", `${server.address}${terminal.paint("  for tasks that wait for one", "dim")}`);
  terminal.line();
  for (const { func, number, what } of samples)
    terminal.line(`  ${pad(count(number), 4, true)}  ${pad(func, 16)}${terminal.paint(what, "dim")}`);
  terminal.line(
    `   and  ${pad("3 schedules", 16)}${terminal.paint("every 3 s, every 4 s (fails), daily in Tokyo", "dim")}`,
  );
  if (!once) {
    terminal.line();
    terminal.line("  and more of them, one by one, until you press Ctrl-C");
  }
  terminal.line();
}

interface Watching {
  quern: Quern;
  store: Store;
  server: DemoServer;
  queue: string;
  from: number;
  /** The task whose progress is told. */
  telling: string;
  endless: boolean;
  stop: AbortSignal;
}

/** Shows how far it is until all has ended or, when it is endless, until it is stopped; then it also queues the trickle. */
async function watch(watching: Watching, terminal: Terminal): Promise<void> {
  const { quern, server, endless, stop } = watching;
  let [lineAt, moreAt] = [systemClock.monotonic() + lineEveryMs, systemClock.monotonic() + trickleMs];
  let told = "";
  while (!stop.aborted) {
    const standing = await look(watching);
    const now = systemClock.monotonic();
    if (terminal.redraws) terminal.status(statusLine(standing, terminal));
    else if (now >= lineAt) {
      terminal.line(plainStatus(standing));
      lineAt = now + lineEveryMs;
    }
    told = await tell(watching, told);
    if (!endless && standing.open === 0) return;
    if (terminal.gone) return; // Nobody looks any more.
    if (endless && now >= moreAt) {
      await queueOne(quern, server);
      moreAt = now + trickleMs * (0.5 + Math.random());
    }
    await systemClock.sleep(lookEveryMs, stop);
  }
}

interface Standing {
  succeeded: number;
  failed: number;
  running: number;
  waiting: number;
  /** Not ended. */
  open: number;
}

async function look({ store, queue, from }: Watching): Promise<Standing> {
  const [queues, succeeded, failed] = await Promise.all([
    store.queueCounts(),
    store.countTasks({ queue, from, state: "success" }),
    store.countTasks({ queue, from, state: "failure" }),
  ]);
  const { ready = 0, waiting = 0, leased: running = 0 } = queues.find((one) => one.queue === queue) ?? {};
  return { succeeded, failed, running, waiting: ready + waiting, open: ready + waiting + running };
}

const barWidth = 24;

function statusLine({ succeeded, failed, running, waiting, open }: Standing, terminal: Terminal): string {
  const done = succeeded + failed;
  const figures = [`${count(done)} of ${count(done + open)}`, `${running} running`, `${waiting} waiting`];
  const words = terminal.width >= 60 ? [terminal.bar(done / (done + open), barWidth), ...figures] : figures;
  return `  ${[...words, ...(failed > 0 ? [terminal.paint(`${failed} failed`, "red")] : [])].join("   ")}`;
}

function plainStatus({ succeeded, failed, running, waiting, open }: Standing): string {
  const done = succeeded + failed;
  return `-- ${count(done)} of ${count(done + open)} done, ${running} running, ${waiting} waiting, ${failed} failed`;
}

/** A line whenever the task that takes a while has come a good way further. */
async function tell({ quern, telling }: Watching, told: string): Promise<string> {
  const task = await quern.tasks.get(telling);
  if (task === null || task.state !== "leased" || task.progress === null) return told;
  const { value, note = "" } = task.progress;
  const quarter = String(Math.floor(value * 4));
  if (quarter === told || quarter === "0") return told;
  quern[clientKey].logger.info(
    `Progress '${task.name}' (${task.func}) ${Math.round(value * 100)} %, ${note}`,
  );
  return quarter;
}
