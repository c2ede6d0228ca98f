// quern/testing: for tests of task functions and applications, and the conformance suite for whoever writes an engine.
export { drain } from "./drain.ts";
export { type FakeContext, fakeContext } from "./fake-context.ts";
export { type ManualClock, manualClock } from "./manual-clock.ts";
export { testStore } from "./store/store-suite.ts";
export type { CallersTransaction, Engine, Matchers, OpenedStore, Runner } from "./store/suite.ts";
