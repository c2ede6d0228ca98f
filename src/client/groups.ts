// quern.groups: a label over tasks; count them, wait for them, take the label off or delete them.
import { anyText, wholeNumber } from "../core/check.ts";
import { decode } from "../core/codec.ts";
import { whyUnstored } from "../core/outcome.ts";
import type { Client } from "./client.ts";
import { refuseWaitingInTask } from "./current-attempt.ts";
import { checkWait, type WaitOptions, withDeadline } from "./handle.ts";
import { type TaskInfo, taskInfo } from "./task-info.ts";
import { auditEntry, type By } from "./tasks.ts";

export interface GroupCount {
  total: number;
  succeeded: number;
  failed: number;
  /** Not ended. */
  open: number;
}

export interface GroupWait extends WaitOptions {
  /** Wait until so many have ended. @default do not wait */
  count?: number;
  /** Ended as failures count too, and are among what is answered. @default false */
  failures?: boolean;
}

const pageSize = 1_000;

export class Groups {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async count(group: string): Promise<GroupCount> {
    anyText(group, "the group", "quern.groups.count(group)");
    return (await this.#client.open()).store.groupCount(group);
  }

  /** The results of its successes, in the order they were queued. With `count`, once there are so many. */
  async results(group: string, options: GroupWait = {}): Promise<unknown[]> {
    await this.#wait(group, options, "quern.groups.results");
    const { store } = await this.#client.open();
    const results: unknown[] = [];
    for await (const task of this.#ended(store, group, ["success"])) {
      if (task.result !== null && whyUnstored(task.result) === undefined)
        results.push(decode(task.result, this.#client.options));
    }
    return results;
  }

  /** Its ended tasks, successes only unless `failures` is set, in the order they were queued. */
  async tasks(group: string, options: GroupWait = {}): Promise<TaskInfo[]> {
    await this.#wait(group, options, "quern.groups.tasks");
    const opened = await this.#client.open();
    const tasks: TaskInfo[] = [];
    const states = options.failures === true ? (["success", "failure"] as const) : (["success"] as const);
    for await (const task of this.#ended(opened.store, group, states))
      tasks.push(taskInfo(this.#client, opened, task));
    return tasks;
  }

  /** Takes the label off its tasks or, with `tasks`, deletes those that do not run. Answers how many. */
  async delete(group: string, options: { tasks?: boolean } & By = {}): Promise<number> {
    anyText(group, "the group", "quern.groups.delete(group)");
    const { store } = await this.#client.open();
    return store.deleteGroup(group, options.tasks ?? false, auditEntry(options, "group.delete", group));
  }

  async #wait(group: string, options: GroupWait, what: string): Promise<void> {
    anyText(group, "the group", `${what}(group)`);
    checkWait(options, what, "count", "failures");
    const { count, failures = false } = options;
    if (count === undefined) return;
    wholeNumber(count, "count", `${what}(group, { * })`);
    refuseWaitingInTask();
    const { store, waiters } = await this.#client.open();
    await withDeadline(this.#client, options, `group ${group}`, async (signal) => {
      const reached = await waiters.until(async () => {
        const { succeeded, failed } = await store.groupCount(group);
        return succeeded + (failures ? failed : 0) >= count ? true : undefined;
      }, signal);
      if (reached === undefined) throw signal.reason;
    });
  }

  async *#ended(
    store: Awaited<ReturnType<Client["open"]>>["store"],
    group: string,
    state: readonly ("success" | "failure")[],
  ): AsyncGenerator<Extract<Awaited<ReturnType<typeof store.tasks>>["tasks"][number], { outcome: unknown }>> {
    let after: string | null | undefined;
    while (after !== null) {
      const page = await store.tasks(
        { group, state },
        { limit: pageSize, oldestFirst: true, ...(after === undefined ? {} : { after }) },
      );
      for (const task of page.tasks) if ("outcome" in task) yield task;
      after = page.next;
    }
  }
}
