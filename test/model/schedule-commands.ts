// What may happen to schedules, as plain data that fast-check makes and shrinks. Things are named by how long ago they came about.
import fc from "fast-check";

/** What is wrong with a row that is said to have been read: nothing, or one of what it is compared with. */
export type Misread = "no" | "version" | "repeats" | "nextRun";

export interface NewScheduleCommand {
  name: string | null;
  func: string;
  queue: string;
  keepRuns: number;
  /** Minutes from now. */
  comes: number;
  repeats: number;
}

export interface EditCommand {
  schedule: number;
  misread: Misread;
  name: string | null;
  keepRuns: number;
  /** Its times: as they are; in so many minutes under a new revision; or, as nobody should, under the old one. */
  times: "same" | "new" | "moved";
  comes: number;
  paused: boolean;
}

export interface StepCommand {
  schedule: number;
  misread: Misread;
  slots: number;
  /** Minutes by which the first slot is off the next run. */
  off: number;
  unique: boolean;
  remove: boolean;
}

export type ScheduleCommand =
  | ({ do: "add" } & NewScheduleCommand)
  | ({ do: "edit" } & EditCommand)
  | { do: "fire"; steps: readonly StepCommand[] }
  | { do: "run"; schedule: number; unique: boolean }
  | { do: "fail"; schedule: number; stale: boolean; hold: boolean }
  | { do: "remove"; schedule: number }
  | { do: "due"; queues: readonly string[] | null; funcs: readonly string[]; limit: number }
  | { do: "finish"; how: "success" | "unsaved" | "failure" | "again"; most: number }
  | { do: "cancel" | "delete"; task: number }
  | { do: "prune" }
  | { do: "tick"; minutes: number }
  | { do: "repeat"; call: number };

const ago = fc.nat({ max: 6 });
const name = fc.constantFrom(null, "x", "y");
const keepRuns = fc.nat({ max: 3 });
const seldom = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: fc.constant(usual), weight: 6 },
    { arbitrary: fc.constantFrom(...others), weight: 1 },
  );
const misread = seldom<Misread>("no", "version", "repeats", "nextRun");

const step: fc.Arbitrary<StepCommand> = fc.record({
  schedule: ago,
  misread,
  slots: fc.nat({ max: 3 }),
  off: seldom(0, -1, 1),
  unique: seldom(false, true),
  remove: seldom(false, true),
});

const command: fc.Arbitrary<ScheduleCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      name,
      func: fc.constantFrom("f", "g"),
      queue: fc.constantFrom("a", "b"),
      keepRuns,
      comes: fc.integer({ min: -5, max: 5 }),
      repeats: fc.constantFrom(-1, 0, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("edit" as const),
      schedule: ago,
      misread,
      name,
      keepRuns,
      times: fc.constantFrom("same" as const, "new" as const, "moved" as const),
      comes: fc.integer({ min: -8, max: 5 }),
      paused: seldom(false, true),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("fire" as const),
      steps: fc.array(step, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("run" as const), schedule: ago, unique: seldom(false, true) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("fail" as const),
      schedule: ago,
      stale: seldom(false, true),
      hold: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), schedule: ago }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("due" as const),
      queues: fc.constantFrom(null, ["a"], ["a", "b"], []),
      funcs: fc.subarray(["f", "g"]),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("finish" as const),
      how: fc.constantFrom("success" as const, "unsaved" as const, "failure" as const, "again" as const),
      most: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "delete" as const), task: ago }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "prune" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("tick" as const), minutes: fc.nat({ max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("repeat" as const), call: ago }) },
);

/** Up to 40 things that happen one after another. */
export const scheduleCommands: fc.Arbitrary<ScheduleCommand[]> = fc.array(command, {
  maxLength: 40,
  size: "max",
});
