// The commands: their options and their help. Each is in its own file and loaded when it is called.
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { didYouMean } from "../core/check.ts";
import { parseDuration } from "../core/duration.ts";
import { type Missed, type ScheduleStatus, scheduleTypes } from "../core/schedule/schedule.ts";
import type { TaskState } from "../core/task.ts";
import { version } from "../client/version.ts";
import type { Terminal } from "./terminal.ts";

const states: readonly TaskState[] = ["waiting", "ready", "leased", "success", "failure"];
const statuses: readonly ScheduleStatus[] = ["active", "paused", "finished"];

/** Runs one command; answers the exit code. Throws what went wrong. */
export async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = quern(terminal, (answer) => {
    code = answer;
  });
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // It has printed its sentence, or the help that was asked for.
    return error.exitCode === 0 ? 0 : 2;
  }
  return code;
}

function quern(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command("quern")
    .description("Quern: a task queue, scheduler and worker cluster for TypeScript.")
    .version(version)
    .helpCommand("help [command]", "show what a command does and takes")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.line(text.trimEnd()),
      writeErr: (text) => terminal.problem(text.trimEnd()),
      outputError: (text, write) => write(`${terminal.paint("quern:", "red")} ${wrongUsage(text)}`),
      getOutHelpWidth: () => Math.min(100, terminal.width),
      getErrHelpWidth: () => Math.min(100, terminal.width),
    })
    .addHelpText("after", afterHelp);

  program
    .command("demo")
    .summary("see it work: a cluster and sample tasks in a database of its own")
    .description(
      "Starts a cluster on an SQLite file in a temporary folder, queues sample tasks and shows what becomes of them.",
    )
    .option("--once", "end by itself when the sample tasks are done; otherwise more follow until Ctrl-C")
    .option("--database <url>", "use this database, and keep it")
    .action(async (options) => done(await (await import("./commands/demo.ts")).demo(options, terminal)));

  withConfig(program.command("cluster"))
    .summary("run your tasks: the worker cluster of this project")
    .description(
      "Runs the worker cluster of this project until it is told to stop. The first Ctrl-C (or SIGTERM, SIGHUP) lets running " +
        "tasks end for up to stopGrace; another one, more than a second later, gives them back to the queue at once.",
    )
    .option("--queue <name...>", "serve these queues only (default: all)")
    .option(
      "--workers <n>",
      "how many worker processes, instead of the configured number",
      wholeFrom(0, 1_000),
    )
    .option(
      "--concurrency <n>",
      "how many tasks each of them runs at a time, instead of the configured number",
      wholeFrom(1),
    )
    .option("--name <name>", "what to call it (default: four words)")
    .action(async (options) => done(await (await import("./commands/cluster.ts")).cluster(options)));

  withConfig(program.command("admin"))
    .summary("see and steer your tasks in a browser")
    .description(
      "Serves the admin of this project until it is told to stop. Without QUERN_ADMIN_PASSWORD only this machine is let in, and " +
        'only while NODE_ENV is not "production". QUERN_ADMIN_GRANTS adds permissions that no role has, such as queued.change.',
    )
    .option("--port <n>", "the port it listens on; 0 takes a free one", wholeFrom(0, 65_535), 4170)
    .option("--host <name>", "the address it listens on", "127.0.0.1")
    .option("--user <name>", "who logs in with the password", "admin")
    .option("--read-only", "refuse every change")
    .option("--trust-proxy", "believe X-Forwarded-For, -Proto and -Host")
    .action(async (options) => done(await (await import("./commands/admin.ts")).admin(options, terminal)));

  const info = program.command("info").summary("how it stands: queues, clusters, totals and rates");
  withJson(info)
    .description(
      "Shows the database, its queues and clusters, how many tasks succeeded and failed, how fast; or the configuration.",
    )
    .option("--config [path]", "the project module, as everywhere; without a path the same as --options")
    .option(
      "--options",
      "show the configuration in force, and where each value was given: code, environment or default",
    )
    .action(async (options) => done(await (await import("./commands/info.ts")).info(options, terminal)));

  addTasks(program, terminal, done);
  addClusters(program, terminal, done);
  addSchedules(program, terminal, done);

  withJson(withConfig(program.command("migrate")))
    .summary("bring the tables of the database to this version")
    .description(
      "Makes the tables that are missing and changes those that are old. Several may run at once; nothing is removed.",
    )
    .action(async (options) =>
      done(await (await import("./commands/migrate.ts")).migrate(options, terminal)),
    );

  withJson(withConfig(program.command("copy")))
    .summary("carry all that one database holds into another")
    .description(
      "Carries schedules with their history, queued tasks in their order, ended tasks with their attempts, settings and the audit into an " +
        "empty database, such as from SQLite to PostgreSQL, and compares the counts. The old one stays as it is. Stop its clusters " +
        "first, and what else writes to it. It works in small steps: killed in the middle, it goes on where it was when it is run again.",
    )
    .option("--from <url>", "the old database (default: the configured one)")
    .requiredOption("--to <url>", "the new one, empty; its tables are made")
    .option("--dry-run", "count and check, and change nothing")
    .option(
      "--wait <duration>",
      "wait up to so long for clusters to stop and tasks to end, such as 60s",
      span,
    )
    .option("--force", "copy although clusters or tasks run: what runs now may run a second time")
    .action(async (options) => done(await (await import("./commands/copy.ts")).copy(options, terminal)));

  withJson(withConfig(program.command("doctor")))
    .summary("look for what is wrong or could go wrong")
    .description(
      "Checks Node, SQLite, the project module, the database, secret, clusters and queues. Exits with 1 when something fails.",
    )
    .action(async (options) => done(await (await import("./commands/doctor.ts")).doctor(options, terminal)));

  pointToHelp(program, "quern");
  return program;
}

/** After a sentence about wrong usage: where to read on. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`See ${name} --help.`);
  for (const sub of command.commands) pointToHelp(sub, `${name} ${sub.name()}`);
}

function addTasks(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const tasks = program
    .command("tasks")
    .summary("list, show, resubmit, cancel and delete tasks")
    .description(
      "Lists tasks and changes them. A task is named by its id or its name; of several with one name the latest is meant.",
    );

  withJson(withConfig(tasks.command("list")))
    .summary("the newest tasks, or those that match")
    .description("Lists tasks, the newest first. Options may be given several values: any of them matches.")
    .option("--state <state...>", `where they stand: ${states.join(", ")}`, eachState)
    .option("--func <name...>", "of these task functions")
    .option("--group <name...>", "in these groups")
    .option("--queue <name...>", "in these queues")
    .option("--search <words>", "each word is part of name, func or group")
    .option("--limit <n>", "at most so many, 1 to 1,000", wholeFrom(1, 1_000), 25)
    .option("--after <id>", "go on behind this task")
    .action(async (options) =>
      done(await (await import("./commands/tasks.ts")).listTasks(options, terminal)),
    );

  withJson(withConfig(tasks.command("show <task>")))
    .summary("all there is to know about one task")
    .description("Shows one task with its input, result or error, progress, attempts and their log lines.")
    .action(async (task, options) =>
      done(await (await import("./commands/show-task.ts")).showTask(task, options, terminal)),
    );

  const changes = [
    ["resubmit", "queue ended tasks again; a failure is replaced, a success stays"],
    ["cancel", "cancel tasks: at once while they wait, by their signal while they run"],
    ["delete", "delete tasks that do not run"],
  ] as const;
  for (const [change, summary] of changes) {
    withJson(withConfig(tasks.command(`${change} <task...>`)))
      .summary(summary)
      .description(
        `${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Exits with 1 when one of them could not be.`,
      )
      .action(async (names, options) =>
        done(await (await import("./commands/tasks.ts")).changeTasks(change, names, options, terminal)),
      );
  }
}

function addClusters(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const clusters = program
    .command("clusters")
    .summary("list, pause, resume and stop clusters, wherever they run")
    .description(
      "Tells running clusters through the database what to do; they hear of it within a second or two. A cluster is named by its name " +
        "or its id: quern clusters list shows them.",
    );
  withJson(withConfig(clusters.command("list")))
    .summary("those that run, with their workers")
    .action(async (options) =>
      done(await (await import("./commands/clusters.ts")).listClusters(options, terminal)),
    );
  const orders = [
    ["pause", "let them take no more tasks until they are resumed; running tasks go on"],
    ["resume", "let them take tasks again"],
    ["stop", "let running tasks end for up to stopGrace, then end the cluster"],
  ] as const;
  for (const [order, summary] of orders) {
    withJson(withConfig(clusters.command(`${order} <cluster...>`)))
      .summary(summary.replace(/;.*/, ""))
      .description(
        `${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Exits with 1 when one of them could not be told.`,
      )
      .action(async (names, options) =>
        done(await (await import("./commands/clusters.ts")).orderClusters(order, names, options, terminal)),
      );
  }
}

function addSchedules(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const schedules = program
    .command("schedules")
    .summary("list, show, preview, pause, resume, run, add and delete schedules")
    .description(
      "Lists schedules and changes them. A schedule is named by its name or its id. Times are shown by the clock of this machine.",
    );

  withJson(withConfig(schedules.command("list")))
    .summary("all of them, or those that match")
    .description(
      "Lists schedules in the order they were made, with when they come, and how their last run went.",
    )
    .option("--status <status>", `how they stand: ${statuses.join(", ")}`, oneOfThese(statuses))
    .option("--func <name>", "of this task function")
    .option("--queue <name>", "whose tasks go into this queue")
    .option("--search <words>", "each word is part of name or func")
    .option("--failing", "only those that can't run")
    .option("--limit <n>", "at most so many, 1 to 1,000", wholeFrom(1, 1_000), 100)
    .option("--after <id>", "go on behind this schedule")
    .action(async (options) =>
      done(await (await import("./commands/schedules.ts")).listSchedules(options, terminal)),
    );

  withJson(withConfig(schedules.command("show <schedule>")))
    .summary("all there is to know about one schedule")
    .description("Shows one schedule with its times in words, its options, its input and its next runs.")
    .action(async (name, options) =>
      done(await (await import("./commands/show-schedule.ts")).showSchedule(name, options, terminal)),
    );

  withJson(withConfig(schedules.command("preview <schedule>")))
    .summary("its next runs")
    .description(
      "Shows the next runs, by the clock of its time zone and of this machine; never more than repeats leave.",
    )
    .option("--count <n>", "how many, 1 to 1,000", wholeFrom(1, 1_000), 10)
    .action(async (name, options) =>
      done(await (await import("./commands/show-schedule.ts")).previewSchedule(name, options, terminal)),
    );

  withJson(withConfig(schedules.command("history <schedule>")))
    .summary("its last runs")
    .description(
      "Shows its last runs, the newest first: the intended time, when it ran, and what became of it.",
    )
    .option("--limit <n>", "at most so many, 1 to 10,000", wholeFrom(1), 25)
    .action(async (name, options) =>
      done(await (await import("./commands/show-schedule.ts")).scheduleHistory(name, options, terminal)),
    );

  withJson(withConfig(schedules.command("add <name> <func>")))
    .summary("make one")
    .description("Makes a schedule of a task function. Give it one of --type, --cron and --every.")
    .option("--type <type>", scheduleTypes.filter((type) => type !== "cron" && type !== "minutes").join(", "))
    .option("--cron <line>", 'a cron line of 5 or 6 fields, such as "0 7 * * 1-5"')
    .option("--every <duration>", "whole minutes or hours, such as 5m or 2h")
    .option("--input <json>", "the input of its tasks")
    .option("--time-zone <zone>", "whose wall clock is meant (default: the configured one)")
    .option("--first-run <moment>", "such as 2026-03-01T07:00:00+01:00 (default: now)")
    .option("--end <moment>", "the last moment that may be a run")
    .option("--repeats <n>", "how often: -1 for ever, 0 paused (default: -1)", anyWhole)
    .option("--missed <which>", "what is made up for: all, one or none (default: one)")
    .option("--note <text>", "what people should know of it")
    .option("--group <name>", "the label of its tasks (default: its name)")
    .option("--queue <name>", "the queue of its tasks")
    .action(async (name, func, options) =>
      done(await (await import("./commands/add-schedule.ts")).addSchedule(name, func, options, terminal)),
    );

  const changes = [
    ["pause", "let them come no more until they are resumed; they keep their count"],
    ["resume", "let them go on with the count they had, from now on"],
    ["run", "queue a task of each now, beside their times"],
    ["delete", "delete them with their history; those that are declared come back when a cluster starts"],
  ] as const;
  for (const [change, summary] of changes) {
    const command = withJson(withConfig(schedules.command(`${change} <schedule...>`)));
    if (change === "resume")
      command.option(
        "--missed <which>",
        "what of the pause is made up for: all, one or none (default: none)",
        missedOf,
      );
    command
      .summary(summary.replace(/;.*/, ""))
      .description(
        `${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Exits with 1 when one of them could not be.`,
      )
      .action(async (names, options) =>
        done(
          await (await import("./commands/schedules.ts")).changeSchedules(change, names, options, terminal),
        ),
      );
  }
}

function missedOf(text: string): Missed {
  return oneOfThese(["all", "one", "none"] as const)(text);
}

function withConfig(command: Command): Command {
  return command.option(
    "--config <path>",
    "the project module (default: quern.config.* or quern.* here or above)",
  );
}

function withJson(command: Command): Command {
  return command.option("--json", "print JSON, for programs");
}

function wholeFrom(min: number, max = 10_000): (text: string) => number {
  return (text) => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function span(text: string): number {
  try {
    return parseDuration(text, "--wait");
  } catch {
    throw new InvalidArgumentError('Expected a duration such as "30s" or "5m".');
  }
}

function anyWhole(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number.");
}

function oneOfThese<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((one) => one === text);
    if (choice !== undefined) return choice;
    const meant = didYouMean(text, choices);
    throw new InvalidArgumentError(
      `Expected ${choices.join(", ")}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
    );
  };
}

function eachState(text: string, before: TaskState[] = []): TaskState[] {
  const state = states.find((one) => one === text);
  if (state !== undefined) return [...before, state];
  const meant = text === "failed" ? "failure" : didYouMean(text, states);
  throw new InvalidArgumentError(
    `Expected ${states.join(", ")}.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
  );
}

/** Commander's sentence in our shape: `unknown option '--wokers'. Did you mean --workers?` */
function wrongUsage(text: string): string {
  return text
    .trimEnd()
    .replace(/^error: /, "")
    .replace(/\.?\n\((Did you mean .*)\)$/, ". $1");
}

const afterHelp = `
Every command but demo works on the project module: quern.config.ts (or .mts, .js, .mjs, or quern.ts …)
in this folder or above it, whose default export is your Quern; or the one that --config names.
Exit codes: 0 done, 1 could not be done, 2 asked in the wrong way.`;
