// A scheduler on a store in memory whose clock, like the scheduler's, moves only when a test moves it; and schedules to give it.
import { vi } from "vitest";
import { Client } from "../../src/client/client.ts";
import { type AnyTask, task } from "../../src/client/registry.ts";
import { Waiters } from "../../src/client/waiters.ts";
import { Outage } from "../../src/cluster/outage.ts";
import { Scheduler } from "../../src/cluster/scheduler.ts";
import { TaskLog } from "../../src/cluster/task-log.ts";
import { turn } from "../../src/core/clock.ts";
import { decode } from "../../src/core/codec.ts";
import { type Definition, writeDefinition } from "../../src/core/schedule/definition.ts";
import { makeKeyring } from "../../src/core/signing.ts";
import type { Due, Firing, FiringAnswer, ScheduleRow } from "../../src/store/schedules.ts";
import { MemoryStore } from "../../src/store/memory/memory-store.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";

export const digest: AnyTask = task("mail.digest", () => null) as AnyTask;
export const start = Date.UTC(2030, 0, 1, 12);

const second = 1_000;
const stepMs = 100;
const turnsPerStep = 5;

/** Counts what it is asked for, and refuses what it is told to. */
export class WatchedStore extends MemoryStore {
  looks = 0;
  readonly batches: (readonly Firing[])[] = [];
  refuses: (firing: Firing) => boolean = () => false;

  override async dueSchedules(request: Parameters<MemoryStore["dueSchedules"]>[0]): Promise<Due> {
    this.looks += 1;
    return super.dueSchedules(request);
  }

  override async fireSchedules(firings: readonly Firing[]): Promise<FiringAnswer[]> {
    if (firings.some(this.refuses)) throw new Error("value out of range");
    this.batches.push(firings);
    return super.fireSchedules(firings);
  }
}

export interface Told {
  event: string;
  payload: Record<string, unknown>;
}

export class Desk {
  readonly clock: ManualClock = manualClock(start);
  readonly store: WatchedStore;
  readonly log: string[] = [];
  readonly told: Told[] = [];
  listening = true;
  #made = 0;

  constructor() {
    // The engine adds an offset to the system's clock: with that one standing still its clock is ours, to the millisecond.
    vi.spyOn(Date, "now").mockReturnValue(start);
    this.store = new WatchedStore({
      ...{ synchronous: "full", tablePrefix: "quern_", migrate: true },
      clockOffsetMs: () => this.clock.now() - start,
    });
  }

  /** One of the clusters that share the store. */
  scheduler({ tasks = [digest], queues }: { tasks?: AnyTask[]; queues?: string[] } = {}): Scheduler {
    const say = (message: string): void => void this.log.push(message);
    const logger = { debug: say, info: say, warn: say, error: say };
    const client = new Client({ tasks, database: "memory:", logger }, {}, this.clock);
    const scheduler = new Scheduler({
      client,
      opened: { store: this.store, keyring: makeKeyring("s".repeat(32)), waiters: new Waiters(this.store) },
      outage: new Outage({ clock: this.clock, logger, onRefused: () => {} }),
      queues,
      log: new TaskLog(logger, this.clock),
      emit: (event, payload) =>
        void this.told.push({ event, payload: decode(payload) as Record<string, unknown> }),
      listens: () => this.listening,
      onFired: () => {},
    });
    this.store.watch(() => scheduler.wake());
    return scheduler;
  }

  async save(given: Partial<ScheduleRow> = {}, times: Partial<Definition> = {}): Promise<ScheduleRow> {
    const row = {
      ...{ id: `schedule-${++this.#made}`, version: 1, revision: 1, name: null, func: digest.taskName },
      ...{ queue: "default", nextRun: start, repeats: -1, pausedRepeats: null, keepRuns: 10_000 },
      ...{ type: null, note: null, declared: null, error: null, held: false },
      definition: define(times),
      ...given,
    };
    const answer = await this.store.saveSchedule(row, null);
    if (answer !== "saved") throw new Error(answer);
    return this.row(row.id) as Promise<ScheduleRow>;
  }

  /** As somebody would who edits it. */
  async edit(id: string, changes: Partial<ScheduleRow>): Promise<void> {
    const row = (await this.row(id)) as ScheduleRow;
    const answer = await this.store.saveSchedule({ ...row, version: row.version + 1, ...changes }, row);
    if (answer !== "saved") throw new Error(answer);
  }

  async row(id: string): Promise<ScheduleRow | null> {
    return this.store.schedule(id);
  }

  /** The slots that became tasks, in seconds since the start; the oldest first. */
  async slots(id: string): Promise<number[]> {
    const runs = await this.store.scheduleRuns(id, 10_000);
    return runs.map(({ slot }) => (slot - start) / 1_000).sort((a, b) => a - b);
  }

  /** How much later than its slot each task was queued. */
  async lateness(id: string): Promise<number[]> {
    return (await this.store.scheduleRuns(id, 10_000)).map(({ slot, enqueued }) => enqueued - slot);
  }

  /** So many seconds; the clock then stands between two of them, so that nothing is just about to happen. */
  async run(seconds: number): Promise<void> {
    const beyond = (this.clock.monotonic() + second / 2) % second;
    const end = this.clock.monotonic() + seconds * second + ((second - beyond) % second);
    while (this.clock.monotonic() < end) {
      await this.clock.advance(Math.min(stepMs, end - this.clock.monotonic()));
      for (let left = turnsPerStep; left > 0; left--) await turn(); // What has much to do lets others have their turn meanwhile.
    }
  }

  close(): void {
    vi.restoreAllMocks();
  }
}

/** Every second, unless it is said otherwise. */
export function define(times: Partial<Definition> = {}): string {
  return writeDefinition({
    ...{ type: "cron", cron: "* * * * * *", timeZone: "UTC", minutes: null, firstRun: null, end: null },
    ...{ missed: "one", missedAfterMs: 60_000, intendedDateKey: null, input: "null", options: {} },
    ...times,
  });
}
