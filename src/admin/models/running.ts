// Running tasks, from their leases: who has them, for how long already, and how far they are.
import { encodeError } from "../../core/codec.ts";
import { formatDuration } from "../../core/duration.ts";
import type { QueuedTask } from "../../core/task.ts";
import { Aborted } from "../../client/context.ts";
import type { Field, ModelAdmin } from "../engine/model-admin.ts";
import { listSource } from "../engine/source.ts";
import { attemptsSection, logSection, timelineSection } from "./attempt-tables.ts";
import { clusterName, clustersById, workerOf } from "./clusters-by-id.ts";
import { queuedTerms, rawTask, readCall, taskFields, unreadableTask } from "./task-fields.ts";

/** From here on a task is marked as near its timeout. */
const nearTimeout = 0.9;

const fields = {
  ...taskFields,
  cluster: {
    label: "Cluster",
    kind: "text",
    sort: "owner",
    async value({ owner, leasedUntil }, ctx) {
      const name = await clusterName(owner, ctx);
      const late = leasedUntil !== null && leasedUntil < ctx.now;
      return late ? { value: name, note: "heartbeat late", tone: "warn" } : { value: name };
    },
  },
  worker: {
    label: "Worker",
    kind: "text",
    sort: false,
    value: ({ id, owner }, ctx) => workerOf(id, owner, ctx),
  },
  started: { label: "Started", kind: "moment", sort: "leasedAt", value: ({ leasedAt }) => leasedAt },
  elapsed: {
    label: "Elapsed",
    kind: "duration",
    sort: "leasedAt",
    help: "Since it was picked up, and how long it may take.",
    value(task, ctx) {
      const since = task.leasedAt ?? ctx.now;
      const elapsed = ctx.now - since;
      const timeout = readCall(task, ctx).options?.timeoutMs ?? null;
      if (timeout === null) return { value: elapsed, since };
      return {
        value: elapsed,
        since,
        note: `of ${formatDuration(timeout)}`,
        ...(elapsed > timeout * nearTimeout ? { tone: "warn", title: "Near its timeout" } : {}),
      };
    },
  },
  attempt: { label: "Attempt", kind: "number" },
  cancelled: {
    label: "Asked to stop",
    kind: "text",
    sort: false,
    value: ({ cancelled }) => (cancelled ? "asked to stop" : null),
  },
} satisfies Record<string, Field<QueuedTask>>;

export const runningAdmin: ModelAdmin<QueuedTask, keyof typeof fields> = {
  path: "running",
  label: { one: "Running task", many: "Running tasks" },
  source: listSource("queued", "leasedAt", [{ field: "state", is: "in", values: ["leased"] }]),
  fields,
  columns: [
    "name",
    "func",
    "group",
    "queue",
    "cluster",
    "worker",
    "started",
    "elapsed",
    "attempt",
    "progress",
  ],
  links: ["name"],
  search: ["name", "func", "group"],
  terms: { ...queuedTerms, started: { field: "leasedAt", as: "moment" } },
  sort: ["started"],
  filters: [
    { field: "queue", as: "suggest" },
    { field: "func", as: "suggest" },
    {
      field: "owner",
      as: "suggest",
      label: "Cluster",
      suggest: async (prefix, ctx) =>
        [...(await clustersById(ctx)).values()]
          .filter(({ name }) => name.startsWith(prefix))
          .map(({ id }) => id),
    },
  ],
  actions: [
    {
      name: "cancel",
      label: "Cancel",
      danger: true,
      permission: "cancel",
      on: ["row", "rows", "matching"],
      confirm: "always",
      primary: true,
      when: ({ cancelled }) => (cancelled ? "It has been asked to stop." : true),
      consequences: async () => ["Its signal fires; what does not stop is killed after the grace."],
      async run({ id }, _, ctx) {
        const answer = await ctx.store.cancel(
          id,
          encodeError(new Aborted("cancelled")),
          ctx.entry("running.cancel", id),
        );
        return answer === "asked" || answer === "cancelled" ? { done: true } : { skipped: "It has ended." };
      },
    },
  ],
  detail: [
    {
      name: "summary",
      label: "Summary",
      fields: [
        "id",
        "name",
        "func",
        "group",
        "queue",
        "cluster",
        "worker",
        "started",
        "elapsed",
        "attempt",
        "progress",
        "input",
      ],
    },
    attemptsSection,
    logSection,
    timelineSection,
    { name: "history", label: "History", fields: [], as: "history" },
    { name: "raw", label: "Raw", fields: [], as: "raw" },
  ],
  title: ({ name }) => name,
  raw: rawTask,
  unreadable: unreadableTask,
  to: ({ id }) => `tasks/${id}`,
  opens: "tasks",
  async empty(ctx) {
    const all = [...(await clustersById(ctx)).values()];
    const idle = all.filter(({ state }) => state === "idle").map(({ name }) => name);
    return {
      title: "Nothing is running.",
      hint: idle.length === 0 ? "Start a cluster: npx quern cluster." : `Idle: ${idle.join(", ")}.`,
    };
  },
  unavailable: ({ store }) => (store.capabilities.browse ? undefined : "This broker can't be browsed."),
  live: true,
  navigation: { group: "tasks", count: true, bad: false, key: "r", icon: "running" },
};
