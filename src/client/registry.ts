// task(), and a name to its function. Functions are found here by name only; nothing is imported by a path that stands in a row.
import { createHash } from "node:crypto";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { didYouMean, type Place, refuse, text } from "../core/check.ts";
import { QuernError } from "../core/errors.ts";
import { checkTaskOptions, type TaskLike, type TaskOptions } from "../core/options.ts";
import type { TaskContext } from "./context.ts";

const taskBrand = Symbol.for("quern.task");

/** A named function that can be queued. `Input` is what callers give, `Result` what `result()` answers. */
export interface TaskFunction<Input, Result> extends TaskLike {
  readonly taskName: string;
  readonly options: TaskOptions;
  readonly schema: StandardSchemaV1 | undefined;
  /** Calls the function itself, here and now: no queue, no check of the input. For tests, and for use without a queue. */
  run(input: Input, context: TaskContext): Promise<Result>;
  readonly [taskBrand]: true;
}

/** Any task function, when it only matters that it is one. */
export type AnyTask = TaskFunction<never, unknown>;

/**
 * Declares a task function. `name` is what stands in rows and lists, so give it once and for all (`mail.welcome`).
 * With `input`, a schema of any Standard Schema library, what is given to `enqueue` is checked there and again before it runs.
 * Throws QUERN_BAD_OPTION or QUERN_UNKNOWN_OPTION for options that are wrong.
 */
export function task<Schema extends StandardSchemaV1, Result>(
  name: string,
  options: TaskOptions & { input: Schema },
  run: (input: StandardSchemaV1.InferOutput<Schema>, context: TaskContext) => Result,
): TaskFunction<StandardSchemaV1.InferInput<Schema>, Awaited<Result>>;
export function task<Input = void, Result = unknown>(
  name: string,
  options: TaskOptions & { input?: undefined },
  run: (input: Input, context: TaskContext) => Result,
): TaskFunction<Input, Awaited<Result>>;
export function task<Input = void, Result = unknown>(
  name: string,
  run: (input: Input, context: TaskContext) => Result,
): TaskFunction<Input, Awaited<Result>>;
export function task(name: string, ...rest: unknown[]): unknown {
  text(name, "the name of a task function", 'task("mail.welcome", …)');
  const [given, run] = rest.length > 1 ? rest : [{}, rest[0]];
  if (typeof run !== "function") {
    throw new QuernError("QUERN_BAD_OPTION", {
      field: `the function of ${name}`,
      expected: "a function",
      given: typeof run,
      where: `task("${name}", options, async (input, context) => …)`,
    });
  }
  checkTaskOptions(name, given as TaskOptions);
  const { input: schema, ...options } = given as TaskOptions & { input?: StandardSchemaV1 };
  if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function") {
    throw new QuernError("QUERN_BAD_OPTION", {
      field: "input",
      expected: "a schema of a Standard Schema library (zod, valibot, arktype, …)",
      given: typeof schema,
      where: `task("${name}", { input })`,
    });
  }
  return Object.freeze({
    taskName: name,
    options: Object.freeze(options),
    schema,
    run: async (value: unknown, context: TaskContext) => run(value, context),
    [taskBrand]: true,
  });
}

/** The name of what a caller hands in as a task function; a text is none, for then its input would have no type. */
export function taskNameOf(task: TaskLike, place: Place): string {
  const name: unknown = (task as TaskLike | null | undefined)?.taskName;
  return typeof name === "string" ? name : refuse(task, "the task function", "what task() returned", place);
}

export class Registry {
  readonly #functions = new Map<string, AnyTask>();

  constructor(tasks: readonly TaskLike[]) {
    for (const task of tasks) {
      if (!isTask(task)) {
        throw new QuernError("QUERN_BAD_OPTION", {
          field: "tasks",
          expected: "an array of what task() returned",
          given: typeof task,
          where: "new Quern({ tasks })",
        });
      }
      if (this.#functions.has(task.taskName))
        throw new QuernError("QUERN_DUPLICATE_TASK", { func: task.taskName });
      this.#functions.set(task.taskName, task);
    }
  }

  find(func: string): AnyTask | undefined {
    return this.#functions.get(func);
  }

  /** For a caller who names a function: throws QUERN_UNKNOWN_TASK with what was probably meant. */
  get(func: string): AnyTask {
    const task = this.find(func);
    if (task === undefined)
      throw new QuernError("QUERN_UNKNOWN_TASK", { func, meant: didYouMean(func, this.names()) });
    return task;
  }

  names(): string[] {
    return [...this.#functions.keys()];
  }

  /** The same in every process that loaded the same task functions: how a sentinel knows that its workers did. */
  fingerprint(): string {
    const known = [...this.#functions.values()].map((task) => [task.taskName, task.options]).sort();
    return createHash("sha256").update(JSON.stringify(known)).digest("hex").slice(0, 16);
  }
}

function isTask(value: TaskLike): value is AnyTask {
  return (value as Partial<AnyTask>)[taskBrand] === true;
}
