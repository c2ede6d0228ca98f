// quern copy: carries all that one database holds into another, and says how the two compare afterwards.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { didYouMean } from "../../core/check.ts";
import { systemClock } from "../../core/clock.ts";
import { formatDuration } from "../../core/duration.ts";
import { isQuernError } from "../../core/errors.ts";
import { maskPassword } from "../../core/mask.ts";
import { type ResolvedQuernOptions, resolveQuernOptions } from "../../core/options.ts";
import { copyDatabase, type CopyProgress, type CopyReport, tableNames } from "../../client/copy/copy.ts";
import { type CopyPlan, planCopy } from "../../client/copy/plan.ts";
import { checkUrl, isShared, openStore, sqlitePath } from "../../store/open.ts";
import type { Store } from "../../store/store.ts";
import { cliUser, load, type ProjectOptions } from "../load.ts";
import { Refusal } from "../refusal.ts";
import type { Terminal } from "../terminal.ts";
import { count, several } from "../text.ts";

export interface CopyWords extends ProjectOptions {
  from?: string;
  to: string;
  dryRun?: boolean;
  /** Milliseconds. */
  wait?: number;
  force?: boolean;
  json?: boolean;
}

export async function copy(words: CopyWords, terminal: Terminal): Promise<number> {
  const settings = await settingsOf(words);
  const from = checked(words.from ?? settings.database, "--from");
  const to = checked(words.to, "--to");
  if (from === to) throw new Refusal(`--from and --to are the same: ${maskPassword(from)}`, 2);
  const source = await openSource(from, settings);
  try {
    const target = await openTarget(to, settings, words.dryRun !== true);
    try {
      if (words.dryRun === true) return await preview(source, target, to, words, terminal);
      if (target === null) throw new Error("a database that may be made was not");
      return await carry(source, target, settings, words, terminal);
    } finally {
      await target?.close();
    }
  } finally {
    await source.close();
  }
}

/** Of the project module; of the environment alone where there is none. */
async function settingsOf(words: CopyWords): Promise<ResolvedQuernOptions> {
  try {
    const { client } = await load(words);
    await client.close();
    return client.options;
  } catch (error) {
    if (words.config !== undefined || !isQuernError(error, "QUERN_NO_CONFIG")) throw error;
    return resolveQuernOptions({ tasks: [] }, process.env);
  }
}

function checked(url: string, field: string): string {
  try {
    checkUrl(url, { field, where: `quern copy ${field}` });
  } catch (error) {
    throw new Refusal((error as Error).message, 2);
  }
  if (!isShared(url)) throw new Refusal(`${field} is ${url}, which lives in one process and ends with it`, 2);
  return url;
}

async function openSource(url: string, settings: ResolvedQuernOptions): Promise<Store> {
  if (url.startsWith("sqlite:")) {
    const path = sqlitePath(url);
    if (!existsSync(path)) throw new Refusal(`there is no ${path} to copy from.${meantFile(path)}`, 2);
  }
  const store = await opened(url, "--from", settings, false);
  if (store === null) throw new Refusal(`--from: there are no tables of Quern in ${maskPassword(url)}`);
  return store;
}

function meantFile(path: string): string {
  const folder = dirname(path);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name)) : [];
  const meant = didYouMean(basename(path), files);
  return meant === undefined ? "" : ` Did you mean ${meant}?`;
}

async function openTarget(
  url: string,
  settings: ResolvedQuernOptions,
  mayMake: boolean,
): Promise<Store | null> {
  if (!mayMake && url.startsWith("sqlite:") && !existsSync(sqlitePath(url))) return null;
  return opened(url, "--to", settings, mayMake);
}

/** Where the database of a project is set, and not the two of a copy. */
const elsewhere =
  /database, in new Quern\(\{ database \}\) or QUERN_DATABASE,|new Quern\(\{ database \}\) or QUERN_DATABASE/;

/** Null: there are no tables, and they may not be made. */
async function opened(
  url: string,
  field: "--from" | "--to",
  settings: ResolvedQuernOptions,
  migrate: boolean,
): Promise<Store | null> {
  const { synchronous, tablePrefix, clockOffsetMs } = settings;
  try {
    return await openStore(url, { synchronous, tablePrefix, migrate, clockOffsetMs: () => clockOffsetMs });
  } catch (error) {
    if (!isQuernError(error)) throw error;
    if (error.code !== "QUERN_SCHEMA_TOO_OLD")
      throw new Refusal(`${field}: ${error.message.replace(elsewhere, field)}`);
    if (error.details["found"] === 0) return null;
    throw new Refusal(
      `${field}: ${error.message.split(". Run")[0]}. Run: QUERN_DATABASE=… npx quern migrate`,
    );
  }
}

async function preview(
  source: Store,
  target: Store | null,
  to: string,
  { force = false, json }: CopyWords,
  terminal: Terminal,
): Promise<number> {
  const plan = await planCopy(source, target, { clock: systemClock, force });
  const location = target?.location ?? `${maskPassword(to)}, whose tables would be made`;
  if (json === true) {
    const tables = Object.fromEntries(plan.counts.map(({ table, ...rest }) => [table, rest]));
    terminal.json({ from: source.location, to: location, dryRun: true, tables, obstacles: plan.obstacles });
  } else printPlan(plan, source.location, location, terminal);
  return plan.obstacles.length === 0 ? 0 : 1;
}

function printPlan(plan: CopyPlan, from: string, to: string, terminal: Terminal): void {
  terminal.line(`from ${from}\nto   ${to}\n`);
  terminal.table(
    [
      { title: "" },
      { title: "in the old one", right: true },
      { title: "copied before", right: true },
      { title: "in the new one", right: true },
    ],
    plan.counts.map(({ table, source, read, target }) => [
      tableNames[table],
      count(source),
      count(read),
      count(target),
    ]),
  );
  terminal.line();
  if (plan.obstacles.length === 0) terminal.line("Nothing stands in the way. Nothing was copied.");
  for (const obstacle of plan.obstacles)
    terminal.line(`${terminal.paint("it would be refused:", "yellow")} ${obstacle}`);
}

async function carry(
  source: Store,
  target: Store,
  settings: ResolvedQuernOptions,
  { wait = 0, force = false, json }: CopyWords,
  terminal: Terminal,
): Promise<number> {
  const began = systemClock.monotonic();
  const quiet = json === true;
  if (!quiet) terminal.line(`from ${source.location}\nto   ${target.location}\n`);
  let waiting = "";
  const report = await copyDatabase(source, target, {
    clock: systemClock,
    by: cliUser(),
    force,
    waitMs: wait,
    onProgress: (progress) => quiet || show(progress, systemClock.monotonic() - began, terminal),
    onWait(forWhat) {
      if (!quiet && forWhat !== waiting) terminal.line(`waiting for ${forWhat}`);
      waiting = forWhat;
    },
  });
  terminal.status("");
  const tookMs = systemClock.monotonic() - began;
  const secret = settings.secret !== undefined ? "yours" : report.secretCarried ? "carried" : "none";
  if (quiet) printJson(report, source, target, secret, tookMs, terminal);
  else printReport(report, secret, tookMs, terminal);
  return report.late > 0 || (report.missing > 0 && !force) ? 1 : 0;
}

/** Where a line can't be drawn again, one for each table. */
function show({ table, read, total, done }: CopyProgress, tookMs: number, terminal: Terminal): void {
  const name = tableNames[table];
  if (terminal.redraws) {
    const part = total === 0 ? 1 : read / total;
    terminal.status(
      `${terminal.bar(part, 20)} ${name}: ${count(read)} of ${count(total)}, ${formatDuration(tookMs)}`,
    );
  } else if (done) terminal.line(`${name}: ${count(read)} of ${count(total)}`);
}

type Secret = "yours" | "carried" | "none";

function printJson(
  { counts, ...report }: CopyReport,
  source: Store,
  target: Store,
  secret: Secret,
  tookMs: number,
  terminal: Terminal,
): void {
  const { secretCarried: _, ...rest } = report;
  terminal.json({
    from: source.location,
    to: target.location,
    dryRun: false,
    ...rest,
    secret,
    seconds: Math.round(tookMs / 10) / 100,
    tables: Object.fromEntries(counts.map(({ table, ...numbers }) => [table, numbers])),
  });
}

const aboutSecret: Record<Secret, string> = {
  yours:
    "What was signed with your secret verifies there as long as QUERN_SECRET, or secret in code, stays as it is.",
  carried: "The generated secret went along: what it has signed verifies there.",
  none: "There was no secret to carry along.",
};

function printReport(report: CopyReport, secret: Secret, tookMs: number, terminal: Terminal): void {
  terminal.line();
  terminal.table(
    [
      { title: "" },
      { title: "in the old one", right: true },
      { title: "copied now", right: true },
      { title: "in the new one", right: true },
    ],
    report.counts.map(({ table, source, added, target }) => [
      tableNames[table],
      count(source),
      count(added),
      count(target),
    ]),
  );
  const added = report.counts.reduce((sum, one) => sum + one.added, 0);
  terminal.line();
  if (report.late > 0) {
    terminal.problem(
      `${several(report.late, "row was", "rows were")} added to the old database while it was copied: somebody writes to it. Stop them, and run this again.`,
    );
  } else if (report.missing > 0) {
    terminal.problem(
      `${several(report.missing, "row was", "rows were")} passed over, because the new database knew the same task in another state: it ended in one of the two while it was copied.`,
    );
  } else if (report.continued === "finished") {
    terminal.line(
      added === 0
        ? "Everything had been copied before: nothing was added."
        : `${several(added, "row")} came since the copy before, and are copied now.`,
    );
  } else terminal.line(`All of it is there: ${several(added, "row")} copied in ${formatDuration(tookMs)}.`);
  terminal.line(aboutSecret[secret]);
}
