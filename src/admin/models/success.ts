// Successful tasks: the newest first, with what they returned.
import type { EndedTask } from "../../core/task.ts";
import type { ModelAdmin } from "../engine/model-admin.ts";
import { listSource } from "../engine/source.ts";
import { momentPresets } from "../engine/moments.ts";
import { endedList, oldestKept, groupFilter, scheduleFilter } from "./ended-lists.ts";
import { deleteAction, resubmitAction } from "./task-actions.ts";
import { endedFields, endedTerms, resultField } from "./task-fields.ts";

const fields = { ...endedFields, result: resultField };

const notStored = "Successful tasks are not stored.";

export const successAdmin: ModelAdmin<EndedTask, keyof typeof fields> = {
  ...endedList,
  path: "successful",
  label: { one: "Successful task", many: "Successful tasks" },
  source: listSource("ended", "stopped", [{ field: "state", is: "in", values: ["success"] }]),
  fields,
  columns: ["name", "group", "func", "queue", "started", "stopped", "took"],
  terms: endedTerms,
  filters: [
    groupFilter,
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
  navigation: { group: "tasks", count: true, bad: false, key: "s", icon: "success" },
};
