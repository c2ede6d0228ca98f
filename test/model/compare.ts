// What games against a model share: how time passes in them, and how what was answered is compared.
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Store } from "../../src/store/store.ts";

/**
 * The engine's own clock runs on while commands are played. So that this never decides anything, commands are a minute apart and
 * all spans end in the middle of one; the tenth of a second that tells commands apart keeps due times in the order they were set.
 */
export const minute = 60_000;
export const apart = 100;
export const span = (minutes: number): number => minutes * minute + minute / 2;
export const minuteOf = (ms: number): number => Math.floor(ms / minute);

export interface Engine {
  store: Store;
  moveClock(ms: number): void;
}

// What a runner asks for a good message is slow; it is asked when there is something to say.
export function same<T>(actual: T, expected: T): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

/** What came about so many steps ago. */
export function ago<T>(list: readonly T[], steps: number): T | undefined {
  return list.at(-1 - (steps % Math.max(1, list.length)));
}
