// What server and web app say to each other: JSON, types only. The web app draws every list, form and menu from this and knows no model by name.

import type {
  FormDescription,
  FormFieldDescription,
  FormValue,
  Option,
  ValueIssue,
} from "./form-contract.ts";

export type * from "./form-contract.ts";

/** Answered by `GET api/boot`. Before login only what is needed to log in. */
export interface Boot {
  label: string;
  /** Shown in the header, with its colour: "production", "staging", … */
  environment: string | null;
  debug: boolean;
  readOnly: boolean;
  /** Null: not logged in; then `login` says how one can. */
  user: { name: string; role: Role } | null;
  login: "password" | "elsewhere" | null;
  /** The zone of the application's schedules, and Quern's version. */
  timeZone: string;
  version: string;
  models: ModelDescription[];
  /** Pages beside the models that this user may see. */
  pages: PageName[];
  /** For the overview and the banners: where it is, without password. */
  database: string;
}

/** `POST api/login`; 401 when they do not fit. `POST api/logout` takes `{}`. */
export interface LoginRequest {
  name: string;
  password: string;
}

export type Role = "viewer" | "operator" | "admin";
export type PageName = "overview";

export interface Named {
  one: string;
  many: string;
}

/** A registration as this user may know it. */
export interface ModelDescription {
  name: string;
  path: string;
  label: Named;
  /** All that can be shown, by name, in the order of the registration. */
  fields: Record<string, FieldDescription>;
  columns: string[];
  links: string[];
  search: string[];
  /** The default order: names, `-` for descending. */
  sort: string[];
  /** The path of the page that a whole id in the search box opens. */
  opens?: string;
  filters: FilterDescription[];
  actions: ActionDescription[];
  detail: SectionDescription[];
  /** The fields beside the title of a row's page, whatever its tab. */
  head: string[];
  form: FormDescription | null;
  may: { add: boolean; change: boolean; history: boolean };
  empty: EmptyText;
  /** Why there is no list; null: there is one. */
  unavailable: string | null;
  /** Rows of this model may change or come at any time. */
  live: boolean;
  /** Whether the navigation shows a count, and in what group it stands. Null: its pages are reached from others, it has no list. */
  navigation: {
    group: "tasks" | "system";
    count: boolean;
    bad: boolean;
    /** After `g`: the letter that opens it. */
    key?: string;
    icon?: IconName;
  } | null;
}

export type IconName =
  | "success"
  | "failure"
  | "schedule"
  | "queue"
  | "running"
  | "cluster"
  | "audit"
  | "task";

/** Nothing at all: a sentence, and what to do about it. */
export interface EmptyText {
  title: string;
  hint?: string;
  code?: string;
}

export type FieldKind =
  | "text"
  | "code"
  | "number"
  | "moment"
  | "duration"
  | "outcome"
  | "state"
  | "link"
  | "value"
  | "error"
  | "progress"
  | "tags"
  | "lines";

export interface FieldDescription {
  label: string;
  help: string | null;
  kind: FieldKind;
  /** `always`: an index carries the order; `few`: while at most 10,000 rows match; `no`. */
  sortable: "always" | "few" | "no";
}

export type FilterDescription =
  | { field: string; as: "choices"; label: string; options: Option[] }
  | { field: string; as: "suggest"; label: string }
  | { field: string; as: "moment"; label: string; presets: Option[] }
  | { field: string; as: "custom"; label: string; options: Option[] };

export interface ActionDescription {
  name: string;
  label: string;
  danger: boolean;
  on: ("row" | "rows" | "matching")[];
  ask: FormFieldDescription[];
  confirm: "never" | "always" | "typed";
  /** The key that starts it, and whether it is one of the few shown beside the row or only in its menu. */
  key: string | null;
  primary: boolean;
}

/** A tab of the detail page. */
export interface SectionDescription {
  name: string;
  label: string;
  fields: string[];
  /** More than fields: rows that the detail carries under this name. */
  table?: { columns: { name: string; label: string; kind: FieldKind }[]; empty: string };
  as?: "raw" | "timeline" | "form" | "history";
}

/** A plain cell, or one with more to it. The kind is that of its field. */
export type Cell = string | number | boolean | null | RichCell;

export interface RichCell {
  /** text, code, number, moment (epoch ms), duration (ms), outcome, state, value (JSON text) */
  value: string | number | boolean | null;
  /** What is shown instead of the value, where it is not the value. */
  text?: string;
  /** A short addition in a quieter tone, and what a pointer over it is told. */
  note?: string;
  title?: string;
  /** An address in this admin, from its base. */
  to?: string;
  tone?: "good" | "bad" | "warn" | "quiet" | "untrusted";
  /** Shortened on the server; the detail has all. */
  cut?: boolean;
  error?: ShownError;
  progress?: { ratio: number | null; text: string | null };
  tags?: string[];
  /** Several outcomes in a row, the newest at the end; the value says them in a sentence. */
  marks?: { at: number; text: string; tone: NonNullable<RichCell["tone"]>; to?: string }[];
  lines?: { at: number; level: string; text: string }[];
  /** Ticks towards this moment: an elapsed time, or a next try. */
  since?: number;
  until?: number;
  /** The value is the moment it was picked up: by whom, and when that expires. */
  lease?: { by: string; until: number };
}

export interface ShownError {
  name: string;
  message: string;
  frames: { text: string; own: boolean }[];
  cause: ShownError | null;
  code: string | null;
}

export interface Row {
  id: string;
  /** The address of its page, from the base; null: it has none. */
  to: string | null;
  cells: Record<string, Cell>;
  /** For each action that this user may ask for: true, or why not now. */
  actions: Record<string, true | string>;
}

/**
 * `GET api/models/:model?q=&<filter>=&sort=&after=&before=&limit=&columns=&ids=`
 *
 * A filter with several values is given several times (`queue=a&queue=b` is a or b). A moment filter takes a preset's value or
 * `from..to`, ISO instants of which one may be missing. `sort`, `columns` and `ids` are separated by commas. `before=end` answers the
 * last page. With `ids` only those rows that still match are answered.
 */
export interface ListAnswer {
  rows: Row[];
  /** Cursors; null: there is nothing that way. */
  after: string | null;
  before: string | null;
  count: Count;
  banner: string | null;
  /** A search that used up its step: how far it got. `after` goes on. */
  searchedTo: number | null;
  /** A mistake would be a 400; this is what was understood, for chips. */
  query: { text: string };
  /** When it was read. */
  at: number;
  /** For `few` columns: whether they can be sorted now. */
  few: boolean;
}

export interface Count {
  number: number;
  /** There are more; they are counted on demand by `/count`. */
  capped: boolean;
}

export interface SuggestAnswer {
  values: { value: string; count?: number; schedule?: boolean }[];
}

/** `GET api/models/:model/:id`. Its version is also the ETag. */
export interface DetailAnswer {
  row: Row;
  title: string;
  version: string;
  /** The model in whose list it stands now, where that is not its own. */
  standsIn: string | null;
  /** The fields of the head and of all sections. */
  fields: Record<string, Cell>;
  tables: Record<string, { rows: Row[] }>;
  form: { values: Record<string, FormValue>; readOnly: string | null } | null;
  /** What a new row of that model begins with from this one, and what that is called; null: it is not done, or not by this user. */
  again: { model: string; label: string; values: Record<string, FormValue> } | null;
  raw: string | null;
  /** It can't be read, and this user may see what is kept of it: asked for under this address, which begins under `api/`. */
  bytes: string | null;
}

/** `GET api/models/:model/:id/bytes`: what can't be read, byte for byte and not redacted. Whoever asks is in the audit. */
export interface BytesAnswer {
  /** In one word, as lists show it, and in a sentence. */
  unreadable: string;
  why: string;
  base64: string;
}

export interface HistoryAnswer {
  entries: {
    id: string;
    at: number;
    who: string;
    address: string | null;
    action: string;
    outcome: string;
    /** What it was done to, where that is not the page's own. */
    object?: { text: string; to: string | null };
    changes: { field: string; before: string | null; after: string | null }[];
  }[];
}

/** `POST api/models/:model/actions/:action` */
export interface ActionRequest {
  /** Made by the browser: the same one twice is one operation. */
  operation: string;
  ids?: string[];
  /** All that match this list's address, as of that moment. */
  matching?: { query: string; at: number };
  answers?: Record<string, FormValue>;
  reason?: string;
}

export interface ActionAnswer {
  done: number;
  skipped: { id: string; reason: string }[];
  failed: { id: string; reason: string }[];
  /** An address to open next: the new task of a resubmission. */
  to?: string;
  /** Answered with 202: it goes on in the background. */
  operation?: OperationState;
}

export interface ConsequencesAnswer {
  count: Count;
  examples: string[];
  consequences: string[];
  /** What the fields of its dialog begin with for these rows, where that is not their `initial`. */
  answers: Record<string, FormValue>;
}

export interface OperationState {
  id: string;
  action: string;
  model: string;
  label: string;
  by: string;
  state: "running" | "done" | "cancelled" | "failed";
  total: Count;
  done: number;
  skipped: number;
  failed: number;
  problems: { id: string; reason: string }[];
  started: number;
}

/** `GET api/counts`: what the navigation shows beside its entries, for a start and where no stream holds. */
export interface CountsAnswer {
  counts: Record<string, Count>;
}

/** `GET api/operations`: those under way and those that ended within a minute. `POST api/operations/:id/cancel` answers the operation. */
export interface OperationsAnswer {
  operations: OperationState[];
}

export interface OverviewAnswer {
  tiles: {
    name: string;
    label: string;
    value: number;
    capped?: boolean;
    text?: string;
    to: string | null;
    tone?: RichCell["tone"];
  }[];
  warnings: { text: string; to: string | null; tone: "warn" | "bad" }[];
  recent: HistoryAnswer["entries"];
  /** Nothing was ever queued. */
  empty: EmptyText | null;
}

/** `GET api/series?span=1h|24h` */
export interface SeriesAnswer {
  /** Starts of the steps, epoch ms, and how long each is. */
  at: number[];
  stepMs: number;
  succeeded: number[];
  failed: number[];
}

/**
 * Events of `GET api/stream`, by their SSE event name. They name what changed, never its content; of each model at most one of a kind a
 * second. To whom not all rows of a model exist nothing is named: there ids and counts are null, whatever happened.
 */
export interface LiveEvents {
  /** The first: the stream holds, and what happened before it was told to nobody. */
  here: Record<string, never>;
  /** Rows that changed or left; null: any may have, since it can't be told or there are too many to name. */
  rows: { model: string; ids: string[] | null };
  /** So many rows came in since; null: some may have. */
  new: { model: string; count: Count | null };
  counts: { counts: Record<string, Count> };
  operation: OperationState;
  /** Clusters that came, left, or are in another state. */
  cluster: { ids: string[] | null };
}

/** Every answer that is no success. */
export interface ErrorAnswer {
  error: {
    code: string;
    message: string;
    hint: string | null;
    requestId: string;
    /** 422: by the name of the field. */
    fields?: Record<string, string>;
    /** 422: what the schema found in a `value`, beside the sentence in `fields`. */
    issues?: Record<string, ValueIssue[]>;
    /** 400 of a search: where in it. */
    position?: { from: number; to: number };
    /** 409: what is there now. */
    current?: DetailAnswer;
    /** 409 and 404: who changed or deleted it, when (epoch ms), and the permission that this took. */
    by?: { who: string; at: number; action: string };
  };
}
