// Clusters, as their heartbeats tell it: state, workers, and what they have in hand; and what they are told to do.
import { formatDuration } from "../../core/duration.ts";
import { Clusters, type ClusterInfo } from "../../client/clusters.ts";
import type { ClusterOrder } from "../../store/store.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Action, Field, ModelAdmin } from "../engine/model-admin.ts";
import { rowsSource } from "../engine/source.ts";
import { serviceRows, startsAndDeaths } from "./cluster-services.ts";
import { clusterStates, clusterValue, tasksInHand } from "./clusters-by-id.ts";
import { errorCell, seesAllTasks } from "./task-fields.ts";

/** Clocks that are further apart than this are worth a warning. */
export const clockOffMostMs = 2_000;

const ended: readonly string[] = ["stopped", "lost"] satisfies ClusterInfo["state"][];

/** An order that it has not followed yet. */
function told(state: ClusterInfo["state"], order: ClusterInfo["order"]): string | null {
  if (ended.includes(state)) return null;
  if (order === "stop") return state === "stopping" ? null : "told to stop";
  if (order === "pause") return state === "paused" || state === "stopping" ? null : "told to pause";
  return state === "paused" ? "told to go on" : null;
}

const order = (
  more: Pick<Action<ClusterInfo>, "name" | "label" | "confirm"> & Partial<Action<ClusterInfo>>,
  wanted: ClusterOrder | null,
  deed: string,
): Action<ClusterInfo> => ({
  permission: "operate",
  on: ["row", "rows", "matching"],
  when: ({ state, order }) => {
    if (ended.includes(state)) return `It is ${state}.`;
    if (order === "stop") return "It was told to stop.";
    if (order === wanted) return order === null ? "It is not paused." : "It is paused already.";
    return true;
  },
  run: async ({ id }, _, { store, entry }) =>
    (await store.orderCluster(id, wanted, entry(`cluster.${deed}`, id)))
      ? { done: true }
      : { skipped: "It has stopped, or was told so before." },
  ...more,
});

/** To whom some tasks are not there it is not told which ones it has in hand, or had. */
async function seenOf(cluster: ClusterInfo, ctx: AdminContext): Promise<ClusterInfo> {
  if (await seesAllTasks(ctx)) return cluster;
  const workers = cluster.workers.map((worker) => ({ ...worker, running: [] }));
  const silent = <T>(one: T): T & { running: string[] } => ({ ...one, running: [] });
  return {
    ...cluster,
    workers,
    uncaught: cluster.uncaught.map(silent),
    deaths: cluster.deaths.map(silent),
  };
}

const fields = {
  name: { label: "Name", kind: "text" },
  id: { label: "Id", kind: "code" },
  host: { label: "Host", kind: "text" },
  pid: { label: "Pid", kind: "text" },
  version: { label: "Version", kind: "text" },
  state: {
    label: "State",
    kind: "state",
    sort: "standing",
    help: "Lost: it did not say that it stopped, and its heartbeat is overdue.",
    value: ({ state, trouble, order }) => {
      const note = trouble ?? told(state, order);
      return {
        value: state,
        tone: state === "lost" ? "bad" : state === "stopped" ? "quiet" : note === null ? "good" : "warn",
        ...(note === null ? {} : { note }),
      };
    },
  },
  queues: {
    label: "Queues",
    kind: "text",
    value: ({ queues }) => ({ value: queues, text: queues === "*" ? "all" : queues.split(",").join(", ") }),
  },
  workers: { label: "Workers", kind: "number", value: ({ workers }) => workers.length },
  running: { label: "Running", kind: "number", value: (cluster) => tasksInHand(cluster) },
  done: { label: "Done", kind: "number", value: ({ succeeded }) => succeeded },
  failed: { label: "Failed", kind: "number" },
  uptime: {
    label: "Uptime",
    kind: "duration",
    sort: "started",
    value: ({ started, heartbeat, state }, { now }) => {
      const end = state === "stopped" || state === "lost" ? heartbeat.getTime() : now;
      return {
        value: end - started.getTime(),
        ...(state === "stopped" || state === "lost" ? {} : { since: started.getTime() }),
      };
    },
  },
  heartbeat: { label: "Heartbeat", kind: "moment", value: ({ heartbeat }) => heartbeat.getTime() },
  started: { label: "Started", kind: "moment", value: ({ started }) => started.getTime() },
  reincarnations: { label: "Workers replaced", kind: "number", help: "Workers that died or were recycled." },
  clock: {
    label: "Clock",
    kind: "duration",
    sort: false,
    help: "How far its clock is away from the database's.",
    value: ({ clockOffMs }) =>
      clockOffMs === null
        ? null
        : { value: Math.abs(clockOffMs), tone: Math.abs(clockOffMs) > clockOffMostMs ? "warn" : "quiet" },
  },
  trouble: { label: "Trouble", kind: "text", sort: false, help: "Why it takes no tasks." },
} satisfies Record<string, Field<ClusterInfo>>;

export const clusterAdmin: ModelAdmin<ClusterInfo, keyof typeof fields> = {
  path: "clusters",
  label: { one: "Cluster", many: "Clusters" },
  source: rowsSource<ClusterInfo>({
    heads: { own: "clusters", also: [] },
    fields: {
      id: "text",
      name: "text",
      host: "text",
      pid: "number",
      version: "text",
      state: "text",
      standing: "number",
      queues: "text",
      workers: "number",
      running: "number",
      done: "number",
      failed: "number",
      started: "number",
      heartbeat: "number",
      reincarnations: "number",
    },
    thenBy: "name",
    load: ({ client }) => new Clusters(client).list(),
    id: ({ id }) => id,
    value: clusterValue,
  }),
  fields,
  columns: [
    "name",
    "host",
    "pid",
    "version",
    "state",
    "queues",
    "workers",
    "running",
    "done",
    "failed",
    "uptime",
    "heartbeat",
  ],
  links: ["name"],
  search: ["name", "host"],
  terms: {
    name: { field: "name", as: "contains" },
    host: { field: "host", as: "contains" },
    state: { field: "state", as: "exact" },
  },
  sort: ["state"],
  filters: [
    {
      field: "state",
      as: "choices",
      options: clusterStates.map((value) => ({
        value,
        label: value.charAt(0).toUpperCase() + value.slice(1),
      })),
    },
    { field: "queues", as: "suggest", label: "Queues" },
  ],
  actions: [
    order(
      {
        name: "pause",
        label: "Pause consuming",
        confirm: "always",
        key: "p",
        consequences: async () => ["It takes no tasks until it is resumed; running ones go on."],
      },
      "pause",
      "pause",
    ),
    order({ name: "resume", label: "Resume consuming", confirm: "never", key: "p" }, null, "resume"),
    order(
      {
        name: "stop",
        label: "Stop gracefully",
        confirm: "always",
        danger: true,
        consequences: async (_, { client }) => [
          `Running tasks may take up to ${formatDuration(client.options.stopGraceMs)} to end; what is left goes back to the queue.`,
          "It can't be taken back. What started it, such as systemd, may start a new one.",
        ],
      },
      "stop",
      "stop",
    ),
  ],
  detail: [
    {
      name: "summary",
      label: "Summary",
      fields: [
        "name",
        "id",
        "host",
        "pid",
        "version",
        "state",
        "trouble",
        "queues",
        "started",
        "uptime",
        "heartbeat",
        "clock",
        "done",
        "failed",
        "reincarnations",
      ],
    },
    {
      name: "workers",
      label: "Workers",
      fields: [],
      table: {
        columns: [
          { name: "pid", label: "Pid", kind: "text" },
          { name: "state", label: "State", kind: "state" },
          { name: "memory", label: "Memory", kind: "number" },
          { name: "running", label: "In hand", kind: "text" },
          { name: "done", label: "Done", kind: "number" },
        ],
        empty: "It has no workers.",
        rows: async (cluster, ctx) =>
          (await seenOf(cluster, ctx)).workers.map(({ pid, state, rss, running, done }) => ({
            id: String(pid),
            cells: {
              pid,
              state,
              memory: rss === null ? null : { value: rss, text: `${Math.round(rss / 2 ** 20)} MB` },
              running: running.length === 0 ? null : running.join(" "),
              done,
            },
          })),
      },
    },
    {
      name: "services",
      label: "Services",
      fields: [],
      table: {
        columns: [
          { name: "service", label: "Service", kind: "text" },
          { name: "now", label: "Now", kind: "text" },
          { name: "done", label: "Since its start", kind: "text" },
          { name: "last", label: "Last", kind: "moment" },
        ],
        empty: "It is of an earlier version, which does not tell it.",
        rows: async (cluster) => serviceRows(cluster),
      },
    },
    {
      name: "comings",
      label: "Starts and crashes",
      fields: [],
      table: {
        columns: [
          { name: "at", label: "When", kind: "moment" },
          { name: "worker", label: "Worker", kind: "text" },
          { name: "what", label: "What", kind: "state" },
          { name: "why", label: "Of what", kind: "text" },
          { name: "running", label: "In hand then", kind: "text" },
        ],
        empty: "No worker has been started yet.",
        rows: async (cluster, ctx) => startsAndDeaths(await seenOf(cluster, ctx)),
      },
    },
    {
      name: "errors",
      label: "Uncaught errors",
      fields: [],
      table: {
        columns: [
          { name: "at", label: "When", kind: "moment" },
          { name: "worker", label: "Worker", kind: "text" },
          { name: "error", label: "Error", kind: "error" },
          { name: "running", label: "Running then", kind: "text" },
        ],
        empty: "No worker had an error that no task could be blamed for.",
        rows: async (cluster, ctx) =>
          (await seenOf(cluster, ctx)).uncaught.map(
            ({ at, workerPid, name, message, stack, running }, index) => ({
              id: String(index),
              cells: {
                at: at.getTime(),
                worker: String(workerPid),
                error: errorCell(JSON.stringify({ $error: { name, message, stack: stack ?? undefined } })),
                running: running.join(", ") || null,
              },
            }),
          ),
      },
    },
    { name: "history", label: "History", fields: [], as: "history" },
    { name: "raw", label: "Raw", fields: [], as: "raw" },
  ],
  head: ["state", "host", "queues"],
  title: ({ name }) => name,
  raw: seenOf,
  empty: () => ({ title: "No cluster is running.", code: "npx quern cluster" }),
  live: true,
  navigation: { group: "system", count: true, bad: false, key: "c", icon: "cluster" },
};
