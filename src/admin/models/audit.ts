// The audit log: who did what to what, from where, and what came of it. Nobody can change it here.
import type { AuditRow } from "../../store/audit.ts";
import type { Field, ModelAdmin } from "../engine/model-admin.ts";
import { changesOf } from "../engine/history.ts";
import { listSource } from "../engine/source.ts";
import { auditedObject } from "./audited-object.ts";

const fields = {
  time: { label: "Time", kind: "moment", sort: "id", value: ({ at }) => at },
  who: { label: "Who", kind: "text" },
  role: { label: "Role", kind: "text" },
  address: { label: "Address", kind: "code" },
  permission: { label: "Permission", kind: "code", sort: "action", value: ({ action }) => action },
  object: {
    label: "Object",
    kind: "link",
    async value(row, ctx) {
      const { text, to } = await auditedObject(row, ctx);
      return {
        value: row.object,
        text,
        ...(to === null ? {} : { to }),
        ...(text === row.object ? {} : { title: row.object }),
      };
    },
  },
  outcome: {
    label: "Outcome",
    kind: "state",
    value: ({ outcome = "done" }) => ({ value: outcome, tone: outcome === "done" ? "good" : "bad" }),
  },
  change: {
    label: "Change",
    kind: "text",
    sort: false,
    value: (row, ctx) =>
      changesOf(row, ctx)
        .map(
          ({ field, before, after }) =>
            `${field === "" ? "" : `${field}: `}${before === null ? "" : `${before} → `}${after ?? "–"}`,
        )
        .join("; ") || null,
  },
  reason: { label: "Reason", kind: "text", sort: false },
} satisfies Record<string, Field<AuditRow>>;

export const auditAdmin: ModelAdmin<AuditRow, keyof typeof fields> = {
  path: "audit",
  label: { one: "Audit entry", many: "Audit" },
  source: listSource("audit", "at"),
  fields,
  columns: ["time", "who", "address", "permission", "object", "outcome", "change"],
  links: ["time"],
  search: ["who", "object"],
  terms: {
    who: { field: "who", as: "exact" },
    object: { field: "object", as: "exact" },
    permission: { field: "action", as: "exact" },
    role: { field: "role", as: "exact" },
    outcome: { field: "outcome", as: "exact" },
    at: { field: "at", as: "moment" },
  },
  sort: ["-time"],
  filters: [
    { field: "who", as: "suggest" },
    { field: "action", as: "suggest", label: "Permission" },
    {
      field: "model",
      as: "custom",
      label: "Model",
      options: [
        "success",
        "failure",
        "queued",
        "running",
        "schedule",
        "cluster",
        "queue",
        "task",
        "session",
        "operation",
      ].map((value) => ({
        value,
        label: value,
      })),
      where: (value) => ({ field: "action", is: "contains", text: `${value}.` }),
    },
    {
      field: "outcome",
      as: "choices",
      options: [
        { value: "done", label: "Done" },
        { value: "refused", label: "Refused" },
        { value: "failed", label: "Failed" },
      ],
    },
    { field: "at", as: "moment", label: "Time" },
  ],
  actions: [],
  detail: [
    {
      name: "summary",
      label: "Summary",
      fields: ["time", "who", "role", "address", "permission", "object", "outcome", "reason"],
    },
    {
      name: "changes",
      label: "Before and after",
      fields: [],
      table: {
        columns: [
          { name: "field", label: "Field", kind: "text" },
          { name: "before", label: "Before", kind: "text" },
          { name: "after", label: "After", kind: "text" },
        ],
        empty: "It says nothing more.",
        rows: async (row, ctx) =>
          changesOf(row, ctx).map(({ field, before, after }, index) => ({
            id: String(index),
            cells: { field, before, after },
          })),
      },
    },
  ],
  head: ["outcome", "who", "time"],
  title: ({ action, object }) => `${action} ${object}`,
  empty: () => ({ title: "Nothing has been changed yet." }),
  live: true,
  navigation: { group: "system", count: false, bad: false, key: "h", icon: "audit" },
};
