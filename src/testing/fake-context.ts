// What a task function is given beside its input, for tests that call it themselves: `await welcome.run(input, fakeContext())`.
import { Snooze, type TaskContext } from "../client/context.ts";
import type { Transaction } from "../core/transaction.ts";

export interface FakeContext extends TaskContext {
  /** What the function logged and how far it said it was, in order. */
  readonly logged: readonly string[];
  readonly progressed: readonly { value: number; note?: string }[];
  /** What it was completed with. The transaction is not touched: whether it commits is the test's own affair. */
  readonly completed: readonly { tx: Transaction; result: unknown }[];
  /** Fires `signal`, as a timeout, a cancel or a stop would. */
  abort(reason?: unknown): void;
}

/** The context of a first attempt. `changes` replace what it says of the task. */
export function fakeContext(
  changes: Partial<
    Pick<TaskContext, "id" | "name" | "func" | "queue" | "group" | "attempt" | "scheduledFor">
  > = {},
): FakeContext {
  const controller = new AbortController();
  const logged: string[] = [];
  const progressed: { value: number; note?: string }[] = [];
  const completed: { tx: Transaction; result: unknown }[] = [];
  return {
    id: "01900000-0000-7000-8000-000000000000",
    name: "calm-harbor-silver-otter",
    func: "fake",
    queue: "default",
    attempt: 1,
    ...changes,
    signal: controller.signal,
    log: (message) => void logged.push(message),
    progress: (value, note) => void progressed.push(note === undefined ? { value } : { value, note }),
    completeIn: async (tx, result) => void completed.push({ tx, result }),
    snooze(delay) {
      throw new Snooze(delay);
    },
    logged,
    progressed,
    completed,
    abort: (reason) => controller.abort(reason),
  };
}
