// Which columns a list shows: those of the address, else those this user chose before, else the model's own.
import type { FieldKind, ModelDescription } from "../../../src/admin/contract.ts";
import type { ListAddress } from "./address.ts";

const kept = (model: ModelDescription): string => `quern.columns.${model.name}`;

export function shownColumns(model: ModelDescription, address: ListAddress): string[] {
  const chosen = address.columns ?? localStorage.getItem(kept(model))?.split(",") ?? model.columns;
  const known = chosen.filter((name) => name in model.fields);
  return known.length > 0 ? known : model.columns;
}

export function keepColumns(model: ModelDescription, columns: string[]): void {
  if (columns.join() === model.columns.join()) localStorage.removeItem(kept(model));
  else localStorage.setItem(kept(model), columns.join(","));
}

const toTheEnd: readonly FieldKind[] = ["number", "duration"];

export function isAtEnd(kind: FieldKind): boolean {
  return toTheEnd.includes(kind);
}
