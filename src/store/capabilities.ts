// What an engine says about itself. Shared code asks these, never an engine's name.

export interface Capabilities {
  /** Several processes can open it at once; false: it lives in this process and ends with it. */
  readonly shared: boolean;
  /** `watch` is told at once by the engine; false: a watcher looks again every second. */
  readonly notify: boolean;
  /** `enqueue` and `finishIn` can join a transaction of the caller. */
  readonly transactions: boolean;
  /** Two writes at once are carried out beside each other; false: they take turns, so what can go together should. */
  readonly parallelWrites: boolean;
  /** Tasks in the queue can be listed. */
  readonly browse: boolean;
}
