// quern.schedules: every schedule by id or name, as lists, what comes next and what ran, and what may be done to them.
// What does the work is loaded when it is first asked for: most processes that import Quern only queue.
import type { TaskLike } from "../core/options.ts";
import type { ScheduleOptions } from "../core/schedule/schedule-options.ts";
import type { ScheduleFilter } from "../store/schedules.ts";
import type { Client } from "./client.ts";
import type { ScheduledInput, ScheduleOptionsFor } from "./declarations.ts";
import type { TaskHandle } from "./handle.ts";
import { type Paging, scheduleFilter } from "./list-filter.ts";
import type { TaskFunction } from "./registry.ts";
import type * as Changing from "./schedule/changing.ts";
import type { ResumeOptions, ScheduleChanges, UpdateOptions } from "./schedule/changing.ts";
import type { ScheduleInfo, ScheduleRunInfo } from "./schedule/info.ts";
import type * as Reading from "./schedule/reading.ts";

import type { By } from "./tasks.ts";

const reading = (): Promise<typeof Reading> => import("./schedule/reading.ts");
const changing = (): Promise<typeof Changing> => import("./schedule/changing.ts");

export class Schedules {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Those that match, in the order they were made; `next` goes on where the page ended. */
  async list(
    filter: ScheduleFilter = {},
    paging: Paging = {},
  ): Promise<{ schedules: ScheduleInfo[]; next: string | null }> {
    return (await reading()).listSchedules(this.#client, filter, paging);
  }

  async count(filter: ScheduleFilter = {}): Promise<number> {
    const asked = scheduleFilter(filter, "quern.schedules.count");
    return (await this.#client.open()).store.countSchedules(asked);
  }

  /** Null when there is none. */
  async get(idOrName: string): Promise<ScheduleInfo | null> {
    return (await reading()).getSchedule(this.#client, idOrName);
  }

  /**
   * The runs that come next, of a schedule that stands or of one that these options would make; never more than its repeats leave, and
   * none while it is paused.
   */
  async preview(schedule: string | ScheduleOptions, count = 10): Promise<Date[]> {
    return (await reading()).previewSchedule(this.#client, schedule, count);
  }

  /** Its last runs, the newest first, whatever `saveLimit` pruned. At most 100, or `limit`. */
  async history(idOrName: string, { limit = 100 }: { limit?: number } = {}): Promise<ScheduleRunInfo[]> {
    return (await reading()).scheduleHistory(this.#client, idOrName, limit);
  }

  /**
   * Makes a schedule as data of your application, or of a person: several may run one task function, with a name or without. Those
   * that belong to your code are better declared, by `quern.schedule()` or in `new Quern({ schedules })`.
   */
  create<Input, Result, Key extends string = never>(
    task: TaskFunction<Input, Result>,
    input: ScheduledInput<Input, Key>,
    options: ScheduleOptionsFor<Input, Key> & { name?: string },
    by?: By,
  ): Promise<ScheduleInfo>;
  /** The same for a task function that is known by its name only. */
  create(
    func: string,
    input: unknown,
    options: ScheduleOptions & { name?: string },
    by?: By,
  ): Promise<ScheduleInfo>;
  async create(
    task: string | TaskLike,
    input: unknown,
    options: ScheduleOptions & { name?: string },
    by?: By,
  ): Promise<ScheduleInfo> {
    return (await changing()).createSchedule(this.#client, task, input, options, by);
  }

  /**
   * Changes what is named. A change of type, minutes, cron, time zone, first run or end works out the next run anew; other changes
   * leave it as it is. Whatever kept it from running is forgotten. Throws QUERN_STALE_SCHEDULE when it is no longer at `version`.
   */
  async update(
    idOrName: string,
    changes: ScheduleChanges,
    options: UpdateOptions = {},
  ): Promise<ScheduleInfo> {
    return (await changing()).updateSchedule(this.#client, idOrName, changes, options);
  }

  /** It comes no more until it is resumed, and keeps its count. False: it was paused already, or is finished. */
  async pause(idOrName: string, options?: By): Promise<boolean> {
    return (await changing()).pauseSchedule(this.#client, idOrName, options);
  }

  /**
   * It goes on with the count it had. What passed during the pause is not missed: its next run is the first from now on; only a
   * *once* keeps its moment. With `missed: "one"` or `"all"` what passed is made up for. False: it was not paused.
   */
  async resume(idOrName: string, options?: ResumeOptions): Promise<boolean> {
    return (await changing()).resumeSchedule(this.#client, idOrName, options);
  }

  /** With its history; tasks that it has queued stay. One that is declared comes back when its application starts. False: there is none. */
  async delete(idOrName: string, options?: By): Promise<boolean> {
    return (await changing()).deleteSchedule(this.#client, idOrName, options);
  }

  /** Queues a task of it now, beside its times; its count and its next run stay. */
  async runNow(idOrName: string, options?: By): Promise<TaskHandle<unknown>> {
    return (await changing()).runScheduleNow(this.#client, idOrName, options);
  }
}
