// Compiled, never run: which task functions can be hooks.
import { z } from "zod";
import { type FinishedTask, Quern, task } from "../../src/index.ts";

const plain = task("plain", async (input: { a: number }) => input.a);
const told = task("told", async (ended: FinishedTask) => ended.success);
const some = task("some", async ({ id, error }: Pick<FinishedTask, "id" | "error">) => error?.message ?? id);
const silent = task("silent", async () => "done");
const any = task("any", async (ended: unknown) => typeof ended);
const checked = task(
  "checked",
  { input: z.object({ id: z.string(), result: z.object({ width: z.number() }).optional() }) },
  ({ result }) => result?.width,
);
const quern = new Quern({ tasks: [plain, told, some, silent, any, checked] });

export async function right(): Promise<void> {
  for (const hook of [told, some, silent, any, checked, "somewhere.else"])
    await quern.enqueue(plain, { a: 1 }, { hook });
  task("hooked", { hook: told, tags: ["a", "b"] as const }, async () => 1);
  await quern.schedule("often", silent, undefined, { minutes: 5, hook: told });
}

export async function wrong(): Promise<void> {
  // @ts-expect-error it wants another input than a finished task
  await quern.enqueue(plain, { a: 1 }, { hook: plain });
  // @ts-expect-error of a task function too
  task("hooked", { hook: plain }, async () => 1);
  // @ts-expect-error a function that was not made by task()
  await quern.enqueue(plain, { a: 1 }, { hook: async (ended: FinishedTask) => ended.id });
}
