// The schedule chapter against its model: random histories of up to 40 commands, with rows misread and calls repeated late.
import fc from "fast-check";
import { afterAll, describe, it } from "vitest";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeOptions } from "../store/store-options.ts";
import type { Engine } from "./compare.ts";
import { scheduleCommands } from "./schedule-commands.ts";
import { playSchedules } from "./schedule-play.ts";

const { QUERN_TEST_LONG, QUERN_MODEL_RUNS, QUERN_MODEL_SEED } = process.env;
const long = QUERN_TEST_LONG === "1";

async function memory(): Promise<Engine> {
  const { options, moveClock } = storeOptions();
  return { store: new MemoryStore(options), moveClock };
}

async function sqlite(): Promise<Engine> {
  const { options, moveClock } = storeOptions();
  return { store: await openSqliteStore(":memory:", options), moveClock };
}

describe.each([
  ["memory", memory, 500],
  ["SQLite", sqlite, 100],
] as const)("schedules on %s", (_, open, usual) => {
  const runs = Number(QUERN_MODEL_RUNS ?? (long ? 25_000 : usual));

  // One store for all histories: each leaves it empty. After one that went wrong it is a new one.
  let engine: Engine | undefined;
  afterAll(() => engine?.store.close());

  async function playOne(history: Parameters<typeof playSchedules>[1]): Promise<void> {
    engine ??= await open();
    try {
      await playSchedules(engine, history);
    } catch (error) {
      await engine.store.close();
      engine = undefined;
      throw error;
    }
  }

  it(
    `do what the model does in ${runs} histories`,
    async () => {
      await fc.assert(fc.asyncProperty(scheduleCommands, playOne), {
        numRuns: runs,
        ...(QUERN_MODEL_SEED !== undefined && { seed: Number(QUERN_MODEL_SEED) }),
      });
    },
    long ? 3_600_000 : 120_000,
  );
});
