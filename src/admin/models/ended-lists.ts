// What the two lists of ended tasks share: the oldest and newest of them, and the filter by schedule.
import type { AdminContext } from "../engine/admin-context.ts";
import type { Filter } from "../engine/model-admin.ts";

/** The moment of the oldest or newest task of that state, in the application's zone; null: there is none. */
export async function oldestKept(
  state: "success" | "failure",
  { store, timeZone, now }: AdminContext,
  newest = false,
): Promise<string | null> {
  const { rows } = await store.browse("ended", {
    where: [{ field: "state", is: "in", values: [state] }],
    order: { by: "stopped", descending: newest },
    limit: 1,
    step: 1,
  });
  const [row] = rows;
  return row === undefined ? null : clockTime(row.stopped, now, timeZone);
}

const dayMs = 86_400_000;

function clockTime(at: number, now: number, timeZone: string): string {
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
  const day = now - at < dayMs ? {} : ({ day: "numeric", month: "short", year: "numeric" } as const);
  return new Intl.DateTimeFormat("en-GB", { ...day, ...time }).format(at);
}

export const scheduleFilter: Filter = { field: "schedule", as: "suggest" };
