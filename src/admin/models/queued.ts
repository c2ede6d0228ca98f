// Queued tasks: all that waits, is ready or was picked up, in the order in which it is taken.
import { encodeError } from "../../core/codec.ts";
import type { QueuedTask } from "../../core/task.ts";
import { Aborted } from "../../client/context.ts";
import type { Condition } from "../../store/browse.ts";
import type { RichCell } from "../contract.ts";
import type { ActionContext, AdminContext } from "../engine/admin-context.ts";
import type { Action, Field, ModelAdmin, Outcome, Shown } from "../engine/model-admin.ts";
import { listSource } from "../engine/source.ts";
import { together } from "../engine/together.ts";
import { attemptsSection, logSection, timelineSection } from "./attempt-tables.ts";
import { clusterName, clustersById } from "./clusters-by-id.ts";
import { groupFilter, lastLeft } from "./ended-lists.ts";
import { queueAgain, queuedForm, versionOfQueued } from "./queued-form.ts";
import { queueActions } from "./queue-actions.ts";
import { queuedTerms, rawTask, readCall, taskFields, unreadableTask } from "./task-fields.ts";

/** What an unreadable task says of itself nobody has verified: its cells stay empty. */
const unlessUnreadable = (field: keyof typeof taskFields & keyof QueuedTask): Field<QueuedTask> => ({
  ...taskFields[field],
  value: (task, ctx) =>
    readCall(task, ctx).unreadable === undefined ? (task[field] as string | null) : null,
});

const fields = {
  ...taskFields,
  id: { label: "Id", kind: "code" },
  name: unlessUnreadable("name"),
  group: unlessUnreadable("group"),
  func: {
    ...taskFields.func,
    value: (task, ctx) => {
      if (readCall(task, ctx).unreadable !== undefined) return null;
      if (task.unknown === 0) return task.func;
      return { value: task.func, note: "no cluster knows it", tone: "warn", until: task.due };
    },
  },
  lock: {
    label: "Lock",
    kind: "moment",
    sort: false,
    help: "When it was picked up, and when that expires unless its cluster renews it. What has expired is taken again.",
    value: (task, ctx) => lockCell(task, ctx),
  },
  task: {
    label: "Task id",
    kind: "code",
    sort: "id",
    value: (task, ctx) => {
      const call = readCall(task, ctx);
      return call.unreadable === undefined
        ? task.id
        : { value: task.id, text: call.unreadable, title: call.why, tone: "untrusted" };
    },
  },
  state: {
    label: "State",
    kind: "state",
    value: ({ state, due }, { now }) => (state === "waiting" && due <= now ? "ready" : state),
  },
  due: { label: "Due", kind: "moment" },
  attempt: { label: "Attempt", kind: "number" },
  position: {
    label: "Position",
    kind: "number",
    sort: false,
    help: "Its place among the ready tasks of its queue, as they are taken: 1 is next. Not told to whom only a part of the queue is shown.",
    value: (task, ctx) => positionCell(task, ctx),
  },
  size: {
    label: "Size",
    kind: "number",
    sort: false,
    help: "Characters of the sealed call.",
    value: ({ envelope }) => envelope.length,
  },
} satisfies Record<string, Field<QueuedTask>>;

/** So many tasks are read for the positions of a page, shared by its queues; of each queue so many at least. */
const mostPositions = 200;
const leastPositions = 10;

/** The first of those that are ready, in their order; read once for a page. */
const firstReady = together<{ ids: string[]; most: number }>(async (queues, { store }) => {
  const most = Math.max(leastPositions, Math.floor(mostPositions / queues.length));
  return Promise.all(
    queues.map(async (queue) => {
      const { rows } = await store.browse("queued", {
        where: [
          { field: "queue", is: "in", values: [queue] },
          { field: "state", is: "in", values: ["ready"] },
        ],
        order: { by: "claim", descending: false },
        limit: most,
        step: 10 * most,
      });
      return [queue, { ids: rows.map(({ id }) => id), most }] as const;
    }),
  );
});

/** A place says how many stand before it: nobody is told it of a queue of which some tasks may not be there for him. */
async function seesWholeQueues({ scope }: AdminContext): Promise<boolean> {
  return (await scope("queued")).every(isOfQueue);
}

function isOfQueue(condition: Condition): boolean {
  if (condition.is === "not") return isOfQueue(condition.condition);
  if (condition.is === "any" || condition.is === "all") return condition.conditions.every(isOfQueue);
  return condition.field === "queue";
}

async function positionCell({ id, queue, state, due }: QueuedTask, ctx: AdminContext): Promise<Shown> {
  if (state === "leased" || due > ctx.now || !(await seesWholeQueues(ctx))) return null;
  const ready = await firstReady(queue, ctx);
  const place = ready?.ids.indexOf(id) ?? -1;
  return place === -1 ? { value: null, text: `after ${ready?.most}`, tone: "quiet" } : place + 1;
}

async function lockCell(
  { owner, leasedAt, leasedUntil }: QueuedTask,
  ctx: AdminContext,
): Promise<RichCell | null> {
  if (leasedAt === null || leasedUntil === null) return null;
  const lease = { by: (await clusterName(owner, ctx)) ?? "a cluster", until: leasedUntil };
  return leasedUntil > ctx.now ? { value: leasedAt, lease } : { value: leasedAt, lease, tone: "warn" };
}

const unleased = ({ state }: QueuedTask): true | string =>
  state === "leased" ? "It has been picked up." : true;
const gone: Outcome = { skipped: "It is not in the queue any more." };

const cancelAction: Action<QueuedTask> = {
  name: "cancel",
  label: "Cancel",
  danger: true,
  permission: "cancel",
  on: ["row", "rows", "matching"],
  confirm: "always",
  async run({ id }, _, ctx) {
    const answer = await ctx.store.cancel(
      id,
      encodeError(new Aborted("cancelled")),
      ctx.entry("queued.cancel", id),
    );
    return answer === "cancelled" || answer === "asked" ? { done: true } : gone;
  },
};

const deleteAction: Action<QueuedTask> = {
  name: "delete",
  label: "Delete",
  danger: true,
  permission: "delete",
  on: ["row", "rows", "matching"],
  confirm: "typed",
  key: "d",
  when: unleased,
  consequences: async () => ["Only the audit log will remember them."],
  run: async (task, _, ctx) => (await removeTasks([task], ctx))[0] ?? gone,
  runMany: (tasks, _, ctx) => removeTasks(tasks, ctx),
};

async function removeTasks(tasks: readonly QueuedTask[], ctx: ActionContext): Promise<Outcome[]> {
  const removed = new Set(
    await ctx.store.deleteTasks(
      tasks.map(({ id }) => id),
      ctx.entry("queued.delete", ""),
    ),
  );
  return tasks.map(({ id }) => (removed.has(id) ? { done: true } : gone));
}

const releaseAction: Action<QueuedTask> = {
  name: "release",
  label: "Release lock",
  danger: true,
  permission: "release",
  on: ["row", "rows"],
  confirm: "always",
  when: ({ state }) => (state === "leased" ? true : "Nobody has picked it up."),
  consequences: async () => ["If its worker is still at it, it will run twice."],
  async run(task, _, ctx) {
    const { id, queue, attempt, owner, leasedAt, uncounted, crashes, isolate } = task;
    const ending = {
      id,
      queue,
      attempt,
      owner: owner ?? "",
      outcome: "released" as const,
      worker: null,
      started: leasedAt,
      stopped: ctx.now,
      error: null,
      log: null,
      progress: null,
      uncounted: uncounted + 1,
      crashes,
      next: { again: true as const, delayMs: null, unknown: 0, isolate },
      followUps: [],
    };
    const [answer] = await ctx.store.finish([ending], ctx.entry("queued.release", id));
    return answer === "done"
      ? { done: true }
      : { skipped: "It is held by nobody any more, or was asked to be cancelled." };
  },
};

export const queuedAdmin: ModelAdmin<QueuedTask, keyof typeof fields> = {
  path: "queued",
  label: { one: "Queued task", many: "Queued tasks" },
  source: listSource("queued", "enqueued"),
  fields,
  columns: ["id", "queue", "name", "group", "func", "lock", "task"],
  links: ["id", "task"],
  search: ["name", "func", "group"],
  terms: queuedTerms,
  sort: ["claim"],
  filters: [
    { field: "queue", as: "suggest" },
    { field: "func", as: "suggest" },
    groupFilter,
    {
      field: "state",
      as: "choices",
      options: [
        { value: "ready", label: "Ready" },
        { value: "waiting", label: "Due later" },
        { value: "leased", label: "Picked up" },
      ],
    },
  ],
  actions: [cancelAction, deleteAction, releaseAction, ...queueActions],
  detail: [
    { name: "form", label: "Edit", fields: [], as: "form" },
    {
      name: "summary",
      label: "Summary",
      fields: [
        "id",
        "name",
        "func",
        "group",
        "queue",
        "state",
        "enqueued",
        "due",
        "lock",
        "attempt",
        "priority",
        "tags",
        "hook",
        "input",
        "size",
      ],
    },
    attemptsSection,
    logSection,
    timelineSection,
    { name: "history", label: "History", fields: [], as: "history" },
    { name: "raw", label: "Raw", fields: [], as: "raw" },
  ],
  opens: "tasks",
  form: queuedForm,
  again: queueAgain,
  title: ({ name }) => name,
  version: versionOfQueued,
  raw: rawTask,
  unreadable: unreadableTask,
  async empty(ctx) {
    const { client } = ctx;
    const left = await lastLeft(ctx);
    const listening = [...(await clustersById(ctx)).values()].filter(({ state }) => state !== "stopped");
    const names = listening.map(({ name, queues }) => `${name} (${queues === "*" ? "all queues" : queues})`);
    return {
      title: "The queue is empty.",
      hint: [
        ...(left === null ? [] : [`The last one left it at ${left}.`]),
        names.length === 0 ? "No cluster is running: npx quern cluster." : `Listening: ${names.join(", ")}.`,
      ].join(" "),
      ...(client.registry.names().length === 0
        ? {}
        : { code: `await quern.enqueue(${client.registry.names()[0]}, input)` }),
    };
  },
  unavailable: ({ store }) =>
    store.capabilities.browse
      ? undefined
      : "This broker can't be browsed: its queue is shown only as counts.",
  live: true,
  navigation: { group: "tasks", count: true, bad: false, key: "q", icon: "queue" },
};
