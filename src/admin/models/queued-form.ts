// The form of a queued task: a call made by hand, or begun from another task; and changing one that waits, for development.
import { createHash } from "node:crypto";
import { decode, encode } from "../../core/codec.ts";
import { sealCall } from "../../core/envelope.ts";
import { nameOf } from "../../core/id.ts";
import type { CallOptions } from "../../core/options.ts";
import { checkInput } from "../../core/schema.ts";
import type { QueuedTask, StoredTask } from "../../core/task.ts";
import { checkCall, sealTask } from "../../client/enqueue/enqueue.ts";
import type { FormValue } from "../contract.ts";
import type { AdminContext } from "../engine/admin-context.ts";
import type { Form, ModelAdmin, Saved } from "../engine/model-admin.ts";
import { restoredInput, restoredText, type Values } from "../engine/values.ts";
import { type Refused, refusedCall } from "./refused-call.ts";
import { inputText, readCall } from "./task-fields.ts";
import { suggestFuncs, suggestQueues } from "./suggestions.ts";
import { warnUnserved } from "./unserved.ts";

export const queuedForm: Form<QueuedTask> = {
  add: true,
  sections: [
    {
      label: "Call",
      fields: [
        {
          name: "func",
          label: "Func",
          as: "suggest",
          required: true,
          fixed: true,
          help: "The task function that is called. It must be registered.",
          suggest: suggestFuncs,
        },
        {
          name: "name",
          label: "Name",
          as: "text",
          fixed: true,
          help: "What people call it. Empty: four words made of its id.",
        },
        {
          name: "input",
          label: "Input",
          as: "value",
          inputOf: "func",
          help: "What the task function is given. Its schema checks it, and it is signed.",
        },
      ],
    },
    {
      label: "In the queue",
      fields: [
        {
          name: "queue",
          label: "Queue",
          as: "suggest",
          help: "Where it waits: a cluster must serve it. Empty: that of the task function.",
          suggest: suggestQueues,
        },
        { name: "group", label: "Group", as: "text", fixed: true, help: "A label over tasks. Empty: none." },
        {
          name: "due",
          label: "Due",
          as: "moment",
          help: "It is not picked up before this moment. Empty: it is ready at once.",
        },
        {
          name: "priority",
          label: "Priority",
          as: "number",
          help: "Higher runs first. Empty: that of the task function.",
        },
      ],
    },
  ],
  values: (task, ctx) => ({ ...valuesOf(task, ctx), due: task.due }),
  readOnly: (task, ctx) => {
    if (task.leasedUntil !== null)
      return `It has been picked up, and is held until ${new Date(task.leasedUntil).toISOString()}.`;
    const call = readCall(task, ctx);
    return call.unreadable === undefined ? undefined : `It can't be read: ${call.why}`;
  },
  save: (task, values, ctx, options) =>
    task === null ? addTask(values, ctx, options) : changeTask(task, values, ctx, options),
};

/** How another is begun from a task, whatever became of it. */
export const queueAgain: NonNullable<ModelAdmin<StoredTask>["again"]> = {
  model: "queued",
  label: "Queue again with changes",
  values: (task, ctx) => ({
    ...valuesOf(task, ctx),
    ...(task.name === nameOf(task.id) ? { name: null } : {}),
  }),
};

function valuesOf(task: StoredTask, ctx: AdminContext): Values {
  const { func, name, queue, group, priority } = task;
  const call = readCall(task, ctx);
  const input = call.unreadable === undefined ? inputText(call.input, func, ctx) : null;
  const shown = (text: string): string => ctx.redaction.text(text);
  return { func, name: shown(name), queue, group: group === null ? null : shown(group), priority, input };
}

const textIn = (value: FormValue | undefined): string | null =>
  typeof value === "string" && value !== "" ? value : null;
const numberIn = (value: FormValue | undefined): number | null => (typeof value === "number" ? value : null);

async function addTask(
  values: Values,
  ctx: AdminContext,
  { check, from }: { check: boolean; from?: unknown },
): Promise<Saved> {
  const { client, keyring, store } = ctx;
  const origin = from as StoredTask | undefined;
  try {
    const task = client.registry.get(String(values["func"]));
    const input = inputIn(values, origin, ctx);
    const checked = await checkCall(client, task, input, callOptions(values, origin, ctx));
    const warnings = await warnUnserved(textIn(values["queue"]), task.taskName, ctx);
    if (check) return { saved: { id: "", to: "queued", version: "", warnings } };
    const added = sealTask(client, keyring, {
      ...checked,
      origin: origin === undefined ? checked.origin : { parent: origin.id },
    });
    const after = JSON.stringify({ func: added.func, queue: added.queue });
    const [queued] = await store.enqueue([added], undefined, ctx.entry("queued.add", added.id, { after }));
    if (queued?.deduplicated === true)
      return { fields: { func: `Its unique key is held by ${queued.name}: nothing was queued.` } };
    return { saved: { id: added.id, to: `tasks/${added.id}`, version: "", warnings } };
  } catch (error) {
    return refusedCall(error);
  }
}

function callOptions(values: Values, origin: StoredTask | undefined, ctx: AdminContext): CallOptions {
  const due = numberIn(values["due"]);
  const queue = textIn(values["queue"]);
  const [name, group] = (["name", "group"] as const).map((key) =>
    restoredText(textIn(values[key]), origin?.[key], ctx),
  );
  const priority = numberIn(values["priority"]);
  return {
    ...(queue === null ? {} : { queue }),
    ...(name == null ? {} : { name }),
    ...(group == null ? {} : { group }),
    ...(priority === null ? {} : { priority }),
    ...(due === null ? {} : { runAt: new Date(due) }),
  };
}

function inputIn(values: Values, origin: StoredTask | undefined, ctx: AdminContext): unknown {
  const text = textIn(values["input"]);
  if (text === null || text.trim() === "") return undefined;
  const input = origin && readCall(origin, ctx).input;
  const whole =
    origin === undefined || input === undefined
      ? text
      : restoredInput(String(values["func"]), text, { func: origin.func, input });
  return decode(whole, ctx.client.options);
}

async function changeTask(
  task: QueuedTask,
  values: Values,
  ctx: AdminContext,
  { check }: { check: boolean },
): Promise<Saved> {
  const { func } = task;
  const queue = textIn(values["queue"]) ?? ctx.client.registry.find(func)?.options.queue ?? "default";
  const due = numberIn(values["due"]) ?? ctx.now;
  const priority = numberIn(values["priority"]) ?? ctx.client.registry.find(func)?.options.priority ?? 0;
  const sealed = await sealAnew(task, queue, values, ctx);
  if ("fields" in sealed) return sealed;
  const warnings = queue === task.queue ? [] : await warnUnserved(queue, func, ctx);
  const saved = { saved: { id: task.id, to: `tasks/${task.id}`, version: versionOfQueued(task), warnings } };
  if (check) return saved;
  const before = { queue: task.queue, due: task.due, priority: task.priority };
  const after = { queue, due, priority, ...(sealed.inputChanged ? { input: "changed" } : {}) };
  const audit = ctx.entry("queued.change", task.id, {
    before: JSON.stringify(before),
    after: JSON.stringify(after),
  });
  const done = await ctx.store.changeTask(
    task,
    { queue, dueAt: due, priority, envelope: sealed.envelope },
    audit,
  );
  return done ? saved : { conflict: "It was picked up or changed meanwhile." };
}

async function sealAnew(
  task: QueuedTask,
  queue: string,
  values: Values,
  ctx: AdminContext,
): Promise<{ envelope: string; inputChanged: boolean } | Refused> {
  const call = readCall(task, ctx);
  if (call.unreadable !== undefined) return { fields: { input: call.why } };
  const { id, func } = task;
  const text = textIn(values["input"])?.trim() ?? "";
  let [input, inputChanged] = [call.input, false];
  try {
    const given = text === "" ? encode(undefined) : restoredInput(func, text, { func, input: call.input });
    inputChanged = given !== call.input && given !== ctx.redaction.value(call.input, func);
    if (inputChanged) {
      const known = ctx.client.registry.find(func);
      if (known === undefined)
        return { fields: { input: `${func} is not registered here, so its input can't be checked.` } };
      const value = decode(given, ctx.client.options);
      await checkInput(known.schema, value, func);
      input = encode(value, ctx.client.options);
    }
  } catch (error) {
    return refusedCall(error);
  }
  const sealed = { id, func, queue, options: JSON.stringify(call.options), input };
  return { envelope: sealCall(sealed, ctx.keyring, ctx.client.options), inputChanged };
}

export function versionOfQueued({ attempt, queue, due, priority, envelope }: QueuedTask): string {
  return createHash("sha256")
    .update(JSON.stringify([attempt, queue, due, priority, envelope]))
    .digest("hex")
    .slice(0, 16);
}
