// What the API answers, as JSON Schemas for its OpenAPI document: each is checked by the compiler against its type in contract.ts.
import type * as Api from "./contract.ts";
import {
  anyOf,
  choice,
  list,
  map,
  moment,
  nothing,
  nullable,
  number,
  object,
  optional,
  type Schema,
  text,
  truth,
} from "./json-schema.ts";

/** The types that have a name in the document. */
interface Answers {
  ActionAnswer: Api.ActionAnswer;
  Boot: Api.Boot;
  BytesAnswer: Api.BytesAnswer;
  Cell: Api.Cell;
  ConsequencesAnswer: Api.ConsequencesAnswer;
  Count: Api.Count;
  CountsAnswer: Api.CountsAnswer;
  DetailAnswer: Api.DetailAnswer;
  EmptyText: Api.EmptyText;
  Error: Api.ErrorAnswer;
  FieldKind: Api.FieldKind;
  FormField: Api.FormFieldDescription;
  FormValue: Api.FormValue;
  FunctionAnswer: Api.FunctionAnswer;
  Health: { ok: boolean };
  HistoryAnswer: Api.HistoryAnswer;
  ListAnswer: Api.ListAnswer;
  ModelDescription: Api.ModelDescription;
  Nothing: Record<never, never>;
  OpenApi: { openapi: string } & Record<string, unknown>;
  OperationState: Api.OperationState;
  OperationsAnswer: Api.OperationsAnswer;
  Option: Api.Option;
  OverviewAnswer: Api.OverviewAnswer;
  PreviewAnswer: Api.PreviewAnswer;
  Row: Api.Row;
  SaveAnswer: Api.SaveAnswer;
  SeriesAnswer: Api.SeriesAnswer;
  Shape: Api.Shape;
  ShownError: Api.ShownError;
  SuggestAnswer: Api.SuggestAnswer;
  ValueIssue: Api.ValueIssue;
}

export type AnswerName = keyof Answers;

export const named = <Name extends AnswerName>(name: Name): Schema<Answers[Name]> => ({
  $ref: `#/components/schemas/${name}`,
});

const texts = list(text);
const maybeText = nullable(text);
const values = map(named("FormValue"));
const tone = choice("good", "bad", "warn", "quiet", "untrusted");
const label = object<Api.Named>({ one: text, many: text });
const refused = list(object<{ id: string; reason: string }>({ id: text, reason: text }));

const filter = anyOf(
  object<Extract<Api.FilterDescription, { as: "choices" }>>({
    field: text,
    as: choice("choices"),
    label: text,
    options: list(named("Option")),
  }),
  object<Extract<Api.FilterDescription, { as: "suggest" }>>({
    field: text,
    as: choice("suggest"),
    label: text,
  }),
  object<Extract<Api.FilterDescription, { as: "moment" }>>({
    field: text,
    as: choice("moment"),
    label: text,
    presets: list(named("Option")),
  }),
  object<Extract<Api.FilterDescription, { as: "custom" }>>({
    field: text,
    as: choice("custom"),
    label: text,
    options: list(named("Option")),
  }),
);

const action = object<Api.ActionDescription>({
  name: text,
  label: text,
  danger: truth,
  on: list(choice("row", "rows", "matching")),
  ask: list(named("FormField")),
  confirm: choice("never", "always", "typed"),
  key: maybeText,
  primary: truth,
});

const section = object<Api.SectionDescription>({
  name: text,
  label: text,
  fields: texts,
  table: optional(
    object<NonNullable<Api.SectionDescription["table"]>>({
      columns: list(
        object<NonNullable<Api.SectionDescription["table"]>["columns"][number]>({
          name: text,
          label: text,
          kind: named("FieldKind"),
        }),
      ),
      empty: text,
    }),
  ),
  as: optional(choice("raw", "timeline", "form", "history")),
});

const form = object<Api.FormDescription>({
  sections: list(
    object<Api.FormDescription["sections"][number]>({ label: text, fields: list(named("FormField")) }),
  ),
  preview: truth,
});

const richCell = object<Api.RichCell>({
  value: anyOf(text, number, truth, nothing),
  text: optional(text),
  note: optional(text),
  title: optional(text),
  to: optional(text),
  tone: optional(tone),
  cut: optional(truth),
  error: optional(named("ShownError")),
  progress: optional(
    object<NonNullable<Api.RichCell["progress"]>>({ ratio: nullable(number), text: maybeText }),
  ),
  tags: optional(texts),
  marks: optional(
    list(object<NonNullable<Api.RichCell["marks"]>[number]>({ at: moment, text, tone, to: optional(text) })),
  ),
  lines: optional(
    list(object<NonNullable<Api.RichCell["lines"]>[number]>({ at: moment, level: text, text })),
  ),
  since: optional(moment),
  until: optional(moment),
  lease: optional(object<NonNullable<Api.RichCell["lease"]>>({ by: text, until: moment })),
});

type Entry = Api.HistoryAnswer["entries"][number];
const entry = object<Entry>({
  id: text,
  at: moment,
  who: text,
  address: maybeText,
  action: text,
  outcome: text,
  object: optional(object<NonNullable<Entry["object"]>>({ text, to: maybeText })),
  changes: list(object<Entry["changes"][number]>({ field: text, before: maybeText, after: maybeText })),
});

type Kind<As> = Extract<Api.Shape, { as: As }>;
const bounds = { nullable: optional(truth), least: optional(number), most: optional(number) };
const shape = anyOf(
  object<Kind<"text">>({ as: choice("text"), format: optional(text), ...bounds }),
  object<Kind<"number">>({ as: choice("number"), whole: truth, ...bounds }),
  object<Kind<"switch">>({ as: choice("switch"), nullable: optional(truth) }),
  object<Kind<"moment">>({ as: choice("moment"), nullable: optional(truth) }),
  object<Kind<"json">>({ as: choice("json"), nullable: optional(truth) }),
  object<Kind<"choice">>({
    as: choice("choice"),
    options: list(anyOf(text, number, truth)),
    nullable: optional(truth),
  }),
  object<Kind<"list">>({ as: choice("list"), of: named("Shape"), ...bounds }),
  object<Kind<"object">>({
    as: choice("object"),
    fields: list(
      object<Api.ShapeField>({
        name: text,
        title: maybeText,
        help: maybeText,
        required: truth,
        initial: maybeText,
        shape: named("Shape"),
      }),
    ),
    nullable: optional(truth),
  }),
);

type Problem = Api.ErrorAnswer["error"];
const problem = object<Problem>({
  code: text,
  message: text,
  hint: maybeText,
  requestId: text,
  fields: optional({ ...map(text), description: "422: by the name of the field" }),
  issues: optional({
    ...map(list(named("ValueIssue"))),
    description: "422: what the schema of an input found",
  }),
  position: optional(object<NonNullable<Problem["position"]>>({ from: number, to: number })),
  current: optional(named("DetailAnswer")),
  by: optional(object<NonNullable<Problem["by"]>>({ who: text, at: moment, action: text })),
});

export const answers: { readonly [Name in AnswerName]: Schema<Answers[Name]> } = {
  ActionAnswer: object<Api.ActionAnswer>({
    done: number,
    skipped: refused,
    failed: refused,
    to: optional(text),
    operation: optional(named("OperationState")),
  }),
  Boot: object<Api.Boot>({
    label: text,
    environment: maybeText,
    debug: truth,
    readOnly: truth,
    user: nullable(
      object<NonNullable<Api.Boot["user"]>>({ name: text, role: choice("viewer", "operator", "admin") }),
    ),
    login: nullable(choice("password", "elsewhere")),
    timeZone: text,
    version: text,
    models: list(named("ModelDescription")),
    pages: list(choice("overview")),
    database: text,
  }),
  BytesAnswer: object<Api.BytesAnswer>({ unreadable: text, why: text, base64: text }),
  Cell: anyOf(text, number, truth, nothing, richCell),
  ConsequencesAnswer: object<Api.ConsequencesAnswer>({
    count: named("Count"),
    examples: texts,
    consequences: texts,
    answers: values,
  }),
  Count: object<Api.Count>({ number, capped: truth }),
  CountsAnswer: object<Api.CountsAnswer>({ counts: map(named("Count")) }),
  DetailAnswer: object<Api.DetailAnswer>({
    row: named("Row"),
    title: text,
    version: text,
    standsIn: maybeText,
    fields: map(named("Cell")),
    tables: map(object<{ rows: Api.Row[] }>({ rows: list(named("Row")) })),
    form: nullable(object<NonNullable<Api.DetailAnswer["form"]>>({ values, readOnly: maybeText })),
    again: nullable(object<NonNullable<Api.DetailAnswer["again"]>>({ model: text, label: text, values })),
    raw: maybeText,
    bytes: maybeText,
  }),
  EmptyText: object<Api.EmptyText>({ title: text, hint: optional(text), code: optional(text) }),
  Error: object<Api.ErrorAnswer>({ error: problem }),
  FieldKind: choice(
    ...([
      "text",
      "code",
      "number",
      "moment",
      "duration",
      "outcome",
      "state",
      "link",
      "value",
      "error",
    ] as const),
    ...(["progress", "tags", "lines"] as const),
  ),
  FormField: object<Api.FormFieldDescription>({
    name: text,
    label: text,
    help: text,
    as: choice(
      ...([
        "text",
        "number",
        "choice",
        "suggest",
        "moment",
        "value",
        "switch",
        "zone",
        "cron",
        "duration",
      ] as const),
    ),
    required: truth,
    readOnly: truth,
    fixed: optional(truth),
    inputOf: optional(text),
    options: optional(list(named("Option"))),
    shownIf: optional(map(texts)),
    initial: optional(named("FormValue")),
  }),
  FormValue: anyOf(text, number, truth, nothing),
  FunctionAnswer: object<Api.FunctionAnswer>({ known: truth, input: nullable(named("Shape")) }),
  Health: object<Answers["Health"]>({ ok: truth }),
  HistoryAnswer: object<Api.HistoryAnswer>({ entries: list(entry) }),
  ListAnswer: object<Api.ListAnswer>({
    rows: list(named("Row")),
    after: maybeText,
    before: maybeText,
    count: named("Count"),
    banner: maybeText,
    searchedTo: nullable(moment),
    query: object<Api.ListAnswer["query"]>({ text }),
    at: moment,
    few: truth,
  }),
  ModelDescription: object<Api.ModelDescription>({
    name: text,
    path: text,
    label,
    fields: map(
      object<Api.FieldDescription>({
        label: text,
        help: maybeText,
        kind: named("FieldKind"),
        sortable: choice("always", "few", "no"),
      }),
    ),
    columns: texts,
    links: texts,
    search: texts,
    sort: texts,
    opens: optional(text),
    filters: list(filter),
    actions: list(action),
    detail: list(section),
    head: texts,
    form: nullable(form),
    may: object<Api.ModelDescription["may"]>({ add: truth, change: truth, history: truth }),
    empty: named("EmptyText"),
    unavailable: maybeText,
    live: truth,
    navigation: nullable(
      object<NonNullable<Api.ModelDescription["navigation"]>>({
        group: choice("tasks", "system"),
        count: truth,
        bad: truth,
        key: optional(text),
        icon: optional(
          choice("success", "failure", "schedule", "queue", "running", "cluster", "audit", "task"),
        ),
      }),
    ),
  }),
  Nothing: object<Answers["Nothing"]>({}),
  OpenApi: { type: "object", required: ["openapi"], properties: { openapi: text } },
  OperationState: object<Api.OperationState>({
    id: text,
    action: text,
    model: text,
    label: text,
    by: text,
    state: choice("running", "done", "cancelled", "failed"),
    total: named("Count"),
    done: number,
    skipped: number,
    failed: number,
    problems: refused,
    started: moment,
  }),
  OperationsAnswer: object<Api.OperationsAnswer>({ operations: list(named("OperationState")) }),
  Option: object<Api.Option>({ value: text, label: text, help: optional(text) }),
  OverviewAnswer: object<Api.OverviewAnswer>({
    tiles: list(
      object<Api.OverviewAnswer["tiles"][number]>({
        name: text,
        label: text,
        value: number,
        capped: optional(truth),
        text: optional(text),
        to: maybeText,
        tone: optional(tone),
      }),
    ),
    warnings: list(
      object<Api.OverviewAnswer["warnings"][number]>({ text, to: maybeText, tone: choice("warn", "bad") }),
    ),
    recent: list(entry),
    empty: nullable(named("EmptyText")),
  }),
  PreviewAnswer: object<Api.PreviewAnswer>({
    words: text,
    runs: list(object<Api.PreviewAnswer["runs"][number]>({ at: moment, shift: maybeText })),
    ends: truth,
    perYear: nullable(number),
    nextRun: nullable(moment),
    replaces: nullable(moment),
    warnings: texts,
  }),
  Row: object<Api.Row>({
    id: text,
    to: maybeText,
    cells: map(named("Cell")),
    actions: map(anyOf(choice(true), text)),
  }),
  SaveAnswer: object<Api.SaveAnswer>({ id: text, to: text, version: text, warnings: texts }),
  SeriesAnswer: object<Api.SeriesAnswer>({
    at: list(moment),
    stepMs: number,
    succeeded: list(number),
    failed: list(number),
  }),
  Shape: shape,
  ShownError: object<Api.ShownError>({
    name: text,
    message: text,
    frames: list(object<Api.ShownError["frames"][number]>({ text, own: truth })),
    cause: nullable(named("ShownError")),
    code: maybeText,
  }),
  SuggestAnswer: object<Api.SuggestAnswer>({
    values: list(
      object<Api.SuggestAnswer["values"][number]>({
        value: text,
        count: optional(number),
        schedule: optional(truth),
      }),
    ),
  }),
  ValueIssue: object<Api.ValueIssue>({ path: list(anyOf(text, number)), message: text }),
};
