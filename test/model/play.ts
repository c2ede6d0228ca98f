// Plays commands on an engine and on the model, and compares after each one what they answered and what can be seen.
import type { ClaimRequest, Ending, Enqueued, Fence, NewTask } from "../../src/store/broker.ts";
import type { PruneRequest, Store } from "../../src/store/store.ts";
import type { ClaimedTask, QueuedTask, StoredTask } from "../../src/core/task.ts";
import type { ClaimCommand, Command, EndingCommand, Forgery, TaskCommand } from "./commands.ts";
import { ago, apart, type Engine, minute, minuteOf, same, span } from "./compare.ts";
import { type Ended, Model, type Open } from "./model.ts";

/** A call of the seam with all its arguments: what can be repeated. */
type Call =
  | { method: "enqueue"; args: [readonly NewTask[]] }
  | { method: "claim"; args: [ClaimRequest] }
  | { method: "extend"; args: [readonly Fence[], number] }
  | { method: "finish"; args: [readonly Ending[]] }
  | { method: "finishAndClaim"; args: [readonly Ending[], ClaimRequest] }
  | { method: "cancel"; args: [string, string] }
  | { method: "callBack"; args: [readonly string[]] }
  | { method: "pause" | "resume"; args: [string] }
  | { method: "resubmit"; args: [string, NewTask, boolean] }
  | { method: "deleteTasks"; args: [readonly string[]] }
  | { method: "prune"; args: [PruneRequest] };

/** Plays on an empty store, and leaves it empty. */
export async function play({ store, moveClock }: Engine, commands: readonly Command[]): Promise<void> {
  const began = await store.time();
  const game = new Game(store, began);
  for (const command of commands) {
    moveClock(minute + apart);
    game.model.now += minute + apart;
    await game.play(command, moveClock);
  }
  await game.clear(moveClock);
}

class Game {
  readonly model = new Model();
  readonly #store: Store;
  readonly #began: number;
  readonly #calls: Call[] = [];
  /** Every task handed out by a claim, as it was then; ids of all tasks there ever were. */
  readonly #claimed: ClaimedTask[] = [];
  readonly #ids: string[] = [];
  #attempts = new Map<string, number>();

  constructor(store: Store, began: number) {
    this.#store = store;
    this.#began = began;
  }

  async play(command: Command, moveClock: (ms: number) => void): Promise<void> {
    if (command.do === "tick") {
      moveClock(command.minutes * minute);
      this.model.now += command.minutes * minute;
      return;
    }
    const call = command.do === "repeat" ? ago(this.#calls, command.call) : await this.#callOf(command);
    if (call === undefined) return;
    if (command.do !== "repeat") this.#calls.push(call);
    await this.#carryOut(call);
    await this.#compareWhatIsSeen();
  }

  /** The command with its names resolved; undefined: there is nothing yet that it could be about. */
  async #callOf(command: Exclude<Command, { do: "tick" | "repeat" }>): Promise<Call | undefined> {
    switch (command.do) {
      case "enqueue":
        return { method: "enqueue", args: [command.tasks.map((task) => this.#newTask(task))] };
      case "claim":
        return { method: "claim", args: [requestOf(command)] };
      case "extend": {
        const leases = command.leases.flatMap(({ lease, forged }) => this.#fence(lease, forged));
        return { method: "extend", args: [leases, span(command.minutes)] };
      }
      case "finish": {
        const endings = command.endings.flatMap((ending) => this.#ending(ending)).sort(byId);
        if (command.claim === null) return { method: "finish", args: [endings] };
        return { method: "finishAndClaim", args: [endings, requestOf(command.claim)] };
      }
      case "reap": {
        const lapsed = (await this.#store.reclaimable(100)).sort(byId);
        same(
          lapsed.map(({ id }) => id),
          this.model.reclaimable().sort(),
        );
        const ending = {
          forged: "none",
          how: command.how,
          delay: 1,
          followUp: false,
          lapsed: true,
          lease: 0,
        } as const;
        return { method: "finish", args: [lapsed.map((task) => this.#endingOf(task, ending))] };
      }
      case "cancel":
        return { method: "cancel", args: [ago(this.#ids, command.task) ?? "nobody", '"cancelled"'] };
      case "callBack":
        return { method: "callBack", args: [command.funcs] };
      case "pause":
      case "resume":
        return { method: command.do, args: [command.queue] };
      case "resubmit": {
        const id = ago(this.#ids, command.task);
        if (id === undefined) return undefined;
        const like = this.model.ended.get(id)?.task ?? {
          func: "f",
          queue: "a",
          group: null,
          priority: 0,
          isolate: false,
        };
        return {
          method: "resubmit",
          args: [id, this.#newTask({ ...like, delay: 0, unique: null }), command.remove],
        };
      }
      case "delete":
        return { method: "deleteTasks", args: [command.tasks.flatMap((task) => ago(this.#ids, task) ?? [])] };
      case "prune": {
        const now = this.#began + this.model.now;
        const { saveLimit, per } = command;
        const failuresBefore = command.failures ? now - span(2) : null;
        const attemptsBefore = command.attempts ? now - span(1) : 0;
        return {
          method: "prune",
          args: [{ saveLimit, per, failuresBefore, attemptsBefore, clustersBefore: 0, limit: 1_000 }],
        };
      }
    }
  }

  async #carryOut(call: Call): Promise<void> {
    const { model } = this;
    const store = this.#store;
    switch (call.method) {
      case "enqueue":
        return same(await store.enqueue(...call.args), model.enqueue(...call.args));
      case "claim":
        return this.#compareClaims(await store.claim(...call.args), call.args[0]);
      case "extend":
        return same(sorted(await store.extend(...call.args)), sorted(model.extend(...call.args)));
      case "finish":
        return same(await store.finish(...call.args), model.finish(this.#inModelTime(call.args[0])));
      case "finishAndClaim": {
        const { answers, claim } = await store.finishAndClaim(...call.args);
        same(answers, model.finish(this.#inModelTime(call.args[0])));
        return this.#compareClaims(claim, call.args[1]);
      }
      case "cancel":
        return same(await store.cancel(...call.args), model.cancel(...call.args));
      case "callBack":
        return same(await store.callBack(...call.args), model.callBack(...call.args));
      case "pause":
      case "resume":
        return same(await store[call.method](...call.args), model[call.method](...call.args));
      case "resubmit":
        return same(await resubmitOne(store, call.args), model.resubmit(...call.args));
      case "deleteTasks":
        return same((await store.deleteTasks(...call.args)).sort(), model.deleteTasks(...call.args).sort());
      case "prune": {
        const [request] = call.args;
        const { failuresBefore, attemptsBefore } = request;
        const before = failuresBefore === null ? null : failuresBefore - this.#began;
        const answer = model.prune({
          ...request,
          failuresBefore: before,
          attemptsBefore: attemptsBefore - this.#began,
        });
        return same(await store.prune(request), answer);
      }
    }
  }

  #compareClaims(claim: Awaited<ReturnType<Store["claim"]>>, request: ClaimRequest): void {
    const { ids, nextDueMs } = this.model.claim(request);
    same(
      claim.tasks.map(({ id }) => id),
      ids,
    );
    const early = claim.nextDueMs === null || nextDueMs === null ? 0 : Math.abs(claim.nextDueMs - nextDueMs);
    same([claim.nextDueMs === null, early < minute / 3], [nextDueMs === null, true]);
    for (const task of claim.tasks) {
      same([task.attempt, task.owner], [this.model.open.get(task.id)?.attempt, request.owner]);
      this.#claimed.push(task);
    }
  }

  async #compareWhatIsSeen(): Promise<void> {
    const { model } = this;
    const { tasks } = await this.#store.tasks({}, { limit: 10_000, oldestFirst: true });
    const seen = [...model.open.values(), ...model.ended.values()].sort((a, b) =>
      a.task.id < b.task.id ? -1 : 1,
    );
    same(
      tasks.map((task) => this.#view(task)),
      seen.map(viewOf),
    );
    const answers = await this.#store.answers(this.#ids);
    same(
      answers.map(({ id, result }) => `${id} ${result}`).sort(),
      [...model.ended.values(), ...model.answers.values()]
        .map(({ task, result }) => `${task.id} ${result}`)
        .sort(),
    );
    this.#checkInvariants(tasks);
  }

  /** Said once more without the model, which might be wrong in the same way. */
  #checkInvariants(tasks: readonly StoredTask[]): void {
    same(new Set(tasks.map(({ id }) => id)).size, tasks.length); // one task, one place
    const attempts = new Map(tasks.map((task) => [task.id, task.attempt]));
    for (const task of tasks) {
      const grown = task.attempt >= (this.#attempts.get(task.id) ?? 0); // attempts only grow
      same([task.id, grown, task.uncounted <= task.attempt], [task.id, true, true]);
      const { leasedUntil = null, owner = null } = task as Partial<QueuedTask>; // who has ended has no lease
      same([owner !== null, leasedUntil !== null], [task.state === "leased", task.state === "leased"]);
    }
    this.#attempts = attempts;
  }

  /** Ends all there is, and sees that nothing stays behind: no task, attempt, answer or key. */
  async clear(moveClock: (ms: number) => void): Promise<void> {
    const store = this.#store;
    for (const id of this.#ids) {
      const records = await store.attempts(id);
      const own = this.model.tries.filter((it) => it.id === id).sort((a, b) => a.attempt - b.attempt);
      same(
        records.map(({ attempt, owner, outcome }) => `${attempt} ${owner} ${outcome}`),
        own.map(({ attempt, owner, outcome }) => `${attempt} ${owner} ${outcome}`),
      );
    }
    moveClock(100 * minute);
    this.model.now += 100 * minute;
    await this.play({ do: "reap", how: "failure" }, moveClock);
    for (const queue of ["a", "b"]) await this.play({ do: "resume", queue }, moveClock);
    await store.deleteTasks(this.#ids);
    while ((await store.prune(everything)) > 0);
    same(
      [await store.countTasks({}), await store.queueCounts(), await store.answers(this.#ids)],
      [0, [], []],
    );
    for (const id of this.#ids)
      if ((await store.attempts(id)).length > 0) throw new Error(`an attempt of ${id} stays behind`);
  }

  #newTask({ delay, unique, ...rest }: TaskCommand): NewTask {
    const id = `task ${String(this.#ids.length).padStart(3, "0")}`;
    this.#ids.push(id);
    const { queue, func, group, priority, isolate } = rest;
    return {
      ...{ id, name: `name of ${id}`, func, queue, group, priority, isolate, tags: [] },
      ...{ parent: null, schedule: null, slot: null, envelope: "{}" },
      ...(delay > 0 && { delayMs: span(delay) }),
      ...(unique !== null && {
        unique: { key: unique.key, ...(unique.within > 0 && { withinMs: span(unique.within) }) },
      }),
    };
  }

  #fence(lease: number, forged: Forgery): Fence[] {
    const task = ago(this.#claimed, lease);
    return task === undefined ? [] : [forgedFence(task, forged)];
  }

  #ending(command: EndingCommand): Ending[] {
    const task = ago(this.#claimed, command.lease);
    return task === undefined ? [] : [this.#endingOf(task, command)];
  }

  #endingOf(task: ClaimedTask, { forged, how, delay, followUp, lapsed }: EndingCommand): Ending {
    const { id } = task;
    const free = how === "released" || how === "snoozed" || how === "unknown";
    return {
      ...forgedFence(task, forged),
      ...(lapsed && { lapsed }),
      outcome: outcomes[how],
      ...{
        worker: null,
        started: null,
        stopped: this.#began + this.model.now,
        error: null,
        log: null,
        progress: null,
      },
      ...{ uncounted: task.uncounted + (free ? 1 : 0), crashes: 0, next: nextOf(task, how, delay) },
      followUps: followUp ? [this.#followUp(id)] : [],
    };
  }

  // Of a priority of its own: tasks that one call makes due may be some milliseconds apart in the engine, and are not in the model.
  #followUp(parent: string): NewTask {
    const id = `${parent} hook`;
    if (!this.#ids.includes(id)) this.#ids.push(id);
    const task: TaskCommand = {
      queue: "a",
      func: "f",
      group: null,
      priority: 10 + this.#ids.indexOf(id),
      isolate: false,
      delay: 0,
      unique: null,
    };
    const hook = { ...this.#newTask(task), id, name: `name of ${id}` };
    this.#ids.pop();
    return hook;
  }

  #inModelTime(endings: readonly Ending[]): Ending[] {
    return endings.map((ending) => ({ ...ending, stopped: ending.stopped - this.#began }));
  }

  #view(task: StoredTask): object {
    const { id, name, func, queue, group, priority, attempt, state } = task;
    const same = { id, name, func, queue, group, priority, attempt };
    if (state === "success" || state === "failure") {
      const { outcome, result, stopped } = task as Extract<StoredTask, { outcome: string }>;
      return { ...same, state, outcome, result, stopped: minuteOf(stopped - this.#began) };
    }
    const { due, owner, leasedUntil, cancelled, unknown, uncounted, isolate } = task as QueuedTask;
    const until = leasedUntil === null ? null : minuteOf(leasedUntil - this.#began);
    return {
      ...same,
      state,
      due: minuteOf(due - this.#began),
      owner,
      until,
      cancelled,
      unknown,
      uncounted,
      isolate,
    };
  }
}

function viewOf(it: Open | Ended): object {
  const { id, name, func, queue, group, priority } = it.task;
  const same = { id, name, func, queue, group, priority, attempt: it.attempt };
  if ("outcome" in it) {
    const { outcome, result, stopped } = it;
    return {
      ...same,
      state: it.success ? "success" : "failure",
      outcome,
      result,
      stopped: minuteOf(stopped),
    };
  }
  const { due, running, waiting, unknown, uncounted, isolate } = it;
  const state = running !== null ? "leased" : waiting ? "waiting" : "ready";
  const until = running === null ? null : minuteOf(running.until);
  const cancelled = running?.cancelled ?? false;
  return {
    ...same,
    state,
    due: minuteOf(due),
    owner: running?.owner ?? null,
    until,
    cancelled,
    unknown,
    uncounted,
    isolate,
  };
}

function requestOf({ owner, slots, isolated, lanes, minutes }: ClaimCommand): ClaimRequest {
  return { owner: `owner ${owner}`, leaseMs: span(minutes), lanes, slots, isolated };
}

function forgedFence({ id, queue, attempt, owner }: ClaimedTask, forged: Forgery): Fence {
  const shift = { none: 0, owner: 0, next: 1, previous: -1 }[forged];
  return { id, queue, attempt: attempt + shift, owner: forged === "owner" ? "nobody" : String(owner) };
}

const outcomes = {
  success: "success",
  unsaved: "success",
  failure: "failed",
  again: "failed",
  snoozed: "snoozed",
  released: "released",
  unknown: "released",
} as const satisfies Record<EndingCommand["how"], Ending["outcome"]>;

function nextOf({ isolate }: ClaimedTask, how: EndingCommand["how"], delay: number): Ending["next"] {
  const delayMs = delay === 0 ? 0 : span(delay);
  switch (how) {
    case "success":
    case "unsaved":
      return { end: "success", result: '"done"', save: how === "success", answerMs: span(3) };
    case "failure":
      return { end: "failure", result: '"broken"', save: true, answerMs: 0 };
    case "again":
      return { again: true, delayMs, unknown: 0, isolate: true };
    case "snoozed":
      return { again: true, delayMs, unknown: 0, isolate };
    case "released":
      return { again: true, delayMs: null, unknown: 0, isolate };
    case "unknown":
      return { again: true, delayMs: span(delay), unknown: 1, isolate };
  }
}

const everything: PruneRequest = {
  saveLimit: 0,
  per: null,
  failuresBefore: Number.MAX_SAFE_INTEGER,
  attemptsBefore: Number.MAX_SAFE_INTEGER,
  clustersBefore: Number.MAX_SAFE_INTEGER,
  limit: 1_000,
};

function sorted({ lost, cancelled }: { lost: Fence[]; cancelled: string[] }): object {
  return { lost, cancelled: cancelled.sort() };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

async function resubmitOne(
  store: Store,
  [id, task, remove]: [string, NewTask, boolean],
): Promise<Enqueued | null> {
  const [answer] = await store.resubmit([{ id, task, remove }]);
  return answer ?? null;
}
