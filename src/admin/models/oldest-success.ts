// How far back the kept successes reach, which is what saveLimit decides.
import type { EndedTask } from "../../core/task.ts";
import type { Store } from "../../store/store.ts";

export async function oldestSuccess(store: Store): Promise<EndedTask | undefined> {
  const { rows } = await store.browse("ended", {
    where: [{ field: "state", is: "in", values: ["success"] }],
    order: { by: "stopped", descending: false },
    limit: 1,
    step: 1,
  });
  return rows[0];
}
