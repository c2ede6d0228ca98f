// The page of one row: every field of its sections, its tables, its form, and all of it to be copied.
import type { BytesAnswer, DetailAnswer, Row } from "../contract.ts";
import { asCell, cellOf } from "./cells.ts";
import { type Model, showRow } from "./list.ts";
import type { AdminContext } from "./admin-context.ts";
import type { AnyModel, Section } from "./model-admin.ts";

export async function detailOf(model: Model, row: unknown, ctx: AdminContext): Promise<DetailAnswer> {
  const { admin, name } = model;
  const fields = [...new Set([...(admin.head ?? []), ...admin.detail.flatMap((section) => section.fields)])];
  const cells = await Promise.all(
    fields.map(async (field) => [field, await cellOf(admin.fields[field]!, field, row, ctx, true)] as const),
  );
  const tables = await Promise.all(
    admin.detail.flatMap((section) =>
      section.table === undefined ? [] : [tableOf(section, section.table, row, ctx)],
    ),
  );
  const editable = admin.form !== undefined && (await ctx.can(`${name}.change`, row));
  return {
    row: await showRow(model, row, admin.columns, ctx, true),
    title: ctx.redaction.text(admin.title(row)),
    version: admin.version?.(row) ?? "",
    standsIn: admin.standsIn?.(row) ?? null,
    fields: Object.fromEntries(cells),
    tables: Object.fromEntries(tables),
    form:
      editable && admin.form !== undefined
        ? { values: await admin.form.values(row, ctx), readOnly: admin.form.readOnly?.(row, ctx) ?? null }
        : null,
    again: await againOf(admin, row, ctx),
    raw: admin.raw === undefined ? null : rawText(await admin.raw(row, ctx), ctx),
    bytes: await bytesAddress(admin, row, ctx),
  };
}

async function againOf({ again }: AnyModel, row: unknown, ctx: AdminContext): Promise<DetailAnswer["again"]> {
  if (again === undefined || !(await ctx.can(`${again.model}.add`))) return null;
  return { model: again.model, label: again.label, values: await again.values(row, ctx) };
}

async function bytesAddress(admin: AnyModel, row: unknown, ctx: AdminContext): Promise<string | null> {
  const kept = admin.unreadable?.(row, ctx);
  if (kept === undefined || !(await ctx.can(`${kept.model}.raw`, row))) return null;
  return `models/${kept.model}/${encodeURIComponent(admin.source.id(row))}/bytes`;
}

/** What is kept of a row that can't be read. */
export function bytesOf({ admin }: Model, row: unknown, ctx: AdminContext): BytesAnswer | null {
  const kept = admin.unreadable?.(row, ctx);
  if (kept === undefined) return null;
  return { unreadable: kept.word, why: kept.why, base64: Buffer.from(kept.text).toString("base64") };
}

/** Redacted as a whole: what a registration puts into it need not have been. */
function rawText(raw: unknown, { redaction }: AdminContext): string {
  return JSON.stringify(JSON.parse(redaction.value(JSON.stringify(raw))), null, 2);
}

async function tableOf(
  { name }: Section<unknown>,
  table: NonNullable<Section<unknown>["table"]>,
  row: unknown,
  ctx: AdminContext,
): Promise<[string, { rows: Row[] }]> {
  const rows = (await table.rows(row, ctx)).map(
    ({ id, to = null, cells }): Row => ({
      id,
      to,
      actions: {},
      cells: Object.fromEntries(
        table.columns.map((column) => [
          column.name,
          asCell(cells[column.name], column.kind, ctx.redaction, true),
        ]),
      ),
    }),
  );
  return [name, { rows }];
}
