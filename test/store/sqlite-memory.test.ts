// SQLite in memory keeps every sentence of the seam that one process can ask it.
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { testStore } from "../../src/testing/index.ts";
import { storeOptions } from "./store-options.ts";

const skipped = testStore(
  "SQLite in memory",
  {
    capabilities: { shared: false, notify: true, transactions: false, parallelWrites: false, browse: true },
    async open() {
      const { options, moveClock } = storeOptions();
      const store = await openSqliteStore(":memory:", options);
      return { store, moveClock, close: () => store.close() };
    },
  },
  { describe, it, expect },
);

it("skips what needs a second connection or a transaction", () => expect(skipped.length).toBe(11));
