// Scheduled tasks: what comes when, how often still, and how it went.
import { isQuernError } from "../../core/errors.ts";
import { nameOf } from "../../core/id.ts";
import type { QuernError } from "../../core/errors.ts";
import {
  deleteSchedule,
  pauseSchedule,
  resumeSchedule,
  runScheduleNow,
} from "../../client/schedule/changing.ts";
import { definitionIn } from "../../client/schedule/draft.ts";
import type { By } from "../../client/tasks.ts";
import type { Condition } from "../../store/browse.ts";
import type { ScheduleRow } from "../../store/schedules.ts";
import type { ActionContext, AdminContext } from "../engine/admin-context.ts";
import type { Action, Answers, FormField, ModelAdmin, Outcome, Section } from "../engine/model-admin.ts";
import { listSource } from "../engine/source.ts";
import { type Missed, scheduleTypes, statusOf } from "../../core/schedule/schedule.ts";
import { overdueMs, scheduleFields } from "./schedule-fields.ts";
import { scheduleForm } from "./schedule-form.ts";
import { storedTasks } from "./task-fields.ts";

const dayMs = 86_400_000;
const shownRuns = 100;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const all = (...conditions: Condition[]): Condition => ({ is: "all", conditions });
const not = (condition: Condition): Condition => ({ is: "not", condition });
const paused: Condition = { field: "repeats", is: "in", values: [0] };
const finished: Condition = { field: "nextRun", is: "null" };
const failing: Condition = not({ field: "error", is: "null" });

const states: Record<string, (now: number) => Condition> = {
  active: () => all(not(paused), not(finished)),
  paused: () => all(paused, not(finished)),
  finished: () => finished,
  overdue: (now) => all(not(paused), { field: "nextRun", is: "between", to: now - overdueMs }),
  failing: () => failing,
  invalid: () => ({ field: "held", is: "in", values: [1] }),
};

function byOf(ctx: AdminContext): By {
  const { who, role, address, reason } = ctx.entry("", "");
  return {
    by: who,
    ...(role === undefined ? {} : { role }),
    ...(address === undefined ? {} : { address }),
    ...(reason === undefined ? {} : { reason }),
  };
}

const change = (
  more: Pick<Action<ScheduleRow>, "name" | "label" | "permission"> & Partial<Action<ScheduleRow>>,
  nothing: string,
  work: (row: ScheduleRow, ctx: ActionContext, answers: Answers) => Promise<boolean | Outcome>,
): Action<ScheduleRow> => ({
  on: ["row", "rows", "matching"],
  confirm: "never",
  async run(row, answers, ctx) {
    try {
      const done = await work(row, ctx, answers);
      if (typeof done !== "boolean") return done;
      return done ? { done: true } : { skipped: nothing };
    } catch (error) {
      if (!isQuernError(error)) throw error;
      return { failed: sentenceOf(error) };
    }
  },
  ...more,
});

function sentenceOf({ message }: QuernError): string {
  return message.replace(/^\w+: /, "");
}

const own = "own";
const missedOf = (row: ScheduleRow): Missed => definitionIn(row)?.missed ?? "none";

const askMissed: FormField = {
  name: "missed",
  label: "What passed meanwhile",
  as: "choice",
  required: true,
  initial: own,
  help: "Which of the times that passed while it was paused are made up for now. Its count goes down with each.",
  options: [
    { value: own, label: "As its own “Missed” says" },
    { value: "one", label: "The newest" },
    { value: "all", label: "All (the newest 1,000)" },
    { value: "none", label: "None: it goes on with its next time" },
  ],
};

const runs: Section<ScheduleRow> = {
  name: "runs",
  label: "Runs",
  fields: [],
  table: {
    columns: [
      { name: "slot", label: "Slot", kind: "moment" },
      { name: "kind", label: "Kind", kind: "text" },
      { name: "queued", label: "Queued", kind: "moment" },
      { name: "started", label: "Started", kind: "moment" },
      { name: "stopped", label: "Stopped", kind: "moment" },
      { name: "outcome", label: "Outcome", kind: "outcome" },
      { name: "task", label: "Task", kind: "link" },
    ],
    empty: "It has not run yet.",
    async rows({ id }, ctx) {
      const found = await ctx.store.scheduleRuns(id, shownRuns);
      return Promise.all(
        found.map(async ({ slot, kind, enqueued, started, stopped, outcome, task }) => ({
          id: `${kind} ${slot}`,
          cells: {
            slot,
            kind: kind === "manual" ? "run now" : "planned",
            queued: enqueued,
            started,
            stopped,
            outcome:
              outcome === null
                ? null
                : { value: outcome, tone: outcome === "success" ? ("good" as const) : ("bad" as const) },
            task:
              (await storedTasks(task, ctx)) === undefined
                ? { value: null, text: "not stored", tone: "quiet" }
                : { value: task, text: nameOf(task), to: `tasks/${task}` },
          },
        })),
      );
    },
  },
};

export const scheduleAdmin: ModelAdmin<ScheduleRow, keyof typeof scheduleFields> = {
  path: "scheduled",
  label: { one: "Scheduled task", many: "Scheduled tasks" },
  source: listSource("schedules", null),
  fields: scheduleFields,
  columns: ["id", "name", "func", "type", "repeats", "queue", "nextRun", "lastRun", "success"],
  links: ["id", "name"],
  search: ["name", "func"],
  terms: {
    id: { field: "id", as: "exact" },
    name: { field: "name", as: "contains" },
    func: { field: "func", as: "exact" },
    queue: { field: "queue", as: "exact" },
    next: { field: "nextRun", as: "moment" },
    note: { field: "note", as: "contains" },
    type: { field: "type", as: "exact" },
    error: { field: "error", as: "contains" },
    repeats: { field: "repeats", as: "number" },
  },
  sort: ["nextRun"],
  filters: [
    {
      field: "next",
      as: "custom",
      label: "Next run",
      options: [
        { value: "overdue", label: "Overdue" },
        { value: "24h", label: "Next 24 hours" },
        { value: "7d", label: "Next 7 days" },
        { value: "none", label: "None" },
      ],
      where(value, { now }) {
        if (value === "none") return finished;
        if (value === "overdue") return states["overdue"]?.(now);
        return all(not(paused), {
          field: "nextRun",
          is: "between",
          from: now,
          to: now + (value === "24h" ? 1 : 7) * dayMs,
        });
      },
    },
    {
      field: "state",
      as: "custom",
      label: "State",
      options: Object.keys(states).map((value) => ({
        value,
        label: capital(value),
      })),
      where: (value, { now }) => states[value]?.(now),
    },
    {
      field: "type",
      as: "choices",
      options: scheduleTypes.map((value) => ({ value, label: capital(value) })),
    },
    { field: "queue", as: "suggest" },
    { field: "func", as: "suggest" },
  ],
  actions: [
    change(
      { name: "run", label: "Run now", permission: "schedule.run", key: "!", primary: true },
      "",
      async (row, ctx) => {
        const { id } = await runScheduleNow(ctx.client, row.id, byOf(ctx));
        return { done: true, to: `tasks/${id}` };
      },
    ),
    change(
      {
        name: "pause",
        label: "Pause",
        permission: "schedule.pause",
        key: "p",
        when: (row) => (statusOf(row) === "active" ? true : `It is ${statusOf(row)}.`),
      },
      "It is not active any more.",
      (row, ctx) => pauseSchedule(ctx.client, row.id, byOf(ctx)),
    ),
    change(
      {
        name: "resume",
        label: "Resume",
        permission: "schedule.pause",
        key: "p",
        when: (row) => (statusOf(row) === "paused" ? true : `It is ${statusOf(row)}.`),
        ask: [askMissed],
        begins: (rows) => {
          const said = new Set(rows.map(missedOf));
          return { missed: said.size === 1 ? ([...said][0] ?? own) : own };
        },
      },
      "It is not paused any more.",
      (row, ctx, { missed }) =>
        resumeSchedule(ctx.client, row.id, {
          ...byOf(ctx),
          missed: (missed === own ? missedOf(row) : missed) as Missed,
        }),
    ),
    change(
      {
        name: "delete",
        label: "Delete",
        permission: "schedule.delete",
        danger: true,
        confirm: "always",
        key: "d",
        consequences: async (rows) => [
          "Their runs go with them; tasks that they queued stay.",
          ...(rows.some(({ declared }) => declared !== null)
            ? ["What is declared in code comes back when its application starts."]
            : []),
        ],
      },
      "It is gone already.",
      (row, ctx) => deleteSchedule(ctx.client, row.id, byOf(ctx)),
    ),
  ],
  detail: [
    { name: "form", label: "Edit", fields: [], as: "form" },
    {
      name: "summary",
      label: "Summary",
      fields: [
        "id",
        "name",
        "func",
        "type",
        "repeats",
        "state",
        "queue",
        "nextRun",
        "lastRun",
        "success",
        "recentRuns",
        "cron",
        "timeZone",
        "firstRun",
        "end",
        "missed",
        "hook",
        "input",
        "note",
        "error",
        "declared",
        "created",
        "changed",
      ],
    },
    runs,
    { name: "history", label: "History", fields: [], as: "history" },
    { name: "raw", label: "Raw", fields: [], as: "raw" },
  ],
  head: ["state", "type", "nextRun", "repeats"],
  form: scheduleForm,
  again: { model: "schedule", label: "Duplicate", values: (row, ctx) => scheduleForm.values(row, ctx) },
  title: ({ name, id }) => name ?? id,
  // Firing raises no version, or nobody could edit what fires each minute: whoever saves names only what he changes.
  version: ({ version }) => String(version),
  raw: async (row, { redaction }) => {
    const definition = definitionIn(row);
    if (definition === null) return row;
    const input: unknown = JSON.parse(redaction.value(definition.input, row.func));
    return { ...row, definition: { ...definition, input } };
  },
  banner: async ({ client }) =>
    client.options.saveLimit === -1
      ? "Successful tasks are not stored: last run and success show failures only."
      : undefined,
  empty: ({ client }) => ({
    title: "No schedules yet.",
    hint: "Make one here, or in your code:",
    code: `await quern.schedule("nightly", ${client.registry.names()[0] ?? "report"}, input, { cron: "0 22 * * 1-5" });`,
  }),
  live: true,
  navigation: { group: "tasks", count: true, bad: false, key: "d", icon: "schedule" },
};
