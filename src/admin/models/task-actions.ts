// What may be done to ended tasks, in their lists and on their pages.
import { isQuernError } from "../../core/errors.ts";
import type { EndedTask } from "../../core/task.ts";
import type { Repeat } from "../../store/store.ts";
import { copyOf } from "../../client/tasks.ts";
import type { ActionContext } from "../engine/admin-context.ts";
import type { Action, Outcome } from "../engine/model-admin.ts";

/** As a new task with a new id; `remove` lets the old one go, in the same transaction. */
export function resubmitAction(
  more: Pick<Action<EndedTask>, "name" | "label"> & Partial<Action<EndedTask>>,
  permission: string,
  remove: boolean,
): Action<EndedTask> {
  return {
    permission,
    on: ["row", "rows", "matching"],
    confirm: "never",
    run: async (task, _, ctx) => (await resubmit([task], permission, remove, ctx))[0] ?? gone,
    runMany: (tasks, _, ctx) => resubmit(tasks, permission, remove, ctx),
    ...more,
  };
}

const gone: Outcome = { skipped: "Somebody else resubmitted or deleted it." };

async function resubmit(
  tasks: readonly EndedTask[],
  permission: string,
  remove: boolean,
  ctx: ActionContext,
): Promise<Outcome[]> {
  const prepared = tasks.map((task): Repeat | Outcome => {
    const id = ctx.idFor(task.id);
    try {
      const copy = copyOf(ctx.client, ctx.keyring, task, id);
      return { id: task.id, task: copy, remove, audit: ctx.entry(permission, task.id, { after: id }) };
    } catch (error) {
      if (!isQuernError(error)) throw error;
      return { skipped: `It is unreadable: ${error.details["reason"]}` };
    }
  });
  const repeats = prepared.filter((one): one is Repeat => "task" in one);
  const answers = await ctx.store.resubmit(repeats);
  return prepared.map((one) => {
    if (!("task" in one)) return one;
    const answer = answers[repeats.indexOf(one)] ?? null;
    if (answer === null) return gone;
    if (answer.deduplicated) return { skipped: `Its unique key is held by ${answer.name}.` };
    return { done: true, to: `tasks/${answer.id}` };
  });
}

export function deleteAction(permission: string): Action<EndedTask> {
  return {
    name: "delete",
    label: "Delete",
    danger: true,
    permission,
    on: ["row", "rows", "matching"],
    confirm: "typed",
    key: "d",
    run: async (task, _, ctx) => (await deleteTasks([task], permission, ctx))[0] ?? gone,
    runMany: (tasks, _, ctx) => deleteTasks(tasks, permission, ctx),
    async consequences(tasks) {
      const final = "This can't be undone: only the audit log will remember.";
      const schedules = new Set(tasks.flatMap(({ schedule }) => schedule ?? [])).size;
      if (schedules === 0) return [final];
      return [final, `${schedules === 1 ? "1 schedule" : `${schedules} schedules`} may show no last run.`];
    },
  };
}

async function deleteTasks(
  tasks: readonly EndedTask[],
  permission: string,
  ctx: ActionContext,
): Promise<Outcome[]> {
  const removed = new Set(
    await ctx.store.deleteTasks(
      tasks.map(({ id }) => id),
      ctx.entry(permission, ""),
    ),
  );
  return tasks.map(({ id }) => (removed.has(id) ? { done: true } : { skipped: "It was gone already." }));
}
