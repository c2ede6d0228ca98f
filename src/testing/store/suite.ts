// What every chapter of the store suite works with: the runner handed in, an engine to open, and tests that say what they need.
import type { Capabilities } from "../../store/capabilities.ts";
import type { Store } from "../../store/store.ts";

/** The matchers that the suite uses: vitest's and Jest's fit. */
export interface Matchers {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  toMatchObject(expected: object): unknown;
}

/** A test runner's three functions, so that the suite binds to none. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it: {
    (name: string, body: () => Promise<void>): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
  expect(actual: unknown): Matchers;
}

/** One opened database, empty at first, whose clock the suite moves. */
export interface OpenedStore {
  store: Store;
  /** A second connection to the same data. Needed where the engine is `shared`. */
  another?(): Promise<Store>;
  /** Moves the clock of all connections. */
  moveClock(ms: number): void;
  /** Begins a transaction of the caller's. Needed where the engine can join `transactions`. */
  begin?(): Promise<CallersTransaction>;
  /** Closes every connection and removes the data. */
  close(): Promise<void>;
}

export interface CallersTransaction {
  tx: unknown;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** An engine under test. */
export interface Engine {
  /** What it says about itself; the suite checks that its stores say the same. */
  capabilities: Capabilities;
  open(): Promise<OpenedStore>;
}

export interface Suite {
  readonly expect: Runner["expect"];
  readonly capabilities: Capabilities;
  chapter(name: string, body: () => void): void;
  /** A sentence of the seam, tested on a database of its own. */
  test(sentence: string, body: (opened: OpenedStore) => Promise<void>, needs?: keyof Capabilities): void;
}

const whySkipped: Record<keyof Capabilities, string> = {
  shared: "only one process can open it",
  notify: "it tells nobody; a watcher looks again every second",
  transactions: "it can't join a transaction of the caller",
  parallelWrites: "its writes take turns",
  browse: "its queue can't be listed",
};

/** `skipped` receives the sentence of each test that the engine can't be asked. */
export function suiteOf(engine: Engine, runner: Runner, skipped: string[]): Suite {
  const { capabilities } = engine;
  return {
    expect: runner.expect,
    capabilities,
    chapter: (name, body) => void runner.describe(name, body),
    test(sentence, body, needs) {
      const onItsOwn = async (): Promise<void> => {
        const opened = await engine.open();
        try {
          await body(opened);
        } finally {
          await opened.close();
        }
      };
      if (needs === undefined || capabilities[needs]) {
        runner.it(sentence, onItsOwn);
      } else {
        skipped.push(sentence);
        runner.it.skip(`${sentence} (not here: ${whySkipped[needs]})`, onItsOwn);
      }
    },
  };
}

/** What the promise was rejected with; an error of its own when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol("nothing");
  const error = await promise.then(
    () => nothing,
    (reason: unknown) => reason,
  );
  if (error === nothing) throw new Error("expected a rejection, but it was fulfilled");
  return error;
}

/** `count` connections to the same data; where nobody else can open it, as many times the only one. */
export async function connections({ store, another }: OpenedStore, count: number): Promise<Store[]> {
  const stores = [store];
  while (stores.length < count) stores.push(another === undefined ? store : await another());
  return stores;
}
