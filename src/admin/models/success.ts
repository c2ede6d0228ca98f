// Successful tasks: the newest first, with what they returned.
import type { EndedTask } from "../../core/task.ts";
import type { ModelAdmin } from "../engine/model-admin.ts";
import { listSource } from "../engine/source.ts";
import { momentPresets } from "../engine/moments.ts";
import { attemptsSection, logSection, relatedSection, timelineSection } from "./attempt-tables.ts";
import { oldestKept, scheduleFilter } from "./ended-lists.ts";
import { deleteAction, resubmitAction } from "./task-actions.ts";
import { endedFields, endedTerms, rawTask, resultField } from "./task-fields.ts";

const fields = { ...endedFields, result: resultField };

const notStored = "Successful tasks are not stored.";

export const successAdmin: ModelAdmin<EndedTask, keyof typeof fields> = {
  path: "successful",
  label: { one: "Successful task", many: "Successful tasks" },
  source: listSource("ended", "stopped", [{ field: "state", is: "in", values: ["success"] }]),
  fields,
  columns: ["name", "group", "func", "queue", "started", "stopped", "took"],
  links: ["name"],
  search: ["name", "func", "group"],
  terms: endedTerms,
  sort: ["-stopped"],
  filters: [
    { field: "group", as: "suggest" },
    { field: "queue", as: "suggest" },
    { field: "func", as: "suggest" },
    { field: "started", as: "moment", presets: momentPresets },
    { field: "stopped", as: "moment" },
    scheduleFilter,
  ],
  actions: [
    resubmitAction(
      { name: "resubmit", label: "Resubmit", key: "r", primary: true },
      "success.resubmit",
      false,
    ),
    deleteAction("success.delete"),
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
        "outcome",
        "enqueued",
        "started",
        "stopped",
        "took",
        "wait",
        "attempts",
        "priority",
        "tags",
        "hook",
        "input",
        "result",
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
  title: ({ name }) => name,
  version: ({ stopped }) => String(stopped),
  raw: rawTask,
  to: ({ id }) => `tasks/${id}`,
  async banner(ctx) {
    const { saveLimit, saveLimitPer } = ctx.client.options;
    if (saveLimit === -1) return notStored;
    if (saveLimit === 0) return undefined;
    const oldest = await oldestKept("success", ctx);
    const kept = `Keeps the newest ${saveLimit.toLocaleString("en")}${saveLimitPer === undefined ? "" : ` of each ${saveLimitPer}`} (saveLimit)`;
    return oldest === null ? `${kept}.` : `${kept}; the oldest is of ${oldest}.`;
  },
  empty: (ctx) =>
    ctx.client.options.saveLimit === -1
      ? { title: notStored, hint: "saveLimit is -1: only failures are kept." }
      : { title: "Nothing has succeeded yet.", hint: "Tasks that end well stand here." },
  live: true,
  navigation: { group: "tasks", count: true, bad: false, key: "s", icon: "success" },
};
