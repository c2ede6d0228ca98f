// Forms: what was typed, checked field by field, saved with an optimistic lock.
import type { ErrorAnswer, SaveAnswer, ValueIssue } from "../contract.ts";
import { Refusal } from "../respond.ts";
import { detailOf } from "./detail.ts";
import { lastDone } from "./history.ts";
import { findRow, type Model } from "./list.ts";
import type { AdminContext } from "./admin-context.ts";
import type { AnyModel, Form } from "./model-admin.ts";
import { checkValues, type Values } from "./values.ts";

function formOf({ form }: AnyModel): Form<unknown> {
  if (form === undefined) throw new Refusal(404, "not-found", "Nothing is edited here.");
  return form;
}

export async function saveRow(
  model: Model,
  id: string | null,
  given: Values,
  ctx: AdminContext,
  {
    version,
    check,
    reason,
    from,
  }: { version: string | null; check: boolean; reason?: string; from?: unknown },
): Promise<{ answer: SaveAnswer }> {
  const form = formOf(model.admin);
  const fields = form.sections.flatMap((section) => section.fields);
  const row = id === null ? null : await findRow(model, id, ctx);
  if (row === null && !form.add) throw new Refusal(404, "not-found", "Nothing is added here.");
  if (row !== null) await refuseUneditable(model, form, row, ctx, version);
  const begin = row === null ? {} : await form.values(row, ctx);
  const changed = fields.find(
    ({ name, readOnly, fixed }) =>
      (readOnly === true || (fixed === true && row !== null)) &&
      Object.hasOwn(given, name) &&
      given[name] !== begin[name],
  );
  if (changed !== undefined) throw new Refusal(400, "read-only", `"${changed.name}" can't be changed.`);
  const { values, problems } = await checkValues(fields, given, ctx, begin);
  if (Object.keys(problems).length > 0) throw invalid(problems);
  const saved = await form.save(row, values, ctx, {
    check,
    ...(reason === undefined ? {} : { reason }),
    ...(from === undefined ? {} : { from }),
  });
  if ("fields" in saved) throw invalid(saved.fields, saved.issues);
  if ("conflict" in saved) throw new Refusal(409, "changed", saved.conflict, await currentOf(model, id, ctx));
  return { answer: { ...saved.saved, warnings: saved.saved.warnings ?? [] } };
}

async function refuseUneditable(
  model: Model,
  form: Form<unknown>,
  row: unknown,
  ctx: AdminContext,
  version: string | null,
): Promise<void> {
  const { admin } = model;
  const why = form.readOnly?.(row, ctx);
  if (why !== undefined) throw new Refusal(409, "not-now", why);
  if (version === null)
    throw new Refusal(400, "no-version", "Expected the version that was edited, in If-Match.");
  if (version !== admin.version?.(row))
    throw new Refusal(
      409,
      "changed",
      "Somebody has changed this meanwhile.",
      await currentOf(model, admin.source.id(row), ctx),
    );
}

async function currentOf(
  model: Model,
  id: string | null,
  ctx: AdminContext,
): Promise<Pick<ErrorAnswer["error"], "current" | "by">> {
  if (id === null) return {};
  const current = await detailOf(model, await findRow(model, id, ctx), ctx);
  const by = await lastDone(id, ctx);
  return { current, ...(by === undefined ? {} : { by }) };
}

function invalid(fields: Record<string, string>, issues?: Record<string, ValueIssue[]>): Refusal {
  return new Refusal(422, "invalid", "Some of what was entered is not right. Nothing was saved.", {
    fields,
    ...(issues === undefined ? {} : { issues }),
  });
}
