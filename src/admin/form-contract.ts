// What server and web app say to each other about forms: their fields, what is saved, and what an input looks like.

export interface FormDescription {
  sections: { label: string; fields: FormFieldDescription[] }[];
  /** The form asks `schedules/preview` while one types. */
  preview: boolean;
}

export type FormFieldKind =
  | "text"
  | "number"
  | "choice"
  | "suggest"
  | "moment"
  | "value"
  | "switch"
  | "zone"
  | "cron"
  | "duration";

export interface FormFieldDescription {
  name: string;
  label: string;
  help: string;
  as: FormFieldKind;
  required: boolean;
  readOnly: boolean;
  /** Given once: of a row that is there already it is read-only. */
  fixed?: boolean;
  /** Of a `value`: the field that names the function it is for, whose schema may make a form of it. */
  inputOf?: string;
  options?: Option[];
  /** Shown only while each of these fields has one of these values. */
  shownIf?: Record<string, string[]>;
  /** What a new form begins with. */
  initial?: FormValue;
}

export interface Option {
  value: string;
  label: string;
  help?: string;
}

/** `value` fields travel as JSON text, moments as epoch milliseconds. */
export type FormValue = string | number | boolean | null;

/** `POST api/models/:model`, `PATCH api/models/:model/:id`; with `?check` nothing is saved. */
export interface SaveRequest {
  values: Record<string, FormValue>;
  /** Of a new one: the row that it was begun from, whose hidden secrets it keeps. */
  from?: { model: string; id: string };
  reason?: string;
}

export interface SaveAnswer {
  id: string;
  to: string;
  version: string;
  warnings: string[];
}

/** `POST api/schedules/preview` */
export interface PreviewRequest {
  values: Record<string, FormValue>;
  /** The schedule that is edited; absent: a new one. */
  id?: string;
  count?: number;
}

export interface PreviewAnswer {
  words: string;
  runs: {
    at: number /** The wall clock jumps between the run before and this one. */;
    shift: string | null;
  }[];
  /** It ends with the last of these. */
  ends: boolean;
  perYear: number | null;
  nextRun: number | null;
  /** The next run that saving this would replace; null: there is none, or it stays. */
  replaces: number | null;
  /** What may be meant, and is worth a second look. */
  warnings: string[];
}

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
