// quern.tasks: every task by id or name, as lists, and what may be done to it.
import { anyText, checkKeys, textList } from "../core/check.ts";
import { encodeError } from "../core/codec.ts";
import { openCall, sealCall } from "../core/envelope.ts";
import { isQuernError, QuernError } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import type { Keyring } from "../core/signing.ts";
import { hasEnded, type StoredTask } from "../core/task.ts";
import type { AuditEntry, CancelAnswer, NewTask } from "../store/broker.ts";
import type { Client } from "./client.ts";
import { Aborted } from "./context.ts";
import { refuseWaitingInTask } from "./current-attempt.ts";
import { awaitResult, checkWait, resultOf, type WaitOptions, withDeadline } from "./handle.ts";
import { type ListOptions, pageRequest, type TaskFilter, taskFilter } from "./list-filter.ts";
import { attemptInfo, type AttemptInfo, type TaskInfo, taskInfo } from "./task-info.ts";

/** Who changes something, for the audit log. */
export interface By {
  by?: string;
  /** The role and the address of who it is, and why: what the admin knows. */
  role?: string;
  address?: string;
  reason?: string;
}

const apiUser = "api";

export function auditEntry(
  options: By | undefined,
  action: string,
  object: string,
  more: Partial<AuditEntry> = {},
): AuditEntry {
  const { by = apiUser, role, address, reason } = options ?? {};
  return {
    who: by,
    action,
    object,
    ...(role === undefined ? {} : { role }),
    ...(address === undefined ? {} : { address }),
    ...(reason === undefined ? {} : { reason }),
    ...more,
  };
}

export class Tasks {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** One task, ended or not, by its id or, the latest, by its name; null when there is none. */
  async get(idOrName: string): Promise<TaskInfo | null> {
    anyText(idOrName, "the task", "quern.tasks.get(idOrName)");
    const opened = await this.#client.open();
    const task = await opened.store.task(idOrName);
    return task === null ? null : taskInfo(this.#client, opened, task);
  }

  /** Its ended attempts, the first one first, with errors and log lines. */
  async attempts(id: string): Promise<AttemptInfo[]> {
    anyText(id, "the task", "quern.tasks.attempts(id)");
    const { store } = await this.#client.open();
    return (await store.attempts(id)).map(attemptInfo);
  }

  /** What the task function returned, by id, or by the name of the task that ended last. Throws as `result()` of a handle does. */
  async result(idOrName: string, options: WaitOptions = {}): Promise<unknown> {
    refuseWaitingInTask();
    anyText(idOrName, "the task", "quern.tasks.result(idOrName)");
    checkWait(options, "quern.tasks.result");
    const { store, waiters } = await this.#client.open();
    const task = await store.task(idOrName);
    const id =
      task === null && (await store.answers([idOrName])).length === 0 ? undefined : (task?.id ?? idOrName);
    if (id !== undefined) return awaitResult(this.#client, id, options, task?.name);
    const answer = await withDeadline(this.#client, options, idOrName, (signal) =>
      waiters
        .until(async () => (await store.answerByName(idOrName)) ?? undefined, signal)
        .then((found) => {
          if (found === undefined) throw signal.reason;
          return found;
        }),
    );
    return resultOf(this.#client, answer);
  }

  /** The task once it has ended; null when it has not after `wait`. */
  async fetch(idOrName: string, options: { wait?: WaitOptions["timeout"] } = {}): Promise<TaskInfo | null> {
    checkKeys(options, ["wait"], "quern.tasks.fetch");
    if (options.wait !== undefined) {
      const waited = this.result(idOrName, { timeout: options.wait });
      await waited.catch((error: unknown) => {
        if (
          !isQuernError(error, "QUERN_TASK_FAILED") &&
          !isQuernError(error, "QUERN_RESULT_NOT_STORED") &&
          !isQuernError(error, "QUERN_RESULT_TIMEOUT")
        ) {
          throw error;
        }
      });
    }
    const task = await this.get(idOrName);
    return task !== null && hasEnded(task.state) ? task : null;
  }

  /** A page of tasks that match; `next` goes on where it ended. */
  async list(
    filter: TaskFilter = {},
    options: ListOptions = {},
  ): Promise<{ tasks: TaskInfo[]; next: string | null }> {
    const asked = [taskFilter(filter, "quern.tasks.list"), pageRequest(options, "quern.tasks.list")] as const;
    const opened = await this.#client.open();
    const page = await opened.store.tasks(...asked);
    return { tasks: page.tasks.map((task) => taskInfo(this.#client, opened, task)), next: page.next };
  }

  async count(filter: TaskFilter = {}): Promise<number> {
    const asked = taskFilter(filter, "quern.tasks.count");
    return (await this.#client.open()).store.countTasks(asked);
  }

  /** Cancels it, from any process: at once while it waits, within a second by its `signal` when it runs. */
  async cancel(id: string, options?: By): Promise<CancelAnswer> {
    anyText(id, "the task", "quern.tasks.cancel(id)");
    const { store } = await this.#client.open();
    return store.cancel(id, encodeError(new Aborted("cancelled")), auditEntry(options, "task.cancel", id));
  }

  /** Deletes tasks that do not run, queued ones too. Answers the ids that went. */
  async delete(ids: string | readonly string[], options?: By): Promise<string[]> {
    const list = typeof ids === "string" ? [ids] : ids;
    textList(list, "the tasks", "quern.tasks.delete(ids)");
    const { store } = await this.#client.open();
    return store.deleteTasks(list, auditEntry(options, "task.delete", ""));
  }

  /**
   * Queues the call of an ended task again, under a new id, with everything it had. A failure goes, in the same transaction;
   * a success stays. Throws QUERN_NOT_RESUBMITTABLE when its envelope can't be read, it has not ended, or another task holds its
   * unique key.
   */
  async resubmit(id: string, options?: By): Promise<{ id: string; name: string }> {
    anyText(id, "the task", "quern.tasks.resubmit(id)");
    const { store, keyring } = await this.#client.open();
    const old = await store.task(id);
    if (old === null) throw new QuernError("QUERN_UNKNOWN_TASK_ID", { id });
    if (!hasEnded(old.state))
      throw new QuernError("QUERN_NOT_RESUBMITTABLE", { id, reason: `it has not ended, it is ${old.state}` });
    const fresh = newId(this.#client.clock);
    const task = copyOf(this.#client, keyring, old, fresh);
    const audit = auditEntry(options, "task.resubmit", id, { after: fresh });
    const [enqueued] = await store.resubmit([{ id: old.id, task, remove: old.state === "failure", audit }]);
    if (enqueued == null)
      throw new QuernError("QUERN_NOT_RESUBMITTABLE", {
        id,
        reason: "somebody else just did, or deleted it",
      });
    if (enqueued.deduplicated)
      throw new QuernError("QUERN_NOT_RESUBMITTABLE", {
        id,
        reason: `its unique key is held by ${enqueued.name} (${enqueued.id})`,
      });
    return { id: enqueued.id, name: enqueued.name };
  }
}

/**
 * The call of an ended task as a new task, with everything it had. Throws QUERN_NOT_RESUBMITTABLE when its envelope can't be read.
 */
export function copyOf(client: Client, keyring: Keyring, old: StoredTask, fresh: string): NewTask {
  const call = readable(() => openCall(old.envelope, old, keyring), old.id);
  const { func, queue } = old;
  const { unique } = call.options;
  const sealed = { id: fresh, func, queue, options: JSON.stringify(call.options), input: call.input };
  return {
    id: fresh,
    name: old.name,
    func,
    queue,
    group: old.group,
    priority: old.priority,
    tags: old.tags,
    isolate: call.options.isolate,
    ...(unique === undefined ? {} : { unique }),
    parent: old.id,
    schedule: old.schedule,
    slot: old.slot,
    envelope: sealCall(sealed, keyring, client.options),
  };
}

function readable<T>(open: () => T, id: string): T {
  try {
    return open();
  } catch (error) {
    throw new QuernError(
      "QUERN_NOT_RESUBMITTABLE",
      { id, reason: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}
