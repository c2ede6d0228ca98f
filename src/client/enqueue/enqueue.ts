// A typed call to a row of the queue: merge the options, check the input, encode, seal.
import { createHash } from "node:crypto";
import { encode } from "../../core/codec.ts";
import { sealCall } from "../../core/envelope.ts";
import { newId, nameOf } from "../../core/id.ts";
import { type CallOptions, type ResolvedCall, resolveCall, type TaskOptions } from "../../core/options.ts";
import { checkInput } from "../../core/schema.ts";
import type { Keyring } from "../../core/signing.ts";
import type { NewTask } from "../../store/broker.ts";
import type { Client } from "../client.ts";
import type { AnyTask } from "../registry.ts";

/** What a call carries that no caller sets: whose follow-up it is, with the id that follows from that; or a schedule's, of which slot. */
export interface Origin {
  id?: string;
  parent?: string;
  schedule?: string;
  slot?: number;
}

/** A call with nothing wrong in it. Of many calls this is kept until the last one is checked, and sealed when its turn comes. */
export interface CheckedCall {
  func: string;
  call: ResolvedCall;
  /** Encoded. */
  input: string;
  origin: Origin;
}

/** Throws what is wrong with the call, `root` being what its input is called there; nothing is written by it. Synchronous unless the schema is not. */
export function checkCall(
  client: Client,
  task: AnyTask,
  input: unknown,
  options: CallOptions | undefined,
  root = "input",
): CheckedCall | Promise<CheckedCall> {
  const call = resolveCall(options, task.options, client.options, task.taskName);
  const origin = options?.id === undefined ? noOrigin : { id: options.id };
  const checked: unknown = checkInput(task.schema, input, task.taskName, root);
  // What the caller gave travels, not what the schema made of it: the schema runs again before the function does.
  const encoded = (): CheckedCall => ({
    func: task.taskName,
    call,
    input: encodeInput(client, input, root),
    origin,
  });
  return checked instanceof Promise ? checked.then(encoded) : encoded();
}

const noOrigin: Origin = {};

/** For a func this process may not know, such as a hook: only its name is needed. */
export function followUpTask(
  client: Client,
  keyring: Keyring,
  func: string,
  input: unknown,
  origin: Required<Pick<Origin, "id" | "parent">>,
): NewTask {
  const options: TaskOptions | undefined = client.registry.find(func)?.options;
  const call = resolveCall(undefined, options, client.options, func);
  return sealTask(client, keyring, { func, call, input: encodeInput(client, input), origin });
}

function encodeInput(client: Client, input: unknown, root?: string): string {
  const { maxBytes, maxDepth } = client.options;
  return encode(input, { maxBytes, maxDepth, root });
}

export function sealTask(
  client: Client,
  keyring: Keyring,
  { func, call, input, origin }: CheckedCall,
): NewTask {
  const id = origin.id ?? newId(client.clock);
  const unique = call.unique && {
    key: call.unique.key === true ? createHash("sha256").update(input).digest("hex") : call.unique.key,
    ...(call.unique.withinMs === undefined ? {} : { withinMs: call.unique.withinMs }),
  };
  return {
    id,
    name: call.name ?? nameOf(id),
    func,
    queue: call.queue,
    group: call.group ?? null,
    priority: call.priority,
    tags: call.tags,
    ...(call.runAt === undefined ? { delayMs: call.delayMs ?? 0 } : { dueAt: call.runAt }),
    isolate: call.options.isolate,
    ...(unique === undefined ? {} : { unique }),
    parent: origin.parent ?? null,
    schedule: origin.schedule ?? null,
    slot: origin.slot ?? null,
    envelope: sealCall(
      { id, func, queue: call.queue, options: withUnique(call.optionsText, unique), input },
      keyring,
      client.options,
    ),
  };
}

/** The options' text is shared by all calls of a task function; a key belongs to one. */
function withUnique(options: string, unique: NewTask["unique"]): string {
  return unique === undefined ? options : `${options.slice(0, -1)},"unique":${JSON.stringify(unique)}}`;
}
