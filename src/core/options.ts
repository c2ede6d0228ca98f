// Checks and merges options: call over task function over queue over new Quern over environment over default.
// What is wrong fails here, with its name, when new Quern, task() or enqueue is called.
import {
  between,
  byteCount,
  callable,
  type Check,
  checkEach,
  checkKeys,
  checkObject,
  choice,
  duration,
  durationOrNone,
  flag,
  numberFrom1,
  type Place,
  refuse,
  someTime,
  text,
  textList,
} from "./check.ts";
import { formatDuration } from "./duration.ts";
import { isId } from "./id.ts";
import type { Logger } from "./log.ts";
import { longestLeaseMs } from "./task.ts";
import { timeZoneName } from "./schedule/calendar.ts";
import type { OptionSource, QuernOptions, ResolvedQuernOptions } from "./quern-options.ts";
import { makeKeyring } from "./signing.ts";
import type {
  CallOptions,
  QueueOptions,
  ResolvedCall,
  ResolvedOptions,
  ResolvedRetry,
  ResolvedUnique,
  Retry,
  RetryOptions,
  TaskLike,
  TaskOptions,
} from "./task-options.ts";

export type {
  FailedTask,
  OptionSource,
  QuernOptions,
  ResolvedQuernOptions,
  ScheduleLike,
} from "./quern-options.ts";
export type {
  Backoff,
  CallOptions,
  FinishedTask,
  HookLike,
  QueueOptions,
  ResolvedCall,
  ResolvedOptions,
  ResolvedRetry,
  ResolvedUnique,
  Retry,
  RetryOptions,
  TaskLike,
  TaskOptions,
  Unique,
} from "./task-options.ts";

const quernPlace = "new Quern({ * })";
const priority = between(-(2 ** 31), 2 ** 31 - 1);

/** The environment is handed in, because core reads none. */
export function resolveQuernOptions(
  given: QuernOptions,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedQuernOptions {
  checkObject(given, "the options of new Quern");
  const known: string[] = ["tasks"];
  const sources: Record<string, OptionSource> = {};

  function inCode<T, F>(name: keyof QuernOptions, check: Check<T>, fallback: F): T | F {
    known.push(name);
    sources[name] = given[name] === undefined ? "default" : "code";
    return given[name] === undefined ? fallback : check(given[name], name, quernPlace);
  }

  function pick<T, F>(
    name: keyof QuernOptions,
    check: Check<T>,
    fallback: F,
    read: typeof fromText = fromText,
  ): T | F {
    const variable = `QUERN_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
    const value = given[name] === undefined ? env[variable] : undefined;
    if (!value) return inCode(name, check, fallback);
    known.push(name);
    sources[name] = "environment";
    return check(read(value), name, `the environment variable ${variable}`);
  }

  const resolved: ResolvedQuernOptions = {
    tasks: given.tasks,
    database: pick("database", databaseUrl, "sqlite:quern.db", asWritten),
    secret: pick("secret", secretText, undefined, asWritten),
    name: pick("name", text, undefined, asWritten),
    queues: inCode("queues", queueTable, Object.create(null)),
    workers: pick("workers", between(0, 1_000), undefined),
    concurrency: pick("concurrency", between(1, 10_000), 10),
    recycle: pick("recycle", between(0), 0),
    maxRssBytes: pick("maxRss", byteCount, 0),
    leaseMs: pick("lease", someTime, 15_000),
    renewMs: pick("renew", someTime, 5_000),
    stopGraceMs: pick("stopGrace", duration, 25_000),
    killGraceMs: pick("killGrace", duration, 3_000),
    maxCrashes: pick("maxCrashes", between(1), 3),
    saveLimit: pick("saveLimit", between(-1), 10_000),
    saveLimitPer: pick("saveLimitPer", choice("group", "func", "name"), undefined),
    failureRetentionMs: pick("failureRetention", durationOrNone, null),
    timeoutMs: pick("timeout", durationOrNone, 900_000),
    retry: pick("retry", (value, ...at) => mergeRetry(defaultRetry, value as Retry, ...at), defaultRetry),
    priority: pick("priority", priority, 0),
    timeZone: pick("timeZone", timeZoneName, "UTC", asWritten),
    schedules: inCode("schedules", scheduleList, []),
    sync: pick("sync", flag, false),
    compress: pick("compress", flag, false),
    synchronous: pick("synchronous", choice("full", "normal"), "full"),
    tablePrefix: pick("tablePrefix", tablePrefix, "quern_", asWritten),
    migrate: pick("migrate", flag, true),
    maxBytes: pick("maxBytes", between(1_000, 2 ** 28), 2 ** 20),
    maxDepth: pick("maxDepth", between(1, 500), 100),
    logger: inCode("logger", loggerShape, undefined),
    onError: inCode("onError", callable, undefined) as QuernOptions["onError"],
    retryIf: typeof given.retry === "object" ? given.retry.retryIf : undefined,
    execArgv: inCode("execArgv", textList, undefined),
    clockOffsetMs: pick("clockOffsetMs", between(Number.MIN_SAFE_INTEGER), 0),
    sources,
  };
  // What was read above is what is known. A name that nobody reads goes before what is missing for it.
  checkKeys(given, known, "new Quern");
  checkTasks(given.tasks, "tasks", quernPlace);
  checkLease(resolved);
  return Object.freeze(resolved);
}

/** What task() was given. The schema stands in the same object as `input`. */
export function checkTaskOptions(taskName: string, given: TaskOptions): void {
  checkKeys(given, taskKeys, taskName);
  checkEach(given, taskChecks, `task(${JSON.stringify(taskName)}, { * })`);
}

/** A call without options of its own. Worked out once for each task function and Quern. */
export function resolveTask(task: TaskOptions | undefined, quern: ResolvedQuernOptions): ResolvedCall {
  const options = task ?? noOptions;
  let known = resolvedTasks.get(quern);
  if (known === undefined) resolvedTasks.set(quern, (known = new WeakMap()));
  let resolved = known.get(options);
  if (resolved === undefined) known.set(options, (resolved = mergeCall({}, options, quern, undefined)));
  return resolved;
}

/** One call, checked and merged over its task function's options, its queue's and the application's. */
export function resolveCall(
  call: CallOptions | undefined,
  task: TaskOptions | undefined,
  quern: ResolvedQuernOptions,
  taskName = "task",
): ResolvedCall {
  if (call === undefined) return resolveTask(task, quern);
  const place = `enqueue(${taskName}, input, { * })`;
  checkKeys(call, callKeys, `enqueue of ${taskName}`);
  checkEach(call, callChecks, place);
  if (call.delay !== undefined && call.runAt !== undefined) {
    refuse(call.runAt, "runAt", "left out where delay is given", place);
  }
  const changed = travelling.some((key) => call[key] !== undefined);
  return mergeCall(call, task ?? noOptions, quern, changed ? undefined : resolveTask(task, quern));
}

const noOptions: TaskOptions = {};
const resolvedTasks = new WeakMap<ResolvedQuernOptions, WeakMap<TaskOptions, ResolvedCall>>();

// What these say is in the signed options; a call that says nothing of them shares its task function's.
const travelling = ["queue", "timeout", "retry", "save", "isolate", "ackFailures", "hook"] as const;

function mergeCall(
  call: CallOptions,
  task: TaskOptions,
  quern: ResolvedQuernOptions,
  base: ResolvedCall | undefined,
): ResolvedCall {
  const queue = call.queue ?? task.queue ?? "default";
  const options = base?.options ?? mergeOptions(call, task, quern.queues[queue] ?? {}, quern);
  return Object.freeze({
    queue,
    group: call.group ?? task.group,
    name: call.name ?? task.name,
    priority: call.priority ?? task.priority ?? quern.priority,
    tags: call.tags ?? task.tags ?? [],
    unique: uniqueOf(call.unique ?? task.unique ?? false, "unique"),
    delayMs: call.delay === undefined ? undefined : duration(call.delay, "delay"),
    runAt: call.runAt?.getTime(),
    options,
    optionsText: base?.optionsText ?? JSON.stringify(options),
  });
}

function mergeOptions(
  call: CallOptions,
  task: TaskOptions,
  queue: QueueOptions,
  quern: ResolvedQuernOptions,
): ResolvedOptions {
  const timeout = call.timeout ?? task.timeout ?? queue.timeout;
  const hook = call.hook ?? task.hook;
  const levels: (Retry | undefined)[] = [queue.retry, task.retry, call.retry];
  return Object.freeze({
    timeoutMs: timeout === undefined ? quern.timeoutMs : durationOrNone(timeout, "timeout"),
    ...levels.reduce<ResolvedRetry>((base, given) => mergeRetry(base, given, "retry"), quern.retry),
    maxCrashes: quern.maxCrashes,
    save: call.save ?? task.save ?? true,
    isolate: call.isolate ?? task.isolate ?? false,
    ackFailures: call.ackFailures ?? task.ackFailures ?? false,
    ...(hook === undefined ? {} : { hook: hookName(hook, "hook") }),
  });
}

const defaultRetry: ResolvedRetry = {
  attempts: 5,
  backoff: "exponential",
  delayMs: 2_000,
  factor: 4,
  maxDelayMs: 3_600_000,
  jitter: true,
};

function mergeRetry(
  base: ResolvedRetry,
  given: Retry | undefined,
  field: string,
  place?: Place,
): ResolvedRetry {
  if (given === undefined) return base;
  if (given === false) return { ...base, attempts: 1 };
  const fields: RetryOptions = typeof given === "number" ? { attempts: given } : given;
  if (typeof fields !== "object" || fields === null) {
    refuse(given, field, "a number of attempts, false or an object", place);
  }
  checkKeys(fields, ["attempts", "backoff", "delay", "factor", "max", "jitter", "retryIf"], field);

  function pick<T>(name: keyof RetryOptions, check: Check<T>, fallback: T): T {
    const value = fields[name];
    return value === undefined
      ? fallback
      : check(value, typeof given === "number" ? field : `${field}.${name}`, place);
  }

  pick<unknown>("retryIf", callable, undefined);
  const delayMs = pick("delay", duration, base.delayMs);
  const maxDelayMs = pick("max", duration, Math.max(base.maxDelayMs, delayMs));
  if (fields.delay !== undefined && delayMs > maxDelayMs) {
    refuse(fields.delay, `${field}.delay`, `at most ${field}.max (${formatDuration(maxDelayMs)})`, place);
  }
  return {
    attempts: pick("attempts", between(1, 1_000_000), base.attempts),
    backoff: pick("backoff", choice("exponential", "linear", "fixed"), base.backoff),
    delayMs,
    factor: pick("factor", numberFrom1, base.factor),
    maxDelayMs,
    jitter: pick("jitter", flag, base.jitter),
  };
}

const taskChecks: Record<keyof TaskOptions, Check<unknown>> = {
  queue: text,
  group: text,
  name: text,
  priority,
  timeout: durationOrNone,
  retry: (value, ...at) => mergeRetry(defaultRetry, value as Retry, ...at),
  save: flag,
  unique: uniqueOf,
  hook: hookName,
  isolate: flag,
  tags: tagList,
  ackFailures: flag,
};

/** Each by itself; that `delay` and `runAt` exclude each other is left to `resolveCall`. */
export const callChecks: Record<keyof CallOptions, Check<unknown>> = {
  ...taskChecks,
  retry: (value, field, place) => {
    const retryIf = (value as RetryOptions | null)?.retryIf;
    if (retryIf !== undefined) {
      refuse(retryIf, `${field}.retryIf`, "given in task(), because functions do not travel");
    }
    return taskChecks.retry(value, field, place);
  },
  id: (value, field, place) => isId(value) || refuse(value, field, "a UUIDv7 in lower case", place),
  delay: duration,
  runAt: (value, field, place) =>
    (value instanceof Date && !Number.isNaN(value.getTime())) ||
    refuse(value, field, "a Date that is one", place),
  tx: () => true,
};

const taskKeys = [...Object.keys(taskChecks), "input"];
const callKeys = Object.keys(callChecks);

function uniqueOf(value: unknown, field: string, place?: Place): ResolvedUnique | undefined {
  if (value === false) return undefined;
  if (value === true) return { key: true };
  if (typeof value === "string") return { key: text(value, field, place) };
  if (typeof value !== "object" || value === null) {
    refuse(value, field, "true, false, a key or { key, within }", place);
  }
  checkKeys(value, ["key", "within"], field);
  const { key, within } = value as { key?: unknown; within?: unknown };
  return {
    key: key === undefined ? true : text(key, `${field}.key`, place),
    ...(within === undefined ? {} : { withinMs: duration(within, `${field}.within`, place, { min: 1 }) }),
  };
}

export function hookName(value: unknown, field: string, place?: Place): string {
  const name = typeof value === "string" ? value : (value as TaskLike | null)?.taskName;
  return typeof name === "string"
    ? text(name, field, place)
    : refuse(value, field, "a task function or its name", place);
}

function tagList(value: unknown, field: string, place?: Place): string[] {
  if (!Array.isArray(value) || value.length > 50) refuse(value, field, "an array of at most 50 texts", place);
  return value.map((tag, index) => text(tag, `${field}[${index}]`, place));
}

function checkTasks(value: unknown, field: string, place?: Place): void {
  if (!Array.isArray(value)) refuse(value, field, "an array of what task() returned", place);
  for (const [index, item] of value.entries()) {
    if (typeof item?.taskName !== "string") refuse(item, `${field}[${index}]`, "what task() returned", place);
  }
}

// Whose task functions are known, and whose options fit, the client says: it has the registry.
function scheduleList(value: unknown, field: string, place?: Place): QuernOptions["schedules"] & object {
  if (!Array.isArray(value)) refuse(value, field, "an array of what schedule() returned", place);
  for (const [index, item] of value.entries()) {
    if (typeof item?.scheduleName !== "string")
      refuse(item, `${field}[${index}]`, "what schedule() returned", place);
  }
  return value;
}

// A lease that is renewed fewer than three times in its life is lost to one slow write.
function checkLease({ leaseMs, renewMs }: ResolvedQuernOptions): void {
  if (leaseMs > longestLeaseMs)
    refuse(leaseMs, "lease", `at most ${formatDuration(longestLeaseMs)}`, quernPlace);
  if (leaseMs >= 3 * renewMs) return;
  refuse(leaseMs, "lease", `at least three times renew (${formatDuration(renewMs)})`, quernPlace);
}

function queueTable(value: unknown, field: string, place?: Place): Readonly<Record<string, QueueOptions>> {
  checkObject(value, field, place);
  const table: Record<string, QueueOptions> = Object.create(null);
  for (const [name, queue] of Object.entries(value as Record<string, QueueOptions>)) {
    text(name, `the name of a queue in ${field}`, place);
    checkKeys(queue, Object.keys(queueChecks), `${field}.${name}`);
    checkEach(queue, queueChecks, place, `${field}.${name}.`);
    table[name] = queue;
  }
  return Object.freeze(table);
}

const queueChecks: Record<keyof QueueOptions, Check<unknown>> = {
  concurrency: between(1),
  timeout: durationOrNone,
  retry: taskChecks.retry,
};

function databaseUrl(value: unknown, field: string, place?: Place): string {
  const fits = typeof value === "string" && value.length > 0 && value.length <= 4_096;
  // It may hold a password, so a text that came is not shown.
  const secret = typeof value === "string" && value !== "";
  return fits ? value : refuse(value, field, 'a URL such as "sqlite:quern.db"', place, secret);
}

function secretText(value: unknown, field: string, place?: Place): string {
  if (typeof value !== "string") refuse(value, field, "text", place, true);
  makeKeyring(value);
  return value;
}

function tablePrefix(value: unknown, field: string, place?: Place): string {
  if (typeof value === "string" && /^([a-z_][a-z0-9_]{0,29})?$/.test(value)) return value;
  return refuse(value, field, "at most 30 lower case letters, digits and _, no digit first", place);
}

function loggerShape(value: unknown, field: string, place?: Place): Logger {
  for (const level of ["debug", "info", "warn", "error"] as const) {
    callable((value as Logger | null)?.[level], `${field}.${level}`, place);
  }
  return value as Logger;
}

function asWritten(text: string): unknown {
  return text;
}

// What the environment can only say as text: 10, true, 30s.
function fromText(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
