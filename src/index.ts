// The public API of the package.
export { Quern } from "./quern.ts";
export { type AnyTask, type TaskFunction, task } from "./client/registry.ts";
export { NonRetryable, QuernError, errorTable, isQuernError, type ErrorCode } from "./core/errors.ts";
export { consoleLogger, type Logger } from "./core/log.ts";
export type { Duration } from "./core/duration.ts";
export type { EventName, EventPayloads, Listener } from "./core/events.ts";
export type {
  CallOptions,
  FailedTask,
  QueueOptions,
  QuernOptions,
  Retry,
  RetryOptions,
  TaskOptions,
  Unique,
} from "./core/options.ts";
export type { AttemptOutcome, TaskState } from "./core/task.ts";
export type { Transaction } from "./core/transaction.ts";
export type { ClusterState, ClusterStatus, WorkerStatus } from "./core/cluster-status.ts";
export type { TaskContext } from "./client/context.ts";
export type { TaskHandle, WaitOptions } from "./client/handle.ts";
export type { AttemptInfo, ErrorInfo, TaskInfo } from "./client/task-info.ts";
export type { FinishedTask } from "./client/ending.ts";
export type { GroupCount, GroupWait, Groups } from "./client/groups.ts";
export type { By, ListOptions, Tasks } from "./client/tasks.ts";
export type { Queues } from "./client/queues.ts";
export type { ClusterInfo, Clusters } from "./client/clusters.ts";
export type { TaskFilter } from "./store/filter.ts";
export type { CancelAnswer, QueueCount } from "./store/broker.ts";
export type { Cluster, StartOptions } from "./cluster/cluster.ts";
