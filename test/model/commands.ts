// What may happen to a queue, as plain data that fast-check makes and shrinks. Things are named by how long ago they came about.
import fc from "fast-check";

/** How a fence is falsified: not at all, with the next attempt, with the one before, or as another owner. */
export type Forgery = "none" | "next" | "previous" | "owner";

export interface EndingCommand {
  lease: number;
  forged: Forgery;
  how: "success" | "unsaved" | "failure" | "again" | "snoozed" | "released" | "unknown";
  delay: number;
  followUp: boolean;
  lapsed: boolean;
}

export interface ClaimCommand {
  owner: number;
  slots: number;
  isolated: number;
  lanes: readonly { queue: string; limit: number }[];
  minutes: number;
}

export type Command =
  | { do: "enqueue"; tasks: readonly TaskCommand[] }
  | ({ do: "claim" } & ClaimCommand)
  | { do: "extend"; leases: readonly { lease: number; forged: Forgery }[]; minutes: number }
  | { do: "finish"; endings: readonly EndingCommand[]; claim: ClaimCommand | null }
  | { do: "reap"; how: EndingCommand["how"] }
  | { do: "cancel"; task: number }
  | { do: "callBack"; funcs: readonly string[] }
  | { do: "pause" | "resume"; queue: string }
  | { do: "resubmit"; task: number; remove: boolean }
  | { do: "delete"; tasks: readonly number[] }
  | {
      do: "prune";
      saveLimit: number | null;
      per: "group" | "func" | null;
      failures: boolean;
      attempts: boolean;
    }
  | { do: "tick"; minutes: number }
  | { do: "repeat"; call: number };

export interface TaskCommand {
  queue: string;
  func: string;
  group: string | null;
  priority: number;
  isolate: boolean;
  delay: number;
  unique: { key: string; within: number } | null;
}

const ago = fc.nat({ max: 12 });
const minutes = fc.nat({ max: 4 });
const queue = fc.constantFrom("a", "b");
const func = fc.constantFrom("f", "g");
const seldom = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: fc.constant(usual), weight: 6 },
    { arbitrary: fc.constantFrom(usual, ...others), weight: 2 },
  );
const forged: fc.Arbitrary<Forgery> = seldom<Forgery>("none", "next", "previous", "owner");

const task: fc.Arbitrary<TaskCommand> = fc.record({
  queue: seldom("a", "b"),
  func,
  group: fc.constantFrom(null, "x", "y"),
  priority: fc.nat({ max: 2 }),
  isolate: seldom(false, true),
  delay: seldom(0, 1, 3),
  unique: fc.option(fc.record({ key: fc.constantFrom("k", "l"), within: fc.nat({ max: 3 }) })),
});

const claim: fc.Arbitrary<ClaimCommand> = fc.record({
  owner: fc.nat({ max: 2 }),
  slots: fc.nat({ max: 3 }),
  isolated: fc.nat({ max: 2 }),
  lanes: fc.constantFrom(
    [{ queue: "a", limit: 9 }],
    [
      { queue: "a", limit: 9 },
      { queue: "b", limit: 9 },
    ],
    [
      { queue: "b", limit: 1 },
      { queue: "a", limit: 2 },
    ],
  ),
  minutes,
});

const how = fc.constantFrom<EndingCommand["how"][]>(
  "success",
  "unsaved",
  "failure",
  "again",
  "snoozed",
  "released",
  "unknown",
);
const ending: fc.Arbitrary<EndingCommand> = fc.record({
  lease: ago,
  forged,
  how,
  delay: minutes,
  followUp: seldom(false, true),
  lapsed: seldom(false, true),
});

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("enqueue" as const),
      tasks: fc.array(task, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 5, arbitrary: claim.map((it) => ({ do: "claim" as const, ...it })) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("extend" as const),
      leases: fc.array(fc.record({ lease: ago, forged }), { minLength: 1, maxLength: 3 }),
      minutes,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("finish" as const),
      endings: fc.array(ending, { minLength: 1, maxLength: 4 }),
      claim: fc.option(claim, { freq: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("reap" as const), how }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), task: ago }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("callBack" as const), funcs: fc.subarray(["f", "g"]) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const), queue }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("resubmit" as const), task: ago, remove: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("delete" as const),
      tasks: fc.array(ago, { minLength: 1, maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("prune" as const),
      saveLimit: fc.constantFrom(null, 0, 1, 2),
      per: fc.constantFrom(null, "group" as const, "func" as const),
      failures: fc.boolean(),
      attempts: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("tick" as const), minutes }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("repeat" as const), call: ago }) },
);

/** Up to 40 things that happen one after another. */
export const commands: fc.Arbitrary<Command[]> = fc.array(command, { maxLength: 40, size: "max" });
