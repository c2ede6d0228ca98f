// Joins the SQL chapters into a Store, and owns the transactions: one write is one transaction, whatever it touches.
import type { AuditEntry, Enqueued } from "../broker.ts";
import type { Capabilities } from "../capabilities.ts";
import type { Store } from "../store.ts";
import { addMeta, insertAudit, listAudit, listMeta, readMeta, removeMeta, swapMeta } from "./audit-sql.ts";
import { browseRows, suggestValues } from "./browse-sql.ts";
import {
  callBackFuncs,
  cancellationsOf,
  claimTasks,
  countQueues,
  extendLeases,
  leasesOfOwner,
  readyQueues,
  reclaimableTasks,
  untilNextDue,
} from "./claim-sql.ts";
import { listClusters, orderCluster, readOrder, saveClusterRow } from "./cluster-sql.ts";
import { countList, countOn } from "./count-sql.ts";
import { glanceAt } from "./glance-sql.ts";
import { addTable, countTable, readTable } from "./copy-sql.ts";
import type { Database, Sql } from "./database.ts";
import type { Dialect, Scope, Tables } from "./dialect.ts";
import { changeQueued, insertTasks } from "./enqueue-sql.ts";
import { cancelTask, finishAttempts, noteAttempts } from "./finish-sql.ts";
import { pruneStep } from "./prune-sql.ts";
import {
  answerNamed,
  answersOf,
  attemptsOf,
  lastAttempts,
  countGroup,
  countMatching,
  deleteGroupRows,
  deleteTaskRows,
  findTask,
  listTasks,
  resubmitTasks,
} from "./result-sql.ts";
import { lastRuns, listRuns } from "./run-sql.ts";
import {
  countSchedules,
  deleteScheduleRow,
  dueSchedules,
  failSchedule,
  findSchedule,
  fireSchedules,
  listSchedules,
  runSchedule,
  saveScheduleRow,
} from "./schedule-sql.ts";
import { pausedKey } from "../paused.ts";

export interface SqlStoreParts {
  database: Database;
  dialect: Dialect;
  capabilities: Capabilities;
  tables: Tables;
  migrated: { from: number; to: number };
  /** Added to the engine's clock; a function for tests that move it. */
  clockOffsetMs: () => number;
}

export function sqlStore({
  database,
  dialect,
  capabilities,
  tables,
  migrated,
  clockOffsetMs,
}: SqlStoreParts): Store {
  const scope = (sql: Sql): Scope => ({
    sql,
    tables,
    dialect,
    now: dialect.now(clockOffsetMs()),
    last: () => {},
  });
  const read = <T>(work: (scope: Scope) => Promise<T>): Promise<T> => work(scope(database.reader));
  const write = <T>(work: (scope: Scope) => Promise<T>): Promise<T> =>
    database.write((sql) => work(scope(sql)));
  /** What `work` asks is all of the transaction. */
  const writeAlone = <T>(work: (scope: Scope) => Promise<T>, idempotent?: boolean): Promise<T> =>
    database.write((sql) => work({ ...scope(sql), last: () => sql.last?.() }), idempotent);
  const audited = <T>(
    audit: AuditEntry | undefined,
    work: (scope: Scope) => Promise<T>,
    changed: (answer: T) => boolean,
  ): Promise<T> =>
    write(async (scope) => {
      const answer = await work(scope);
      if (audit !== undefined && changed(answer)) await insertAudit(scope, audit);
      return answer;
    });

  return {
    capabilities,
    location: database.location,
    migrated,

    async enqueue(tasks, tx, audit) {
      const insert = async (scope: Scope): Promise<Enqueued[]> => {
        const answers = await insertTasks(scope, tasks);
        if (audit !== undefined && answers.some(({ deduplicated }) => !deduplicated))
          await insertAudit(scope, audit);
        return answers;
      };
      if (tx !== undefined) return insert(scope(await database.join(tx, tables.queue)));
      return audit === undefined ? writeAlone(insert, true) : write(insert);
    },
    async claim(request) {
      // Asked only when the next one comes due, there is nothing to write.
      const nextDueMs = request.lanes.length === 0 ? await read(untilNextDue) : 0;
      if (nextDueMs === null || nextDueMs > 0) return { tasks: [], nextDueMs };
      return writeAlone((scope) => claimTasks(scope, request));
    },
    extend: (leases, leaseMs) => write((scope) => extendLeases(scope, leases, leaseMs)),
    finish: (endings, audit) =>
      audit === undefined
        ? writeAlone((scope) => finishAttempts(scope, endings))
        : audited(
            audit,
            (scope) => finishAttempts(scope, endings),
            (answers) => answers.includes("done"),
          ),
    finishAndClaim: (endings, request) =>
      write(async (scope) => ({
        answers: await finishAttempts(scope, endings),
        claim: await claimTasks(scope, request),
      })),
    async finishIn(tx, ending) {
      const [answer] = await finishAttempts(scope(await database.join(tx, tables.queue)), [ending]);
      return answer ?? "lost";
    },
    note: (notes) => write((scope) => noteAttempts(scope, notes)),
    reclaimable: (limit) => read((scope) => reclaimableTasks(scope, limit)),
    leasesOf: (owner) => read((scope) => leasesOfOwner(scope, owner)),
    cancellations: (owner) => read((scope) => cancellationsOf(scope, owner)),
    cancel: (id, error, audit) =>
      audited(
        audit,
        (scope) => cancelTask(scope, id, error),
        (answer) => answer === "cancelled" || answer === "asked",
      ),
    changeTask: (read, change, audit) =>
      audited(audit, (scope) => changeQueued(scope, read, change), Boolean),
    callBack: (funcs) => write((scope) => callBackFuncs(scope, funcs)),
    pause: (queue, audit) =>
      audited(audit, (scope) => addMeta(scope, pausedKey(queue), audit?.who ?? ""), Boolean),
    resume: (queue, audit) =>
      audited(
        audit,
        async (scope) => {
          const resumed = await removeMeta(scope, pausedKey(queue));
          if (resumed) await scope.sql.wake();
          return resumed;
        },
        Boolean,
      ),
    queueNames: () => read(readyQueues),
    queueCounts: () => read(countQueues),
    watch: (wake: () => void): (() => void) => database.watch(wake),
    async time() {
      const [row] = await database.reader.all(`SELECT ${dialect.now(clockOffsetMs())} AS now`);
      return Number(row?.now);
    },

    task: (idOrName) => read((scope) => findTask(scope, idOrName)),
    attempts: (id) => read((scope) => attemptsOf(scope, id)),
    lastAttempts: (ids) => read((scope) => lastAttempts(scope, ids)),
    answers: (ids) => read((scope) => answersOf(scope, ids)),
    answerByName: (name) => read((scope) => answerNamed(scope, name)),
    tasks: (filter, page) => read((scope) => listTasks(scope, filter, page)),
    countTasks: (filter, upTo = Number.MAX_SAFE_INTEGER) =>
      read((scope) => countMatching(scope, filter, upTo)),
    deleteTasks: (ids, audit) => write((scope) => deleteTaskRows(scope, ids, audit)),
    resubmit: (repeats) => write((scope) => resubmitTasks(scope, repeats)),
    groupCount: (group) => read((scope) => countGroup(scope, group)),
    deleteGroup: (group, tasks, audit) =>
      audited(
        audit,
        (scope) => deleteGroupRows(scope, group, tasks),
        (count) => count > 0,
      ),
    prune: (request) =>
      write(async (scope) => {
        const removed = await pruneStep(scope, request);
        for (const statement of dialect.maintenance) await scope.sql.all(statement);
        return removed;
      }),

    browse: (list, request) => read((scope) => browseRows(scope, list, request)),
    countList: (list, where, upTo) => read((scope) => countList(scope, list, where, upTo)),
    countOn: (list, where, page) => read((scope) => countOn(scope, list, where, page)),
    suggest: (list, suggestion) => read((scope) => suggestValues(scope, list, suggestion)),
    glance: (limit) => read((scope) => glanceAt(scope, limit)),
    schedule: (idOrName) => read((scope) => findSchedule(scope, idOrName)),
    schedules: (filter, page) => read((scope) => listSchedules(scope, filter, page)),
    countSchedules: (filter, upTo = Number.MAX_SAFE_INTEGER) =>
      read((scope) => countSchedules(scope, filter, upTo)),
    saveSchedule: (row, seen, audit) =>
      audited(
        audit,
        (scope) => saveScheduleRow(scope, row, seen),
        (answer) => answer === "saved",
      ),
    deleteSchedule: (id, audit) => audited(audit, (scope) => deleteScheduleRow(scope, id), Boolean),
    dueSchedules: (request) => read((scope) => dueSchedules(scope, request)),
    fireSchedules: (firings) => write((scope) => fireSchedules(scope, firings)),
    runSchedule: (id, task, audit) => audited(audit, (scope) => runSchedule(scope, id, task), Boolean),
    failSchedule: (id, version, error, hold) =>
      write((scope) => failSchedule(scope, id, version, error, hold)),
    scheduleRuns: (id, limit) => read((scope) => listRuns(scope, id, limit)),
    lastRuns: (ids, each = 1) => read((scope) => lastRuns(scope, ids, each)),

    saveCluster: (row) => write((scope) => saveClusterRow(scope, row)),
    clusters: () => read(listClusters),
    orderCluster: (id, order, audit) => audited(audit, (scope) => orderCluster(scope, id, order), Boolean),
    clusterOrder: (id) => read((scope) => readOrder(scope, id)),
    audit: (entry) => write((scope) => insertAudit(scope, entry)),
    audits: (limit) => read((scope) => listAudit(scope, limit)),
    meta: (key) => read((scope) => readMeta(scope, key)),
    metaOnce: (key, value) =>
      write(async (scope) => {
        await addMeta(scope, key, value);
        return (await readMeta(scope, key)) ?? value;
      }),
    metaSwap: (key, from, to, audit) => audited(audit, (scope) => swapMeta(scope, key, from, to), Boolean),
    metas: (prefix, page) => read((scope) => listMeta(scope, prefix, page)),

    readRows: (table, request) => read((scope) => readTable(scope, table, request)),
    addRows: (table, rows, step) => write((scope) => addTable(scope, table, rows, step)),
    rowCount: (table) => read((scope) => countTable(scope, table)),

    close: () => database.close(),
  };
}
