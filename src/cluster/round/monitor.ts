// Moves results from workers to the store, many in one transaction, because one commit per task is what a disk can't keep up with.
import { addDeeds, type Deeds } from "../../core/cluster-status.ts";
import { encode, encodeError, errorSummary } from "../../core/codec.ts";
import { isQuernError } from "../../core/errors.ts";
import type { EventName } from "../../core/events.ts";
import type { ResolvedOptions } from "../../core/options.ts";
import { markUnstored, type Report } from "../../core/outcome.ts";
import type { ClaimedTask } from "../../core/task.ts";
import type { Client, Opened } from "../../client/client.ts";
import { endingOf } from "../../client/ending.ts";
import type { ShortReport } from "../../client/run-attempt.ts";
import type { Ending, EndingAnswer } from "../../store/broker.ts";
import { type Attempt, type Attempts, letGo, logText } from "../attempts.ts";
import type { TaskLog } from "../task-log.ts";

/** An attempt that is over and whose end is not committed yet. Its lease is renewed until it is. */
interface Unsaved {
  attempt: Attempt | null;
  task: ClaimedTask;
  options: ResolvedOptions | null;
  report: Report;
  ending: Ending;
  /** How often it was sent. What is `already` saved the second time was so the first, and only the answer was lost. */
  sent: number;
}

export interface MonitorOptions {
  client: Client;
  opened: Opened;
  attempts: Attempts;
  log: TaskLog;
  /** Sends an event to a worker whose project module listens to it. */
  emit: (event: EventName, payload: string) => void;
  listens: (event: EventName) => boolean;
  /** This task, of a schedule, could not take its input. */
  onUnfit: (task: string, reason: string) => void;
}

const mostInOneCommit = 500;

/** What somebody else's transaction holds is looked for again after so long. */
const lookAtHeldMs = 1_000;

export class Monitor {
  readonly #options: MonitorOptions;
  #unsaved: Unsaved[] = [];
  /** Whose rows are in a transaction that does not end: they must not keep others from being saved. */
  #held: Unsaved[] = [];
  #lookedAt = 0;
  /** Ends that were saved since the start. */
  readonly saved: Deeds = { count: 0, at: null };
  succeeded = 0;
  failed = 0;
  /** How many attempts have ended here, whatever became of them. */
  ended = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#unsaved.length;
  }

  has(task: ClaimedTask): boolean {
    return [this.#unsaved, this.#held].some((list) =>
      list.some((unsaved) => unsaved.task.id === task.id && unsaved.task.attempt === task.attempt),
    );
  }

  /** The report of an attempt in hand. One that lost its lease has nobody to report to. */
  report(attempt: Attempt, report: ShortReport, worker: string | null): void {
    letGo(attempt);
    if (attempt.aborted === "lease-lost") return this.#options.attempts.remove(attempt);
    const { outcome, started, stopped, result, completed } = report;
    const { error = null, retry = true, snoozeMs = null, unknown = false } = report;
    const log = logText(attempt);
    const { progress } = attempt;
    const whole: Report = {
      outcome,
      worker,
      started,
      stopped,
      result,
      error,
      log,
      progress,
      retry,
      snoozeMs,
      unknown,
    };
    if (completed === true) whole.completed = true;
    this.#add(attempt, attempt.task, attempt.options, whole);
  }

  /** A task that never reached a worker, or whose cluster is gone. */
  reportUnsent(task: ClaimedTask, options: ResolvedOptions | null, report: Report): void {
    this.#add(null, task, options, report);
  }

  /** What is to be saved now; `settle` must follow with the answers. Until then they stay here. */
  take(): Ending[] {
    return this.#unsaved.slice(0, mostInOneCommit).map((unsaved) => {
      unsaved.sent += 1;
      return unsaved.ending;
    });
  }

  /** The first endings have been answered, in order. */
  settle(answers: readonly EndingAnswer[]): void {
    const settled = this.#unsaved.splice(0, answers.length);
    if (settled.length > 0) addDeeds(this.saved, settled.length, this.#options.client.clock);
    for (const [index, answer] of answers.entries()) {
      const unsaved = settled[index];
      if (unsaved !== undefined) this.#settleOne(unsaved, answer);
    }
  }

  /**
   * Saves after a group was refused. An engine that is away keeps the group and its leases; one that refuses the data gets the
   * group in halves, until the bad row is alone: that one is saved with a marker in the place of what it could not take.
   */
  async saveDivided(error: unknown): Promise<void> {
    if (isQuernError(error, "QUERN_DATABASE_BUSY")) return this.#saveFree(error);
    if (isQuernError(error)) throw error;
    await this.#saveHalves(Math.min(mostInOneCommit, this.#unsaved.length));
  }

  /** Who waits for a row waits in vain, as for that of a server process which stands still: the others are saved without it. */
  async #saveFree(error: unknown): Promise<void> {
    const group = this.#unsaved.slice(0, mostInOneCommit);
    const free = await this.#free(group);
    if (free.size === group.length) throw error;
    this.#held.push(...group.filter((unsaved) => !free.has(unsaved)));
    this.#unsaved = [...free, ...this.#unsaved.slice(group.length)];
    this.#lookedAt = this.#options.client.clock.monotonic();
    if (free.size === 0) return;
    this.settle(await this.#options.opened.store.finish([...free].map(({ ending }) => ending)));
  }

  /** Takes back what was put aside, once nobody holds it any more; looked for every second, or at once where there is no later. */
  async recall({ atOnce = false } = {}): Promise<void> {
    const now = this.#options.client.clock.monotonic();
    if (this.#held.length === 0 || (!atOnce && now - this.#lookedAt < lookAtHeldMs)) return;
    this.#lookedAt = now;
    const group = this.#held.slice(0, mostInOneCommit);
    const free = await this.#free(group);
    this.#unsaved.push(...free);
    this.#held = this.#held.filter((unsaved) => !free.has(unsaved));
    // Those that are held now come last in the next look.
    this.#held.push(...this.#held.splice(0, group.length - free.size));
  }

  /** Those whose rows can be had at once, and those that have none any more. Nobody waits for the answer. */
  async #free(group: readonly Unsaved[]): Promise<Set<Unsaved>> {
    const { client, opened } = this.#options;
    const fences = group.map(({ ending: { id, queue, attempt, owner } }) => ({ id, queue, attempt, owner }));
    const writable = await opened.store.note(
      fences.map((fence) => ({ ...fence, progress: null, log: null })),
    );
    const { lost } = await opened.store.extend(fences, client.options.leaseMs);
    const gone = new Set(lost.map(({ id, attempt }) => `${id} ${attempt}`));
    return new Set(
      group.filter(({ ending }, index) => writable[index] || gone.has(`${ending.id} ${ending.attempt}`)),
    );
  }

  async #saveHalves(count: number): Promise<void> {
    const { store } = this.#options.opened;
    for (let left = count; left > 0; ) {
      const size = Math.ceil(left / 2);
      left -= size;
      try {
        this.settle(await store.finish(this.#unsaved.slice(0, size).map((unsaved) => unsaved.ending)));
      } catch (error) {
        if (isQuernError(error)) throw error;
        if (size > 1) await this.#saveHalves(size);
        else await this.#saveMarked(error);
      }
    }
  }

  async #saveMarked(error: unknown): Promise<void> {
    const [unsaved] = this.#unsaved;
    if (unsaved === undefined) return;
    const { ending } = unsaved;
    const reason = `the database refused it: ${String(error)}`;
    const next =
      "end" in ending.next
        ? {
            ...ending.next,
            result: ending.next.end === "success" ? markUnstored(reason) : encodeError(new Error(reason)),
          }
        : ending.next;
    const marked: Ending = {
      ...ending,
      next,
      error: ending.error === null ? null : encodeError(new Error(reason)),
      log: null,
      progress: null,
      followUps: [],
    };
    // Where this is refused as well it is not the data that is wrong, and nothing of it is given up.
    const answers = await this.#options.opened.store.finish([marked]);
    unsaved.ending = marked;
    this.#options.client.logger.error(
      `the end of ${unsaved.task.name} (${unsaved.task.func}) was saved without its data, ${reason}`,
    );
    this.settle(answers);
  }

  #add(attempt: Attempt | null, task: ClaimedTask, options: ResolvedOptions | null, report: Report): void {
    const { client, opened } = this.#options;
    this.ended += 1;
    this.#unsaved.push({
      attempt,
      task,
      options,
      report,
      ending: endingOf(client, opened, task, options, report),
      sent: 0,
    });
  }

  #settleOne({ attempt, task, options, report, ending, sent }: Unsaved, answer: EndingAnswer): void {
    if (answer === "cancelled") {
      // It was to go back, but somebody has cancelled it meanwhile.
      const cancelled = {
        ...report,
        outcome: "cancelled" as const,
        error: report.error ?? encodeError(new Error("The task was cancelled.")),
      };
      return this.#add(attempt, task, options, cancelled);
    }
    if (attempt !== null) this.#options.attempts.remove(attempt);
    if (answer === "done") return this.tell(task, report, ending);
    if (answer === "already" && report.completed) return this.#tellCompleted(task, options, report);
    if (answer === "already" && sent > 1) return this.tell(task, report, ending);
    if (answer === "lost")
      this.#options.client.logger.warn(
        `'${task.name}' (${task.func}) attempt ${task.attempt} had lost its lease: its end changed nothing`,
      );
  }

  /** Its function ended it in a transaction, which was committed; whatever came after that is not the task's any more. */
  #tellCompleted(task: ClaimedTask, options: ResolvedOptions | null, report: Report): void {
    const { client, opened } = this.#options;
    if (report.outcome !== "success") {
      client.logger.warn(
        `'${task.name}' (${task.func}) had completed in a transaction before its attempt ended as ${report.outcome}`,
      );
    }
    const success: Report = { ...report, outcome: "success", result: null, error: null };
    this.tell(task, success, endingOf(client, opened, task, options, success));
  }

  /** An attempt has ended, and that is stored. */
  tell(task: ClaimedTask, report: Report, ending: Ending): void {
    if ("end" in ending.next) this[ending.next.end === "success" ? "succeeded" : "failed"] += 1;
    this.#options.log.ended(task, report, ending);
    this.#emitEnd(task, report, ending);
    if (task.slot === null) return;
    const unfit = whyUnfit(task, report);
    if (unfit !== undefined) this.#options.onUnfit(task.id, unfit);
  }

  #emitEnd(task: ClaimedTask, report: Report, ending: Ending): void {
    const event = eventOf(report, ending);
    if (event === undefined || !this.#options.listens(event)) return;
    const { id, name, func, queue, group, attempt } = task;
    const payload = {
      ...{ id, name, func, queue, attempt, ...(group === null ? {} : { group }) },
      ...(report.started === null ? {} : { started: new Date(report.started) }),
      stopped: new Date(report.stopped),
      ...(event === "task:succeeded"
        ? {}
        : {
            outcome: report.outcome,
            error:
              report.error === null ? { name: "Error", message: report.outcome } : errorSummary(report.error),
          }),
      ...("again" in ending.next ? { retryAt: new Date(report.stopped + (ending.next.delayMs ?? 0)) } : {}),
    };
    this.#options.emit(event, encode(payload));
  }
}

function eventOf(report: Report, { next }: Ending): EventName | undefined {
  if ("end" in next) return next.end === "success" ? "task:succeeded" : "task:failed";
  if (report.outcome === "lost") return "task:lost";
  return report.outcome === "released" || report.outcome === "snoozed" ? undefined : "task:retried";
}

/** What the schema of its function had against its input. A call that the function itself made with a wrong one says another name. */
function whyUnfit({ func }: ClaimedTask, { outcome, error }: Report): string | undefined {
  if (outcome !== "failed" || error === null) return undefined;
  const { message } = errorSummary(error);
  return message.startsWith(`QUERN_BAD_INPUT: ${func} `) ? message : undefined;
}
