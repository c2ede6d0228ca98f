// The model whose page this is.
import { createContext, useContext } from "react";
import type { ModelDescription } from "../../src/admin/contract.ts";

export const ModelContext = createContext<ModelDescription | null>(null);

export function useThisModel(): ModelDescription {
  const model = useContext(ModelContext);
  if (!model) throw new Error("useThisModel is for pages of a model");
  return model;
}

// Whoever opened a row comes back to the list as it was: its address is kept for this tab.
const kept = (model: ModelDescription): string => `quern.list.${model.name}`;

export function keepListAddress(model: ModelDescription, search: string): void {
  sessionStorage.setItem(kept(model), search);
}

export function listAddress(model: ModelDescription): string {
  return sessionStorage.getItem(kept(model)) ?? "";
}
