// Copies all that one database holds into another, in bounded steps that each happen once: a copy that was killed goes on where it was.
import type { Clock } from "../../core/clock.ts";
import { newId } from "../../core/id.ts";
import type { AuditEntry } from "../../store/broker.ts";
import { type CopiedRows, type CopiedTable, copiedTables } from "../../store/copying.ts";
import type { Store } from "../../store/store.ts";
import { secretKey } from "../client.ts";
import { refused, waitUntilQuiet } from "./quiet.ts";
import {
  type CopyRecord,
  isOwnKey,
  newRecord,
  readRecord,
  recordKey,
  sourceKey,
  targetKey,
} from "./record.ts";

const rowsAtOnce = 1_000;
const bytesAtOnce = 4 * 2 ** 20;

export interface CopyOptions {
  clock: Clock;
  /** For the audit. */
  by: string;
  /** Copies although somebody is at work on one of the two. */
  force: boolean;
  /** How long it may wait until nobody is at work any more. */
  waitMs: number;
  onProgress: (progress: CopyProgress) => void;
  onWait: (forWhat: string) => void;
}

export interface CopyProgress {
  table: CopiedTable;
  /** Read so far, by this run and those before it. */
  read: number;
  total: number;
  done: boolean;
}

export interface CopiedCount {
  table: CopiedTable;
  /** Rows of the source, at the end. */
  source: number;
  /** Read so far, by this run and those before it. */
  read: number;
  /** Added by this run. */
  added: number;
  /** Rows of the target, at the end. */
  target: number;
}

export interface CopyReport {
  counts: CopiedCount[];
  /** Whether it goes on with a copy that was begun before, and whether that one had come to its end. */
  continued: "from the start" | "unfinished" | "finished";
  /** Rows that the source has and were not read: somebody added them meanwhile. */
  late: number;
  /** Rows that were read and are not in the target. */
  missing: number;
  /** The source signs with a generated secret, which was carried over. */
  secretCarried: boolean;
}

/** Throws QUERN_COPY_REFUSED, before anything is copied, where that would mix or repeat what must not be. */
export async function copyDatabase(source: Store, target: Store, options: CopyOptions): Promise<CopyReport> {
  const id = await source.metaOnce(sourceKey, newId(options.clock));
  const before = await admitted(source, target, id);
  if (!options.force) {
    await waitUntilQuiet(source, options, oldOne);
    await waitUntilQuiet(target, options, newOne);
    if (before !== null) await refuseIfRun(source, before);
  }
  const began = await source.time();
  const copy = new Copy(source, target, options, before ?? newRecord(id, source.location, began));
  if (before === null) await copy.begin();
  const secretCarried = await carrySecret(source, target);
  for (const table of copiedTables) await copy.table(table);
  const isFirst = before === null || before.finished === null;
  const counts = isFirst ? await copy.catchUp() : await copy.counts();
  const report: CopyReport = {
    counts,
    continued: before === null ? "from the start" : before.finished === null ? "unfinished" : "finished",
    late: isFirst ? sum(counts, lateOf) : 0,
    missing: isFirst ? sum(counts, missingOf) : 0,
    secretCarried,
  };
  if (report.late + report.missing === 0 || options.force) await copy.finish(counts);
  return report;
}

const lateOf = ({ source, read }: CopiedCount): number => source - read;
/** Which settings the target has of its own is nobody's loss. */
const missingOf = ({ table, target, read }: CopiedCount): number =>
  table === "settings" ? 0 : read - target;

function sum(counts: readonly CopiedCount[], of: (count: CopiedCount) => number): number {
  return counts.reduce((total, count) => total + Math.max(0, of(count)), 0);
}

export const oldOne = "the old database, so that nothing changes there while it is copied";
export const newOne = "the new database, so that it is whole before its tasks run";

/** The record of the copy that this one goes on with; null: the target is empty, and it is the first. */
export async function admitted(source: Store, target: Store, id: string): Promise<CopyRecord | null> {
  if ((await target.meta(sourceKey)) === id) {
    throw refused(
      "two databases",
      `both are ${source.location}`,
      "Give --to another one, or another schema of it",
    );
  }
  const record = await readRecord(target);
  if (record !== null && record.source !== id) {
    throw refused(
      "an empty database to copy to",
      `${target.location} was filled from ${record.location}`,
      empty,
    );
  }
  if (record === null) await refuseUnlessEmpty(target);
  return record;
}

const empty = "Give --to an empty database, another schema of it, or set another tablePrefix";

/** What people did to an empty database, and what it knows of itself, is in nobody's way. */
async function refuseUnlessEmpty(target: Store): Promise<void> {
  for (const table of copiedTables) {
    if (table === "settings" || table === "audit") continue;
    const { reached } = await target.readRows(table, { after: null, limit: 1, maxBytes: 1 });
    if (reached === null) continue;
    const found = `${target.location} holds ${tableNames[table]} already`;
    throw refused("an empty database to copy to", found, empty);
  }
}

/** Tasks that were copied may have run on the source since, and would run again. */
export async function refuseIfRun(source: Store, { began }: CopyRecord): Promise<void> {
  const since = (await source.clusters()).find(({ heartbeat }) => heartbeat > began);
  if (since === undefined) return;
  throw refused(
    "nobody to have worked on the old database since this copy began",
    `cluster ${since.name} (${since.host}, pid ${since.pid}) did, until ${new Date(since.heartbeat).toISOString()}`,
    "Empty the new database and copy anew, or go on with --force: tasks that ran there meanwhile may run again",
  );
}

export const tableNames: Readonly<Record<CopiedTable, string>> = {
  settings: "settings",
  schedules: "schedules",
  runs: "runs of schedules",
  queued: "queued tasks",
  attempts: "attempts",
  ended: "ended tasks",
  answers: "answers for waiters",
  uniqueKeys: "unique keys",
  audit: "audit entries",
};

/** What was signed there must verify here; what was signed here stays valid. Answers whether there was a generated one. */
async function carrySecret(source: Store, target: Store): Promise<boolean> {
  const theirs = await source.meta(secretKey);
  if (theirs === null) return false;
  for (;;) {
    const own = await target.meta(secretKey);
    const keys = new Set([...theirs.split(","), ...(own === null ? [] : own.split(","))]);
    const both = [...keys].join(",");
    if (both === own || (await target.metaSwap(secretKey, own, both))) return true;
  }
}

class Copy {
  readonly #source: Store;
  readonly #target: Store;
  readonly #options: CopyOptions;
  readonly #added = new Map<CopiedTable, number>();
  #record: CopyRecord;

  constructor(source: Store, target: Store, options: CopyOptions, record: CopyRecord) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#record = record;
  }

  async begin(): Promise<void> {
    if (!(await this.#target.metaSwap(recordKey, null, JSON.stringify(this.#record)))) throw somebodyElse();
  }

  async table(table: CopiedTable): Promise<void> {
    const total = await this.#source.rowCount(table);
    const say = (done: boolean): void => {
      const read = this.#record.read[table] ?? 0;
      this.#options.onProgress({ table, read, total: Math.max(total, read), done });
    };
    for (;;) {
      const after = this.#record.reached[table] ?? null;
      const request = { after, limit: rowsAtOnce, maxBytes: bytesAtOnce };
      const { rows, reached } = await this.#source.readRows(table, request);
      if (reached === null) break;
      await this.#add(table, rows, reached);
      say(false);
    }
    say(true);
  }

  async #add<T extends CopiedTable>(
    table: T,
    rows: readonly CopiedRows[T][],
    reached: string,
  ): Promise<void> {
    const before = this.#record;
    const next: CopyRecord = {
      ...before,
      reached: { ...before.reached, [table]: reached },
      read: { ...before.read, [table]: (before.read[table] ?? 0) + rows.length },
    };
    const step = { key: recordKey, from: JSON.stringify(before), to: JSON.stringify(next) };
    const added = await this.#target.addRows(
      table,
      rows.filter((row) => !(table === "settings" && isOwnKey((row as CopiedRows["settings"]).key))),
      step,
    );
    if (added === null) throw somebodyElse();
    this.#record = next;
    this.#added.set(table, (this.#added.get(table) ?? 0) + added);
  }

  /** Reads once more what was added to the source behind its back, and counts. */
  async catchUp(): Promise<CopiedCount[]> {
    const late = (await this.counts()).filter((count) => lateOf(count) > 0);
    for (const { table } of late) {
      // Those of an audit come last; of others one may have come in anywhere, and what is there already is passed over.
      if (table !== "audit") await this.#startAnew(table);
      await this.table(table);
    }
    return this.counts();
  }

  async #startAnew(table: CopiedTable): Promise<void> {
    const { [table]: _, ...reached } = this.#record.reached;
    const next: CopyRecord = { ...this.#record, reached, read: { ...this.#record.read, [table]: 0 } };
    const taken = await this.#target.metaSwap(recordKey, JSON.stringify(this.#record), JSON.stringify(next));
    if (!taken) throw somebodyElse();
    this.#record = next;
  }

  async counts(): Promise<CopiedCount[]> {
    const counts: CopiedCount[] = [];
    for (const table of copiedTables) {
      counts.push({
        table,
        source: await this.#source.rowCount(table),
        read: this.#record.read[table] ?? 0,
        added: this.#added.get(table) ?? 0,
        target: await this.#target.rowCount(table),
      });
    }
    return counts;
  }

  /** Writes that it is whole; a run that found nothing new has nothing to write. */
  async finish(counts: readonly CopiedCount[]): Promise<void> {
    const added = counts.filter((count) => count.added > 0);
    if (this.#record.finished !== null && added.length === 0) return;
    const finished: CopyRecord = { ...this.#record, finished: await this.#source.time() };
    const audit: AuditEntry = {
      who: this.#options.by,
      action: "database.copy",
      object: this.#source.location,
      after: JSON.stringify(Object.fromEntries(added.map(({ table, added: rows }) => [table, rows]))),
    };
    const from = JSON.stringify(this.#record);
    if (!(await this.#target.metaSwap(recordKey, from, JSON.stringify(finished), audit)))
      throw somebodyElse();
    const standing = await this.#source.meta(targetKey);
    const said = JSON.stringify({ location: this.#target.location, at: finished.finished });
    await this.#source.metaSwap(targetKey, standing, said);
  }
}

function somebodyElse(): Error {
  return refused(
    "to be the only copy at work",
    "another one has taken the next step meanwhile",
    "Let that one end; then run this again",
  );
}
