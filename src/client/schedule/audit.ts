// What the audit log says of a change to a schedule: the fields that differ, before and after. Of inputs only that they differ.
import type { AuditEntry } from "../../store/broker.ts";
import { definitionIn, type RowToSave } from "./draft.ts";

type Facts = Record<string, unknown>;

/** Null: there is no such schedule on that side. */
export function scheduleChange(
  before: RowToSave | null,
  after: RowToSave | null,
): Pick<AuditEntry, "before" | "after"> {
  const [old, fresh] = [factsOf(before), factsOf(after)];
  const changed = Object.keys({ ...old, ...fresh }).filter(
    (key) => JSON.stringify(old[key]) !== JSON.stringify(fresh[key]),
  );
  return {
    ...(before === null ? {} : { before: textOf(old, changed) }),
    ...(after === null ? {} : { after: textOf(fresh, changed) }),
  };
}

function factsOf(row: RowToSave | null): Facts {
  if (row === null) return {};
  const { name, func, queue, repeats, nextRun, keepRuns, note } = row;
  const { firstRun, end, input, ...definition } = definitionIn(row) ?? { input: row.definition };
  const moments = { nextRun: isoOf(nextRun), firstRun: isoOf(firstRun), end: isoOf(end) };
  return { name, func, queue, repeats, keepRuns, note, ...moments, ...definition, input };
}

function textOf(facts: Facts, keys: readonly string[]): string {
  return JSON.stringify(
    Object.fromEntries(keys.map((key) => [key, key === "input" ? "(changed)" : facts[key]])),
  );
}

function isoOf(ms: number | null | undefined): string | null {
  return ms == null ? null : new Date(ms).toISOString();
}
