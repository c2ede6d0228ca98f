// quern.schedules: every schedule by id or name, as lists, what comes next and what ran, and what may be done to them.
import { checkKeys, didYouMean, refuse } from "../core/check.ts";
import { QuernError } from "../core/errors.ts";
import { newId } from "../core/id.ts";
import type { TaskLike } from "../core/options.ts";
import { readDeclared, readDefinition, readSchedule } from "../core/schedule/definition.ts";
import {
  type AnyScheduleOptions,
  resolveSchedule,
  type ScheduleOptions,
  scheduleKeys,
} from "../core/schedule/schedule-options.ts";
import { firstSlot, pause, resume, upcoming } from "../core/schedule/schedule.ts";
import type { ScheduleFilter, ScheduleRow } from "../store/schedules.ts";
import type { Client } from "./client.ts";
import type { ScheduledInput } from "./declarations.ts";
import { mostTries } from "./declared-schedules.ts";
import { drain } from "./drain.ts";
import { handleOf, type TaskHandle } from "./handle.ts";
import type { TaskFunction } from "./registry.ts";
import { scheduleChange } from "./schedule-audit.ts";
import {
  changedRow,
  checkScheduledInput,
  draftSchedule,
  newRow,
  type RowToSave,
  type Said,
  saidBy,
} from "./schedule-draft.ts";
import { runInfo, scheduleInfo, type ScheduleInfo, type ScheduleRunInfo } from "./schedule-info.ts";
import { scheduledTask } from "./scheduled-task.ts";
import { auditEntry, type By, Tasks } from "./tasks.ts";

/** What is to be different. What is not named stays; `null` takes an option back to its default. */
export type ScheduleChanges = {
  [Option in keyof AnyScheduleOptions]?: AnyScheduleOptions[Option] | null;
} & {
  name?: string | null;
  func?: string | TaskLike;
  input?: unknown;
};

export interface SchedulePaging {
  /** 1 to 1,000. @default 100 */
  limit?: number;
  /** The `next` of the page before. */
  after?: string;
}

export interface UpdateOptions extends By {
  /** Only if it is still at this version, else QUERN_STALE_SCHEDULE. Without it the change is made to whatever it is now. */
  version?: number;
}

const mostOnPage = 1_000;

export class Schedules {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Those that match, in the order they were made; `next` goes on where the page ended. */
  async list(
    filter: ScheduleFilter = {},
    { limit = 100, after }: SchedulePaging = {},
  ): Promise<{ schedules: ScheduleInfo[]; next: string | null }> {
    const { store } = await this.#client.open();
    const page = await store.schedules(filter, {
      limit: Math.min(mostOnPage, Math.max(1, limit)),
      ...(after === undefined ? {} : { after }),
    });
    const lastRuns = await store.lastRuns(page.schedules.map(({ id }) => id));
    const lastOf = new Map(lastRuns.map((run) => [run.schedule, run]));
    return {
      schedules: page.schedules.map((row) => scheduleInfo(this.#client, row, lastOf.get(row.id))),
      next: page.next,
    };
  }

  async count(filter: ScheduleFilter = {}): Promise<number> {
    return (await this.#client.open()).store.countSchedules(filter);
  }

  /** Null when there is none. */
  async get(idOrName: string): Promise<ScheduleInfo | null> {
    const { store } = await this.#client.open();
    const row = await store.schedule(idOrName);
    return row === null ? null : this.#info(row);
  }

  /**
   * Makes a schedule as data of your application, or of a person: several may run one task function, with a name or without. Those
   * that belong to your code are better declared, by `quern.schedule()` or in `new Quern({ schedules })`.
   */
  create<Input, Result, Key extends string = never>(
    task: TaskFunction<Input, Result>,
    input: ScheduledInput<Input, Key>,
    options: ScheduleOptions<Key> & { name?: string },
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
    { name, ...options }: ScheduleOptions & { name?: string },
    by?: By,
  ): Promise<ScheduleInfo> {
    const client = this.#client;
    const func = nameOf(task);
    const place = `quern.schedules.create(${func}, input, { * })`;
    const draft = draftSchedule(client, { name: name ?? null, func, input, options, place });
    const { store } = await client.open();
    const now = await store.time();
    await checkScheduledInput(client, draft, now);
    const row = newRow(draft, newId(client.clock), null, now);
    const audit = auditEntry(by, "schedule.create", row.id, scheduleChange(null, row));
    if ((await store.saveSchedule(row, null, audit)) === "taken")
      throw new QuernError("QUERN_SCHEDULE_NAME_TAKEN", { name });
    return this.#info((await store.schedule(row.id)) ?? { ...row, created: now, changed: now });
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
    const client = this.#client;
    const place = `quern.schedules.update(${JSON.stringify(idOrName)}, { * })`;
    checkKeys(changes, [...scheduleKeys, "name", "func", "input"], `schedule ${idOrName}`);
    const saved = await this.#change(idOrName, options, "schedule.update", async (row, now) => {
      if (readDeclared(row.declared) !== null && changes.name !== undefined && changes.name !== row.name)
        refuse(changes.name, "name", "left as it is, for its declaration knows it by that", place);
      const draft = draftSchedule(client, { ...changedSaid(saidBy(row, client), changes), place });
      await checkScheduledInput(client, draft, now);
      return changedRow(row, draft, {
        now,
        declared: readDeclared(row.declared),
        repeats: changes.repeats === null ? draft.repeats : changes.repeats,
        keepPause: false,
        mayEnd: false,
      });
    });
    return this.#info(saved as ScheduleRow);
  }

  /** It comes no more until it is resumed, and keeps its count. False: it was paused already, or is finished. */
  async pause(idOrName: string, options?: By): Promise<boolean> {
    const paused = await this.#change(idOrName, options, "schedule.pause", (row) => {
      const change = pause(row);
      return change && { ...row, ...change };
    });
    return paused !== null;
  }

  /**
   * It goes on with the count it had. What passed during the pause is not missed: its next run is the first from now on; only a
   * *once* keeps its moment. False: it was not paused.
   */
  async resume(idOrName: string, options?: By): Promise<boolean> {
    const resumed = await this.#change(idOrName, options, "schedule.resume", (row, now) => {
      const change = resume({ ...readDefinition(row.definition, labelOf(row)), ...row }, { now });
      return change && { ...row, ...change };
    });
    return resumed !== null;
  }

  /** With its history; tasks that it has queued stay. One that is declared comes back when its application starts. False: there is none. */
  async delete(idOrName: string, options?: By): Promise<boolean> {
    const { store } = await this.#client.open();
    const row = await store.schedule(idOrName);
    if (row === null) return false;
    const audit = auditEntry(options, "schedule.delete", row.id, scheduleChange(row, null));
    return store.deleteSchedule(row.id, audit);
  }

  /** Queues a task of it now, beside its times; its count and its next run stay. */
  async runNow(idOrName: string, options?: By): Promise<TaskHandle<unknown>> {
    const client = this.#client;
    const { store, keyring } = await client.open();
    const row = await this.#row(idOrName);
    const task = scheduledTask(client, keyring, row, await store.time());
    const audit = auditEntry(options, "schedule.run", row.id, { after: task.id });
    const queued = await store.runSchedule(row.id, task, audit);
    if (queued === null) throw await this.#unknown(idOrName);
    const { func, queue, group } = task;
    if (!queued.deduplicated) {
      const { id, name } = queued;
      void client.events.emit("task:enqueued", {
        id,
        name,
        func,
        queue,
        ...(group === null ? {} : { group }),
      });
    }
    if (client.options.sync) await drain(client, [queue]);
    return handleOf(client, queued, () => new Tasks(client).cancel(queued.id));
  }

  /**
   * The runs that come next, of a schedule that stands or of one that these options would make; never more than its repeats leave, and
   * none while it is paused.
   */
  async preview(schedule: string | ScheduleOptions, count = 10): Promise<Date[]> {
    const now = await (await this.#client.open()).store.time();
    if (typeof schedule === "string")
      return upcoming(readSchedule(await this.#row(schedule)), { now, count });
    const place = "quern.schedules.preview({ * }, count)";
    const resolved = resolveSchedule(schedule, this.#client.options, "a schedule", place);
    const firstRun = resolved.firstRun ?? (resolved.type === "cron" ? null : now);
    const times = { ...resolved, firstRun };
    return upcoming({ ...times, nextRun: firstSlot(times, { now }) }, { now, count });
  }

  /** Its last runs, the newest first, whatever `saveLimit` pruned. */
  async history(idOrName: string, { limit = 100 }: { limit?: number } = {}): Promise<ScheduleRunInfo[]> {
    const { store } = await this.#client.open();
    const { id } = await this.#row(idOrName);
    return (await store.scheduleRuns(id, Math.max(1, limit))).map(runInfo);
  }

  /** Reads, changes and saves, anew when somebody else was first. Null: there was nothing to change. */
  async #change(
    idOrName: string,
    options: UpdateOptions | undefined,
    action: string,
    change: (row: ScheduleRow, now: number) => RowToSave | null | Promise<RowToSave | null>,
  ): Promise<ScheduleRow | null> {
    const { store } = await this.#client.open();
    const version = options?.version;
    let row = await this.#row(idOrName);
    for (let tries = 0; tries < mostTries; tries++) {
      if (version !== undefined && version !== row.version) break;
      const changed = await change(row, await store.time());
      if (changed === null) return null;
      const to: RowToSave = { ...changed, version: row.version + 1, error: null, held: false };
      const audit = auditEntry(options, action, row.id, scheduleChange(row, to));
      const answer = await store.saveSchedule(to, row, audit);
      if (answer === "taken") throw new QuernError("QUERN_SCHEDULE_NAME_TAKEN", { name: to.name });
      row = await this.#row(row.id);
      if (answer === "saved") return row;
    }
    throw new QuernError("QUERN_STALE_SCHEDULE", {
      schedule: labelOf(row),
      current: row.version,
      version,
    });
  }

  async #info(row: ScheduleRow): Promise<ScheduleInfo> {
    const { store } = await this.#client.open();
    const [last] = await store.lastRuns([row.id]);
    return scheduleInfo(this.#client, row, last);
  }

  async #row(idOrName: string): Promise<ScheduleRow> {
    const { store } = await this.#client.open();
    const row = await store.schedule(idOrName);
    if (row === null) throw await this.#unknown(idOrName);
    return row;
  }

  async #unknown(schedule: string): Promise<QuernError> {
    const { store } = await this.#client.open();
    const { schedules } = await store.schedules({}, { limit: mostOnPage });
    const meant = didYouMean(
      schedule,
      schedules.flatMap(({ name }) => name ?? []),
    );
    return new QuernError("QUERN_UNKNOWN_SCHEDULE", { schedule, meant });
  }
}

// A type does not outlive its own option: who says cron of a daily schedule makes it a cron.
function changedSaid(
  { options, ...said }: Pick<Said, "name" | "func" | "input" | "options">,
  { name, func, input, ...changes }: ScheduleChanges,
): Omit<Said, "place"> {
  const { type, cron, minutes, ...rest } = options;
  const named = changes.type ?? (changes.cron != null ? "cron" : changes.minutes != null ? "minutes" : type);
  const merged = {
    ...rest,
    ...(named === "cron" && cron !== undefined ? { cron } : {}),
    ...(named === "minutes" && minutes !== undefined ? { minutes } : {}),
    ...definedIn(changes),
    type: named,
  };
  return {
    name: name === undefined ? said.name : name,
    func: func === undefined ? said.func : nameOf(func),
    input: input === undefined ? said.input : input,
    options: Object.fromEntries(
      Object.entries(merged).filter(([, value]) => value !== null),
    ) as AnyScheduleOptions,
  };
}

function definedIn(changes: object): object {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function nameOf(task: string | TaskLike): string {
  return typeof task === "string" ? task : task.taskName;
}

function labelOf({ id, name }: ScheduleRow): string {
  return name ?? id;
}
