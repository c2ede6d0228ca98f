// A model of the schedule chapter: what any engine has to answer, as plainly as it can be said. Shares no code with the engines.
import type { NewTask } from "../../src/store/broker.ts";
import type {
  Firing,
  FiringAnswer,
  SaveAnswer,
  ScheduleRead,
  ScheduleRow,
  ScheduleRun,
} from "../../src/store/schedules.ts";

export type SavedRow = Omit<ScheduleRow, "created" | "changed">;

export interface Run extends ScheduleRun {
  revision: number;
}

export class ScheduleModel {
  /** The engine's clock, as commands move it. */
  now = 0;
  readonly schedules = new Map<string, SavedRow>();
  runs: Run[] = [];
  /** The latest slot of each schedule and revision, whatever runs are kept: nothing up to it may have another task. */
  readonly #latest = new Map<string, number>();
  /** Those that are known: in the queue, ended, or tried once. All else about tasks is in the other model. */
  readonly tasks = new Map<string, { task: NewTask; open: boolean; tried: boolean }>();
  readonly meta = new Set<string>();

  save(row: SavedRow, read: ScheduleRead | null): SaveAnswer {
    const standing = this.schedules.get(row.id);
    if (read === null ? standing !== undefined : !isAsRead(standing, read)) return "stale";
    const others = [...this.schedules.values()].filter(({ id }) => id !== row.id);
    if (row.name !== null && others.some(({ name }) => name === row.name)) return "taken";
    this.schedules.set(row.id, row);
    return "saved";
  }

  fire(firings: readonly Firing[]): FiringAnswer[] {
    return firings.map(({ id, read, revision, slots, repeats, nextRun, remove, remember }) => {
      const row = this.schedules.get(id);
      if (row === undefined || row.held || !isAsRead(row, read)) return null;
      const answer = slots.map(({ slot, task }) => {
        const key = `${id}/${revision}`;
        if (slot <= (this.#latest.get(key) ?? Number.NEGATIVE_INFINITY)) return null;
        this.#latest.set(key, slot);
        return { slot, task: this.#addRun(id, { revision, kind: "slot", slot }, task) };
      });
      this.schedules.set(id, { ...row, repeats, nextRun, error: null });
      this.#dropRuns(id);
      if (remove) this.remove(id);
      if (remove && remember !== undefined) this.meta.add(remember);
      return answer;
    });
  }

  run(id: string, task: NewTask): string | null {
    if (!this.schedules.has(id)) return null;
    if (this.runs.some((run) => run.schedule === id && run.task === task.id)) return task.id;
    const answer = this.#addRun(id, { revision: 0, kind: "manual", slot: this.now }, task);
    this.#dropRuns(id);
    return answer;
  }

  #addRun(schedule: string, place: Pick<Run, "revision" | "kind" | "slot">, task: NewTask): string {
    const isKnown = this.tasks.has(task.id);
    const holder = [...this.tasks.values()].find(
      (it) =>
        it.open &&
        task.unique !== undefined &&
        it.task.unique?.key === task.unique.key &&
        it.task.func === task.func,
    );
    const other = !isKnown && holder !== undefined;
    const of = other ? holder.task.id : task.id;
    if (!isKnown && !other) this.tasks.set(task.id, { task, open: true, tried: false });
    this.runs.push({
      ...{ schedule, ...place, task: of, enqueued: this.now, started: null, stopped: null },
      outcome: other ? "deduplicated" : null,
    });
    return of;
  }

  runsOf(id: string): Run[] {
    return this.runs
      .filter((run) => run.schedule === id)
      .sort((a, b) => b.enqueued - a.enqueued || b.slot - a.slot || b.revision - a.revision);
  }

  #dropRuns(id: string): void {
    const { keepRuns, revision } = this.schedules.get(id) as SavedRow;
    const latest = this.#latest.get(`${id}/${revision}`);
    const dropped = this.runsOf(id)
      .slice(keepRuns)
      .filter((run) => run.revision !== revision || run.slot !== latest);
    this.runs = this.runs.filter((run) => !dropped.includes(run));
  }

  fail(id: string, version: number, error: string, hold: boolean): boolean {
    const row = this.schedules.get(id);
    if (row?.version !== version) return false;
    this.schedules.set(id, { ...row, error, held: row.held || hold });
    return true;
  }

  remove(id: string): boolean {
    this.runs = this.runs.filter(({ schedule }) => schedule !== id);
    for (const key of this.#latest.keys()) if (key.startsWith(`${id}/`)) this.#latest.delete(key);
    return this.schedules.delete(id);
  }

  due(
    queues: readonly string[] | null,
    funcs: readonly string[],
    limit: number,
  ): { schedules: string[]; unknown: string[]; nextDueMs: number | null } {
    const waiting = [...this.schedules.values()]
      .filter(({ nextRun, repeats, held }) => nextRun !== null && repeats !== 0 && !held)
      .filter(({ queue }) => queues === null || queues.includes(queue))
      .sort((a, b) => Number(a.nextRun) - Number(b.nextRun) || (a.id < b.id ? -1 : 1));
    const isDue = ({ nextRun }: SavedRow): boolean => Number(nextRun) <= this.now;
    const known = waiting.filter((row) => isDue(row) && funcs.includes(row.func)).map(({ id }) => id);
    const unknown = waiting
      .filter((row) => isDue(row) && !funcs.includes(row.func) && row.error === null)
      .map(({ id }) => id);
    const next = waiting.find((row) => !isDue(row));
    const later = next === undefined ? null : Number(next.nextRun) - this.now;
    return {
      schedules: known.slice(0, limit),
      unknown: unknown.slice(0, limit),
      nextDueMs: Math.max(known.length, unknown.length) > limit ? 0 : later,
    };
  }

  /** Of tasks that have ended, or of those named, nothing is left but the attempts they had. */
  forget(ids: readonly string[]): void {
    for (const id of ids) if (this.tasks.get(id)?.tried === false) this.tasks.delete(id);
  }

  end(id: string, end: Pick<ScheduleRun, "started" | "stopped" | "outcome">): void {
    const task = this.tasks.get(id);
    if (task !== undefined) task.open = false;
    for (const run of this.runs) if (run.task === id && run.outcome === null) Object.assign(run, end);
  }
}

function isAsRead(row: SavedRow | undefined, read: ScheduleRead): boolean {
  return row?.version === read.version && row.repeats === read.repeats && row.nextRun === read.nextRun;
}
