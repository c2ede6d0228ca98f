// JSON Schemas as data, each with the type that it describes: where the two differ, it does not compile.

declare const described: unique symbol;

/** What is a `T`, no more and no less. */
export interface Schema<T> {
  readonly [key: string]: unknown;
  readonly [described]?: (value: T) => T;
}

interface Optional<T> {
  readonly optional: Schema<T>;
}

/** Every key of `T`; those that may be left out say so. */
type Fields<T> = {
  readonly [Key in keyof T]-?: object extends Pick<T, Key>
    ? Optional<Exclude<T[Key], undefined>>
    : Schema<T[Key]>;
};

export const text: Schema<string> = { type: "string" };
export const number: Schema<number> = { type: "number" };
export const truth: Schema<boolean> = { type: "boolean" };
export const nothing: Schema<null> = { type: "null" };
export const moment: Schema<number> = { type: "number", description: "Epoch milliseconds" };

export const optional = <T>(schema: Schema<T>): Optional<T> => ({ optional: schema });

export const nullable = <T>(schema: Schema<T>): Schema<T | null> => ({ anyOf: [schema, nothing] });

export const list = <T>(items: Schema<T>): Schema<T[]> => ({ type: "array", items });

/** By names that are not known beforehand. */
export const map = <T>(additionalProperties: Schema<T>): Schema<Record<string, T>> => ({
  type: "object",
  additionalProperties,
});

export const choice = <const Value extends string | number | boolean>(
  ...values: readonly Value[]
): Schema<Value> => ({ enum: values });

type Described<S> = S extends Schema<infer T> ? T : never;

export const anyOf = <Schemas extends readonly object[]>(
  ...schemas: Schemas
): Schema<Described<Schemas[number]>> => ({ anyOf: schemas });

export function object<T extends object>(fields: Fields<T>): Schema<T> {
  const all = Object.entries(fields as Record<string, Schema<unknown> | Optional<unknown>>);
  return {
    type: "object",
    additionalProperties: false,
    required: all.flatMap(([name, one]) => ("optional" in one ? [] : [name])),
    properties: Object.fromEntries(all.map(([name, one]) => [name, "optional" in one ? one.optional : one])),
  };
}
