// quern.groups: a label over tasks; count them, wait for them, take the label off or delete them.
import { anyText, wholeNumber } from "../core/check.ts";
import { decode } from "../core/codec.ts";
import { whyUnstored } from "../core/outcome.ts";
import type { EndedTask } from "../core/task.ts";
import type { TaskFilter } from "../store/filter.ts";
import type { Store } from "../store/store.ts";
import type { Client } from "./client.ts";
import { refuseWaitingInTask } from "./current-attempt.ts";
import { checkWait, type WaitOptions, withDeadline } from "./handle.ts";
import { type AnyTask, type TaskFunction, taskNameOf } from "./registry.ts";
import { type TaskInfo, taskInfo } from "./task-info.ts";
import { auditEntry, type By } from "./tasks.ts";

export interface GroupCount {
  total: number;
  succeeded: number;
  failed: number;
  /** Not ended. */
  open: number;
}

export interface GroupWait<Of extends AnyTask = AnyTask> extends WaitOptions {
  /** Wait until so many have ended. @default do not wait */
  count?: number;
  /** Ended as failures count too, and are among what is answered. @default false */
  failures?: boolean;
  /** Only the tasks of this task function: they alone are counted and answered, and their results have its type. @default all */
  func?: Of;
}

type ResultOf<Of extends AnyTask> = Of extends TaskFunction<never, infer Result> ? Result : never;

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
  async results<Of extends AnyTask = AnyTask>(
    group: string,
    options: GroupWait<Of> = {},
  ): Promise<ResultOf<Of>[]> {
    const filter = await this.#wait(group, options, "quern.groups.results");
    const { store } = await this.#client.open();
    const results: unknown[] = [];
    for await (const task of this.#ended(store, { ...filter, state: "success" })) {
      if (task.result !== null && whyUnstored(task.result) === undefined)
        results.push(decode(task.result, this.#client.options));
    }
    return results as ResultOf<Of>[];
  }

  /** Its ended tasks, successes only unless `failures` is set, in the order they were queued. */
  async tasks(group: string, options: GroupWait = {}): Promise<TaskInfo[]> {
    const filter = await this.#wait(group, options, "quern.groups.tasks");
    const opened = await this.#client.open();
    const tasks: TaskInfo[] = [];
    for await (const task of this.#ended(opened.store, filter))
      tasks.push(taskInfo(this.#client, opened, task));
    return tasks;
  }

  /** Takes the label off its tasks or, with `tasks`, deletes those that do not run. Answers how many. */
  async delete(group: string, options: { tasks?: boolean } & By = {}): Promise<number> {
    anyText(group, "the group", "quern.groups.delete(group)");
    const { store } = await this.#client.open();
    return store.deleteGroup(group, options.tasks ?? false, auditEntry(options, "group.delete", group));
  }

  /** Once there are as many as were asked for: which tasks are meant. */
  async #wait(group: string, options: GroupWait, what: string): Promise<TaskFilter> {
    anyText(group, "the group", `${what}(group)`);
    checkWait(options, what, "count", "failures", "func");
    const { count, failures = false, func } = options;
    const filter: TaskFilter = {
      group,
      state: failures ? ["success", "failure"] : ["success"],
      ...(func === undefined ? {} : { func: taskNameOf(func, `${what}(group, { func: * })`) }),
    };
    if (count === undefined) return filter;
    wholeNumber(count, "count", `${what}(group, { * })`);
    refuseWaitingInTask();
    const { store, waiters } = await this.#client.open();
    await withDeadline(this.#client, options, `group ${group}`, async (signal) => {
      const reached = await waiters.until(
        async () => ((await store.countTasks(filter, count)) >= count ? true : undefined),
        signal,
      );
      if (reached === undefined) throw signal.reason;
    });
    return filter;
  }

  async *#ended(store: Store, filter: TaskFilter): AsyncGenerator<EndedTask> {
    let after: string | null | undefined;
    while (after !== null) {
      const page = await store.tasks(filter, {
        limit: pageSize,
        oldestFirst: true,
        ...(after === undefined ? {} : { after }),
      });
      for (const task of page.tasks) if ("outcome" in task) yield task;
      after = page.next;
    }
  }
}
