// The queue chapter against its model: random histories of up to 40 commands, with calls repeated late and fences forged.
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeOptions } from "../store/store-options.ts";
import { commands } from "./commands.ts";
import type { Engine } from "./compare.ts";
import { play } from "./play.ts";
import { regressions } from "./regressions.ts";

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

// A clock that is moved is a new text for each statement of SQLite, so a history costs it 5 to 10 times as much there.
describe.each([
  ["memory", memory, 1_000],
  ["SQLite", sqlite, 200],
] as const)("the queue on %s", (_, open, usual) => {
  const runs = Number(QUERN_MODEL_RUNS ?? (long ? 25_000 : usual));

  // One store for all histories: each leaves it empty, which is checked. After one that went wrong it is a new one.
  let engine: Engine | undefined;
  afterAll(() => engine?.store.close());

  async function playOne(history: Parameters<typeof play>[1]): Promise<void> {
    engine ??= await open();
    try {
      await play(engine, history);
    } catch (error) {
      await engine.store.close();
      engine = undefined;
      throw error;
    }
  }

  it.each(Object.entries(regressions))("does what the model does: %s", (_, history) => playOne(history));

  it(
    `does what the model does in ${runs} histories`,
    async () => {
      await fc.assert(fc.asyncProperty(commands, playOne), {
        numRuns: runs,
        ...(QUERN_MODEL_SEED !== undefined && { seed: Number(QUERN_MODEL_SEED) }),
      });
    },
    long ? 3_600_000 : 120_000,
  );
});

it("the histories have something to say", () => {
  const lengths = fc.sample(commands, 200).map((history) => history.length);
  expect(Math.max(...lengths)).toBeGreaterThan(30);
});
