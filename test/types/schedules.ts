// Compiled, never run: what the types of schedules let through, and what they refuse.
import { z } from "zod";
import { nextRuns, Quern, type ScheduleInfo, schedule, task, type TaskFunction } from "../../src/index.ts";
import { same } from "./enqueue.ts";

const digest = task("mail.digest", { input: z.object({ to: z.string(), day: z.string() }) }, ({ to }) => to);
const welcome = task("mail.welcome", ({ to }: { to: string; copies?: number }) => to);
const tick = task("tick", (_: void) => "tock");
const either = task("either", (input: { a: number; day: string } | { b: number; day: string }) => input.day);

const loose = task("loose", (input: { n: number; day?: string } | undefined) => input?.day);
const dated = task("dated", ({ day, at }: { day: number; at: Date }) => [day, at]);
const record = task("record", (input: Record<string, unknown>) => input);
const anything = task("anything", (input: unknown) => input);

const quern = new Quern({
  tasks: [digest, welcome, tick],
  timeZone: "Europe/Amsterdam",
  schedules: [
    schedule("welcome", welcome, { to: "ops" }, { cron: "0 22 * * 1-5" }),
    schedule("tick", tick, undefined, { minutes: 5, end: new Date(), repeats: 3 }),
    schedule("digest", digest, { to: "ops" }, { type: "daily", intendedDateKey: "day" }),
  ],
});

export async function right(): Promise<void> {
  const made = await quern.schedule("welcome", welcome, { to: "ops" }, { type: "daily", missed: "one" });
  same<typeof made, ScheduleInfo | null>();
  await quern.schedule("tick", tick, undefined, { type: "minutes", minutes: 5, retry: false, queue: "fast" });
  await quern.schedule("digest", digest, { to: "ops" }, { cron: "@daily", intendedDateKey: "day" });
  await quern.schedule("either", either, { b: 1 }, { type: "once", intendedDateKey: "day" });
  schedule("loose", loose, { n: 1 }, { type: "daily", intendedDateKey: "day" });
  schedule("record", record, { n: 1 }, { type: "daily", intendedDateKey: "day" });
  schedule("anything", anything, { n: 1 }, { type: "daily", intendedDateKey: "day" });
  await quern.schedules.create(digest, { to: "ops" }, { type: "daily", intendedDateKey: "day", name: "d" });
  await quern.schedules.create(welcome, { to: "ops" }, { type: "hourly", name: "welcome" }, { by: "ann" });
  await quern.schedules.create("mail.welcome", { any: "thing" }, { type: "hourly" });
  await quern.schedules.update("welcome", { cron: "0 7 * * *", end: null, input: 5 }, { version: 3 });
  const runs = await quern.schedules.preview({ type: "monthly" }, 5);
  same<typeof runs, Date[]>();
  const next = nextRuns({ type: "daily", timeZone: "UTC", firstRun: new Date() }, { after: 0, count: 3 });
  same<typeof next, Date[]>();
}

export async function wrong(): Promise<void> {
  // @ts-expect-error an input of the wrong type
  await quern.schedule("welcome", welcome, { to: 7 }, { type: "daily" });
  // @ts-expect-error an input with a field missing
  schedule("welcome", welcome, {}, { type: "daily" });
  // @ts-expect-error an input with a field too many
  await quern.schedules.create(welcome, { to: "ops", form: "x" }, { type: "daily" });
  // @ts-expect-error no intended date goes into this field
  await quern.schedule("digest", digest, { to: "ops" }, { type: "daily" });
  // @ts-expect-error the intended date goes into another field
  await quern.schedule("digest", digest, { to: "ops" }, { type: "daily", intendedDateKey: "date" });
  // @ts-expect-error the input has no such key
  schedule("welcome", welcome, { to: "ops" }, { type: "daily", intendedDateKey: "day" });
  // @ts-expect-error the input has no such key, whatever else is right
  await quern.schedules.create(welcome, { to: "ops" }, { type: "daily", intendedDateKey: "day" });
  // @ts-expect-error there is no input to put it into
  schedule("tick", tick, undefined, { minutes: 5, intendedDateKey: "day" });
  // @ts-expect-error a key that takes a number
  schedule("dated", dated, { at: new Date() }, { type: "daily", intendedDateKey: "day" });
  // @ts-expect-error a key that takes a Date, which ISO text is not
  schedule("dated", dated, { day: 1 }, { type: "daily", intendedDateKey: "at" });
  // @ts-expect-error a key of one of two inputs only
  schedule("either", either, { b: 1, day: "" }, { type: "daily", intendedDateKey: "a" });
  // @ts-expect-error some text, that may be any key
  schedule("digest", digest, { to: "ops" }, { type: "daily", intendedDateKey: "day" as string });
  // @ts-expect-error an unknown option
  await quern.schedule("welcome", welcome, { to: "ops" }, { type: "daily", timezone: "UTC" });
  // @ts-expect-error a type that does not exist
  await quern.schedule("welcome", welcome, { to: "ops" }, { type: "dayly" });
  // @ts-expect-error neither type nor cron nor minutes
  await quern.schedule("welcome", welcome, { to: "ops" }, { repeats: 5 });
  // @ts-expect-error a cron line beside another type
  await quern.schedule("welcome", welcome, { to: "ops" }, { type: "daily", cron: "* * * * *" });
  // @ts-expect-error a cron without its line
  schedule("welcome", welcome, { to: "ops" }, { type: "cron" });
  // @ts-expect-error minutes without how many
  schedule("welcome", welcome, { to: "ops" }, { type: "minutes" });
  // @ts-expect-error minutes beside a cron line
  schedule("welcome", welcome, { to: "ops" }, { cron: "* * * * *", minutes: 5 });
  // @ts-expect-error an option of one call only
  schedule("welcome", welcome, { to: "ops" }, { type: "daily", delay: "5m" });
  // @ts-expect-error a moment that is text
  schedule("welcome", welcome, { to: "ops" }, { type: "daily", firstRun: "2030-01-01" });
  // @ts-expect-error retryIf does not travel
  schedule("welcome", welcome, { to: "ops" }, { type: "daily", retry: { retryIf: () => true } });
  // @ts-expect-error a function that was not made by task()
  schedule("welcome", async () => 1, {}, { type: "daily" });
  // @ts-expect-error a change that is no option
  await quern.schedules.update("welcome", { repaets: 3 });
  // @ts-expect-error what schedule() did not return
  new Quern({ tasks: [], schedules: ["welcome"] });
}

/** A function of the application's own over any task function. */
export function nightly<Input>(
  name: string,
  one: TaskFunction<Input, unknown>,
  input: Input,
): Promise<unknown> {
  return quern.schedule(name, one, input, { type: "daily", timeZone: "UTC" });
}
