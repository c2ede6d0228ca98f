// A model of the queue chapter: what any engine has to answer, as plainly as it can be said. Shares no code with the engines.
import type {
  CancelAnswer,
  ClaimRequest,
  Ending,
  EndingAnswer,
  Enqueued,
  Fence,
  NewTask,
} from "../../src/store/broker.ts";
import type { PruneRequest } from "../../src/store/store.ts";

export interface Running {
  owner: string;
  until: number;
  cancelled: boolean;
}

/** A task in the queue. It is `waiting` until a claim finds it due. */
export interface Open {
  task: NewTask;
  due: number;
  waiting: boolean;
  attempt: number;
  uncounted: number;
  unknown: number;
  isolate: boolean;
  running: Running | null;
}

export interface Ended {
  task: NewTask;
  attempt: number;
  success: boolean;
  outcome: string;
  stopped: number;
  result: string | null;
}

interface Try {
  id: string;
  attempt: number;
  owner: string;
  lapsed: boolean;
  outcome: string;
  stopped: number;
}

export class Model {
  /** Milliseconds since the run began; commands move it. */
  now = 0;
  readonly open = new Map<string, Open>();
  readonly ended = new Map<string, Ended>();
  /** Ends that were not saved, and when their answers expire. */
  readonly answers = new Map<string, Ended & { expires: number }>();
  tries: Try[] = [];
  readonly keys = new Map<string, { holder: NewTask; until: number }>();
  readonly paused = new Set<string>();

  enqueue(tasks: readonly NewTask[]): Enqueued[] {
    return tasks.map((task) => {
      const { id, name } = task;
      const seen =
        this.open.has(id) ||
        this.ended.has(id) ||
        this.answers.has(id) ||
        this.tries.some((it) => it.id === id);
      if (seen) return { id, name, deduplicated: false };
      if (task.unique !== undefined) {
        const key = `${task.func}/${task.unique.key}`;
        const held = this.keys.get(key);
        const other = held !== undefined && held.holder.id !== id;
        if (other && (this.open.has(held.holder.id) || held.until > this.now)) {
          const kept = [this.open, this.ended, this.answers].some((place) => place.has(held.holder.id));
          return { id: held.holder.id, name: kept ? held.holder.name : name, deduplicated: true };
        }
        if (other || held === undefined)
          this.keys.set(key, { holder: task, until: this.now + (task.unique.withinMs ?? 0) });
      }
      const delay = task.delayMs ?? 0;
      const { isolate } = task;
      this.open.set(id, {
        task,
        due: this.now + delay,
        waiting: delay > 0,
        attempt: 0,
        uncounted: 0,
        unknown: 0,
        isolate,
        running: null,
      });
      return { id, name, deduplicated: false };
    });
  }

  claim(request: ClaimRequest): { ids: string[]; nextDueMs: number | null } {
    for (const it of this.open.values()) if (it.due <= this.now) it.waiting = false;
    const waiting = [...this.open.values()].filter((it) => it.waiting && it.running === null);
    const free = { shared: request.slots, alone: request.isolated };
    const ids = request.lanes.flatMap(({ queue, limit }) => {
      if (this.paused.has(queue)) return [];
      const shared = this.#take(request, queue, false, Math.min(free.shared, limit));
      const alone = this.#take(request, queue, true, Math.min(free.alone, limit - shared.length));
      free.shared -= shared.length;
      free.alone -= alone.length;
      return [...shared, ...alone];
    });
    return {
      ids,
      nextDueMs: waiting.length === 0 ? null : Math.min(...waiting.map(({ due }) => due)) - this.now,
    };
  }

  #take({ owner, leaseMs }: ClaimRequest, queue: string, isolate: boolean, limit: number): string[] {
    const taken = [...this.open.values()]
      .filter((it) => it.running === null && !it.waiting && it.task.queue === queue && it.isolate === isolate)
      .sort((a, b) => b.task.priority - a.task.priority || a.due - b.due || (a.task.id < b.task.id ? -1 : 1))
      .slice(0, Math.max(0, limit));
    for (const it of taken) {
      it.attempt++;
      it.running = { owner, until: this.now + leaseMs, cancelled: false };
    }
    return taken.map(({ task }) => task.id);
  }

  #held(fence: Fence): (Open & { running: Running }) | null {
    const it = this.open.get(fence.id);
    const held = it !== undefined && it.running?.owner === fence.owner && it.attempt === fence.attempt;
    return held ? (it as Open & { running: Running }) : null;
  }

  extend(leases: readonly Fence[], leaseMs: number): { lost: Fence[]; cancelled: string[] } {
    for (const lease of leases) {
      const it = this.#held(lease);
      if (it !== null) it.running.until = this.now + leaseMs;
    }
    return {
      lost: leases.filter((lease) => this.#held(lease) === null),
      cancelled: [
        ...new Set(leases.filter((lease) => this.#held(lease)?.running.cancelled).map(({ id }) => id)),
      ],
    };
  }

  finish(endings: readonly Ending[]): EndingAnswer[] {
    return endings.map((ending) => {
      const { id, attempt, owner, outcome, stopped, next, lapsed = false } = ending;
      const it = this.#held(ending);
      if (it === null) {
        const before = this.tries.find((one) => one.id === id && one.attempt === attempt);
        return before?.owner === owner && before.lapsed === lapsed ? "already" : "lost";
      }
      if (lapsed && it.running.until > this.now) return "lost";
      if ("again" in next && it.running.cancelled) return "cancelled";
      this.tries.push({ id, attempt, owner, lapsed, outcome, stopped });
      if ("again" in next) {
        const due = next.delayMs === null ? it.due : this.now + next.delayMs;
        const waiting = next.delayMs !== null && next.delayMs > 0;
        const { unknown, isolate } = next;
        this.open.set(id, {
          ...it,
          due,
          waiting,
          unknown,
          isolate,
          uncounted: ending.uncounted,
          running: null,
        });
      } else {
        this.open.delete(id);
        const ended = {
          task: it.task,
          attempt,
          success: next.end === "success",
          outcome,
          stopped,
          result: next.result,
        };
        if (next.save) this.ended.set(id, ended);
        else this.answers.set(id, { ...ended, expires: this.now + next.answerMs });
      }
      this.enqueue(ending.followUps);
      return "done";
    });
  }

  reclaimable(): string[] {
    return [...this.open.values()]
      .filter(({ running }) => running !== null && running.until <= this.now)
      .map(({ task }) => task.id);
  }

  cancel(id: string, error: string): CancelAnswer {
    const it = this.open.get(id);
    if (it === undefined) return this.ended.has(id) || this.answers.has(id) ? "ended" : "unknown";
    if (it.running !== null) {
      it.running.cancelled = true;
      return "asked";
    }
    this.open.delete(id);
    this.ended.set(id, {
      task: it.task,
      attempt: it.attempt,
      success: false,
      outcome: "cancelled",
      stopped: this.now,
      result: error,
    });
    return "cancelled";
  }

  callBack(funcs: readonly string[]): number {
    const back = [...this.open.values()].filter(
      (it) => it.waiting && it.unknown > 0 && funcs.includes(it.task.func),
    );
    for (const it of back) Object.assign(it, { waiting: false, due: this.now });
    return back.length;
  }

  pause(queue: string): boolean {
    const paused = this.paused.has(queue);
    this.paused.add(queue);
    return !paused;
  }

  resume(queue: string): boolean {
    return this.paused.delete(queue);
  }

  resubmit(id: string, task: NewTask, remove: boolean): Enqueued | null {
    if (!this.ended.has(id)) return null;
    const [enqueued] = this.enqueue([task]);
    if (remove) this.deleteTasks([id]);
    return enqueued ?? null;
  }

  deleteTasks(ids: readonly string[]): string[] {
    return [...new Set(ids)].filter((id) => {
      const places = [this.open, this.ended, this.answers];
      return (this.open.get(id)?.running ?? null) === null && places.some((place) => place.delete(id));
    });
  }

  prune({ saveLimit, per, failuresBefore, attemptsBefore }: PruneRequest): number {
    const size = (): number => this.ended.size + this.answers.size + this.keys.size + this.tries.length;
    const before = size();
    const counted = new Map<string | null, number>();
    for (const { task, success, stopped } of [...this.ended.values()].sort(
      (a, b) => b.stopped - a.stopped || (a.task.id < b.task.id ? 1 : -1),
    )) {
      const kind = per === null ? "all" : task[per];
      if (success) counted.set(kind, (counted.get(kind) ?? 0) + 1);
      const tooMany = success && saveLimit !== null && (counted.get(kind) ?? 0) > saveLimit;
      if (tooMany || (!success && failuresBefore !== null && stopped < failuresBefore))
        this.ended.delete(task.id);
    }
    for (const [id, { expires }] of this.answers) if (expires <= this.now) this.answers.delete(id);
    for (const [key, { holder, until }] of this.keys)
      if (until <= this.now && !this.open.has(holder.id)) this.keys.delete(key);
    // An attempt is gone when its task is: nowhere, or nothing but an answer.
    this.tries = this.tries.filter(
      ({ id, stopped }) => this.open.has(id) || this.ended.has(id) || stopped >= attemptsBefore,
    );
    return before - size();
  }
}
