// One task at one address for its whole life, queued, running or ended.
import { hasEnded, type StoredTask } from "../../core/task.ts";
import type { Action, AnyModel, Field, ModelAdmin } from "../engine/model-admin.ts";
import { rowsSource } from "../engine/source.ts";
import { attemptsSection, logSection, relatedSection, timelineSection } from "./attempt-tables.ts";
import { failureAdmin } from "./failure.ts";
import { goneTask } from "./gone-task.ts";
import { queueAgain } from "./queued-form.ts";
import { queuedAdmin } from "./queued.ts";
import { runningAdmin } from "./running.ts";
import { successAdmin } from "./success.ts";
import {
  endedFields,
  errorCell,
  isQueued,
  rawTask,
  readCall,
  resultCell,
  taskFields,
  taskValue,
  unreadableTask,
} from "./task-fields.ts";

/** The registration whose list a task stands in. */
function listOf(task: StoredTask): { name: string; admin: AnyModel } {
  if (task.state === "success") return { name: "success", admin: successAdmin };
  if (task.state === "failure") return { name: "failure", admin: failureAdmin };
  return task.state === "leased"
    ? { name: "running", admin: runningAdmin }
    : { name: "queued", admin: queuedAdmin };
}

const ofEnded = (name: keyof typeof endedFields): Field<StoredTask> => {
  const field: Field<never> = endedFields[name];
  return {
    ...field,
    sort: false,
    value: (task, ctx) => (isQueued(task) ? null : shownOf(field, task, name, ctx)),
  };
};

const shownOf: (
  field: Field<never>,
  task: StoredTask,
  name: string,
  ctx: Parameters<NonNullable<Field<StoredTask>["value"]>>[1],
) => ReturnType<NonNullable<Field<StoredTask>["value"]>> = (field, task, name, ctx) =>
  field.value === undefined ? (task as never)[name] : field.value(task as never, ctx);

/** Of a task that runs: as its list has it. */
const ofRunning = (name: "started" | "worker" | "cluster"): Field<StoredTask> => {
  const [ended, running] = [ofEnded(name), runningAdmin.fields[name] as Field<never>];
  return {
    ...ended,
    value: (task, ctx) =>
      task.state === "leased" ? shownOf(running, task, name, ctx) : ended.value?.(task, ctx),
  };
};

/** Leads to the others of its list. A text in which something is hidden leads nowhere: its address would tell it. */
const withOthers = (name: "func" | "queue" | "group"): Field<StoredTask> => ({
  ...taskFields[name],
  value(task, ctx) {
    const value = task[name];
    const { filters, path } = listOf(task).admin;
    const canFilter = filters.some((filter) => "field" in filter && filter.field === name);
    return value === null || !canFilter || ctx.redaction.text(value) !== value
      ? value
      : { value, to: `${path}?${name}=${encodeURIComponent(value)}` };
  },
});

const fields = {
  ...taskFields,
  func: withOthers("func"),
  queue: withOthers("queue"),
  group: withOthers("group"),
  state: {
    label: "State",
    kind: "state",
    sort: false,
    value: (task) => ({
      value: isQueued(task) ? task.state : task.outcome,
      ...(task.state === "leased" ? { text: "running" } : {}),
      tone: task.state === "success" ? "good" : task.state === "failure" ? "bad" : "quiet",
    }),
  },
  attempts: {
    ...taskFields.attempts,
    value(task, ctx) {
      const used = task.attempt - task.uncounted;
      const most = readCall(task, ctx).options?.attempts;
      return most === undefined ? used : { value: used, note: `of ${most}` };
    },
  },
  due: { label: "Due", kind: "moment", sort: false, value: (task) => (isQueued(task) ? task.due : null) },
  started: ofRunning("started"),
  stopped: ofEnded("stopped"),
  took: ofEnded("took"),
  wait: ofEnded("wait"),
  worker: ofRunning("worker"),
  cluster: ofRunning("cluster"),
  result: {
    label: "Result",
    kind: "value",
    sort: false,
    value: (task, ctx) =>
      task.state === "success"
        ? resultCell((task as { result: string | null }).result, task.func, ctx)
        : null,
  },
  error: {
    label: "Error",
    kind: "error",
    sort: false,
    value: (task) =>
      !isQueued(task) && task.state === "failure"
        ? errorCell(task.result, task.outcome === "quarantined")
        : null,
  },
  lastError: {
    label: "Error of the last attempt",
    kind: "error",
    sort: false,
    value: (task) => (isQueued(task) ? errorCell(task.error) : null),
  },
} satisfies Record<string, Field<StoredTask>>;

/** An action of the list that the task stands in, offered here while it stands there. */
function actionOf(list: string, admin: AnyModel, name: string): Action<StoredTask>[] {
  return admin.actions
    .filter((action) => action.name === name)
    .map((action) => ({
      ...action,
      name: `${list}-${name}`,
      permission: action.permission.includes(".") ? action.permission : `${list}.${action.permission}`,
      on: ["row"],
      offered: (task: StoredTask) => listOf(task).name === list,
      // Asked again when it is done: the task may have moved on meanwhile.
      when: (task: StoredTask) =>
        listOf(task).name === list ? (action.when?.(task) ?? true) : `It is ${task.state} now.`,
    }));
}

export const taskAdmin: ModelAdmin<StoredTask, keyof typeof fields> = {
  path: "tasks",
  label: { one: "Task", many: "Tasks" },
  source: rowsSource<StoredTask>({
    heads: { own: null, also: ["success", "failure", "running", "queued"] },
    fields: { id: "text", name: "text", func: "text", group: "text", queue: "text" },
    load: async () => [],
    get: async ({ store }, id) => {
      const task = await store.task(id);
      return task?.id === id ? task : null;
    },
    id: ({ id }) => id,
    value: taskValue,
  }),
  fields,
  columns: ["name", "state", "func", "group", "queue"],
  links: ["name"],
  search: [],
  sort: ["id"],
  filters: [],
  actions: [
    ...["resubmit", "delete"].flatMap((name) => actionOf("success", successAdmin, name)),
    ...["resubmit", "resubmit-keep", "delete"].flatMap((name) => actionOf("failure", failureAdmin, name)),
    ...["cancel", "delete"].flatMap((name) => actionOf("queued", queuedAdmin, name)),
    ...actionOf("running", runningAdmin, "cancel"),
  ],
  detail: [
    {
      name: "summary",
      label: "Summary",
      fields: [
        "id",
        "name",
        "state",
        "func",
        "group",
        "queue",
        "enqueued",
        "due",
        "started",
        "stopped",
        "took",
        "wait",
        "attempts",
        "worker",
        "cluster",
        "priority",
        "tags",
        "hook",
        "input",
        "result",
        "error",
        "lastError",
        "progress",
      ],
    },
    attemptsSection,
    logSection,
    timelineSection,
    relatedSection,
    { name: "history", label: "History", fields: [], as: "history" },
    { name: "raw", label: "Raw", fields: [], as: "raw" },
  ],
  head: ["state", "func", "group", "queue", "attempts"],
  again: queueAgain,
  gone: goneTask,
  standsIn: (task) => listOf(task).name,
  within: {
    success: { field: "state", is: "in", values: ["success"] },
    failure: { field: "state", is: "in", values: ["failure"] },
    running: { field: "state", is: "in", values: ["leased"] },
    queued: { field: "state", is: "in", values: ["waiting", "ready", "leased"] },
  },
  title: ({ name }) => name,
  version: (task) => (hasEnded(task.state) ? "ended" : `${task.attempt}`),
  raw: rawTask,
  unreadable: unreadableTask,
  empty: () => ({ title: "There are no tasks." }),
  live: true,
  navigation: null,
};
