// Actions: which of them a row offers, what they ask, and carrying one out on rows that were read, each with its own permission.
import type { FormValue } from "../contract.ts";
import { Refusal } from "../respond.ts";
import type { ActionContext, AdminContext } from "./admin-context.ts";
import type { Action, Answers, AnyModel, Outcome } from "./model-admin.ts";
import { checkValues } from "./values.ts";

export function permissionOf(model: string, { permission }: Action<unknown>): string {
  return permission.includes(".") ? permission : `${model}.${permission}`;
}

/** For each action that this user may ask for with this row: true, or why not now. */
export async function shownActions(
  name: string,
  admin: AnyModel,
  row: unknown,
  ctx: AdminContext,
): Promise<Record<string, true | string>> {
  const shown: Record<string, true | string> = {};
  for (const action of admin.actions) {
    if (action.offered?.(row) === false || !(await ctx.can(permissionOf(name, action), row))) continue;
    shown[action.name] = action.when?.(row) ?? true;
  }
  return shown;
}

export function findAction(admin: AnyModel, name: string): Action<unknown> {
  const action = admin.actions.find((one) => one.name === name);
  if (action === undefined) throw new Refusal(404, "not-found", "There is no such action here.");
  return action;
}

export async function checkAnswers(
  action: Action<unknown>,
  given: Record<string, FormValue>,
  ctx: AdminContext,
): Promise<Answers> {
  const { values, problems } = await checkValues(action.ask ?? [], given, ctx);
  if (Object.keys(problems).length > 0)
    throw new Refusal(422, "invalid", "Some answers are not right.", { fields: problems });
  return values;
}

export interface Tally {
  done: number;
  skipped: { id: string; reason: string }[];
  failed: { id: string; reason: string }[];
  to?: string;
}

/** Asks for each row whether it may and can be done; then does it, all that may in one go where the action can do so. */
export async function actOn(
  { name, admin }: { name: string; admin: AnyModel },
  action: Action<unknown>,
  rows: readonly unknown[],
  answers: Answers,
  ctx: ActionContext,
): Promise<Tally> {
  const tally: Tally = { done: 0, skipped: [], failed: [] };
  const permission = permissionOf(name, action);
  const ready: unknown[] = [];
  for (const row of rows) {
    const id = admin.source.id(row);
    if (!(await ctx.can(permission, row))) {
      await ctx.store.audit(ctx.entry(permission, id, { outcome: "refused" }));
      tally.skipped.push({ id, reason: "You may not do this." });
      continue;
    }
    const when = action.when?.(row) ?? true;
    if (when === true) ready.push(row);
    else tally.skipped.push({ id, reason: when });
  }
  const outcomes = await outcomesOf(action, ready, answers, ctx);
  for (const [index, row] of ready.entries()) {
    const id = admin.source.id(row);
    const outcome: Outcome = outcomes[index] ?? { failed: "Nothing was answered." };
    if ("skipped" in outcome) tally.skipped.push({ id, reason: outcome.skipped });
    else if ("failed" in outcome) tally.failed.push({ id, reason: outcome.failed });
    else {
      tally.done++;
      if (outcome.to !== undefined) tally.to = outcome.to;
    }
  }
  return tally;
}

async function outcomesOf(
  action: Action<unknown>,
  rows: readonly unknown[],
  answers: Answers,
  ctx: ActionContext,
): Promise<Outcome[]> {
  if (action.runMany !== undefined && rows.length > 1) return action.runMany(rows, answers, ctx);
  const outcomes: Outcome[] = [];
  for (const row of rows) outcomes.push(await action.run(row, answers, ctx));
  return outcomes;
}
