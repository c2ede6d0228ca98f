// Suggestions beyond those that begin as one types: values in which the text stands anywhere.
import type { Condition } from "../../store/browse.ts";
import { compareValues } from "../../store/condition.ts";
import type { AdminContext } from "./admin-context.ts";
import type { AnyModel } from "./model-admin.ts";

/** So many of the newest rows are looked through, and so often: a value that fills the page is left out of the next. */
const step = 2_000;
const mostRounds = 3;

export async function containing(
  { admin, scope }: { admin: AnyModel; scope: readonly Condition[] },
  { field, text, known, most }: { field: string; text: string; known: readonly string[]; most: number },
  ctx: AdminContext,
): Promise<string[]> {
  if (admin.source.fields[field] !== "text") return [];
  const found: string[] = [];
  for (let round = 0; round < mostRounds && known.length + found.length < most; round++) {
    const { rows } = await admin.source.list(ctx, {
      where: [
        ...scope,
        { field, is: "contains", text },
        { is: "not", condition: { field, is: "in", values: [...known, ...found] } },
      ],
      order: { by: "id", descending: true },
      limit: most,
      step,
    });
    if (rows.length === 0) break;
    found.push(...new Set(rows.map((row) => String(admin.source.value(row, field)))));
  }
  return found.sort((a, b) => compareValues(a, b, false));
}
