// What the two lists of ended tasks share: order, search and page, the oldest and newest of them, and the filter by schedule.
import type { EndedTask } from "../../core/task.ts";
import type { Condition } from "../../store/browse.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Filter, ModelAdmin } from "../engine/model-admin.ts";
import { attemptsSection, logSection, relatedSection, timelineSection } from "./attempt-tables.ts";
import { rawTask, unreadableTask } from "./task-fields.ts";

/** Where not all rows are there for a user, so many are looked through for one that is. */
const lookedThrough = 1_000;

/** The moment of the oldest or newest task of that state, in the application's zone; null: there is none. */
export async function oldestKept(
  state: "success" | "failure",
  { store, timeZone, now, scope }: AdminContext,
  newest = false,
): Promise<string | null> {
  const { rows } = await store.browse("ended", {
    where: [...((await scope(state)) as Condition<"id">[]), { field: "state", is: "in", values: [state] }],
    order: { by: "stopped", descending: newest },
    limit: 1,
    step: lookedThrough,
  });
  const [row] = rows;
  return row === undefined ? null : clockTime(row.stopped, now, timeZone);
}

/** When a task last ended, however it did. */
export async function lastLeft({ store, timeZone, now, scope }: AdminContext): Promise<string | null> {
  const newest = await Promise.all(
    (["success", "failure"] as const).map(async (state) =>
      store.browse("ended", {
        where: [
          ...((await scope(state)) as Condition<"id">[]),
          { field: "state", is: "in", values: [state] },
        ],
        order: { by: "stopped", descending: true },
        limit: 1,
        step: lookedThrough,
      }),
    ),
  );
  const moments = newest.flatMap(({ rows }) => rows.map(({ stopped }) => stopped));
  return moments.length === 0 ? null : clockTime(Math.max(...moments), now, timeZone);
}

const dayMs = 86_400_000;

function clockTime(at: number, now: number, timeZone: string): string {
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
  const day = now - at < dayMs ? {} : ({ day: "numeric", month: "short", year: "numeric" } as const);
  return new Intl.DateTimeFormat("en-GB", { ...day, ...time }).format(at);
}

export const groupFilter: Filter = { field: "group", as: "suggest", schedules: true };
export const scheduleFilter: Filter = { field: "schedule", as: "suggest" };

/** What a list of ended tasks is, whichever end it shows. */
export const endedList = {
  links: ["name" as const],
  search: ["name" as const, "func" as const, "group" as const],
  sort: ["-stopped" as const],
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
  unreadable: unreadableTask,
  to: ({ id }) => `tasks/${id}`,
  opens: "tasks",
  live: true,
} satisfies Partial<ModelAdmin<EndedTask>>;
