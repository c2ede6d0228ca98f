// What an input looks like, as far as a form can be made of it: JSON, types only; part of what the contract says.

/** One value. `json`: any, which nothing but JSON can show. */
export type Shape = { nullable?: boolean } & (
  | { as: "text"; format?: string; least?: number; most?: number }
  | { as: "number"; whole: boolean; least?: number; most?: number }
  | { as: "switch" }
  | { as: "choice"; options: (string | number | boolean)[] }
  /** A Date, which the codec writes as `{"$date":"…"}`. */
  | { as: "moment" }
  | { as: "list"; of: Shape; least?: number; most?: number }
  | { as: "object"; fields: ShapeField[] }
  | { as: "json" }
);

export interface ShapeField {
  name: string;
  /** What its schema calls it, and says of it. */
  title: string | null;
  help: string | null;
  required: boolean;
  /** JSON text of what stands for it where it is left out; null: nothing does. */
  initial: string | null;
  shape: Shape;
}

/** `GET api/functions/:func` */
export interface FunctionAnswer {
  /** Whether it is registered where the admin runs. */
  known: boolean;
  /** Null: its schema does not say, or it has none. */
  input: Shape | null;
}

/** One thing that a schema found in a value. */
export interface ValueIssue {
  /** Where: keys and positions from the outside in; empty: the value itself. */
  path: (string | number)[];
  message: string;
}
