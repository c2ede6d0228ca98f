// What an audit entry speaks of, by the name that people know it by, and where its page is.
import { isId, nameOf } from "../../core/id.ts";
import type { AuditRow } from "../../store/audit.ts";
import type { Condition } from "../../store/browse.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import { together } from "../engine/together.ts";
import { clusterName } from "./clusters-by-id.ts";

export interface AuditedObject {
  text: string;
  to: string | null;
}

/** The names of schedules that are there; what a page asks for in one turn is read together. */
const scheduleNames = together<string>(async (ids, { store, scope }) => {
  const { rows } = await store.browse("schedules", {
    where: [...((await scope("schedule")) as Condition<"id">[]), { field: "id", is: "in", values: ids }],
    order: { by: "id", descending: true },
    limit: ids.length,
    step: ids.length,
  });
  return rows.map(({ id, name }) => [id, name ?? id]);
});

const ofTasks = ["success", "failure", "queued", "running", "task"];

/** Also of what is gone: its page says so. */
export async function auditedObject({ action, object }: AuditRow, ctx: AdminContext): Promise<AuditedObject> {
  const [model = ""] = action.split(".");
  if (ofTasks.includes(model) && isId(object)) return { text: nameOf(object), to: `tasks/${object}` };
  if (model === "schedule" && isId(object)) {
    const name = (await scheduleNames(object, ctx)) ?? object;
    return { text: ctx.redaction.text(name), to: `scheduled/${object}` };
  }
  if (model === "cluster" && isId(object))
    return { text: (await clusterName(object, ctx)) ?? object, to: `clusters/${object}` };
  if (model === "queue") {
    const text = ctx.redaction.text(object);
    return { text, to: text === object ? `queued?queue=${encodeURIComponent(object)}` : null };
  }
  return { text: object, to: null };
}
