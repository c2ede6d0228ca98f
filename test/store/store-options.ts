// The options of a store under test, and the hand that moves its clock.
import type { StoreOptions } from "../../src/store/store.ts";

export function storeOptions(changes: Partial<StoreOptions> = {}): {
  options: StoreOptions;
  moveClock: (ms: number) => void;
} {
  let offset = 0;
  return {
    // Not "full": nothing here is about what a power cut leaves, and each commit would wait for the disk.
    options: {
      synchronous: "normal",
      tablePrefix: "quern_",
      migrate: true,
      clockOffsetMs: () => offset,
      ...changes,
    },
    moveClock: (ms) => void (offset += ms),
  };
}
