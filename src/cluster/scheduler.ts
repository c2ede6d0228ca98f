// Schedules to queue: each due slot once, whatever the number of clusters. It sleeps until one comes due; nobody leads, and whoever
// loses a compare-and-set just looks again. A schedule that can't run stops only itself.
import { didYouMean } from "../core/check.ts";
import { type Timer, turn } from "../core/clock.ts";
import { addDeeds, type Deeds } from "../core/cluster-status.ts";
import { encode } from "../core/codec.ts";
import { isQuernError, QuernError } from "../core/errors.ts";
import type { EventName, EventPayloads } from "../core/events.ts";
import { readSchedule, reasonOf, rememberKey } from "../core/schedule/definition.ts";
import { loadLibraries } from "../core/schedule/on-demand.ts";
import { advances } from "../core/schedule/schedule.ts";
import type { Client, Opened } from "../client/client.ts";
import { scheduledTask } from "../client/scheduled-task.ts";
import type { Due, Firing, FiringAnswer, ScheduleRow } from "../store/schedules.ts";
import type { MonitorOptions } from "./round/monitor.ts";
import type { Outage } from "./outage.ts";
import { Loop } from "./service.ts";

/** The net: a clock that steps makes no sound, nor does a wake that was lost. */
const sleepAtMostMs = 2_000;

/** The store wakes us at every commit, of which few are about schedules: so seldom do we look for them. */
const lookForWakesEveryMs = 200;

/**
 * What comes due so soon after others is fired together, for looking and committing cost as much as firing ten; the more there is,
 * the longer. What comes alone is not kept waiting.
 */
const leastGatherMs = 60;
const mostGatherMs = 200;
const gatherMsPerFiring = 2;

/** So late must a schedule be that we complain about its func: clusters that know it get there first. */
const unknownAfterMs = 5_000;

const schedulesInOneLook = 200;
const slotsInOneFiring = 100;
const slotsInOneCommit = 500;

/** So long may arithmetic keep the process from hearing anything else. */
const longestTurnMs = 20;

/** Of a schedule whose firing the engine refuses: a disk gets room again, a lock or a trigger of somebody else goes. */
const longestRefusalMs = 60_000;
const firstRefusalMs = 250;

export interface SchedulerOptions
  extends Pick<MonitorOptions, "client" | "opened" | "log" | "emit" | "listens"> {
  outage: Outage;
  /** The queues to serve; absent: all there are. */
  queues: readonly string[] | undefined;
  /** Tasks were queued. */
  onFired: () => void;
}

interface Ready {
  row: ScheduleRow;
  firing: Firing;
}

/** What the engine refused of a schedule at that version, and when (monotonic) to ask it again. */
interface Refused {
  version: number;
  times: number;
  again: number;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #loop: Loop;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** When that was by the clock on the wall; null: not yet. */
  looked: number | null = null;
  /** The tasks that were made since the start. */
  readonly fired: Deeds = { count: 0, at: null };
  /** How many were fired lately, fading within a second: about so many come in a second. */
  #lately = 0;
  #warm = false;
  #woken: Timer | undefined;
  /** By the id of the task that could not take its input. */
  readonly #unfit = new Map<string, string>();
  /** By the id of the schedule. */
  readonly #refused = new Map<string, Refused>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { client, outage } = options;
    const { clock, logger } = client;
    this.#loop = new Loop({ name: "firing schedules", clock, logger, outage, pass: () => this.#pass() });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#woken?.cancel();
    await this.#loop.stop();
  }

  /** Something was committed; it may have been a schedule. */
  wake(): void {
    if (this.#woken !== undefined) return;
    const { clock } = this.#options.client;
    const sinceMs = clock.monotonic() - this.#lookedAt;
    const inMs = Math.max(0, lookForWakesEveryMs - sinceMs);
    this.#woken = clock.after(inMs, () => this.#loop.poke(), { background: true });
  }

  /** A task of a schedule could not take its input, nor will the next one, until somebody edits the schedule. */
  unfit(task: string, reason: string): void {
    this.#unfit.set(task, reason);
    this.#loop.poke();
  }

  async #pass(): Promise<number> {
    const { client, opened, queues } = this.#options;
    this.#woken?.cancel();
    this.#woken = undefined; // Before we look: what is saved meanwhile must make us look again.
    const now = client.clock.monotonic();
    this.#lately *= Math.exp((this.#lookedAt - now) / 1_000);
    this.#lookedAt = now;
    this.looked = client.clock.now();
    await this.#holdUnfit();
    const due = await opened.store.dueSchedules({
      queues: queues ?? null,
      funcs: client.registry.names(),
      limit: schedulesInOneLook,
    });
    this.#forgetRefused(due);
    const schedules = due.schedules.filter((row) => !this.#waits(row));
    const isBehind = await this.#fire(schedules, due.now);
    await this.#complain(due);
    this.#lately += schedules.length;
    if (schedules.length === schedulesInOneLook) return 0;
    if (isBehind) return leastGatherMs;
    if (schedules.length > 0)
      // What was fired may come again soon.
      return Math.min(mostGatherMs, Math.max(leastGatherMs, this.#lately * gatherMsPerFiring));
    if (due.nextDueMs !== null) this.#warmUp();
    const leastMs = due.schedules.length > 0 ? leastGatherMs : 1;
    return Math.max(leastMs, Math.min(sleepAtMostMs, due.nextDueMs ?? sleepAtMostMs));
  }

  /** While there is time: the first slot is not to wait until the libraries of schedules are loaded. */
  #warmUp(): void {
    if (this.#warm) return;
    this.#warm = true;
    loadLibraries();
  }

  /** Whether one of them is due still, for it has more slots than are fired at once. */
  async #fire(schedules: readonly ScheduleRow[], now: number): Promise<boolean> {
    const { clock } = this.#options.client;
    let isBehind = false;
    let ready: Ready[] = [];
    let slots = 0;
    let began = clock.monotonic();
    for (const row of schedules) {
      const firing = await this.#prepare(row, now);
      if (firing === null) continue;
      ready.push({ row, firing });
      isBehind ||= firing.nextRun !== null && firing.nextRun <= now;
      slots += firing.slots.length;
      if (slots < slotsInOneCommit && clock.monotonic() - began < longestTurnMs) continue;
      await this.#commit(ready);
      await turn();
      [ready, slots, began] = [[], 0, clock.monotonic()];
    }
    await this.#commit(ready);
    return isBehind;
  }

  /** Null: it can't run, and is held. */
  async #prepare(row: ScheduleRow, now: number): Promise<Firing | null> {
    const { client, opened } = this.#options;
    try {
      return firingOf(client, opened.keyring, row, now);
    } catch (error) {
      await this.#fail(row, error, true);
      return null;
    }
  }

  /** An engine that refuses gets them in halves, until the one that it refuses is alone. */
  async #commit(ready: readonly Ready[]): Promise<void> {
    const [first] = ready;
    if (first === undefined) return;
    let answers: FiringAnswer[];
    try {
      answers = await this.#options.opened.store.fireSchedules(ready.map(({ firing }) => firing));
    } catch (error) {
      if (isQuernError(error)) throw error;
      if (ready.length === 1) return this.#refuse(first.row, error);
      const half = Math.ceil(ready.length / 2);
      await this.#commit(ready.slice(0, half));
      return this.#commit(ready.slice(half));
    }
    answers.forEach((answer, index) => this.#tell(ready[index] as Ready, answer));
    if (answers.some((answer) => answer?.some((fired) => fired !== null))) this.#options.onFired();
  }

  #waits({ id, version }: ScheduleRow): boolean {
    const refused = this.#refused.get(id);
    // One that was saved since is asked for at once.
    return refused?.version === version && this.#options.client.clock.monotonic() < refused.again;
  }

  /** Those that are no longer due: deleted, paused, fired by another cluster. */
  #forgetRefused({ schedules }: Due): void {
    if (this.#refused.size === 0) return;
    const due = new Set(schedules.map(({ id }) => id));
    for (const id of this.#refused.keys()) if (!due.has(id)) this.#refused.delete(id);
  }

  /** It is not held: whether its data are wrong or the engine is, nobody here can tell. It is asked again, ever less often. */
  async #refuse(row: ScheduleRow, error: unknown): Promise<void> {
    const before = this.#refused.get(row.id);
    const times = before?.version === row.version ? before.times + 1 : 1;
    const waitMs = Math.min(longestRefusalMs, firstRefusalMs * 2 ** (times - 1));
    const again = this.#options.client.clock.monotonic() + waitMs;
    this.#refused.set(row.id, { version: row.version, times, again });
    await this.#fail(row, error, false);
  }

  #tell({ row, firing }: Ready, answer: FiringAnswer): void {
    this.#refused.delete(row.id);
    for (const [index, fired] of (answer ?? []).entries()) {
      const task = firing.slots[index]?.task;
      if (fired === null || task === undefined) continue;
      addDeeds(this.fired, 1, this.#options.client.clock);
      this.#options.log.created(task, nameOf(row), fired.task);
      this.#emit("schedule:fired", row, { slot: new Date(fired.slot), taskId: fired.task });
    }
  }

  /** Schedules of funcs that nobody here knows. They are not held: a cluster that knows the func fires them as soon as it is there. */
  async #complain({ unknown, now }: Due): Promise<void> {
    const names = this.#options.client.registry.names();
    for (const row of unknown) {
      if (now - (row.nextRun ?? now) < unknownAfterMs) continue;
      const { func } = row;
      await this.#fail(
        row,
        new QuernError("QUERN_UNKNOWN_TASK", { func, meant: didYouMean(func, names) }),
        false,
      );
    }
  }

  async #holdUnfit(): Promise<void> {
    const { store } = this.#options.opened;
    for (const [id, reason] of this.#unfit) {
      const task = await store.task(id);
      const row = typeof task?.schedule === "string" ? await store.schedule(task.schedule) : null;
      // One that was saved since may have got another input.
      if (task !== null && row !== null && !row.held && row.changed <= task.enqueued)
        await this.#fail(row, new Error(reason), true);
      this.#unfit.delete(id);
    }
  }

  async #fail(row: ScheduleRow, error: unknown, hold: boolean): Promise<void> {
    const { client, opened } = this.#options;
    const reason = reasonOf(error);
    if (!(await opened.store.failSchedule(row.id, row.version, reason, hold))) return; // Edited meanwhile.
    const line = `schedule [${nameOf(row)}] ${hold ? "is stopped until it is saved again" : "waits"}: ${reason}`;
    if (hold) client.logger.error(line);
    else client.logger.warn(line);
    const { name } = error instanceof Error ? error : { name: "Error" };
    this.#emit("schedule:failed", row, { error: { name, message: reason } });
  }

  #emit<Name extends EventName & `schedule:${string}`>(
    event: Name,
    row: ScheduleRow,
    more: Omit<EventPayloads[Name], "schedule" | "name">,
  ): void {
    if (!this.#options.listens(event)) return;
    this.#options.emit(event, encode({ schedule: row.id, name: nameOf(row), ...more }));
  }
}

/** What a due schedule does now: a task for each slot, at most so many at once. Throws what keeps it from running. */
function firingOf(client: Client, keyring: Opened["keyring"], row: ScheduleRow, now: number): Firing {
  const slots: { slot: number; task: ReturnType<typeof scheduledTask> }[] = [];
  let { repeats, nextRun } = row;
  let remove = false;
  for (const step of advances(readSchedule(row), { now })) {
    ({ repeats, nextRun } = step.next);
    remove = step.remove;
    if (step.slot !== null)
      slots.push({ slot: step.slot, task: scheduledTask(client, keyring, row, step.slot) });
    if (slots.length === slotsInOneFiring) break;
  }
  const remember = remove ? rememberKey(row) : undefined;
  return {
    id: row.id,
    read: { version: row.version, repeats: row.repeats, nextRun: row.nextRun },
    revision: row.revision,
    ...{ slots, repeats, nextRun, remove },
    ...(remember === undefined ? {} : { remember }),
  };
}

function nameOf({ id, name }: ScheduleRow): string {
  return name ?? id;
}
