// Why there is no task under an id that nobody deleted: pruned, never stored, or never made.
import { formatDuration } from "../../core/duration.ts";
import { isId } from "../../core/id.ts";
import type { EndedTask } from "../../core/task.ts";
import type { Store } from "../../store/store.ts";
import type { AdminContext } from "../engine/admin-context.ts";

interface Why {
  message: string;
  hint: string;
}

export async function goneTask(id: string, ctx: AdminContext): Promise<Why> {
  const { store, client, now } = ctx;
  if (!isId(id) || madeAt(id) > now + clocksApartMs)
    return { message: "There never was a task of this id.", hint: "The address may be mistyped." };
  const { saveLimit, failureRetentionMs } = client.options;
  const last = (await store.attempts(id)).at(-1);
  if (last === undefined)
    return {
      message: "Not stored, or removed by saveLimit.",
      hint: `${keeps(saveLimit)} ${await reachesBack(ctx)}It may also be that no task ever had this id.`,
    };
  if (last.outcome === "success")
    return {
      message:
        saveLimit === -1
          ? "It succeeded, and was not stored."
          : "It succeeded, and was removed by saveLimit.",
      hint: keeps(saveLimit),
    };
  return {
    message: "It failed, and was removed by failureRetention.",
    hint:
      failureRetentionMs === null
        ? "It may have been set when it was removed."
        : `Failures are kept for ${formatDuration(failureRetentionMs)}.`,
  };
}

const clocksApartMs = 60_000;

/** An id begins with the moment at which it was made. */
function madeAt(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

function keeps(saveLimit: number): string {
  if (saveLimit === -1) return "Successful tasks are not stored here (saveLimit: -1).";
  if (saveLimit === 0) return "All successful tasks are kept here, except where a task said save: false.";
  return `The newest ${saveLimit.toLocaleString("en")} successful tasks are kept (saveLimit).`;
}

async function reachesBack({ store, client, now }: AdminContext): Promise<string> {
  if (client.options.saveLimit <= 0) return "";
  const oldest = await oldestSuccess(store);
  return oldest === undefined ? "" : `The oldest of them ended ${formatDuration(now - oldest.stopped)} ago. `;
}

/** How far back the kept successes reach, which is what saveLimit decides. */
export async function oldestSuccess(store: Store): Promise<EndedTask | undefined> {
  const { rows } = await store.browse("ended", {
    where: [{ field: "state", is: "in", values: ["success"] }],
    order: { by: "stopped", descending: false },
    limit: 1,
    step: 1,
  });
  return rows[0];
}
