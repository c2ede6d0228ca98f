// The options of `new Quern`: what each does, costs and defaults to.
import type { Duration } from "./duration.ts";
import type { Logger } from "./log.ts";
import type { QueueOptions, ResolvedRetry, Retry, RetryOptions, TaskLike } from "./task-options.ts";

/** What schedule() returned, whichever copy of the package made it. */
export interface ScheduleLike {
  readonly scheduleName: string;
}

/** Code goes over the environment (`QUERN_DATABASE`, `QUERN_STOP_GRACE`, …), that over the defaults. */
export interface QuernOptions {
  /** The task functions this application knows. Only these are ever called, whatever stands in a row. */
  tasks: readonly TaskLike[];
  /**
   * Where queue, results and schedules live: `sqlite:` with a path, `postgres://…`, or `memory:` for one process. A
   * path counts from the folder of the nearest package.json above the working directory; processes that start in
   * different packages of a monorepo need an absolute one, or they work on different files.
   * @default "sqlite:quern.db"
   */
  database?: string;
  /**
   * What calls are signed with, at least 16 characters. Of several, as in
   * `"new,old"`, the first signs and all are accepted: docs/guides/production.md says how to change it.
   *
   * Whoever has it can queue any of `tasks` with any input their schemas accept, but no other code.
   * @default generated once and kept in the database
   */
  secret?: string;
  /**
   * What people call a cluster of this application.
   * @default four words, new at every start
   */
  name?: string;
  /**
   * Queues with settings of their own, by name: `{ long: { concurrency: 2, timeout: "6h" } }`. Others need no
   * entry.
   */
  queues?: Record<string, QueueOptions>;
  /**
   * How many worker processes a cluster keeps. `0` runs tasks inside the calling process, for development and
   * tests: then nothing kills a task that loops, and a crash takes the application with it.
   * @default the number of available cores
   */
  workers?: number;
  /**
   * How many tasks each worker runs at a time. Raise it for tasks that wait for the network; for tasks that
   * compute, 1 is right. Minimum 1.
   * @default 10
   */
  concurrency?: number;
  /**
   * Replaces a worker after this many tasks, against leaks. Costs a fork each time. `0` for never.
   * @default 0
   */
  recycle?: number;
  /**
   * Replaces a worker whose memory has grown past this, once its tasks are done: bytes, or `"512MB"`. `0` for
   * no limit.
   * @default 0
   */
  maxRss?: number | `${number}${"KB" | "MB" | "GB"}`;
  /**
   * How long a cluster's right to its tasks lasts without renewal, and so how long tasks of a dead cluster
   * wait for another. Short ones cost writes, and lose tasks of a machine that paused. At least three times
   * `renew`, at most 10 minutes.
   * @default "15s"
   */
  lease?: Duration;
  /**
   * How often leases are renewed.
   * @default "5s"
   */
  renew?: Duration;
  /**
   * How long running tasks may go on when the cluster is stopped, before they are aborted and go back to the
   * queue. Keep it below what your platform waits before it kills (Docker: 10 s, Kubernetes: 30 s).
   * @default "25s"
   */
  stopGrace?: Duration;
  /**
   * How long a task has to end after its `AbortSignal` fired, before its worker is killed.
   * @default "3s"
   */
  killGrace?: Duration;
  /**
   * A task during whose attempts this many workers died ends as a failure. Minimum 1.
   * @default 3
   */
  maxCrashes?: number;
  /**
   * How many successes are kept. The oldest go first, in the background, a few at a time; failures are never
   * removed by this limit. A high number costs disk, not speed. Counted over everything unless `saveLimitPer`
   * says otherwise.
   *
   * `0` keeps all of them, `-1` keeps none (whoever waits for a result still gets it).
   * @default 10_000
   */
  saveLimit?: number;
  /**
   * Counts `saveLimit` for each group, func or name by itself.
   * @default counted over everything
   */
  saveLimitPer?: "group" | "func" | "name";
  /**
   * Removes failures older than this, in the background. `false` keeps them until somebody deletes them.
   * @default false
   */
  failureRetention?: Duration | false;
  /** The `timeout` of tasks whose task function and queue name none. `false` for none. @default "15m" */
  timeout?: Duration | false;
  /**
   * The `retry` of tasks, for what their task function and queue do not say.
   * @default 5 attempts, 2 s × 4ⁿ, at most 1 h
   */
  retry?: Retry;
  /** The `priority` of tasks whose task function names none. @default 0 */
  priority?: number;
  /**
   * The schedules of this application, as `schedule()` declares them. A cluster makes and updates them when it starts, and deletes
   * those that an earlier version of this list declared and that are in it no longer. Those that `quern.schedule()` or people made
   * are never touched.
   * @default no schedules
   */
  schedules?: readonly ScheduleLike[];
  /**
   * The time zone of schedules that name none: an IANA time zone such as `"Europe/Amsterdam"`.
   * @default "UTC"
   */
  timeZone?: string;
  /**
   * Runs a task inside `enqueue`, which then takes as long as the task. For tests and scripts.
   * @default false
   */
  sync?: boolean;
  /**
   * Compresses inputs above 1 KB where that makes them smaller. Costs time at both ends, and they can't be
   * read or searched in the database any more.
   * @default false
   */
  compress?: boolean;
  /**
   * SQLite only. `normal` is faster, and may lose the last commits when the power fails; a crash of the
   * process loses nothing either way.
   * @default "full"
   */
  synchronous?: "full" | "normal";
  /**
   * What the names of Quern's tables begin with. Lower case letters, digits and `_`, at most 30.
   * @default "quern_"
   */
  tablePrefix?: string;
  /**
   * Whether missing tables and columns are made when the database is opened. Turn it off where the
   * application's role may not, and run `npx quern migrate`.
   * @default true
   */
  migrate?: boolean;
  /**
   * How long the encoded input of a task may be, and its result. Large ones slow every list and every backup.
   * @default 1_048_576
   */
  maxBytes?: number;
  /**
   * How deeply an input or a result may be nested. At most 500.
   * @default 100
   */
  maxDepth?: number;
  /** Where log lines go. @default lines on stdout like Django Q's */
  logger?: Logger;
  /**
   * Called for each task that ended as a failure, in a worker, after the commit. Best effort: what must not
   * be missed is a hook.
   */
  onError?: (error: Error, task: FailedTask) => void | Promise<void>;
  /**
   * What Node is started with in workers. Functions that make a lot of short-lived objects run faster with
   * `--max-semi-space-size=16`, which is Node's own and costs a worker up to 36 MB more: Quern has it at 4.
   * @default those of this process
   */
  execArgv?: readonly string[];
  /**
   * Moves the clock of the database, in milliseconds. For tests of what is due later.
   * @default 0
   */
  clockOffsetMs?: number;
}

/** What `onError` is told about the task that failed. */
export interface FailedTask {
  readonly id: string;
  readonly name: string;
  readonly func: string;
  readonly queue: string;
  readonly group?: string;
  readonly attempt: number;
}

/** Where the value of an option in force was given. */
export type OptionSource = "code" | "environment" | "default";

export interface ResolvedQuernOptions {
  readonly tasks: readonly TaskLike[];
  readonly database: string;
  readonly secret?: string;
  readonly name?: string;
  /** Without prototype. Queues that were not named in the options are not in it. */
  readonly queues: Readonly<Record<string, QueueOptions>>;
  /** Absent: as many as there are cores. */
  readonly workers?: number;
  readonly concurrency: number;
  /** `0` for never. */
  readonly recycle: number;
  /** `0` for no limit. */
  readonly maxRssBytes: number;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly stopGraceMs: number;
  readonly killGraceMs: number;
  readonly maxCrashes: number;
  readonly saveLimit: number;
  readonly saveLimitPer?: "group" | "func" | "name";
  /** `null`: kept until somebody deletes them. */
  readonly failureRetentionMs: number | null;
  readonly timeoutMs: number | null;
  readonly retry: ResolvedRetry;
  readonly priority: number;
  readonly schedules: readonly ScheduleLike[];
  readonly timeZone: string;
  readonly sync: boolean;
  readonly compress: boolean;
  readonly synchronous: "full" | "normal";
  readonly tablePrefix: string;
  readonly migrate: boolean;
  readonly maxBytes: number;
  readonly maxDepth: number;
  readonly logger?: Logger;
  readonly onError?: QuernOptions["onError"];
  readonly retryIf?: RetryOptions["retryIf"];
  readonly execArgv?: readonly string[];
  readonly clockOffsetMs: number;
  /** By the names of QuernOptions. */
  readonly sources: Readonly<Record<string, OptionSource>>;
}
