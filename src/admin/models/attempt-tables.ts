// The tables on a task's page: its attempts, what it logged, what happened when, and the tasks around it.
import { childId } from "../../core/id.ts";
import type { EndedTask, StoredTask } from "../../core/task.ts";
import type { RichCell } from "../contract.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Section, TableRow } from "../engine/model-admin.ts";
import { errorCell, isQueued, readCall, tasksThere } from "./task-fields.ts";

interface Log {
  lines: [at: number, text: string][];
  leftOut: number;
}

function logOf(text: string | null): Log {
  if (text === null) return { lines: [], leftOut: 0 };
  try {
    return JSON.parse(text) as Log;
  } catch {
    return { lines: [], leftOut: 0 };
  }
}

export const attemptsSection: Section<StoredTask> = {
  name: "attempts",
  label: "Attempts",
  fields: [],
  table: {
    columns: [
      { name: "attempt", label: "Attempt", kind: "number" },
      { name: "outcome", label: "How it ended", kind: "outcome" },
      { name: "worker", label: "Worker", kind: "text" },
      { name: "started", label: "Started", kind: "moment" },
      { name: "stopped", label: "Stopped", kind: "moment" },
      { name: "took", label: "Time taken", kind: "duration" },
      { name: "error", label: "Error", kind: "error" },
    ],
    empty: "No attempt has ended yet.",
    rows: async (task, { store }) =>
      (await store.attempts(task.id)).map(({ attempt, outcome, worker, started, stopped, error }) => ({
        id: String(attempt),
        cells: {
          attempt,
          outcome: { value: outcome, tone: outcome === "success" ? "good" : "bad" },
          worker,
          started,
          stopped,
          took: started === null ? null : stopped - started,
          error: errorCell(error),
        },
      })),
  },
};

export const logSection: Section<StoredTask> = {
  name: "log",
  label: "Log",
  fields: [],
  table: {
    columns: [
      { name: "attempt", label: "Attempt", kind: "number" },
      { name: "log", label: "Lines", kind: "lines" },
    ],
    empty: "It has logged nothing.",
    async rows(task, { store }) {
      const ended = (await store.attempts(task.id)).map(({ attempt, log }) => ({ attempt, log }));
      const running =
        isQueued(task) && task.state === "leased" ? [{ attempt: task.attempt, log: task.log }] : [];
      return [...ended, ...running].flatMap(({ attempt, log }): TableRow[] => {
        const { lines, leftOut } = logOf(log);
        return lines.length === 0
          ? []
          : [{ id: String(attempt), cells: { attempt, log: linesCell(lines, leftOut) } }];
      });
    },
  },
};

function linesCell(lines: Log["lines"], leftOut: number): RichCell {
  return {
    value: lines.length,
    lines: lines.map(([at, text]) => ({ at, level: "info", text })),
    ...(leftOut === 0 ? {} : { note: `and ${leftOut} lines that were not kept` }),
  };
}

export const timelineSection: Section<StoredTask> = {
  name: "timeline",
  label: "Timeline",
  fields: [],
  as: "timeline",
  table: {
    columns: [
      { name: "at", label: "When", kind: "moment" },
      { name: "what", label: "What", kind: "text" },
    ],
    empty: "Nothing has happened yet.",
    async rows(task, ctx) {
      const attempts = await ctx.store.attempts(task.id);
      const events: [at: number, what: string | RichCell][] = [[task.enqueued, "Queued"]];
      for (const { attempt, started, stopped, outcome } of attempts) {
        if (started !== null) events.push([started, `Attempt ${attempt} started`]);
        events.push([
          stopped,
          { value: `Attempt ${attempt} ended: ${outcome}`, tone: outcome === "success" ? "good" : "bad" },
        ]);
      }
      if (isQueued(task)) {
        if (task.leasedAt !== null) events.push([task.leasedAt, `Picked up for attempt ${task.attempt}`]);
        if (task.state === "waiting") events.push([task.due, "Due"]);
      } else
        events.push([
          task.stopped,
          task.state === "success"
            ? { value: "Ended as a success", tone: "good" }
            : { value: `Ended: ${task.outcome}`, tone: "bad" },
        ]);
      if (!isQueued(task)) events.push(...(await hookEvents(task, ctx)));
      return events
        .sort(([a], [b]) => a - b)
        .map(([at, what], index) => ({ id: String(index), cells: { at, what } }));
    },
  },
};

/** The task of its hook, which was queued as it ended. */
async function hookEvents(task: EndedTask, ctx: AdminContext): Promise<[at: number, what: RichCell][]> {
  const func = readCall(task, ctx).options?.hook;
  if (func === undefined) return [];
  const found = await ctx.store.task(childId(task.id, "hook"));
  const [hook] = found === null ? [] : await tasksThere([found], ctx);
  if (hook === undefined)
    return [[task.stopped, { value: `Hook ${func}`, note: "its task is not stored", tone: "quiet" }]];
  const to = `tasks/${hook.id}`;
  const queued: [number, RichCell] = [hook.enqueued, { value: `Hook ${func} queued`, to }];
  if (isQueued(hook)) return [queued];
  const tone = hook.state === "success" ? "good" : "bad";
  return [queued, [hook.stopped, { value: `Hook ${func} ended: ${hook.outcome}`, to, tone }]];
}

const mostRelated = 50;

export const relatedSection: Section<StoredTask> = {
  name: "related",
  label: "Related",
  fields: ["group", "schedule", "slot", "parent"],
  table: {
    columns: [
      { name: "name", label: "Name", kind: "link" },
      { name: "func", label: "Func", kind: "code" },
      { name: "state", label: "State", kind: "state" },
      { name: "relation", label: "Relation", kind: "text" },
    ],
    empty: "No other task belongs to it.",
    async rows(task, ctx) {
      const parent = task.parent === null ? null : await ctx.store.task(task.parent);
      const [before, after] = [parent === null ? [] : [parent], await madeBy(task, ctx)];
      return [
        ...(await tasksThere(before, ctx)).map((one) => relatedRow(one, "made this one")),
        ...(await tasksThere(after, ctx)).map((one) => relatedRow(one, "made by this one")),
      ];
    },
  },
};

/** Found by what follows from a task: nothing indexes parents, so only the newest tasks are looked through. */
async function madeBy({ id }: StoredTask, { store }: AdminContext): Promise<StoredTask[]> {
  const request = {
    where: [{ field: "parent" as const, is: "in" as const, values: [id] }],
    order: { by: "id" as const, descending: true },
    limit: mostRelated,
    step: 2_000,
  };
  const [queued, ended] = await Promise.all([
    store.browse("queued", request),
    store.browse("ended", request),
  ]);
  return [...queued.rows, ...ended.rows];
}

const toneOf = (state: StoredTask["state"]): NonNullable<RichCell["tone"]> =>
  state === "success" ? "good" : state === "failure" ? "bad" : "quiet";

function relatedRow(task: StoredTask, relation: string): TableRow {
  const to = `tasks/${task.id}`;
  return {
    id: task.id,
    to,
    cells: {
      name: { value: task.name, to },
      func: task.func,
      state: { value: task.state, tone: toneOf(task.state) },
      relation,
    },
  };
}
