// What tests in TypeScript see of the task functions.
import type { Quern, QuernOptions, TaskFunction } from "../../dist/index.js";

export interface Settings extends Omit<Partial<QuernOptions>, "tasks"> {
  without?: readonly string[];
  extra?: readonly string[];
  atLeast?: number;
}

export interface Ledger {
  write(...words: (string | number)[]): void;
}

export const tasks: Record<string, TaskFunction<unknown, unknown>>;
export const kindOf: Record<string, string>;
export function writeLedger(folder: string, role: string): Ledger;
export function makeQuern(folder: string, settings?: Settings): Quern;
