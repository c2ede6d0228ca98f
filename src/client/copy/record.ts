// How far a copy is, as the target's meta chapter keeps it; and the keys of a copy, which are themselves not copied.
import type { CopiedTable } from "../../store/copying.ts";
import type { Store } from "../../store/store.ts";
import { secretKey } from "../client.ts";

const prefix = "copy:";
/** In a source: what it is known by, whatever URL leads to it. */
export const sourceKey: string = `${prefix}id`;
/** In a target: the record below. */
export const recordKey: string = `${prefix}from`;
/** In a source: where it was last copied to, and when. */
export const targetKey: string = `${prefix}to`;

export interface CopyRecord {
  /** Of the source. */
  source: string;
  location: string;
  /** By the source's clock. */
  began: number;
  /** When all of it had been read; null: not yet. */
  finished: number | null;
  /** Table by table: the place of the last row that was copied, and how many were read. */
  reached: Partial<Record<CopiedTable, string>>;
  read: Partial<Record<CopiedTable, number>>;
}

export function newRecord(source: string, location: string, began: number): CopyRecord {
  return { source, location, began, finished: null, reached: {}, read: {} };
}

export async function readRecord(target: Store): Promise<CopyRecord | null> {
  const text = await target.meta(recordKey);
  return text === null ? null : (JSON.parse(text) as CopyRecord);
}

/** Where a database was last copied to; null: it never was. */
export async function copiedTo(store: Store): Promise<{ location: string; at: number } | null> {
  const text = await store.meta(targetKey);
  return text === null ? null : (JSON.parse(text) as { location: string; at: number });
}

/** The secret is carried over by itself, because the target may have one too. */
export function isOwnKey(key: string): boolean {
  return key === secretKey || key.startsWith(prefix);
}
