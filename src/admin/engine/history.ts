// What was done to one object, or lately to anything, read from the audit log.
import type { Condition, ListField } from "../../store/browse.ts";
import type { AuditRow } from "../../store/audit.ts";
import type { HistoryAnswer } from "../contract.ts";
import type { AdminContext } from "./admin-context.ts";

const mostEntries = 100;
const step = 1_000;

type Entry = HistoryAnswer["entries"][number];

export async function historyOf(object: string, ctx: AdminContext): Promise<HistoryAnswer> {
  const rows = await entriesOf([{ field: "object", is: "in", values: [object] }], mostEntries, ctx);
  return { entries: rows.map((row) => entryOf(row, ctx)) };
}

/** The newest entries that are there for this user. */
export async function entriesOf(
  where: readonly Condition<ListField<"audit">>[],
  limit: number,
  { store, scope }: AdminContext,
): Promise<AuditRow[]> {
  const own = (await scope("audit")) as Condition<ListField<"audit">>[];
  const order = { by: "id", descending: true } as const;
  return (await store.browse("audit", { where: [...own, ...where], order, limit, step })).rows;
}

/** Who did something to this object last, and when. */
export async function lastDone(
  object: string,
  { store }: Pick<AdminContext, "store">,
): Promise<{ who: string; at: number; action: string } | undefined> {
  const { rows } = await store.browse("audit", {
    where: [
      { field: "object", is: "in", values: [object] },
      { field: "outcome", is: "in", values: ["done"] },
    ],
    order: { by: "id", descending: true },
    limit: 1,
    step,
  });
  const [last] = rows;
  return last && { who: last.who, at: last.at, action: last.action };
}

export function entryOf(row: AuditRow, ctx: AdminContext): Entry {
  return {
    id: String(row.id),
    at: row.at,
    who: row.who,
    address: row.address ?? null,
    action: row.action,
    outcome: row.outcome ?? "done",
    changes: changesOf(row, ctx),
  };
}

/** Field by field where both sides are objects, else as one. */
export function changesOf({ before, after, reason }: AuditRow, ctx: AdminContext): Entry["changes"] {
  const said =
    reason === undefined ? [] : [{ field: "reason", before: null, after: ctx.redaction.text(reason) }];
  const [left, right] = [objectOf(before), objectOf(after)];
  if (left === null && right === null) {
    const one = { before: shown(before, ctx), after: shown(after, ctx) };
    return one.before === null && one.after === null ? said : [{ field: "", ...one }, ...said];
  }
  const names = [...new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])];
  const clean = (side: Record<string, unknown> | null, name: string): string | null =>
    side === null || !Object.hasOwn(side, name) || side[name] === null ? null : valueText(side[name]);
  const redactedSides = [left, right].map((side) =>
    side === null ? null : (JSON.parse(ctx.redaction.value(JSON.stringify(side))) as Record<string, unknown>),
  );
  return [
    ...names
      .map((field) => ({
        field,
        before: clean(redactedSides[0] ?? null, field),
        after: clean(redactedSides[1] ?? null, field),
      }))
      .filter((change) => change.before !== change.after),
    ...said,
  ];
}

function objectOf(text: string | undefined): Record<string, unknown> | null {
  try {
    const value: unknown = text === undefined ? null : JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function shown(text: string | undefined, ctx: AdminContext): string | null {
  return text === undefined ? null : ctx.redaction.value(text).replace(/^"(.*)"$/s, "$1");
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
