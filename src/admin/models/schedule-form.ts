// The form of a schedule: what is typed, to the options of quern.schedules; and what comes of it, told while one types.
import { decode } from "../../core/codec.ts";
import { isQuernError } from "../../core/errors.ts";
import { describe } from "../../core/schedule/describe.ts";
import { runsPerYear } from "../../core/schedule/per-year.ts";
import type { AnyScheduleOptions } from "../../core/schedule/schedule-options.ts";
import { resolveSchedule } from "../../core/schedule/schedule-options.ts";
import { firstSlot, scheduleTypes, statusOf, upcoming } from "../../core/schedule/schedule.ts";
import { createSchedule, type ScheduleChanges, updateSchedule } from "../../client/schedule/changing.ts";
import { definitionIn } from "../../client/schedule/draft.ts";
import type { By } from "../../client/tasks.ts";
import type { ScheduleRow } from "../../store/schedules.ts";
import type { FormValue, PreviewAnswer } from "../contract.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Form, FormField, Saved } from "../engine/model-admin.ts";
import { restoredInput, restoredText, type Values } from "../engine/values.ts";
import { offsetIn } from "../engine/moments.ts";
import { refusedCall } from "./refused-call.ts";
import { suggestFuncs, suggestQueues } from "./suggestions.ts";
import { inputText } from "./task-fields.ts";
import { warnUnserved } from "./unserved.ts";

const repeatsHelp =
  "n runs n times, then stops. -1 runs forever and keeps counting down. 0 pauses. A once schedule with a negative number removes itself after its run; with a positive one it stays.";

const calls: FormField[] = [
  {
    name: "name",
    label: "Name",
    as: "text",
    help: "What people call it, and the group of its tasks. Empty: it is known by its id.",
  },
  {
    name: "func",
    label: "Func",
    as: "suggest",
    required: true,
    help: "The task function it calls. It must be registered.",
    suggest: suggestFuncs,
    check: (value, _, { client }) =>
      client.registry.find(String(value)) === undefined
        ? "No task function of this name is registered here."
        : undefined,
  },
  {
    name: "input",
    label: "Input",
    as: "value",
    inputOf: "func",
    help: "What the task function is given. Its schema checks it.",
  },
  {
    name: "hook",
    label: "Hook",
    as: "suggest",
    suggest: suggestFuncs,
    help: "The task function that is called with each finished task. Empty: none.",
  },
  {
    name: "queue",
    label: "Queue",
    as: "suggest",
    help: "Where its tasks wait. Empty: that of the task function.",
    suggest: suggestQueues,
  },
];

const times: FormField[] = [
  {
    name: "type",
    label: "Type",
    as: "choice",
    required: true,
    initial: "daily",
    help: "How often it comes. From daily on the wall clock of its time zone counts.",
    options: scheduleTypes.map((value) => ({ value, label: value.charAt(0).toUpperCase() + value.slice(1) })),
  },
  {
    name: "minutes",
    label: "Minutes",
    as: "number",
    help: "How many minutes lie between two runs.",
    shownIf: { type: ["minutes"] },
  },
  {
    name: "cron",
    label: "Cron",
    as: "cron",
    help: "Minute, hour, day, month, weekday; seconds, if any, come first.",
    shownIf: { type: ["cron"] },
  },
  {
    name: "timeZone",
    label: "Time zone",
    as: "zone",
    help: "Whose wall clock is meant. Empty: that of the application.",
  },
  { name: "repeats", label: "Repeats", as: "number", initial: -1, help: repeatsHelp },
  {
    name: "nextRun",
    label: "Next run",
    as: "moment",
    help: "When it comes first, and from where the others are counted. Empty: now; of a cron: its next time.",
  },
  {
    name: "missed",
    label: "Missed",
    as: "choice",
    initial: "one",
    help: "Which of the times that passed while nothing ran are made up for.",
    options: [
      { value: "one", label: "The newest" },
      { value: "all", label: "All (the newest 1,000)" },
      { value: "none", label: "None" },
    ],
  },
];

const running: FormField[] = [
  {
    name: "intendedDateKey",
    label: "Intended date key",
    as: "text",
    help: "The key of the input that is given the intended time of each run. Empty: none.",
  },
  {
    name: "timeout",
    label: "Timeout",
    as: "duration",
    help: "How long one attempt may take. Empty: that of the task function.",
  },
  {
    name: "retry",
    label: "Attempts",
    as: "number",
    help: "How often a task of it is tried in all. Empty: as the task function says.",
  },
  {
    name: "priority",
    label: "Priority",
    as: "number",
    help: "Higher runs first. Empty: that of the task function.",
  },
  {
    name: "note",
    label: "Note",
    as: "text",
    help: "What people should know of it, such as who asked for it. Shown beside it, and searched.",
  },
];

/** Somebody else was faster. */
const stale: ReadonlySet<string> = new Set(["QUERN_STALE_SCHEDULE", "QUERN_UNKNOWN_SCHEDULE"]);

export const scheduleForm: Form<ScheduleRow> = {
  add: true,
  preview: true,
  sections: [
    { label: "Call", fields: calls },
    { label: "Times", fields: times },
    { label: "Its tasks", fields: running },
  ],
  values: (row, ctx) => valuesOf(row, ctx),
  async save(row, values, ctx, { check, from }): Promise<Saved> {
    try {
      const unsaid = timeUnsaid(row, values);
      if (unsaid !== undefined) return { fields: { nextRun: unsaid } };
      // What would be refused is refused before anything is written.
      const preview = previewOf(values, ctx, row);
      const warnings = await warningsOf(values, ctx);
      if (check)
        return {
          saved: {
            id: row?.id ?? "",
            to: "scheduled",
            version: String(row?.version ?? 0),
            warnings: [preview.words, ...warnings],
          },
        };
      const by = byOf(ctx);
      const saved =
        row === null
          ? await createSchedule(
              ctx.client,
              String(values["func"]),
              inputIn(values, ctx, (from as ScheduleRow | undefined) ?? null),
              createOptions(restoredTexts(values, from as ScheduleRow | undefined, ctx)),
              by,
            )
          : await updateSchedule(ctx.client, row.id, changesOf(row, values, ctx), {
              ...by,
              version: row.version,
            });
      return {
        saved: { id: saved.id, to: `scheduled/${saved.id}`, version: String(saved.version), warnings },
      };
    } catch (error) {
      if (isQuernError(error) && stale.has(error.code))
        return { conflict: error.message.replace(/^\w+: /, "") };
      return refusedCall(error);
    }
  },
};

function valuesOf(row: ScheduleRow, ctx: AdminContext): Values {
  const definition = definitionIn(row);
  const options = definition?.options ?? {};
  const shown = (text: string | null): string | null => text && ctx.redaction.text(text);
  return {
    name: shown(row.name),
    func: row.func,
    input: definition === null ? null : inputText(definition.input, row.func, ctx),
    hook: typeof options.hook === "string" ? options.hook : null,
    queue: options.queue ?? null,
    type: definition?.type ?? null,
    minutes: definition?.minutes ?? null,
    cron: definition?.cron ?? null,
    timeZone: definition?.timeZone ?? null,
    repeats: row.repeats,
    nextRun: row.nextRun,
    missed: definition?.missed ?? null,
    intendedDateKey: definition?.intendedDateKey ?? null,
    timeout:
      typeof options.timeout === "string" || typeof options.timeout === "number" ? options.timeout : null,
    retry: attemptsOf(options.retry),
    priority: options.priority ?? null,
    note: shown(row.note),
  };
}

function restoredTexts(values: Values, from: ScheduleRow | undefined, ctx: AdminContext): Values {
  const texts = (["name", "note"] as const).map((key) => {
    const value = values[key];
    return [key, restoredText(typeof value === "string" ? value : null, from?.[key], ctx)] as const;
  });
  return { ...values, ...Object.fromEntries(texts) };
}

function attemptsOf(retry: AnyScheduleOptions["retry"]): number | null {
  if (typeof retry === "number") return retry;
  if (retry === false) return 1;
  return retry?.attempts ?? null;
}

const given = (value: FormValue | undefined): boolean =>
  value !== null && value !== undefined && value !== "";

/** The options that a form names. Where it leaves a field empty, `empty` stands. */
function optionsIn<Empty>(values: Values, empty: Empty): Record<string, unknown> {
  const { type } = values;
  const named: Record<string, unknown> = {
    type,
    ...(type === "minutes" ? { minutes: values["minutes"] } : {}),
    ...(type === "cron" ? { cron: values["cron"] } : {}),
  };
  for (const name of [
    "timeZone",
    "repeats",
    "missed",
    "intendedDateKey",
    "hook",
    "queue",
    "timeout",
    "retry",
    "priority",
    "note",
  ]) {
    const value = values[name];
    named[name] = given(value) ? value : empty;
  }
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function createOptions(values: Values): Parameters<typeof createSchedule>[3] {
  const options = {
    ...optionsIn(values, undefined),
    ...(given(values["nextRun"]) ? { firstRun: new Date(Number(values["nextRun"])) } : {}),
    ...(given(values["name"]) ? { name: String(values["name"]) } : {}),
  };
  return options as Parameters<typeof createSchedule>[3];
}

/** Only what differs: a form that was not touched changes nothing, and its times go on as they are. */
function changesOf(row: ScheduleRow, values: Values, ctx: AdminContext): ScheduleChanges {
  const before = valuesOf(row, ctx);
  const wanted: Record<string, unknown> = {
    ...optionsIn(values, null),
    name: given(values["name"]) ? values["name"] : null,
    func: values["func"],
  };
  const changes = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => value !== (before[name] ?? null)),
  );
  if (values["input"] !== before["input"] || values["func"] !== row.func)
    changes["input"] = inputIn(values, ctx, row);
  if (given(values["nextRun"]) && values["nextRun"] !== before["nextRun"])
    changes["firstRun"] = new Date(Number(values["nextRun"]));
  return changes;
}

function inputIn(values: Values, ctx: AdminContext, row: ScheduleRow | null): unknown {
  const text = values["input"];
  if (typeof text !== "string" || text.trim() === "") return undefined;
  const input = row === null ? undefined : definitionIn(row)?.input;
  const whole =
    row === null || input === undefined
      ? text
      : restoredInput(String(values["func"]), text, { func: row.func, input });
  return decode(whole, ctx.client.options);
}

function byOf(ctx: AdminContext): By {
  const { who, role, address, reason } = ctx.entry("", "");
  return {
    by: who,
    ...(role === undefined ? {} : { role }),
    ...(address === undefined ? {} : { address }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export async function warningsOf(values: Values, ctx: AdminContext): Promise<string[]> {
  if (!given(values["func"]) && !given(values["queue"])) return [];
  const queue = given(values["queue"]) ? String(values["queue"]) : null;
  return warnUnserved(queue, String(values["func"]), ctx);
}

/** A once that has run comes again when somebody says when: an empty field is no answer to that. */
export function timeUnsaid(row: ScheduleRow | null, values: Values): string | undefined {
  const again =
    row !== null && statusOf(row) === "finished" && values["type"] === "once" && values["repeats"] !== 0;
  return again && !given(values["nextRun"])
    ? "It has run. Choose a new time, or Now to run it at once."
    : undefined;
}

const previewRuns = 10;
const mostPreviewRuns = 100;

/** From the very functions that the scheduler uses. Throws what they refuse. */
export function previewOf(
  values: Values,
  ctx: AdminContext,
  row: ScheduleRow | null,
  count = previewRuns,
): Omit<PreviewAnswer, "warnings"> {
  const { client, now } = ctx;
  const typed = createOptions(values);
  const { name: _, ...options } = typed;
  const resolved = resolveSchedule(
    options as AnyScheduleOptions,
    client.options,
    "this schedule",
    "the form",
  );
  const kept = row === null ? null : definitionIn(row);
  // An edited schedule whose next run was left alone goes on from where it began.
  const untouched = row !== null && values["nextRun"] === row.nextRun;
  const firstRun = untouched
    ? (kept?.firstRun ?? null)
    : (resolved.firstRun ?? (resolved.type === "cron" ? null : now));
  // An end is no field of the form: the one that it has stays.
  const end = kept?.end ?? null;
  const timesOf = { ...resolved, end, firstRun: firstRun === null ? null : Number(firstRun) };
  const nextRun = firstSlot(timesOf, { now, graceMs: untouched ? 0 : resolved.missedAfterMs });
  const wanted = Math.min(mostPreviewRuns, Math.max(1, count));
  const runs = upcoming({ ...timesOf, nextRun, repeats: resolved.repeats }, { now, count: wanted });
  const { timeZone } = resolved;
  return {
    words: describe(timesOf),
    runs: runs.map((run, index) => ({
      at: run.getTime(),
      shift: shiftBetween(runs[index - 1], run, timeZone),
    })),
    ends: runs.length < wanted,
    perYear: runsPerYear(timesOf, now),
    nextRun: resolved.repeats === 0 ? null : nextRun,
    replaces: row !== null && changesTimes(row, values, ctx) ? row.nextRun : null,
  };
}

/** Whether saving these moves the next run: what else a schedule is may change without that. */
function changesTimes(row: ScheduleRow, values: Values, ctx: AdminContext): boolean {
  const changes = changesOf(row, values, ctx);
  return ["type", "minutes", "cron", "timeZone", "firstRun"].some((name) => name in changes);
}

/** The wall clock jumped between two runs: by how much. */
function shiftBetween(before: Date | undefined, run: Date, timeZone: string): string | null {
  if (before === undefined) return null;
  const minutes = Math.round(
    (offsetIn(run.getTime(), timeZone) - offsetIn(before.getTime(), timeZone)) / 60_000,
  );
  return minutes === 0 ? null : `${minutes > 0 ? "+" : "-"}${Math.abs(minutes)} min`;
}
