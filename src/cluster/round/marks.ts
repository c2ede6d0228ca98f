// Where in each queue the last claim ended, so that the next one need not pass over all that was claimed before it.
import type { ClaimedTask } from "../../core/task.ts";
import type { ClaimPlace } from "../../store/broker.ts";

/** So long may what stands before the mark be left out: a task of a higher priority, one that has come back, one committed late. */
const keptMs = 250;

export class Marks {
  readonly #marks = new Map<string, { place: ClaimPlace; until: number }>();

  /** Behind which place to claim; undefined: from the beginning. */
  of(queue: string, now: number): ClaimPlace | undefined {
    const mark = this.#marks.get(queue);
    return mark !== undefined && now < mark.until ? mark.place : undefined;
  }

  /** What a claim brought. Only one that brought all it asked for tells that more stands behind. */
  set(queue: string, tasks: readonly ClaimedTask[], asked: number, now: number): void {
    const last = tasks.findLast((task) => task.queue === queue && !task.isolate);
    const count = tasks.filter((task) => task.queue === queue && !task.isolate).length;
    if (last === undefined || count < asked) {
      this.#marks.delete(queue);
      return;
    }
    const { priority, due, id } = last;
    const known = this.#marks.get(queue);
    // However often it moves, the whole queue is looked at when its time is over.
    const until = known !== undefined && now < known.until ? known.until : now + keptMs;
    this.#marks.set(queue, { place: { priority, due, id }, until });
  }
}
