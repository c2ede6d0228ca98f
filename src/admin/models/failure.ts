// Failed tasks: what kept them from finishing, and queuing them once more.
import { formatDuration } from "../../core/duration.ts";
import type { EndedTask } from "../../core/task.ts";
import type { ModelAdmin } from "../engine/model-admin.ts";
import { listSource } from "../engine/source.ts";
import { endedList, groupFilter, oldestKept, scheduleFilter } from "./ended-lists.ts";
import { deleteAction, resubmitAction } from "./task-actions.ts";
import { endedFields, endedTerms, errorClassField, errorField } from "./task-fields.ts";

const fields = { ...endedFields, result: errorField, errorClass: errorClassField };

const failureOutcomes = ["failed", "timeout", "crashed", "lost", "cancelled", "quarantined"] as const;

export const failureAdmin: ModelAdmin<EndedTask, keyof typeof fields> = {
  ...endedList,
  path: "failed",
  label: { one: "Failed task", many: "Failed tasks" },
  source: listSource("ended", "stopped", [{ field: "state", is: "in", values: ["failure"] }]),
  fields,
  columns: ["name", "group", "func", "queue", "started", "stopped", "result"],
  terms: { ...endedTerms, error: { field: "errorText", as: "contains", redacted: true } },
  filters: [
    groupFilter,
    { field: "queue", as: "suggest" },
    { field: "func", as: "suggest" },
    { field: "started", as: "moment" },
    { field: "stopped", as: "moment" },
    scheduleFilter,
    { field: "errorClass", as: "suggest", label: "Error class" },
    {
      field: "outcome",
      as: "choices",
      label: "How it ended",
      options: failureOutcomes.map((value) => ({
        value,
        label: value.charAt(0).toUpperCase() + value.slice(1),
      })),
    },
  ],
  actions: [
    resubmitAction(
      { name: "resubmit", label: "Resubmit", key: "r", primary: true },
      "failure.resubmit",
      true,
    ),
    resubmitAction({ name: "resubmit-keep", label: "Resubmit and keep" }, "failure.resubmit", false),
    deleteAction("failure.delete"),
  ],
  banner: async ({ client }) => {
    const { failureRetentionMs } = client.options;
    return failureRetentionMs === null
      ? "Kept until deleted."
      : `Kept for ${formatDuration(failureRetentionMs)} (failureRetention).`;
  },
  async empty(ctx) {
    const last = await oldestKept("success", ctx, true);
    return {
      title: "No failed tasks.",
      ...(last === null ? {} : { hint: `The last success was at ${last}.` }),
    };
  },
  navigation: { group: "tasks", count: true, bad: true, key: "f", icon: "failure" },
};
