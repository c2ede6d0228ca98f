// The public API of the package.
export { Quern } from "./quern.ts";
export { type ScheduleDeclaration, schedule } from "./client/declarations.ts";
export {
  type Missed,
  type Moment,
  nextRuns,
  type ScheduleStatus,
  type ScheduleTimes,
  type ScheduleType,
} from "./core/schedule/schedule.ts";
export type { ScheduleOptions } from "./core/schedule/schedule-options.ts";
export { type AnyTask, type TaskFunction, task } from "./client/registry.ts";
export { NonRetryable, QuernError, errorTable, isQuernError, type ErrorCode } from "./core/errors.ts";
export { consoleLogger, type Logger } from "./core/log.ts";
export type { Duration } from "./core/duration.ts";
export type { EventName, EventPayloads, Listener } from "./core/events.ts";
export type {
  CallOptions,
  FailedTask,
  FinishedTask,
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
export type { GroupCount, GroupWait, Groups } from "./client/groups.ts";
export type { By, Tasks } from "./client/tasks.ts";
export type { ScheduleInfo, ScheduleRunInfo } from "./client/schedule/info.ts";
export type { ScheduleChanges, UpdateOptions } from "./client/schedule/changing.ts";
export type { Schedules } from "./client/schedules.ts";
export type { Queues } from "./client/queues.ts";
export type { ClusterInfo, Clusters } from "./client/clusters.ts";
export type { ListOptions, Paging, TaskFilter } from "./client/list-filter.ts";
export type { RunKind, ScheduleFilter } from "./store/schedules.ts";
export type { CancelAnswer, QueueCount } from "./store/broker.ts";
export type { Cluster, StartOptions } from "./cluster/cluster.ts";
