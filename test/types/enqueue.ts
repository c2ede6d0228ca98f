// Compiled, never run: what the types of task() and enqueue let through, and what they refuse.
import { z } from "zod";
import { Quern, type TaskHandle, task } from "../../src/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

const welcome = task(
  "mail.welcome",
  { input: z.object({ to: z.string(), copies: z.coerce.number().default(1) }) },
  async (input) => {
    same<typeof input, { to: string; copies: number }>();
    return { messageId: `${input.to} x ${input.copies}` };
  },
);
const add = task("math.add", { timeout: "30s" }, ({ a, b }: { a: number; b: number }) => a + b);
const tick = task("tick", (_: void, { signal, attempt }) => (signal.aborted ? attempt : "done"));

const shape = task("shape", async (input: { kind: "dot" } | { kind: "line"; length: number }) => input.kind);
const maybe = task("maybe", async (input?: { a: number }) => input?.a ?? null);
const typed = task<{ path: string }, Promise<number>>("typed", async ({ path }) => path.length);
const careful = task(
  "careful",
  {
    retry: {
      retryIf: (error, info) => {
        same<typeof error, unknown>();
        same<typeof info, { attempt: number }>();
        return info.attempt < 3;
      },
    },
  },
  async (input: { id: string }, { completeIn, snooze, scheduledFor }) => {
    same<typeof scheduledFor, Date | undefined>();
    if (input.id === "") return snooze("5m");
    // @ts-expect-error a text is no transaction
    await completeIn("tx", 1);
    return new Map([[input.id, 1n]]);
  },
);

const quern = new Quern({ tasks: [welcome, add, tick, shape, maybe, typed, careful] });

export async function right(): Promise<void> {
  const sent = await quern.enqueue(welcome, { to: "a@b.c" }, { group: "signup", delay: "5m", priority: 3 });
  same<typeof sent, TaskHandle<{ messageId: string }>>();
  same<Awaited<ReturnType<typeof sent.result>>, { messageId: string }>();

  const sum = await quern.enqueue(add, { a: 1, b: 2 });
  same<Awaited<ReturnType<typeof sum.result>>, number>();

  const ticked = await quern.enqueue(tick);
  same<Awaited<ReturnType<typeof ticked.result>>, number | "done">();

  const sums = await quern.enqueueMany(add, [{ a: 1, b: 2 }], ({ a }) => ({ group: `a${a}` }));
  same<typeof sums, TaskHandle<number>[]>();

  await quern.enqueue(shape, { kind: "line", length: 3 });
  await quern.enqueue(maybe);
  const perhaps = await (await quern.enqueue(maybe, { a: 1 }, { group: "g" })).result();
  same<typeof perhaps, number | null>();
  const length = await (await quern.enqueue(typed, { path: "a" })).result();
  same<typeof length, number>();
  const counted = await (await quern.enqueue(careful, { id: "a" })).result({ timeout: "1s" });
  same<typeof counted, Map<string, bigint>>();
  const [first] = await quern.groups.results("g", { count: 1, failures: true });
  same<typeof first, unknown>();
  const lengths = await quern.groups.results("g", { func: typed });
  same<typeof lengths, number[]>();
  const messages = await quern.groups.results("g", { func: welcome, count: 2 });
  same<typeof messages, { messageId: string }[]>();

  quern.on("task:failed", ({ error, outcome }) => {
    same<typeof outcome, string>();
    same<typeof error.message, string>();
  });
}

export async function wrong(): Promise<void> {
  // @ts-expect-error the name of a task function has no type of its results
  await quern.groups.results("g", { func: "math.add" });
  // @ts-expect-error an input of the wrong type
  await quern.enqueue(add, { a: 1, b: "2" });
  // @ts-expect-error an input with a field missing
  await quern.enqueue(welcome, {});
  // @ts-expect-error an input with a field too many
  await quern.enqueue(add, { a: 1, b: 2, c: 3 });
  // @ts-expect-error no input where one is needed
  await quern.enqueue(add);
  // @ts-expect-error an unknown option
  await quern.enqueue(add, { a: 1, b: 2 }, { retries: 3 });
  // @ts-expect-error a duration without a unit it knows
  await quern.enqueue(add, { a: 1, b: 2 }, { delay: "5 parsecs" });
  // @ts-expect-error a function that was not made by task()
  await quern.enqueue(async () => 1, {});
  // @ts-expect-error retryIf does not travel with a call
  await quern.enqueue(add, { a: 1, b: 2 }, { retry: { retryIf: () => true } });
  // @ts-expect-error a result of another type
  const text: string = await (await quern.enqueue(add, { a: 1, b: 2 })).result();
  // @ts-expect-error a task function by its name
  await quern.enqueue("math.add", { a: 1, b: 2 });
  // @ts-expect-error half of one kind and half of another
  await quern.enqueue(shape, { kind: "dot", length: 3 });
  // @ts-expect-error options where the input stands
  await quern.enqueue(tick, { group: "g" });
  // @ts-expect-error one of many of the wrong type
  await quern.enqueueMany(add, [{ a: 1, b: 2 }, { a: 1 }]);
  // @ts-expect-error all of them of the wrong type
  await quern.enqueueMany(add, [{ a: 1 }]);
  // @ts-expect-error a misspelt option, made for each
  await quern.enqueueMany(add, [{ a: 1, b: 2 }], () => ({ delya: 5 }));
  // @ts-expect-error a wait with an option that nobody reads
  await (await quern.enqueue(tick)).result({ timout: "1s" });
  // @ts-expect-error what is in a group may be anything
  const sum: number = (await quern.groups.results("g"))[0];
  // @ts-expect-error an outcome where a state is asked for
  await quern.tasks.list({ state: "failed" });
  // @ts-expect-error a schema that is none
  task("x", { input: { to: "string" } }, () => sum);
  // @ts-expect-error an event that does not exist
  quern.on("task:exploded", () => {});
  // @ts-expect-error an option of Quern that does not exist
  new Quern({ tasks: [], databse: "memory:" });
  // @ts-expect-error an option of task() that does not exist
  task("x", { timeuot: "30s" }, () => text);
}
