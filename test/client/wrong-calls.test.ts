// What a caller without types may hand in: a sentence that names it, and nothing read, changed, deleted or waited for.
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { Quern, task } from "../../src/index.ts";

const plain = task("plain", async (input: unknown) => input);
const strict = task("strict", { input: z.object({ to: z.string() }) }, async ({ to }) => to);

let quern: Quern;
beforeAll(async () => {
  quern = new Quern({ tasks: [plain, strict], database: "memory:", workers: 0 });
  await quern.enqueue(plain, 1);
});
afterAll(async () => {
  expect(await quern.tasks.count()).toBe(1);
  expect(await quern.queues.list()).toMatchObject([{ queue: "default", paused: false }]);
  await quern.close();
});

// As JavaScript sees it, where nothing is checked before.
const js = (wrong: unknown): never => wrong as never;

it.each<[string, () => unknown, string]>([
  [
    "enqueue by name",
    () => quern.enqueue(js("plain"), 1),
    'the task function to be what task() returned, got "plain". Set it in enqueue(task, input, options)',
  ],
  ["enqueue of nothing", () => quern.enqueue(js(undefined)), "what task() returned, got undefined"],
  ["enqueue of a function", () => quern.enqueue(js(() => 1)), "what task() returned, got a function"],
  ["enqueueMany by name", () => quern.enqueueMany(js("plain"), [1]), 'what task() returned, got "plain"'],
  ["enqueueMany of one", () => quern.enqueueMany(plain, js(5)), "the inputs to be an array of inputs, got 5"],
  [
    "one of many that can't be carried",
    () => quern.enqueueMany(plain, [1, { at: [() => 1] }]),
    "expected inputs[1].at[0] to be plain data, got a function",
  ],
  [
    "one of many that its schema refuses",
    () => quern.enqueueMany(strict, [{ to: "a" }, js({})]),
    "strict can't take this input (an object): inputs[1].to: ",
  ],
  [
    "one of many that is no object",
    () => quern.enqueueMany(strict, [js("a")]),
    "strict can't take this input (a string): inputs[0]: ",
  ],
  [
    "schedule by name",
    () => quern.schedule("s", js("plain"), 1, { minutes: 1 }),
    "what task() returned, got",
  ],
  [
    "a schedule of every",
    () => quern.schedule("s", plain, 1, js({ every: "5m" })),
    'Did you mean "minutes"?',
  ],
  [
    "runAt that is none",
    () => quern.enqueue(plain, 1, { runAt: new Date(Number.NaN) }),
    "got an invalid Date",
  ],
  [
    "runAt beside delay",
    () => quern.enqueue(plain, 1, { delay: 1, runAt: new Date(0) }),
    "got 1970-01-01T00:00:00.000Z",
  ],
  ["tasks.get", () => quern.tasks.get(js(undefined)), "the task to be text, got undefined"],
  ["tasks.attempts", () => quern.tasks.attempts(js(undefined)), "the task to be text, got undefined"],
  ["tasks.result", () => quern.tasks.result(js(undefined)), "the task to be text, got undefined"],
  ["tasks.cancel", () => quern.tasks.cancel(js(undefined)), "the task to be text, got undefined"],
  [
    "tasks.delete",
    () => quern.tasks.delete(js(undefined)),
    "the tasks to be an array of texts, got undefined",
  ],
  ["tasks.delete of one", () => quern.tasks.delete(js([undefined])), "the tasks to be an array of texts"],
  ["tasks.resubmit", () => quern.tasks.resubmit(js(undefined)), "the task to be text, got undefined"],
  ["tasks.list", () => quern.tasks.list({}, { after: "zzz" }), 'the `next` of the page before, got "zzz"'],
  ["groups.count", () => quern.groups.count(js(undefined)), "the group to be text, got undefined"],
  [
    "groups.delete",
    () => quern.groups.delete(js(undefined), { tasks: true }),
    "the group to be text, got undefined",
  ],
  [
    "groups.results",
    () => quern.groups.results("g", js({ count: "x" })),
    'count to be a whole number from 0 up, got "x"',
  ],
  [
    "groups.results of a name",
    () => quern.groups.results("g", js({ func: "add" })),
    'the task function to be what task() returned, got "add"',
  ],
  ["groups.results with a typo", () => quern.groups.results("g", js({ cuont: 1 })), 'Did you mean "count"?'],
  ["queues.pause", () => quern.queues.pause(js(undefined)), "the queue to be text of 1 to 255 characters"],
  ["queues.resume", () => quern.queues.resume(js(7)), "the queue to be text, got 7"],
  ["clusters.stop", () => quern.clusters.stop(js(undefined)), "the cluster to be text, got undefined"],
  ["schedules.get", () => quern.schedules.get(js(undefined)), "the schedule to be text, got undefined"],
  ["schedules.pause", () => quern.schedules.pause(js(undefined)), "the schedule to be text, got undefined"],
  ["schedules.delete", () => quern.schedules.delete(js(undefined)), "the schedule to be text, got undefined"],
  [
    "schedules.preview",
    () => quern.schedules.preview({ minutes: 1 }, 1e9),
    "count to be a whole number from 0 to 1000",
  ],
  ["start", () => quern.start({ project: js(5) }), "project to be text, got 5"],
  [
    "on an event that is none",
    async () => quern.on(js("task:suceeded"), () => {}),
    '(did you mean "task:succeeded"?)',
  ],
  ["on with no function", async () => quern.on("task:failed", js(5)), "the listener to be a function, got 5"],
  [
    "task() without a name",
    async () =>
      task(
        js(() => 1),
        js(undefined),
      ),
    "the name of a task function to be text",
  ],
  ["task() with an empty name", async () => task("", () => 1), "the name of a task function to be text"],
  [
    "task() with a name of two lines",
    async () => task("a\nb", () => 1),
    "the name of a task function to be text",
  ],
])("%s", async (_, call, sentence) => {
  await expect(call()).rejects.toMatchObject({ message: expect.stringContaining(sentence) as string });
});

it("a wait with an option that nobody reads is refused rather than endless", async () => {
  const queued = await quern.enqueue(plain, 1, { unique: "one" });
  const wait = queued.result(js({ timout: "1s" }));
  await expect(wait).rejects.toThrow('result() has no option "timout". Did you mean "timeout"?');
  await quern.tasks.delete(queued.id);
});
