// schedule(): a schedule as the configuration declares it, and the check of a list of them.
import { refuse } from "../core/check.ts";
import { QuernError } from "../core/errors.ts";
import type { ScheduleLike } from "../core/options.ts";
import type { ScheduleOptions } from "../core/schedule/schedule-options.ts";
import { type TaskFunction, taskNameOf } from "./registry.ts";
import { draftSchedule, type Knowing, type ScheduleDraft } from "./schedule/draft.ts";

const scheduleBrand = Symbol.for("quern.schedule");

/** What stands in `new Quern({ schedules })`. */
export interface ScheduleDeclaration extends ScheduleLike {
  readonly scheduleName: string;
  readonly func: string;
  readonly input: unknown;
  readonly options: ScheduleOptions;
  readonly [scheduleBrand]: true;
}

/** What is said of a schedule's input: all of it but what `intendedDateKey` puts into it. Where that is wrong, it alone is told. */
export type ScheduledInput<Input, Key extends string> = [Key] extends [never]
  ? Input
  : unknown extends Input
    ? Input
    : [Key] extends [DateKey<Input>]
      ? WithoutKey<Input, Key>
      : unknown;

type WithoutKey<Input, Key extends string> = Input extends object ? Omit<Input, Key> : Input;

/** The options of a schedule; its `intendedDateKey` is a key that the input has. */
export type ScheduleOptionsFor<Input, Key extends string> = ScheduleOptions<
  [Key] extends [DateKey<Input>] ? Key : DateKey<Input>
>;

/** The keys of an input into which ISO text may be put. Of a union those that all of it has. */
type DateKey<Input> = unknown extends Input
  ? string
  : string & keyof Texts<Extract<Input, object>> extends infer Key extends string
    ? [Key] extends [never]
      ? "(the input has no key that takes ISO text)"
      : Key
    : never;

type Texts<Input> = {
  [Key in keyof Input & string as string extends Input[Key] ? Key : never]: true;
};

/**
 * Declares a schedule for `new Quern({ schedules })`: a cluster makes and updates it when it starts. By its name it is known, so
 * give it once and for all. What is wrong with it is said by `new Quern`.
 */
export function schedule<Input, Result, Key extends string = never>(
  name: string,
  task: TaskFunction<Input, Result>,
  input: ScheduledInput<Input, Key>,
  options: ScheduleOptionsFor<Input, Key>,
): ScheduleDeclaration {
  return Object.freeze({
    scheduleName: name,
    func: taskNameOf(task, `schedule(${JSON.stringify(name)}, task, input, options)`),
    input,
    options: Object.freeze({ ...options }),
    [scheduleBrand]: true as const,
  });
}

/** Throws what is wrong with one of them, and QUERN_DUPLICATE_SCHEDULE. */
export function draftDeclarations(known: Knowing, declarations: readonly ScheduleLike[]): ScheduleDraft[] {
  const names = new Set<string>();
  return declarations.map((declaration, index) => {
    if (!isDeclaration(declaration))
      refuse(declaration, `schedules[${index}]`, "what schedule() returned", "new Quern({ * })");
    const { scheduleName: name, func, input, options } = declaration;
    if (names.has(name)) throw new QuernError("QUERN_DUPLICATE_SCHEDULE", { name });
    names.add(name);
    return draftSchedule(known, {
      name,
      func,
      input,
      options,
      place: `schedule(${JSON.stringify(name)}, ${func}, input, { * })`,
    });
  });
}

function isDeclaration(value: ScheduleLike): value is ScheduleDeclaration {
  return (value as Partial<ScheduleDeclaration>)[scheduleBrand] === true;
}
