// What is kept, for this tab, of a list that was left for one of its rows.
import type { ModelDescription } from "../../../src/admin/contract.ts";

export interface Place {
  search: string;
  /** How far it was scrolled. */
  tops: number[];
  /** The row that was opened; null: the page was loaded anew. */
  id: string | null;
  /** The rows it stood among. */
  ids: string[];
}

const keyOf = ({ name }: ModelDescription): string => `quern.place.${name}`;

/** A storage that is full is no reason to fail: the list then begins at its top. */
export function keepPlace(model: ModelDescription, place: Place): void {
  try {
    sessionStorage.setItem(keyOf(model), JSON.stringify(place));
  } catch {
    sessionStorage.removeItem(keyOf(model));
  }
}

export function placeIn(model: ModelDescription): Place | null {
  const kept = sessionStorage.getItem(keyOf(model));
  return kept === null ? null : (JSON.parse(kept) as Place);
}

/** It serves once: later the list has moved on. */
export function takePlace(model: ModelDescription): Place | null {
  const place = placeIn(model);
  sessionStorage.removeItem(keyOf(model));
  return place;
}
