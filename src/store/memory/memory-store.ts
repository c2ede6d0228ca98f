// The store in the memory of one process: for tests and for a first look, and the engine to read first, being the shortest.
import { systemClock } from "../../core/clock.ts";
import { QuernError } from "../../core/errors.ts";
import type { AttemptRecord, QueuedTask, StoredTask } from "../../core/task.ts";
import type {
  AuditEntry,
  CancelAnswer,
  Claim,
  ClaimRequest,
  Ending,
  EndingAnswer,
  Enqueued,
  Fence,
  NewTask,
  Note,
  QueueCount,
  TaskChange,
  TaskRead,
} from "../broker.ts";
import type {
  BrowsePage,
  BrowseRequest,
  Condition,
  Counted,
  CountedOn,
  Glance,
  ListName,
  Suggestion,
} from "../browse.ts";
import type { Capabilities } from "../capabilities.ts";
import type { CopiedRows, CopiedTable, CopyStep, RowsPage, RowsRequest } from "../copying.ts";
import type { PageRequest, TaskFilter, TaskPage } from "../filter.ts";
import type { AuditRow } from "../audit.ts";
import type {
  Answer,
  ClusterOrder,
  ClusterRow,
  MetaRow,
  PruneRequest,
  Repeat,
  Store,
  StoreOptions,
} from "../store.ts";
import { browseRows, countList, countOn, glanceAt, suggestValues } from "./memory-browse.ts";
import { giveOrder, listClusters, saveClusterRow } from "./memory-clusters.ts";
import { addTable, countTable, readTable } from "./memory-copy.ts";
import type {
  Due,
  Firing,
  FiringAnswer,
  SaveAnswer,
  ScheduleFilter,
  SchedulePage,
  ScheduleRead,
  ScheduleRow,
  ScheduleRun,
} from "../schedules.ts";
import { cancelTask, finishAttempts } from "./memory-finish.ts";
import { addMeta, listMeta, swapMeta } from "./memory-meta.ts";
import { pausedKey } from "../paused.ts";
import {
  callBackFuncs,
  cancellationsOf,
  changeQueued,
  checkNewTasks,
  claimTasks,
  countQueues,
  enqueueTask,
  extendLeases,
  leasesOfOwner,
  noteAttempt,
  queuesToServe,
  reclaimableTasks,
} from "./memory-queue.ts";
import {
  answerNamed,
  answersOf,
  attemptsOf,
  countGroup,
  countMatching,
  deleteGroup,
  deleteTasks,
  findTask,
  listTasks,
  pruneStep,
  resubmitTasks,
} from "./memory-results.ts";
import {
  countSchedules,
  deleteScheduleRow,
  dueSchedules,
  failSchedule,
  findSchedule,
  fireSchedules,
  lastRuns,
  listSchedules,
  runSchedule,
  saveScheduleRow,
  scheduleRuns,
} from "./memory-schedules.ts";
import { emptyTables, type MemoryTables, type Scope, writeAudit } from "./memory-tables.ts";

// Every method does all it does in one turn of the event loop: nothing comes between, so each is a transaction.
export class MemoryStore implements Store {
  readonly capabilities: Capabilities = {
    shared: false,
    notify: true,
    transactions: false,
    parallelWrites: false,
    browse: true,
  };
  readonly location: string = "memory";
  readonly migrated: { from: number; to: number } = { from: 0, to: 0 };
  readonly #tables: MemoryTables = emptyTables();
  readonly #clockOffsetMs: () => number;
  readonly #wakes = new Set<() => void>();
  #closed = false;

  constructor(options: StoreOptions) {
    this.#clockOffsetMs = options.clockOffsetMs;
  }

  async enqueue(tasks: readonly NewTask[], tx?: unknown, audit?: AuditEntry): Promise<Enqueued[]> {
    if (tx !== undefined) throw this.#notJoinable();
    return this.#change(
      (scope) => {
        checkNewTasks(tasks);
        return tasks.map((task) => enqueueTask(scope, task));
      },
      audit,
      (answers) => answers.some(({ deduplicated }) => !deduplicated),
    );
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    return claimTasks(this.#scope(), request);
  }

  async extend(leases: readonly Fence[], leaseMs: number): Promise<{ lost: Fence[]; cancelled: string[] }> {
    return extendLeases(this.#scope(), leases, leaseMs);
  }

  async finish(endings: readonly Ending[], audit?: AuditEntry): Promise<EndingAnswer[]> {
    return this.#change(
      (scope) => finishAttempts(scope, endings),
      audit,
      (answers) => answers.includes("done"),
    );
  }

  async finishAndClaim(
    endings: readonly Ending[],
    request: ClaimRequest,
  ): Promise<{ answers: EndingAnswer[]; claim: Claim }> {
    return this.#change((scope) => ({
      answers: finishAttempts(scope, endings),
      claim: claimTasks(scope, request),
    }));
  }

  async finishIn(_tx: unknown, _ending: Ending): Promise<EndingAnswer> {
    throw this.#notJoinable();
  }

  async note(notes: readonly Note[]): Promise<boolean[]> {
    const scope = this.#scope();
    return notes.map((note) => noteAttempt(scope, note));
  }

  async reclaimable(limit: number): Promise<QueuedTask[]> {
    return reclaimableTasks(this.#scope(), limit);
  }

  async leasesOf(owner: string): Promise<QueuedTask[]> {
    return leasesOfOwner(this.#scope(), owner);
  }

  async cancellations(owner: string): Promise<string[]> {
    return cancellationsOf(this.#scope(), owner);
  }

  async cancel(id: string, error: string, audit?: AuditEntry): Promise<CancelAnswer> {
    return this.#change(
      (scope) => cancelTask(scope, id, error),
      audit,
      (answer) => answer === "cancelled" || answer === "asked",
    );
  }

  async changeTask(read: TaskRead, change: TaskChange, audit?: AuditEntry): Promise<boolean> {
    return this.#change((scope) => changeQueued(scope, read, change), audit, Boolean);
  }

  async callBack(funcs: readonly string[]): Promise<number> {
    return this.#change((scope) => callBackFuncs(scope, funcs));
  }

  async pause(queue: string, audit?: AuditEntry): Promise<boolean> {
    return this.#change(
      ({ tables }) => {
        const paused = tables.meta.has(pausedKey(queue));
        tables.meta.set(pausedKey(queue), audit?.who ?? "");
        return !paused;
      },
      audit,
      Boolean,
    );
  }

  async resume(queue: string, audit?: AuditEntry): Promise<boolean> {
    return this.#change(({ tables }) => tables.meta.delete(pausedKey(queue)), audit, Boolean);
  }

  async queueNames(): Promise<string[]> {
    return queuesToServe(this.#scope());
  }

  async queueCounts(): Promise<QueueCount[]> {
    return countQueues(this.#scope());
  }

  watch(wake: () => void): () => void {
    const own = (): void => wake(); // The same function may watch twice, and stop once.
    this.#wakes.add(own);
    return () => this.#wakes.delete(own);
  }

  async time(): Promise<number> {
    return this.#scope().now;
  }

  async task(idOrName: string): Promise<StoredTask | null> {
    return findTask(this.#scope(), idOrName);
  }

  async attempts(id: string): Promise<AttemptRecord[]> {
    return attemptsOf(this.#scope(), id);
  }

  async lastAttempts(ids: readonly string[]): Promise<AttemptRecord[]> {
    return [...new Set(ids)].flatMap((id) => attemptsOf(this.#scope(), id).slice(-1));
  }

  async answers(ids: readonly string[]): Promise<Answer[]> {
    return answersOf(this.#scope(), ids);
  }

  async answerByName(name: string): Promise<Answer | null> {
    return answerNamed(this.#scope(), name);
  }

  async tasks(filter: TaskFilter, page: PageRequest): Promise<TaskPage> {
    return listTasks(this.#scope(), filter, page);
  }

  async countTasks(filter: TaskFilter, upTo: number = Number.MAX_SAFE_INTEGER): Promise<number> {
    return countMatching(this.#scope(), filter, upTo);
  }

  async deleteTasks(ids: readonly string[], audit?: AuditEntry): Promise<string[]> {
    return this.#change((scope) => deleteTasks(scope, ids, audit));
  }

  async resubmit(repeats: readonly Repeat[]): Promise<(Enqueued | null)[]> {
    return this.#change((scope) => resubmitTasks(scope, repeats));
  }

  async groupCount(
    group: string,
  ): Promise<{ total: number; succeeded: number; failed: number; open: number }> {
    return countGroup(this.#scope(), group);
  }

  async deleteGroup(group: string, tasks: boolean, audit?: AuditEntry): Promise<number> {
    return this.#change(
      (scope) => deleteGroup(scope, group, tasks),
      audit,
      (count) => count > 0,
    );
  }

  async browse<L extends ListName>(list: L, request: BrowseRequest<L>): Promise<BrowsePage<L>> {
    return browseRows(this.#scope(), list, request);
  }

  async countList(list: ListName, where: readonly Condition[], upTo: number): Promise<Counted> {
    return countList(this.#scope(), list, where, upTo);
  }

  async countOn(list: ListName, where: readonly Condition[]): Promise<CountedOn> {
    return countOn(this.#scope(), list, where);
  }

  async suggest<L extends ListName>(list: L, suggestion: Suggestion<L>): Promise<string[]> {
    return suggestValues(this.#scope(), list, suggestion);
  }

  async glance(limit: number): Promise<Glance> {
    return glanceAt(this.#scope(), limit);
  }

  async prune(request: PruneRequest): Promise<number> {
    return pruneStep(this.#scope(), request);
  }

  async schedule(idOrName: string): Promise<ScheduleRow | null> {
    return findSchedule(this.#scope(), idOrName);
  }

  async schedules(filter: ScheduleFilter, page: { limit: number; after?: string }): Promise<SchedulePage> {
    return listSchedules(this.#scope(), filter, page);
  }

  async countSchedules(filter: ScheduleFilter, upTo: number = Number.MAX_SAFE_INTEGER): Promise<number> {
    return countSchedules(this.#scope(), filter, upTo);
  }

  async saveSchedule(
    row: Omit<ScheduleRow, "created" | "changed">,
    read: ScheduleRead | null,
    audit?: AuditEntry,
  ): Promise<SaveAnswer> {
    return this.#change(
      (scope) => saveScheduleRow(scope, row, read),
      audit,
      (answer) => answer === "saved",
    );
  }

  async deleteSchedule(id: string, audit?: AuditEntry): Promise<boolean> {
    return this.#change((scope) => deleteScheduleRow(scope, id), audit, Boolean);
  }

  async dueSchedules(request: {
    queues: readonly string[] | null;
    funcs: readonly string[];
    limit: number;
  }): Promise<Due> {
    return dueSchedules(this.#scope(), request);
  }

  async fireSchedules(firings: readonly Firing[]): Promise<FiringAnswer[]> {
    return this.#change((scope) => fireSchedules(scope, firings));
  }

  async runSchedule(id: string, task: NewTask, audit?: AuditEntry): Promise<Enqueued | null> {
    return this.#change((scope) => runSchedule(scope, id, task), audit, Boolean);
  }

  async failSchedule(id: string, version: number, error: string, hold: boolean): Promise<boolean> {
    return failSchedule(this.#scope(), id, version, error, hold);
  }

  async scheduleRuns(id: string, limit: number): Promise<ScheduleRun[]> {
    return scheduleRuns(this.#scope(), id, limit);
  }

  async lastRuns(ids: readonly string[], each = 1): Promise<ScheduleRun[]> {
    return lastRuns(this.#scope(), ids, each);
  }

  async saveCluster(row: Omit<ClusterRow, "heartbeat" | "order">): Promise<void> {
    saveClusterRow(this.#scope(), row);
  }

  async clusters(): Promise<ClusterRow[]> {
    return listClusters(this.#scope());
  }

  async orderCluster(id: string, order: ClusterOrder | null, audit?: AuditEntry): Promise<boolean> {
    return this.#change((scope) => giveOrder(scope, id, order), audit, Boolean);
  }

  async clusterOrder(id: string): Promise<ClusterOrder | null> {
    return this.#scope().tables.clusters.get(id)?.order ?? null;
  }

  async audit(entry: AuditEntry): Promise<void> {
    writeAudit(this.#scope(), entry);
  }

  async audits(limit: number): Promise<AuditRow[]> {
    return this.#scope().tables.audit.toReversed().slice(0, limit);
  }

  async meta(key: string): Promise<string | null> {
    return this.#scope().tables.meta.get(key) ?? null;
  }

  async metaOnce(key: string, value: string): Promise<string> {
    return addMeta(this.#scope(), key, value);
  }

  async metaSwap(key: string, from: string | null, to: string | null, audit?: AuditEntry): Promise<boolean> {
    return this.#change((scope) => swapMeta(scope, key, from, to), audit, Boolean);
  }

  async metas(prefix: string, page: { limit: number; after?: string }): Promise<MetaRow[]> {
    return listMeta(this.#scope(), prefix, page);
  }

  async readRows<T extends CopiedTable>(table: T, request: RowsRequest): Promise<RowsPage<T>> {
    return readTable(this.#scope(), table, request);
  }

  async addRows<T extends CopiedTable>(
    table: T,
    rows: readonly CopiedRows[T][],
    step: CopyStep,
  ): Promise<number | null> {
    return this.#change((scope) => addTable(scope, table, rows, step));
  }

  async rowCount(table: CopiedTable): Promise<number> {
    return countTable(this.#scope(), table);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakes.clear();
  }

  #scope(): Scope {
    if (this.#closed) throw new QuernError("QUERN_CLOSED", {});
    return { tables: this.#tables, now: systemClock.now() + this.#clockOffsetMs() };
  }

  /** A change that others may wait for. */
  #change<T>(work: (scope: Scope) => T, audit?: AuditEntry, changed: (answer: T) => boolean = () => true): T {
    const scope = this.#scope();
    const answer = work(scope);
    if (audit !== undefined && changed(answer)) writeAudit(scope, audit);
    for (const wake of this.#wakes) queueMicrotask(wake);
    return answer;
  }

  #notJoinable(): QuernError {
    return new QuernError("QUERN_TX_NOT_JOINABLE", {
      engine: this.location,
      hint: "Memory knows no transactions",
    });
  }
}
