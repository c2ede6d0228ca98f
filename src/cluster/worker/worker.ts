// The child's side: runs attempts, several at a time, and reports. The same class runs in a worker process and, with workers: 0, in ours.
import { nextTurn, type Timer, turn } from "../../core/clock.ts";
import { decode, encodeError } from "../../core/codec.ts";
import type { EventName } from "../../core/events.ts";
import type { Client } from "../../client/client.ts";
import { completeIn } from "../../client/complete-in.ts";
import { Aborted, Stop } from "../../client/context.ts";
import { currentAttempt } from "../../client/current-attempt.ts";
import { type AttemptStart, type OwnReport, runAttempt, type RunsWith } from "../../client/run-attempt.ts";
import { logText } from "../attempts.ts";
import type {
  AttemptKey,
  FromWorker,
  LogLine,
  SentAttempt,
  ToWorker,
  WorkerNote,
  WorkerReport,
} from "../messages.ts";
import type { WriteDown } from "../slate.ts";

const mostLines = 1_000;
const mostLogBytes = 64 * 1024;
const noteEveryMs = 1_000;
/** After so long without a turn of the event loop nothing begins before there was one. */
const longTurnMs = 10;

interface Running {
  readonly start: SentAttempt;
  readonly notAfter: number;
  /** Epoch milliseconds; null while it waits for others to let go of the event loop. */
  began: number | null;
  readonly stop: Stop;
  /** What it said since the last note, and in all. */
  note: WorkerNote | null;
  readonly lines: LogLine[];
  leftOut: number;
  logBytes: number;
  progress: string | null;
}

export interface WorkerOptions {
  client: Client;
  /** What attempts that it runs call it. */
  label: string;
  send: (message: FromWorker) => void;
  /** Null: it has no slate, and says what it begins. */
  writeDown: WriteDown | null;
  /** Called when it was told to retire and nothing runs any more. */
  onEmpty: () => void;
}

export class Worker {
  readonly #client: Client;
  readonly #label: string;
  readonly #send: (message: FromWorker) => void;
  readonly #writeDown: WriteDown | null;
  readonly #onEmpty: () => void;
  readonly #running = new Set<Running>();
  readonly #runsWith: RunsWith;
  /** Those that have not begun. */
  #waiting: Running[] = [];
  #beginning = false;
  #reports: WorkerReport[] = [];
  #noteTimer: Timer | undefined;
  #retiring = false;
  /** Listeners that have not ended. */
  #emitting = 0;

  constructor({ client, label, send, writeDown, onEmpty }: WorkerOptions) {
    this.#client = client;
    this.#label = label;
    this.#send = send;
    this.#writeDown = writeDown;
    this.#onEmpty = onEmpty;
    const { registry, clock, options } = client;
    const { retryIf } = options;
    this.#runsWith = { registry, clock, limits: options, ...(retryIf === undefined ? {} : { retryIf }) };
  }

  ready(): void {
    const { registry, events, options } = this.#client;
    const listens = new Set(events.listening());
    if (options.onError !== undefined) listens.add("task:failed");
    this.#send({ kind: "ready", fingerprint: registry.fingerprint(), listens: [...listens] });
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "run":
        for (const start of message.attempts) this.#take(start, message.notAfter);
        void this.#beginWaiting();
        break;
      case "abort":
        this.#find(message)?.stop.fire(message.reason);
        break;
      case "retire":
        this.#retiring = true;
        this.#flushSoon();
        break;
      case "event":
        void this.#emit(message.name as EventName, message.payload);
        break;
    }
  }

  /** An error that no task caught. Names the task it came from, if the runtime still knows it; nobody else fails for it. */
  uncaught(error: unknown): void {
    const key = currentAttempt();
    const running = key && this.#find(key);
    if (running !== undefined) {
      this.#report(running, {
        outcome: "failed",
        started: running.began,
        stopped: Math.max(running.began ?? 0, this.#client.clock.now()),
        result: null,
        error: encodeError(error),
        retry: true,
        snoozeMs: null,
        unknown: false,
      });
    }
    this.#send({ kind: "tainted", error: encodeError(error), culprit: key ?? null });
  }

  /** The process is about to end. */
  exiting(code: number): void {
    this.#sendReports(); // Who has ended in this very turn has nothing to do with it.
    if (this.#running.size === 0) return;
    const key = currentAttempt();
    this.#send({
      kind: "exiting",
      code,
      culprit: key !== undefined && this.#find(key) !== undefined ? key : null,
    });
  }

  #take(start: SentAttempt, notAfter: number): void {
    const running: Running = {
      start,
      notAfter,
      began: null,
      stop: new Stop(),
      note: null,
      lines: [],
      leftOut: 0,
      logBytes: 0,
      progress: null,
    };
    this.#running.add(running);
    this.#waiting.push(running);
  }

  /** One after another; between those that take long, what has ended is reported and what was sent is heard. */
  async #beginWaiting(): Promise<void> {
    if (this.#beginning) return;
    this.#beginning = true;
    const { clock } = this.#client;
    let now = clock.monotonic();
    let heard = now;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      void this.#run(next, now);
      now = clock.monotonic();
      if (now - heard < longTurnMs) continue;
      await turn();
      await turn();
      now = heard = clock.monotonic();
    }
    this.#beginning = false;
  }

  async #run(running: Running, now: number): Promise<void> {
    const { start, notAfter, stop } = running;
    const began = this.#client.clock.now();
    if (now > notAfter || stop.kind !== null) return this.#report(running, notBegun(stop, began));
    running.began = began;
    this.#tellBegin(start, now);
    const report = await runAttempt(start, this.#runsWith, stop, {
      started: () => this.#started(start),
      log: (message) => this.#log(running, message),
      progress: (value, note) => {
        running.progress = JSON.stringify({ value, note });
        this.#noteOf(running).progress = running.progress;
      },
      completeIn: (tx, result, started) =>
        completeIn(this.#client, start, tx, {
          ...{ result, started, worker: this.#label },
          ...{ log: logText(running), progress: running.progress },
        }),
    });
    this.#report(running, report);
  }

  /** Before anything of the user's runs: it may never let go of the event loop, or end the process. */
  #tellBegin({ id, attempt, line }: SentAttempt, at: number): void {
    if (line !== null && this.#writeDown?.(line, at) === true) return;
    this.#send({ kind: "begun", key: { id, attempt }, at });
  }

  /** Seldom asked for, and there are never many. */
  #find({ id, attempt }: AttemptKey): Running | undefined {
    for (const running of this.#running)
      if (running.start.id === id && running.start.attempt === attempt) return running;
    return undefined;
  }

  #started({ id, name, func, queue, group, attempt }: AttemptStart): void {
    if (!this.#client.events.hears("task:started")) return;
    void this.#client.events.emit("task:started", {
      id,
      name,
      func,
      queue,
      attempt,
      ...(group === null ? {} : { group }),
    });
  }

  #log(running: Running, message: string): void {
    const note = this.#noteOf(running);
    running.logBytes += message.length;
    if (running.lines.length >= mostLines || running.logBytes > mostLogBytes) {
      running.leftOut += 1;
      note.leftOut += 1;
      return;
    }
    const line: LogLine = [this.#client.clock.now(), message];
    running.lines.push(line);
    note.lines.push(line);
  }

  #noteOf(running: Running): WorkerNote {
    running.note ??= {
      id: running.start.id,
      attempt: running.start.attempt,
      lines: [],
      leftOut: 0,
      progress: null,
    };
    this.#noteTimer ??= this.#client.clock.after(noteEveryMs, () => this.#sendNotes(), { background: true });
    return running.note;
  }

  #sendNotes(): void {
    this.#noteTimer = undefined;
    const notes = [...this.#running].flatMap((running) => running.note ?? []);
    for (const running of this.#running) running.note = null;
    if (notes.length > 0) this.#send({ kind: "notes", notes });
  }

  #report(running: Running, report: OwnReport): void {
    const { id, attempt } = running.start;
    if (!this.#running.delete(running)) return; // Reported before, by an error that nobody caught.
    const { outcome, started, stopped, result } = report;
    const told: WorkerReport = { id, attempt, outcome, started, stopped, result };
    if (report.error !== null) told.error = report.error;
    if (!report.retry) told.retry = false;
    if (report.snoozeMs !== null) told.snoozeMs = report.snoozeMs;
    if (report.unknown) told.unknown = true;
    if (report.completed === true) told.completed = true;
    if (running.note !== null) told.note = running.note;
    this.#reports.push(told);
    if (this.#reports.length === 1) this.#flushSoon();
  }

  /** Reports of one turn travel together. */
  #flushSoon(): void {
    nextTurn(() => {
      this.#sendReports();
      if (this.#retiring && this.#running.size === 0 && this.#emitting === 0) this.#onEmpty();
    });
  }

  #sendReports(): void {
    const reports = this.#reports;
    this.#reports = [];
    if (reports.length > 0) this.#send({ kind: "reports", reports });
  }

  async #emit(name: EventName, payload: string): Promise<void> {
    this.#emitting += 1;
    await this.#listen(name, decode(payload) as never);
    this.#emitting -= 1;
    if (this.#retiring) this.#flushSoon();
  }

  async #listen(name: EventName, event: never): Promise<void> {
    const { events, options, logger } = this.#client;
    await events.emit(name, event);
    if (name !== "task:failed" || options.onError === undefined) return;
    const failed = event as { error: { name: string; message: string } } & Parameters<
      typeof options.onError
    >[1];
    try {
      await options.onError(
        Object.assign(new Error(failed.error.message), { name: failed.error.name }),
        failed,
      );
    } catch (error) {
      logger.error(`onError failed: ${String(error)}`);
    }
  }
}

/**
 * One that was told to end while it waited; or one that waited, perhaps in a process that was stopped, for so long that somebody
 * else may be running the task.
 */
function notBegun({ kind }: Stop, now: number): OwnReport {
  return {
    outcome: kind === "cancelled" ? "cancelled" : "released",
    started: null,
    stopped: now,
    result: null,
    error: kind === null ? null : encodeError(new Aborted(kind)),
    retry: true,
    snoozeMs: null,
    unknown: false,
  };
}
