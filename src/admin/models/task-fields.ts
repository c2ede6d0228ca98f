// What tasks show in every list they stand in: names, moments, input, result or error, read with care from what is stored.
import { encode, errorSummary } from "../../core/codec.ts";
import { openCall } from "../../core/envelope.ts";
import { isQuernError } from "../../core/errors.ts";
import { whyUnstored } from "../../core/outcome.ts";
import {
  type AttemptRecord,
  hasEnded,
  type EndedTask,
  type QueuedTask,
  type StoredTask,
} from "../../core/task.ts";
import type { Scalar } from "../../store/browse.ts";
import { fits } from "../../store/condition.ts";
import { valueOf } from "../../store/page-rows.ts";
import type { RichCell } from "../contract.ts";
import { cutText, shownError } from "../engine/cells.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Field, Term, Unreadable } from "../engine/model-admin.ts";
import { together } from "../engine/together.ts";
import { clusterName } from "./clusters-by-id.ts";

const shownOfError = 100;

/** Words for a moment's own colon: what the search box knows of any task. */
const taskTerms: Record<string, Term> = {
  id: { field: "id", as: "exact" },
  name: { field: "name", as: "contains" },
  func: { field: "func", as: "exact" },
  group: { field: "group", as: "exact" },
  queue: { field: "queue", as: "exact" },
  schedule: { field: "schedule", as: "exact" },
  tag: { field: "tags", as: "has" },
  attempts: { field: "attempt", as: "number" },
};

export const endedTerms: Record<string, Term> = {
  ...taskTerms,
  state: { field: "outcome", as: "exact" },
  took: { field: "took", as: "duration" },
  started: { field: "started", as: "moment" },
  stopped: { field: "stopped", as: "moment" },
  worker: { field: "worker", as: "exact" },
};

export const queuedTerms: Record<string, Term> = {
  ...taskTerms,
  state: { field: "state", as: "exact" },
  due: { field: "due", as: "moment" },
};

/** Of every task, ended or not. */
export const taskFields = {
  name: { label: "Name", kind: "text" },
  id: { label: "Task id", kind: "code" },
  func: { label: "Func", kind: "code", help: "The task function that is called." },
  group: { label: "Group", kind: "text", help: "A label over tasks; tasks of a schedule have its name." },
  queue: { label: "Queue", kind: "text" },
  priority: { label: "Priority", kind: "number", help: "Higher runs first." },
  attempts: {
    label: "Attempts",
    kind: "number",
    sort: "attempt",
    help: "How many attempts it used up; those that were given back do not count.",
    value: ({ attempt, uncounted }) => attempt - uncounted,
  },
  enqueued: { label: "Queued", kind: "moment" },
  schedule: {
    label: "Schedule",
    kind: "link",
    value: ({ schedule }) =>
      schedule === null ? null : { value: schedule, to: `scheduled/${encodeURIComponent(schedule)}` },
  },
  slot: {
    label: "Slot",
    kind: "moment",
    sort: false,
    help: "The time of its schedule that it was made for.",
  },
  parent: {
    label: "Made by",
    kind: "link",
    sort: false,
    help: "The task that this one repeats, or whose hook it is.",
    async value(task, ctx) {
      const parent = await parentOf(task, ctx);
      return parent === null ? null : { value: parent, to: `tasks/${encodeURIComponent(parent)}` };
    },
  },
  tags: {
    label: "Tags",
    kind: "tags",
    sort: false,
    value: ({ tags }) => (tags.length === 0 ? null : { value: tags.join(" "), tags: [...tags] }),
  },
  input: { label: "Input", kind: "value", sort: false, value: (task, ctx) => inputCell(task, ctx) },
  hook: {
    label: "Hook",
    kind: "code",
    sort: false,
    help: "The task function that is called with the finished task.",
    value: (task, ctx) => readCall(task, ctx).options?.hook ?? null,
  },
  progress: {
    label: "Progress",
    kind: "progress",
    sort: false,
    value: ({ progress }) => progressCell(progress),
  },
} satisfies Record<string, Field<StoredTask>>;

export const endedFields = {
  ...taskFields,
  started: { label: "Started", kind: "moment" },
  stopped: { label: "Stopped", kind: "moment" },
  took: {
    label: "Time taken",
    kind: "duration",
    help: "From start to end of its last attempt.",
    value: ({ started, stopped }) => (started === null ? null : stopped - started),
  },
  wait: {
    label: "Waited",
    kind: "duration",
    help: "From the moment it was queued to the start of its last attempt.",
    value: ({ started, enqueued }) => (started === null ? null : started - enqueued),
  },
  outcome: {
    label: "How it ended",
    kind: "outcome",
    value: ({ outcome, state }) => ({ value: outcome, tone: state === "success" ? "good" : "bad" }),
  },
  worker: {
    label: "Worker",
    kind: "text",
    sort: false,
    value: async (task, ctx) => (await lastAttempts(task.id, ctx))?.worker ?? null,
  },
  cluster: {
    label: "Cluster",
    kind: "text",
    sort: false,
    value: async (task, ctx) => clusterName((await lastAttempts(task.id, ctx))?.owner ?? null, ctx),
  },
} satisfies Record<string, Field<EndedTask>>;

export const resultField: Field<EndedTask> = {
  label: "Result",
  kind: "value",
  sort: false,
  value: ({ result, func }, ctx) => resultCell(result, func, ctx),
};

export const errorField: Field<EndedTask> = {
  label: "Result",
  kind: "error",
  sort: false,
  help: "What went wrong, in the words of the error.",
  value: (task) => errorCell(task.result, task.outcome === "quarantined"),
};

export const errorClassField: Field<EndedTask> = {
  label: "Error class",
  kind: "code",
  sort: false,
  value: ({ errorClass, result }) => errorClass ?? (result === null ? null : errorSummary(result).name),
};

/** Two cells of each row may ask for it; what a page asks for in one turn is read together. */
const lastAttempts = together<AttemptRecord>(async (ids, { store }) =>
  (await store.lastAttempts(ids)).map((attempt) => [attempt.id, attempt]),
);

export function errorCell(text: string | null, untrusted = false): RichCell | null {
  if (text === null) return null;
  const error = shownError(text);
  const word = untrusted ? unreadableNames[/^QUERN_\w+/.exec(error.message)?.[0] ?? ""] : undefined;
  const message = word === undefined ? error.message : error.message.replace(/^QUERN_\w+: /, "");
  const line = message === "" ? error.name : `${word ?? error.name}: ${message}`;
  return {
    value: cutText(line, shownOfError),
    ...(line.length > shownOfError ? { cut: true } : {}),
    ...(untrusted ? { tone: "untrusted" } : {}),
    error,
  };
}

export function resultCell(text: string | null, func: string, ctx: AdminContext): RichCell | null {
  if (text === null) return null;
  const why = whyUnstored(text);
  if (why !== undefined)
    return { value: null, text: "not stored", title: ctx.redaction.text(why), tone: "quiet" };
  return { value: ctx.redaction.value(text, func) };
}

type ReadCall =
  | { input: string; options: ReturnType<typeof openCall>["options"]; unreadable?: undefined }
  | { input?: undefined; options?: undefined; unreadable: string; why: string };

// Several cells of a row ask; its signature is verified once.
const readCalls = new WeakMap<StoredTask, ReadCall>();

/** What the sealed call says, or in one word why it can't be read. */
export function readCall(task: StoredTask, { keyring }: Pick<AdminContext, "keyring">): ReadCall {
  const call = readCalls.get(task) ?? openOrSayWhy(task, keyring);
  readCalls.set(task, call);
  return call;
}

function openOrSayWhy(task: StoredTask, keyring: AdminContext["keyring"]): ReadCall {
  try {
    return openCall(task.envelope, task, keyring);
  } catch (error) {
    const code = isQuernError(error) ? unreadableNames[error.code] : undefined;
    return {
      unreadable: code ?? "*BadEnvelope",
      why: error instanceof Error ? error.message : String(error),
    };
  }
}

/** What is kept of a task that can't be read, for a registration. */
export function unreadableTask(task: StoredTask, ctx: AdminContext): Unreadable | undefined {
  const call = readCall(task, ctx);
  if (call.unreadable === undefined) return undefined;
  const model = isQueued(task) ? "queued" : task.state;
  return { word: call.unreadable, why: call.why, text: task.envelope, model };
}

const unreadableNames: Record<string, string> = {
  QUERN_BAD_SIGNATURE: "*BadSignature",
  QUERN_UNKNOWN_KEY: "*UnknownKey",
  QUERN_BAD_ENVELOPE: "*BadEnvelope",
};

function inputCell(task: StoredTask, ctx: AdminContext): RichCell {
  const call = readCall(task, ctx);
  if (call.unreadable !== undefined)
    return { value: null, text: call.unreadable, title: call.why, tone: "untrusted" };
  return { value: ctx.redaction.value(call.input, task.func) };
}

/** For a form: empty where there is none, as the form is read back. */
export function inputText(input: string, func: string, ctx: AdminContext): string | null {
  return input === encode(undefined) ? null : ctx.redaction.value(input, func);
}

function progressCell(text: string | null): RichCell | null {
  if (text === null) return null;
  try {
    const { value, note = null } = JSON.parse(text) as { value?: unknown; note?: string | null };
    const ratio = typeof value === "number" ? Math.min(1, Math.max(0, value)) : null;
    return { value: ratio, progress: { ratio, text: note } };
  } catch {
    return null;
  }
}

/** Those that exist for this user. */
export async function tasksThere<T extends StoredTask>(tasks: readonly T[], ctx: AdminContext): Promise<T[]> {
  const scope = await ctx.scope("task");
  return tasks.filter((task) => scope.every((one) => fits(one, (field) => taskValue(task, field))));
}

/** Tasks that are stored, ended or not, and are there for this user. */
export const storedTasks = together<StoredTask>(async (ids, ctx) => {
  const { store } = ctx;
  const request = {
    where: [{ field: "id" as const, is: "in" as const, values: ids }],
    order: { by: "id" as const, descending: true },
    limit: ids.length,
    step: ids.length,
  };
  const found = [await store.browse("queued", request), await store.browse("ended", request)];
  const tasks = await tasksThere(
    found.flatMap(({ rows }): StoredTask[] => rows),
    ctx,
  );
  return tasks.map((task): [string, StoredTask] => [task.id, task]);
});

/** The task that made this one, unless it may be one that is not there for whoever asks. */
async function parentOf({ parent }: StoredTask, ctx: AdminContext): Promise<string | null> {
  const isTold =
    parent === null || (await seesAllTasks(ctx)) || (await storedTasks(parent, ctx)) !== undefined;
  return isTold ? parent : null;
}

export async function seesAllTasks({ scope }: AdminContext): Promise<boolean> {
  return (await scope("task")).length === 0;
}

/** What conditions ask of a task, wherever it stands. */
export function taskValue(task: StoredTask, field: string): Scalar {
  return isQueued(task) ? valueOf("queued", task, field) : valueOf("ended", task as EndedTask, field);
}

/** For actions and pages that tell states apart. */
export function isQueued(task: StoredTask): task is QueuedTask {
  return !hasEnded(task.state);
}

/** Everything of a task, to be copied; redacted as it is shown. */
export async function rawTask(task: StoredTask, ctx: AdminContext): Promise<unknown> {
  const { envelope: _, ...row } = task;
  const call = readCall(task, ctx);
  const input =
    call.unreadable === undefined ? parsed(ctx.redaction.value(call.input, task.func)) : call.unreadable;
  const attempts = (await ctx.store.attempts(task.id)).map(({ error, log, ...attempt }) => ({
    ...attempt,
    error: error === null ? null : parsed(ctx.redaction.value(error)),
    log: log === null ? null : parsed(ctx.redaction.value(log)),
  }));
  const shown = {
    ...row,
    parent: await parentOf(task, ctx),
    ...("result" in task
      ? { result: task.result === null ? null : parsed(ctx.redaction.value(task.result, task.func)) }
      : {}),
    ...("log" in task ? { log: task.log === null ? null : parsed(ctx.redaction.value(task.log)) } : {}),
    ...("error" in task
      ? { error: task.error === null ? null : parsed(ctx.redaction.value(task.error)) }
      : {}),
  };
  return { ...shown, input, attempts };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
