// The schedules that should run and do not, for those who look whether all is well.
import { scheduleInfo, type ScheduleInfo } from "../client/schedule/info.ts";
import type { Client } from "../client/client.ts";
import { overdueAfterMs } from "../core/schedule/schedule.ts";
import type { Condition } from "../store/browse.ts";
import type { Store } from "../store/store.ts";

const mostShown = 10;
const countUpTo = 1_000;

export interface ScheduleTrouble {
  /** All there are, counting at most 1,000. */
  schedules: number;
  /** Of those with an error, and those that are overdue. */
  troubled: number;
  /** The first ten of them. */
  shown: ScheduleInfo[];
}

export async function scheduleTrouble(client: Client, store: Store): Promise<ScheduleTrouble> {
  const now = await store.time();
  const where = troubledAt(now);
  const [schedules, troubled, { rows }] = await Promise.all([
    store.countSchedules({}, countUpTo),
    store.countList("schedules", [where], countUpTo),
    store.browse("schedules", {
      where: [where],
      order: { by: "id", descending: false },
      limit: mostShown,
      step: countUpTo,
    }),
  ]);
  return {
    schedules,
    troubled: troubled.count,
    shown: rows.map((row) => scheduleInfo(client, row, undefined, now)),
  };
}

function troubledAt(now: number): Condition<"error" | "nextRun" | "repeats"> {
  return {
    is: "any",
    conditions: [
      { is: "not", condition: { field: "error", is: "null" } },
      {
        is: "all",
        conditions: [
          { is: "not", condition: { field: "repeats", is: "in", values: [0] } },
          { field: "nextRun", is: "between", to: now - overdueAfterMs },
        ],
      },
    ],
  };
}

/** In one line why it does not run. */
export function troubleOf({ id, name, error, unreadable, nextRun }: ScheduleInfo): string {
  const since = nextRun === null ? "" : `: it should have run at ${nextRun.toISOString()}`;
  return `${name ?? id}: ${error ?? unreadable ?? `overdue${since}`}`;
}
