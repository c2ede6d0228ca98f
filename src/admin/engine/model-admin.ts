// What a registration may say: a list with its columns, filters, actions, detail and form, as plain data with functions in it.
import type { Condition } from "../../store/browse.ts";
import type {
  EmptyText,
  FieldKind,
  FormFieldKind,
  FormValue,
  IconName,
  Named,
  Option,
  RichCell,
  ValueIssue,
} from "../contract.ts";
import type { ActionContext, AdminContext } from "./admin-context.ts";
import type { Source } from "./source.ts";

// Methods, not properties: a registration for one kind of row then is one for any, which is how the engine keeps them.
export interface ModelAdmin<Row, F extends string = string> {
  path: string;
  label: Named;
  source: Source<Row>;
  /** Everything that can be shown, by name. */
  fields: Record<F, Field<Row>>;
  /** The default columns, in order. */
  columns: NoInfer<F>[];
  /** The cells that open the row. */
  links: NoInfer<F>[];
  /** What a free word is looked up in: names of the source's fields. */
  search: string[];
  /** Words before a colon in a search, beside the source's fields. */
  terms?: Record<string, Term>;
  /** The default order: names of fields, or `claim`; `-` for descending. */
  sort: string[];
  filters: Filter[];
  actions: Action<Row>[];
  detail: Section<Row>[];
  /** The fields beside its title, on each tab of its page. */
  head?: NoInfer<F>[];
  /** The model in whose list a row stands now, where that is not this one. */
  standsIn?(row: Row): string;
  /** The lists in which its rows stand, and which of them: a row exists for a user only where one of those lists has it for him. */
  within?: Readonly<Record<string, Condition>>;
  form?: Form<Row>;
  /** A new row of that model is begun from a row of this one: with these values, and with what is hidden in them. */
  again?: {
    model: string;
    label: string;
    values(row: Row, ctx: AdminContext): Promise<Record<string, FormValue>> | Record<string, FormValue>;
  };
  /** How the row is called in titles and sentences. */
  title(row: Row): string;
  /** The version of a row for the optimistic lock; absent: rows are not edited. */
  version?(row: Row): string;
  /** All there is of a row, to be copied as JSON. */
  raw?(row: Row, ctx: AdminContext): Promise<unknown>;
  /** Why there is nothing under this id, where nobody deleted it. */
  gone?(id: string, ctx: AdminContext): Promise<{ message: string; hint: string }>;
  /** The path of the pages that its ids lead to, whichever list their rows stand in now: a whole id in its search box opens one. */
  opens?: string;
  /** Of a row that can't be read, what is kept of it; undefined: it can be read. */
  unreadable?(row: Row, ctx: AdminContext): Unreadable | undefined;
  banner?(ctx: AdminContext): Promise<string | undefined>;
  empty(ctx: AdminContext): Promise<EmptyText> | EmptyText;
  /** Why there is nothing here, instead of a list. */
  unavailable?(ctx: AdminContext): string | undefined;
  live: boolean;
  /** Null: its pages are reached from others, it has no list. */
  navigation: {
    group: "tasks" | "system";
    count: boolean;
    bad: boolean;
    key?: string;
    icon?: IconName;
  } | null;
  /** The page of a row, when it is not under this model's path; null: it has none. */
  to?(row: Row): string | null;
}

/** A registration, whatever its rows are. */
export type AnyModel = ModelAdmin<unknown>;

export interface Field<Row> {
  label: string;
  help?: string;
  kind: FieldKind;
  /** The source's field or order that sorts it; absent: its own name. False: it can't be sorted. */
  sort?: string | false;
  /** Computed on the server; absent: the row's property of that name. */
  value?(row: Row, ctx: AdminContext): Shown | Promise<Shown>;
}

/** What a field answers: a plain value, or a cell with more to it. */
export type Shown = string | number | boolean | null | undefined | RichCell;

export interface Unreadable {
  /** In one word, and in a sentence. */
  word: string;
  why: string;
  /** As it is kept. */
  text: string;
  /** The model whose permission `raw` shows it. */
  model: string;
}

/** How the value of `field:value` is read. */
export interface Term {
  field: string;
  as: "exact" | "contains" | "number" | "moment" | "duration" | "has";
  /** Its secrets were left out when it was written. */
  redacted?: boolean;
}

export type Filter =
  | { field: string; as: "choices"; label?: string; options: Option[] }
  | {
      field: string;
      as: "suggest";
      label?: string;
      suggest?(prefix: string, ctx: AdminContext): Promise<string[]>;
      /** Tasks of a schedule have its name or id here: such values come first, and are marked. */
      schedules?: boolean;
    }
  | { field: string; as: "moment"; label?: string; presets?: Option[] }
  | {
      field: string;
      as: "custom";
      label: string;
      options: Option[];
      /** Undefined: no such value. */
      where(value: string, ctx: AdminContext): Condition | undefined;
    };

export interface Action<Row> {
  name: string;
  label: string;
  danger?: boolean;
  /** `resubmit` is asked as `failure.resubmit`, per object; with a dot it is asked as it stands. */
  permission: string;
  on: ("row" | "rows" | "matching")[];
  /** Whether it is offered at all for this row; absent: for each. */
  offered?(row: Row): boolean;
  /** Whether it can be done now, or why not. */
  when?(row: Row): true | string;
  /** What its dialog asks before it runs. */
  ask?: FormField[];
  confirm: "never" | "always" | "typed";
  key?: string;
  primary?: boolean;
  consequences?(rows: readonly Row[], ctx: AdminContext): Promise<string[]>;
  /** What its dialog begins with for these rows. */
  begins?(rows: readonly Row[]): Record<string, FormValue>;
  /** One row, with its audit entry in the same transaction. */
  run(row: Row, answers: Answers, ctx: ActionContext): Promise<Outcome>;
  /** The same for many, in one transaction, where that is faster. */
  runMany?(rows: readonly Row[], answers: Answers, ctx: ActionContext): Promise<Outcome[]>;
}

export type Answers = Readonly<Record<string, FormValue>>;

/** What came of one row. */
export type Outcome = { done: true; to?: string } | { skipped: string } | { failed: string };

export interface Section<Row> {
  name: string;
  label: string;
  fields: string[];
  as?: "raw" | "timeline" | "form" | "history";
  table?: {
    columns: { name: string; label: string; kind: FieldKind }[];
    empty: string;
    rows(row: Row, ctx: AdminContext): Promise<TableRow[]>;
  };
}

export interface TableRow {
  id: string;
  to?: string | null;
  cells: Record<string, Shown>;
}

export interface FormField {
  name: string;
  label: string;
  help: string;
  required?: boolean;
  as: FormFieldKind;
  options?: Option[];
  shownIf?: Record<string, string[]>;
  readOnly?: boolean;
  /** Given once: of a row that is there already it is read-only. */
  fixed?: boolean;
  /** Of a `value`: the field that names the function it is for. */
  inputOf?: string;
  initial?: FormValue;
  /** What is wrong with the value, as a sentence. */
  check?(
    value: FormValue,
    all: Record<string, FormValue>,
    ctx: AdminContext,
  ): Promise<string | undefined> | string | undefined;
  suggest?(prefix: string, ctx: AdminContext): Promise<string[]>;
}

export interface Form<Row> {
  sections: { label: string; fields: FormField[] }[];
  /** New rows can be added by it. */
  add: boolean;
  preview?: boolean;
  values(row: Row, ctx: AdminContext): Promise<Record<string, FormValue>> | Record<string, FormValue>;
  /** Why this row can't be edited now. */
  readOnly?(row: Row, ctx: AdminContext): string | undefined;
  /** Saves, with the audit entry in the same transaction. Without a row it adds one. */
  save(
    row: Row | null,
    values: Record<string, FormValue>,
    ctx: AdminContext,
    /** `from`: the row, of a model that says so by `again`, from which a new one was begun. */
    options: { check: boolean; reason?: string; from?: unknown },
  ): Promise<Saved>;
}

export type Saved =
  | { saved: { id: string; to: string; version: string; warnings?: string[] } }
  | { fields: Record<string, string>; issues?: Record<string, ValueIssue[]> }
  | { conflict: string };

/** A model that can't be: said when it is registered, and not when somebody opens its page. */
export class BadModel extends Error {}

export function checkModel(name: string, model: AnyModel): void {
  const problem = problemOf(model);
  if (problem !== undefined) throw new BadModel(`the registration "${name}" ${problem}`);
}

function problemOf(model: AnyModel): string | undefined {
  const unknown = [...model.columns, ...model.links, ...model.detail.flatMap(({ fields }) => fields)].find(
    (field) => !Object.hasOwn(model.fields, field),
  );
  if (unknown !== undefined) return `names the field "${unknown}", which is not among its fields`;
  const names = model.actions.map(({ name }) => name);
  const twice = names.find((one, index) => names.indexOf(one) !== index);
  if (twice !== undefined) return `has two actions named "${twice}"`;
  const sortable = (order: string): boolean => order in model.source.orders || order in model.source.fields;
  const unsorted = [
    ...model.sort.map((order) => order.replace(/^-/, "")),
    ...Object.values(model.fields).flatMap(({ sort }) => (typeof sort === "string" ? sort : [])),
  ].find((order) => !sortable(order));
  if (unsorted !== undefined) return `is ordered by "${unsorted}", which its source does not know`;
  const unsearched = model.search.find((field) => model.source.fields[field] !== "text");
  if (unsearched !== undefined) return `searches "${unsearched}", which is no text of its source`;
  return /^[a-z][a-z0-9-]*$/.test(model.path)
    ? undefined
    : `has the path "${model.path}": only a-z, 0-9 and -`;
}
