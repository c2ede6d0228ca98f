// Clusters, as their heartbeats tell it: state, workers, and what they have in hand.
import { Clusters, type ClusterInfo } from "../../client/clusters.ts";
import type { Scalar } from "../../store/browse.ts";
import type { Field, ModelAdmin } from "../engine/model-admin.ts";
import { rowsSource } from "../engine/source.ts";

const running = ({ workers }: ClusterInfo): number =>
  workers.reduce((sum, one) => sum + one.running.length, 0);

const fields = {
  name: { label: "Name", kind: "text" },
  id: { label: "Id", kind: "code" },
  host: { label: "Host", kind: "text" },
  pid: { label: "Pid", kind: "text" },
  version: { label: "Version", kind: "text" },
  state: {
    label: "State",
    kind: "state",
    help: "Lost: it did not say that it stopped, and its heartbeat is overdue.",
    value: ({ state, trouble }) => ({
      value: state,
      tone: state === "lost" ? "bad" : state === "stopped" ? "quiet" : trouble === null ? "good" : "warn",
      ...(trouble === null ? {} : { note: trouble }),
    }),
  },
  queues: {
    label: "Queues",
    kind: "text",
    value: ({ queues }) => (queues === "*" ? { value: queues, text: "all" } : queues),
  },
  workers: { label: "Workers", kind: "number", value: ({ workers }) => workers.length },
  running: { label: "Running", kind: "number", value: (cluster) => running(cluster) },
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
  trouble: { label: "Trouble", kind: "text", sort: false, help: "Why it takes no tasks." },
} satisfies Record<string, Field<ClusterInfo>>;

function valueOf(cluster: ClusterInfo, field: string): Scalar {
  switch (field) {
    case "workers":
      return cluster.workers.length;
    case "running":
      return running(cluster);
    case "done":
      return cluster.succeeded;
    case "started":
    case "heartbeat":
      return cluster[field].getTime();
    default:
      return (cluster as unknown as Record<string, Scalar>)[field] ?? null;
  }
}

export const clusterAdmin: ModelAdmin<ClusterInfo, keyof typeof fields> = {
  path: "clusters",
  label: { one: "Cluster", many: "Clusters" },
  source: rowsSource<ClusterInfo>({
    fields: {
      id: "text",
      name: "text",
      host: "text",
      pid: "number",
      version: "text",
      state: "text",
      queues: "text",
      workers: "number",
      running: "number",
      done: "number",
      failed: "number",
      started: "number",
      heartbeat: "number",
      reincarnations: "number",
    },
    load: ({ client }) => new Clusters(client).list(),
    id: ({ id }) => id,
    value: valueOf,
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
      options: ["starting", "idle", "working", "stopping", "stopped", "lost"].map((value) => ({
        value,
        label: value.charAt(0).toUpperCase() + value.slice(1),
      })),
    },
    { field: "queues", as: "suggest", label: "Queues" },
  ],
  actions: [],
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
        rows: async ({ workers }) =>
          workers.map(({ pid, state, rss, running, done }) => ({
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
    { name: "history", label: "History", fields: [], as: "history" },
    { name: "raw", label: "Raw", fields: [], as: "raw" },
  ],
  title: ({ name }) => name,
  raw: async (cluster) => cluster,
  empty: () => ({ title: "No cluster is running.", code: "npx quern cluster" }),
  live: true,
  navigation: { group: "system", count: true, bad: false, key: "c", icon: "cluster" },
};
