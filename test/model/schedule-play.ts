// Plays commands about schedules on an engine and on the model, and compares what they answered and what can be seen.
import type { NewTask } from "../../src/store/broker.ts";
import type { Firing, ScheduleRead, ScheduleRun } from "../../src/store/schedules.ts";
import type { Store } from "../../src/store/store.ts";
import {
  claimBy,
  exampleTask,
  failed,
  pruning,
  released,
  succeeded,
} from "../../src/testing/store/examples.ts";
import { ago, apart, type Engine, minute, minuteOf, same, span } from "./compare.ts";
import type {
  EditCommand,
  Misread,
  NewScheduleCommand,
  ScheduleCommand,
  StepCommand,
} from "./schedule-commands.ts";
import { type SavedRow, ScheduleModel } from "./schedule-model.ts";

/** A call with all its arguments: what can be repeated. */
type Call =
  | { method: "save"; args: [SavedRow, ScheduleRead | null] }
  | { method: "fire"; args: [readonly Firing[]] }
  | { method: "run"; args: [string, NewTask] }
  | { method: "fail"; args: [string, number, string, boolean] }
  | { method: "remove"; args: [string] };

/** Plays on an empty store, and leaves it without schedules and tasks. */
export async function playSchedules(
  { store, moveClock }: Engine,
  commands: readonly ScheduleCommand[],
): Promise<void> {
  const game = new Game(store, await store.time());
  for (const command of commands) {
    moveClock(minute + apart);
    game.model.now += minute + apart;
    await game.play(command, moveClock);
  }
  await game.clear();
}

class Game {
  readonly model = new ScheduleModel();
  readonly #store: Store;
  readonly #began: number;
  readonly #calls: Call[] = [];
  readonly #ids: string[] = [];
  readonly #tasks: string[] = [];

  constructor(store: Store, began: number) {
    this.#store = store;
    this.#began = began;
    this.model.now = began;
  }

  async play(command: ScheduleCommand, moveClock: (ms: number) => void): Promise<void> {
    if (command.do === "tick") {
      moveClock(command.minutes * minute);
      this.model.now += command.minutes * minute;
      return;
    }
    const call = command.do === "repeat" ? ago(this.#calls, command.call) : this.#callOf(command);
    if (call !== undefined) await this.#carryOut(call);
    if (call !== undefined && command.do !== "repeat") this.#calls.push(call);
    await this.#doToTasks(command);
    if (command.do === "due") await this.#compareDue(command);
    await this.#compareWhatIsSeen();
  }

  /** The command with its names resolved; undefined: it is none of these, or there is nothing yet that it could be about. */
  #callOf(command: ScheduleCommand): Call | undefined {
    if (command.do === "add") return { method: "save", args: [this.#newSchedule(command), null] };
    if (command.do === "fire")
      return { method: "fire", args: [command.steps.flatMap((it) => this.#step(it))] };
    if (command.do === "edit") return this.#edit(command);
    if (command.do !== "run" && command.do !== "fail" && command.do !== "remove") return undefined;
    const id = ago(this.#ids, command.schedule);
    if (id === undefined) return undefined;
    if (command.do === "run") return { method: "run", args: [id, this.#newTask(id, null, command.unique)] };
    if (command.do === "remove") return { method: "remove", args: [id] };
    const version = (this.model.schedules.get(id)?.version ?? 0) + (command.stale ? 1 : 0);
    return { method: "fail", args: [id, version, "broken", command.hold] };
  }

  #newSchedule({ comes, name, func, queue, keepRuns, repeats }: NewScheduleCommand): SavedRow {
    const id = `schedule ${String(this.#ids.length).padStart(3, "0")}`;
    this.#ids.push(id);
    const nextRun = this.#moment(comes);
    return {
      ...{ id, name, func, queue, keepRuns, repeats, nextRun, version: 1, revision: 1, definition: "{}" },
      ...{ pausedRepeats: null, type: null, note: null, declared: null, error: null, held: false },
    };
  }

  #edit({ schedule, misread, name, keepRuns, times, comes, paused }: EditCommand): Call | undefined {
    const row = this.model.schedules.get(ago(this.#ids, schedule) ?? "");
    if (row === undefined) return undefined;
    const changed: SavedRow = {
      ...row,
      ...{ version: row.version + 1, name, keepRuns, error: null, held: false },
      ...(times !== "same" && { nextRun: this.#moment(comes) }),
      ...(times === "new" && { revision: row.revision + 1 }),
      ...(paused && { repeats: 0, pausedRepeats: row.repeats }),
    };
    return { method: "save", args: [changed, misreadOf(row, misread)] };
  }

  #step({ schedule, misread, slots, off, unique, remove }: StepCommand): Firing[] {
    const row = this.model.schedules.get(ago(this.#ids, schedule) ?? "");
    if (row === undefined) return [];
    const first = (row.nextRun ?? this.#moment(0)) + off * minute;
    return [
      {
        ...{ id: row.id, read: misreadOf(row, misread), revision: row.revision },
        slots: Array.from({ length: slots }, (_, index) => {
          const slot = first + index * minute;
          return { slot, task: this.#newTask(row.id, slot, unique) };
        }),
        ...{ repeats: row.repeats - slots, nextRun: first + slots * minute, remove },
        ...(remove && { remember: `made ${row.id}` }),
      },
    ];
  }

  /** In the middle of a minute, so that it is never decided by milliseconds whether it has come. */
  #moment(minutes: number): number {
    return this.#began + minuteOf(this.model.now - this.#began) * minute + span(minutes);
  }

  #newTask(schedule: string, slot: number | null, unique: boolean): NewTask {
    const id = `task ${String(this.#tasks.length).padStart(3, "0")}`;
    this.#tasks.push(id);
    return exampleTask({ id, schedule, slot, ...(unique && { unique: { key: "k" } }) });
  }

  async #carryOut(call: Call): Promise<void> {
    const { model } = this;
    const store = this.#store;
    switch (call.method) {
      case "save":
        return same(await store.saveSchedule(...call.args), model.save(...call.args));
      case "fire":
        return same(await store.fireSchedules(...call.args), model.fire(...call.args));
      case "run":
        return same((await store.runSchedule(...call.args))?.id ?? null, model.run(...call.args));
      case "fail":
        return same(await store.failSchedule(...call.args), model.fail(...call.args));
      case "remove":
        return same(await store.deleteSchedule(...call.args), model.remove(...call.args));
    }
  }

  async #doToTasks(command: ScheduleCommand): Promise<void> {
    const { model } = this;
    const store = this.#store;
    if (command.do === "prune") {
      await store.prune(pruning({ saveLimit: 0, failuresBefore: Number.MAX_SAFE_INTEGER }));
      model.forget([...model.tasks].flatMap(([id, it]) => (it.open ? [] : [id])));
    }
    if (command.do === "finish") {
      const { tasks } = await store.claim(claimBy("owner", { slots: command.most }));
      const [started, stopped] = [model.now, model.now + 1];
      const endOf = { success: succeeded, unsaved: succeeded, failure: failed, again: released }[command.how];
      const save = command.how !== "unsaved";
      const endings = tasks.map((task) => ({ ...endOf(task, { save }), started, stopped }));
      same(
        await store.finish(endings),
        endings.map(() => "done" as const),
      );
      for (const { id } of endings) Object.assign(model.tasks.get(id) ?? {}, { tried: true });
      if (command.how === "again") return;
      for (const { id, outcome } of endings) model.end(id, { started, stopped, outcome });
    }
    if (command.do !== "cancel" && command.do !== "delete") return;
    const id = ago(this.#tasks, command.task) ?? "nobody";
    const isOpen = model.tasks.get(id)?.open === true;
    if (command.do === "cancel") same((await store.cancel(id, "no")) === "cancelled", isOpen);
    else await store.deleteTasks([id]);
    if (isOpen && command.do === "cancel")
      model.end(id, { started: null, stopped: model.now, outcome: "cancelled" });
    if (isOpen && command.do === "delete")
      model.end(id, { started: null, stopped: null, outcome: "deleted" });
    if (command.do === "delete") model.forget([id]);
  }

  async #compareDue(request: Extract<ScheduleCommand, { do: "due" }>): Promise<void> {
    const due = await this.#store.dueSchedules(request);
    const expected = this.model.due(request.queues, request.funcs, request.limit);
    const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);
    same([ids(due.schedules), ids(due.unknown)], [expected.schedules, expected.unknown]);
    const near = Math.abs(Number(due.nextDueMs) - Number(expected.nextDueMs)) < minute / 3;
    same([due.nextDueMs === null, near], [expected.nextDueMs === null, true]);
  }

  async #compareWhatIsSeen(): Promise<void> {
    const { tasks } = await this.#store.tasks(
      { state: ["ready", "leased"] },
      { limit: 10_000, oldestFirst: true },
    );
    const open = [...this.model.tasks].filter(([, it]) => it.open).map(([id]) => id);
    same(
      tasks.map(({ id }) => id),
      open.sort(),
    );
    const { schedules } = await this.#store.schedules({}, { limit: 1_000 });
    same(
      schedules.map(({ created: _, changed: __, ...row }) => inOrder(row)),
      [...this.model.schedules.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(inOrder),
    );
    for (const id of this.#ids) {
      const runs = (await this.#store.scheduleRuns(id, 1_000)).map((run) => this.#view(run));
      same(
        runs,
        this.model.runsOf(id).map((run) => this.#view(run)),
      );
      if (this.model.meta.has(`made ${id}`)) same(await this.#store.meta(`made ${id}`), id);
    }
  }

  #view({
    schedule,
    kind,
    slot,
    task,
    enqueued,
    started,
    stopped,
    outcome,
  }: ScheduleRun): Record<string, unknown> {
    const since = (ms: number | null): number | null => (ms === null ? null : minuteOf(ms - this.#began));
    return {
      ...{ schedule, kind, task, outcome, started, stopped: since(stopped), enqueued: since(enqueued) },
      slot: kind === "manual" ? since(slot) : slot,
    };
  }

  async clear(): Promise<void> {
    for (const id of this.#ids) await this.#store.deleteSchedule(id);
    for (const id of this.#ids) same(await this.#store.scheduleRuns(id, 1), []);
    await this.#store.deleteTasks(this.#tasks);
    const all = Number.MAX_SAFE_INTEGER;
    while (
      (await this.#store.prune(
        pruning({ saveLimit: 0, failuresBefore: all, attemptsBefore: all, clustersBefore: all }),
      )) > 0
    );
    same([await this.#store.countTasks({}), await this.#store.countSchedules({})], [0, 0]);
  }
}

function misreadOf({ version, repeats, nextRun }: SavedRow, misread: Misread): ScheduleRead {
  const read = { version, repeats, nextRun };
  if (misread === "version") return { ...read, version: version - 1 };
  if (misread === "repeats") return { ...read, repeats: repeats + 1 };
  return misread === "nextRun" ? { ...read, nextRun: nextRun === null ? 1 : null } : read;
}

function inOrder(row: SavedRow): unknown[] {
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}
