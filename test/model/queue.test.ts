// The queue chapter against its model: random histories of up to 40 commands, with calls repeated late and fences forged.
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeOptions } from "../store/store-options.ts";
import { commands } from "./commands.ts";
import { type Engine, play } from "./play.ts";
import { regressions } from "./regressions.ts";

const long = process.env.QUERN_TEST_LONG === "1";
const runs = Number(process.env.QUERN_MODEL_RUNS ?? (long ? 25_000 : 1_000));
const seed = process.env.QUERN_MODEL_SEED;

async function memory(): Promise<Engine> {
  const { options, moveClock } = storeOptions();
  return { store: new MemoryStore(options), moveClock };
}

async function sqlite(): Promise<Engine> {
  const { options, moveClock } = storeOptions();
  return { store: await openSqliteStore(":memory:", options), moveClock };
}

describe.each([
  ["memory", memory],
  ["SQLite", sqlite],
])("the queue on %s", (_, open) => {
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
        endOnFailure: false,
        ...(seed !== undefined && { seed: Number(seed) }),
      });
    },
    long ? 3_600_000 : 120_000,
  );
});

it("the histories have something to say", () => {
  const lengths = fc.sample(commands, 200).map((history) => history.length);
  expect(Math.max(...lengths)).toBeGreaterThan(30);
});
