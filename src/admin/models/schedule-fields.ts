// What a schedule shows: its times in words, what its repeats mean, when it comes next, and how its last run went.
import { type Definition, readDeclared } from "../../core/schedule/definition.ts";
import { describe } from "../../core/schedule/describe.ts";
import { overdueAfterMs, statusOf } from "../../core/schedule/schedule.ts";
import { formatDuration } from "../../core/duration.ts";
import { definitionIn } from "../../client/schedule/draft.ts";
import type { ScheduleRow, ScheduleRun } from "../../store/schedules.ts";
import type { RichCell } from "../contract.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Field } from "../engine/model-admin.ts";
import { together } from "../engine/together.ts";
import { storedTasks } from "./task-fields.ts";

const address = ({ id }: ScheduleRow): string => `scheduled/${encodeURIComponent(id)}`;

export const overdueMs = overdueAfterMs;

/** Two cells of each row ask for it; what a page asks for in one turn is read together. */
const lastRuns = together<ScheduleRun>(async (ids, { store }) =>
  (await store.lastRuns(ids)).map((run) => [run.schedule, run]),
);

/** "23 left", "-42 forever", "0 paused (7 kept)", "0 finished". */
function repeatsText(row: ScheduleRow): string {
  const { repeats, pausedRepeats } = row;
  const status = statusOf(row);
  if (status === "paused") return `0 paused (${pausedRepeats ?? -1} kept)`;
  if (status === "finished") return `${repeats} finished`;
  return repeats < 0 ? `${repeats} forever` : `${repeats} left`;
}

function nextRunCell(row: ScheduleRow, { now }: AdminContext): RichCell | null {
  if (statusOf(row) !== "active" || row.nextRun === null) return null;
  const late = now - row.nextRun;
  if (late < overdueMs) return { value: row.nextRun };
  return { value: row.nextRun, tone: "bad", note: `overdue by ${formatDuration(late)}` };
}

async function lastRunCell(row: ScheduleRow, ctx: AdminContext): Promise<RichCell | null> {
  const run = await lastRuns(row.id, ctx);
  const task = run && (await storedTasks(run.task, ctx));
  return task === undefined ? null : { value: task.name, text: `[${task.name}]`, to: `tasks/${task.id}` };
}

async function successCell(row: ScheduleRow, ctx: AdminContext): Promise<RichCell | null> {
  const run = await lastRuns(row.id, ctx);
  if (run === undefined || (await storedTasks(run.task, ctx)) === undefined) return null;
  if (run.outcome === null) return { value: null, text: "not ended", tone: "quiet" };
  return run.outcome === "success"
    ? { value: run.outcome, text: "succeeded", tone: "good" }
    : { value: run.outcome, tone: "bad" };
}

const mostRecent = 5;

const recentRuns = together<ScheduleRun[]>(async (ids, { store }) => {
  const runs = await store.lastRuns(ids, mostRecent);
  return ids.map((id) => [id, runs.filter(({ schedule }) => schedule === id)]);
});

async function recentRunsCell({ id }: ScheduleRow, ctx: AdminContext): Promise<RichCell | null> {
  const runs = [...((await recentRuns(id, ctx)) ?? [])].reverse();
  if (runs.length === 0) return null;
  const stored = await Promise.all(runs.map(({ task }) => storedTasks(task, ctx)));
  const marks = runs.map(({ slot, outcome }, index): NonNullable<RichCell["marks"]>[number] => {
    const task = stored[index];
    return {
      at: slot,
      text: outcome === null ? "not ended" : outcome === "success" ? "succeeded" : outcome,
      tone: outcome === null || outcome === "deduplicated" ? "quiet" : outcome === "success" ? "good" : "bad",
      ...(task === undefined ? {} : { to: `tasks/${task.id}` }),
    };
  });
  const good = runs.filter(({ outcome }) => outcome === "success").length;
  return { value: `${good} of ${runs.length} succeeded`, marks };
}

function words(row: ScheduleRow): RichCell | string {
  const definition = definitionIn(row);
  if (definition === null) return { value: null, text: "can't be read", tone: "bad" };
  try {
    return describe(definition);
  } catch (error) {
    return {
      value: definition.type,
      tone: "bad",
      title: error instanceof Error ? error.message : String(error),
    };
  }
}

const ofDefinition =
  (pick: (definition: Definition) => RichCell | string | number | null) => (row: ScheduleRow) => {
    const definition = definitionIn(row);
    return definition === null ? null : pick(definition);
  };

const momentOf = (moment: Date | number | null | undefined): number | null =>
  moment == null ? null : Number(moment);

export const scheduleFields = {
  id: { label: "Id", kind: "code", value: (row) => ({ value: row.id, to: address(row) }) },
  name: {
    label: "Name",
    kind: "link",
    value: (row) => ({ value: row.name, text: row.name ?? "–", to: address(row) }),
  },
  func: {
    label: "Func",
    kind: "code",
    value: ({ func }, { client }) =>
      client.registry.find(func) === undefined
        ? { value: func, tone: "warn", note: "not registered here" }
        : func,
  },
  type: { label: "Type", kind: "text", value: (row) => words(row) },
  repeats: {
    label: "Repeats",
    kind: "number",
    help: "n runs n times, then stops. Below 0 it runs forever and keeps counting down. 0 is paused or finished.",
    value: (row) => ({ value: row.repeats, text: repeatsText(row) }),
  },
  queue: { label: "Queue", kind: "text" },
  nextRun: { label: "Next run", kind: "moment", value: (row, ctx) => nextRunCell(row, ctx) },
  lastRun: { label: "Last run", kind: "link", sort: false, value: (row, ctx) => lastRunCell(row, ctx) },
  success: { label: "Success", kind: "outcome", sort: false, value: (row, ctx) => successCell(row, ctx) },
  recentRuns: {
    label: "Recent runs",
    kind: "outcome",
    sort: false,
    help: "How its newest five runs went, the last one at the end.",
    value: (row, ctx) => recentRunsCell(row, ctx),
  },
  state: {
    label: "State",
    kind: "state",
    sort: false,
    value: (row) => {
      const status = statusOf(row);
      return row.error === null
        ? { value: status, tone: status === "active" ? "good" : "quiet" }
        : { value: row.held ? "invalid" : "failing", tone: "bad", title: row.error };
    },
  },
  cron: { label: "Cron", kind: "code", sort: false, value: ofDefinition(({ cron }) => cron ?? null) },
  timeZone: {
    label: "Time zone",
    kind: "text",
    sort: false,
    value: ofDefinition(({ timeZone }) => timeZone),
  },
  missed: { label: "Missed", kind: "text", sort: false, value: ofDefinition(({ missed }) => missed) },
  firstRun: {
    label: "First run",
    kind: "moment",
    sort: false,
    value: ofDefinition(({ firstRun }) => momentOf(firstRun)),
  },
  end: { label: "Last moment", kind: "moment", sort: false, value: ofDefinition(({ end }) => momentOf(end)) },
  hook: {
    label: "Hook",
    kind: "code",
    sort: false,
    value: ofDefinition(({ options }) => (typeof options.hook === "string" ? options.hook : null)),
  },
  input: {
    label: "Input",
    kind: "value",
    sort: false,
    value: (row, ctx) => {
      const definition = definitionIn(row);
      return definition === null ? null : ctx.redaction.value(definition.input, row.func);
    },
  },
  note: { label: "Note", kind: "text" },
  error: { label: "Error", kind: "text", sort: false, help: "Why it can't run." },
  declared: {
    label: "Declared",
    kind: "text",
    sort: false,
    help: "Whether it stands in the application's code; then it comes back at the next start.",
    value: ({ declared }) => readDeclared(declared)?.by ?? null,
  },
  created: { label: "Made", kind: "moment" },
  changed: { label: "Changed", kind: "moment" },
} satisfies Record<string, Field<ScheduleRow>>;
