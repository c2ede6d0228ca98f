// The guard: owns the workers, what they have in hand, and the order of starting and stopping. Never runs a task function.
import type { ClusterState, ClusterStatus } from "../core/cluster-status.ts";
import { encode, encodeError, errorSummary } from "../core/codec.ts";
import type { EventName, EventPayloads } from "../core/events.ts";
import { newId, nameOf } from "../core/id.ts";
import type { QuernError } from "../core/errors.ts";
import { whileAway } from "../core/away.ts";
import type { Client, Opened } from "../client/client.ts";
import type { ClusterOrder } from "../store/store.ts";
import { declareSchedules } from "../client/declared-schedules.ts";
import type { OwnReport } from "../client/run-attempt.ts";
import { addNote, type Attempt, Attempts, beganAt } from "./attempts.ts";
import { judgeDeath } from "./deaths.ts";
import { Deadlines } from "./deadlines.ts";
import { Exchange } from "./round/exchange.ts";
import { Heartbeat } from "./heartbeat.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import type { FromWorker, ToWorker, WorkerReport } from "./messages.ts";
import { Monitor } from "./round/monitor.ts";
import type { Outage } from "./outage.ts";
import { Pruner } from "./pruner.ts";
import { Pusher, released } from "./round/pusher.ts";
import { Reaper } from "./reaper.ts";
import { Scheduler } from "./scheduler.ts";
import { TaskLog } from "./task-log.ts";
import type { WorkerEnd, WorkerHandle } from "./worker-handle.ts";
import { WorkerHistory } from "./worker-history.ts";
import { Workers } from "./workers.ts";
import { hostname } from "node:os";

/** What is left after the kill grace: workers that were killed are dead within this time, and their tasks are saved. */
const afterKillMs = 1_000;
const savedWithinMs = 5_000;

export interface SentinelOptions {
  client: Client;
  opened: Opened;
  outage: Outage;
  project: string | null;
  queues: readonly string[] | undefined;
  workers: number;
  /** Slots of each worker. */
  concurrency: number;
  name: string | undefined;
  /** It was told through the store to stop. */
  onStopOrder: () => void;
}

export class Sentinel {
  /** This incarnation: new at every start, never a host name or a pid. */
  readonly id: string;
  readonly name: string;
  readonly #client: Client;
  readonly #opened: Opened;
  readonly #outage: Outage;
  readonly #attempts = new Attempts();
  readonly #workers: Workers;
  readonly #monitor: Monitor;
  readonly #deadlines: Deadlines;
  readonly #pusher: Pusher;
  readonly #exchange: Exchange;
  readonly #keeper: LeaseKeeper;
  readonly #reaper: Reaper;
  readonly #pruner: Pruner;
  readonly #scheduler: Scheduler;
  readonly #heartbeat: Heartbeat;
  /** Workers that were killed on purpose, and the attempts that were the reason. */
  readonly #condemned = new Map<WorkerHandle, readonly Attempt[]>();
  readonly #history: WorkerHistory;
  #state: ClusterState = "starting";
  #paused = false;
  #untold: Extract<ToWorker, { kind: "event" }>[] = [];
  #unwatch: (() => void) | undefined;
  #hurry = new AbortController();

  constructor(options: SentinelOptions) {
    const { client, opened, outage, project, queues, workers, concurrency, name, onStopOrder } = options;
    const { clock, logger } = client;
    this.id = newId(clock);
    this.name = name ?? nameOf(this.id);
    this.#history = new WorkerHistory(clock);
    this.#client = client;
    this.#opened = opened;
    this.#outage = outage;
    const owner = this.id;
    const attempts = this.#attempts;
    const tells = {
      log: new TaskLog(logger, clock),
      emit: (name: EventName, payload: string) =>
        this.#workers.listener(name)?.send({ kind: "event", name, payload }),
      listens: (name: EventName) => this.#workers.listener(name) !== undefined,
    };
    this.#scheduler = new Scheduler({
      client,
      opened,
      outage,
      queues,
      ...tells,
      onFired: () => this.#look(),
    });
    this.#monitor = new Monitor({
      ...{ client, opened, attempts, ...tells },
      onUnfit: (...why) => this.#scheduler.unfit(...why),
    });
    this.#deadlines = new Deadlines({
      clock,
      attempts,
      killGraceMs: client.options.killGraceMs,
      kill: (worker, guilty) => this.#kill(worker, guilty),
      takeBack: (attempt) => this.#takeBack(attempt),
    });
    this.#workers = new Workers({
      ...{ client, project, count: workers, slots: concurrency },
      onReady: (worker) => {
        if (worker !== undefined) this.#history.started(worker.pid);
        this.#tell();
        this.#exchange.poke();
      },
      onMessage: (worker, message) => this.#heard(worker, message),
      onEnded: (worker, end) => this.#bury(worker, end),
      onAlone: (attempt, start, worker) => this.#pusher.pushAlone(attempt, start, worker),
      onUnsent: (attempt, reason) => this.#release(attempt, reason),
    });
    const monitor = this.#monitor;
    const deadlines = this.#deadlines;
    this.#pusher = new Pusher({
      client,
      opened,
      owner,
      queues,
      attempts,
      workers: this.#workers,
      monitor,
      deadlines,
    });
    this.#exchange = new Exchange({ client, opened, outage, owner, attempts, pusher: this.#pusher, monitor });
    this.#keeper = new LeaseKeeper({ client, opened, outage, owner, attempts, deadlines });
    this.#reaper = new Reaper({
      ...{ client, opened, outage, owner, attempts, monitor },
      onReclaimed: () => this.#look(),
    });
    this.#pruner = new Pruner(client, opened, outage);
    this.#heartbeat = new Heartbeat({
      ...{ client, opened, outage, id: owner, name: this.name, queues },
      state: () => this.#shownState(),
      status: () => this.#status(),
      onOrder: (order) => this.#ordered(order, onStopOrder),
    });
  }

  /** Resolves when its workers are ready; rejects, with nothing left running, when they can't be. */
  async start(): Promise<void> {
    const { logger, registry } = this.#client;
    logger.info(`Cluster ${this.name} starting on ${this.#opened.store.location}`);
    await patiently(this.#client, this.#outage, () => this.#heartbeat.beat());
    try {
      await this.#workers.start();
      await patiently(this.#client, this.#outage, async () => {
        await this.#opened.store.callBack(registry.names());
        await declareSchedules(this.#client);
      });
    } catch (error) {
      await this.#workers.stop(0);
      this.#state = "stopped";
      await this.#lastBeat();
      throw error;
    }
    this.#state = "idle";
    this.#unwatch = this.#opened.store.watch(() => {
      this.#look();
      this.#scheduler.wake();
      this.#heartbeat.wake();
    });
    for (const service of this.#services()) service.start();
    logger.info(`Cluster ${this.name} running, ${several(this.#workers.all.length, "worker")}`);
    this.#announce("cluster:started", { workers: this.#workers.all.length });
  }

  /**
   * Claims nothing more; running tasks may go on for the grace, then they are aborted, then killed and released. Calling `hurry`
   * meanwhile skips what is left of that.
   */
  async stop(): Promise<void> {
    const { logger, options } = this.#client;
    logger.info(`Cluster ${this.name} stopping, ${several(this.#attempts.size, "task")} running`);
    const fired = this.#scheduler.stop();
    this.#state = "stopping";
    const arrived = this.#exchange.stopClaiming();
    this.#workers.hold();
    this.#unwatch?.();
    const hurry = this.#hurry.signal;
    const chores = Promise.all([fired, this.#reaper.stop(), this.#pruner.stop(), this.#lastBeat()]);
    const emptyWithin = (ms: number, signal?: AbortSignal): Promise<void> =>
      this.#atMost(
        ms,
        arrived.then(() => this.#attempts.empty()),
        signal,
      );

    await emptyWithin(options.stopGraceMs, hurry);
    for (const attempt of this.#attempts) {
      if (attempt.worker !== null) this.#deadlines.abort(attempt, "stopping");
    }
    if (this.#attempts.size > 0) await emptyWithin(options.killGraceMs, hurry);
    if (this.#attempts.size > 0) {
      for (const worker of this.#workers.all) this.#kill(worker, []);
      await emptyWithin(afterKillMs);
      // Those without a process to kill, or with none yet: their tasks go on elsewhere all the same.
      for (const attempt of this.#attempts)
        if (!this.#monitor.has(attempt.task)) this.#release(attempt, "the cluster stopped");
      await emptyWithin(savedWithinMs);
    }

    this.#announce("cluster:stopped", { reason: "stopped" });
    await this.#workers.stop(hurry.aborted ? 0 : afterKillMs);
    this.#deadlines.stop();
    await Promise.all([chores, this.#exchange.stop(), this.#keeper.stop(), this.#heartbeat.stop()]);
    this.#state = "stopped";
    await this.#lastBeat();
    logger.info(`Cluster ${this.name} stopped`);
  }

  /** Ends the waiting in `stop`: kill and release at once. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Somebody told it through the store what to do, or took it back. */
  #ordered(order: ClusterOrder | null, stop: () => void): void {
    if (this.#state !== "idle") return;
    const { logger } = this.#client;
    if (order === "stop") {
      logger.info(`Cluster ${this.name} was told to stop`);
      stop();
      return;
    }
    this.#paused = order === "pause";
    this.#exchange.pause(this.#paused);
    logger.info(`Cluster ${this.name} ${this.#paused ? "paused: it takes no tasks" : "takes tasks again"}`);
  }

  /** Resolves with `done`, after `ms`, or when the signal fires. */
  async #atMost(
    ms: number,
    done: Promise<void>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const over = new AbortController();
    await Promise.race([done, this.#client.clock.sleep(ms, AbortSignal.any([over.signal, signal]))]);
    over.abort(); // A timer that is left would keep the process alive.
  }

  async #lastBeat(): Promise<void> {
    await this.#heartbeat.beat().catch(() => undefined); // The database may be away; its row will then be shown as lost.
  }

  /** Its worker is blocked by a neighbour that may go on for as long as it likes. Another may have time. */
  #takeBack(attempt: Attempt): void {
    const { worker, task } = attempt;
    if (worker === null) return;
    if (!worker.stuck)
      this.#client.logger.warn(
        `worker ${worker.label} has begun nothing for a whole lease: what it was sent, such as '${task.name}' (${task.func}), goes back to the queue`,
      );
    worker.stuck = true;
    const reason = "its worker was blocked by another task and did not begin it";
    this.#monitor.report(attempt, released(this.#client, { reason }), worker.label);
    this.#exchange.poke();
  }

  /** Gives an attempt back that no worker has. */
  #release(attempt: Attempt, reason: string): void {
    if (this.#attempts.find(attempt.task.id, attempt.task.attempt) !== attempt) return;
    this.#monitor.report(attempt, released(this.#client, { reason }), null);
    this.#exchange.poke();
  }

  #services(): { start(): void }[] {
    return [this.#exchange, this.#keeper, this.#reaper, this.#pruner, this.#heartbeat, this.#scheduler];
  }

  #look(): void {
    this.#pusher.lookAgain();
    this.#exchange.poke();
  }

  #heard(worker: WorkerHandle, message: FromWorker): void {
    switch (message.kind) {
      case "reports":
        this.#workers.settle(worker);
        for (const report of message.reports) this.#reported(worker, report);
        this.#pusher.fill();
        if (worker.alone && worker.running.size === 0) this.#workers.retire(worker);
        this.#workers.recycle();
        this.#exchange.poke();
        break;
      case "begun": {
        const attempt = this.#attempts.find(message.key.id, message.key.attempt);
        if (attempt !== undefined) attempt.began = message.at;
        break;
      }
      case "notes":
        for (const note of message.notes) {
          const attempt = this.#attempts.find(note.id, note.attempt);
          if (attempt !== undefined) addNote(attempt, note);
        }
        break;
      case "tainted":
        this.#tainted(worker, message);
        break;
      default:
        break;
    }
  }

  /** An error that no task caught. Where no task can be blamed for it, it is kept with the cluster, and nobody fails. */
  #tainted(worker: WorkerHandle, { error, culprit }: Extract<FromWorker, { kind: "tainted" }>): void {
    const { name, message } = errorSummary(error);
    let whose = `task ${culprit?.id}`;
    if (culprit === null) {
      const running = this.#history.hadError(worker.pid, error, this.#inHandOf(worker));
      whose = `no task can be blamed, running were ${running.join(", ") || "none"}`;
      this.#heartbeat.poke();
    }
    this.#client.logger.error(
      `worker ${worker.label} had an uncaught ${name}: ${message} (${whose}); it is replaced`,
    );
    this.#workers.retire(worker);
  }

  #reported(worker: WorkerHandle, report: WorkerReport): void {
    const { id, attempt: number, note } = report;
    const attempt = this.#attempts.find(id, number);
    if (attempt === undefined) return;
    worker.done += 1;
    if (report.started !== null && !worker.alone) this.#pusher.ended(report.stopped - report.started);
    if (note !== undefined) addNote(attempt, note);
    this.#monitor.report(attempt, report, worker.label);
  }

  #kill(worker: WorkerHandle, guilty: readonly Attempt[]): void {
    if (!worker.kill()) return;
    this.#condemned.set(worker, [...(this.#condemned.get(worker) ?? []), ...guilty]);
  }

  /** Every task sent to it and not reported finished gets its report from here. */
  #bury(worker: WorkerHandle, end: WorkerEnd): void {
    const { clock, logger } = this.#client;
    const had = this.#inHandOf(worker);
    const guilty = this.#condemned.get(worker);
    this.#condemned.delete(worker);
    const verdicts = judgeDeath(end, had, guilty);
    for (const [attempt, { outcome, reason }] of verdicts) {
      const began = beganAt(attempt);
      const stopped = clock.now();
      const error = Object.assign(new Error(reason), {
        name: outcome === "timeout" ? "TimeoutError" : "WorkerEnded",
        stack: undefined,
      });
      const report: OwnReport = {
        outcome,
        started: began === null ? null : Math.round(stopped - Math.max(0, clock.monotonic() - began)),
        stopped,
        result: null,
        error: encodeError(error),
        retry: true,
        snoozeMs: null,
        unknown: false,
      };
      this.#monitor.report(attempt, report, worker.label);
    }
    if (
      had.length > 0 ||
      (worker.state === "ended" &&
        end.reason.startsWith("SIG") &&
        this.#state !== "stopping" &&
        this.#state !== "starting")
    ) {
      logger.warn(`worker ${worker.label} ended: ${end.reason}; tasks in hand: ${had.length}`);
      const [culprit] = guilty ?? [];
      const why = (culprit && verdicts.get(culprit)?.reason) ?? end.reason;
      this.#history.died(worker.pid, why, had);
      this.#heartbeat.poke();
      this.#announce("cluster:worker-lost", { workerPid: worker.pid, reason: end.reason });
    }
    this.#exchange.poke();
  }

  #inHandOf({ running }: WorkerHandle): Attempt[] {
    return [...running].flatMap(({ id, attempt }) => this.#attempts.find(id, attempt) ?? []);
  }

  #announce<Name extends EventName>(
    event: Name,
    more: Omit<EventPayloads[Name], "id" | "name" | "pid" | "host">,
  ): void {
    const payload = { id: this.id, name: this.name, pid: process.pid, host: hostname(), ...more };
    this.#untold.push({ kind: "event", name: event, payload: encode(payload) });
    this.#tell();
  }

  /** The only worker may be the one that has just died: what is untold then waits for the next. */
  #tell(): void {
    if (!this.#workers.all.some(({ state }) => state === "ready")) return;
    for (const event of this.#untold.splice(0)) this.#workers.listener(event.name)?.send(event);
  }

  #shownState(): ClusterState {
    if (this.#state !== "idle") return this.#state;
    return this.#paused ? "paused" : this.#attempts.size > 0 ? "working" : "idle";
  }

  #status(): Omit<ClusterStatus, "clockOffMs"> {
    const { succeeded, failed, saved, size: unsaved } = this.#monitor;
    const { fired, looked } = this.#scheduler;
    return {
      workers: this.#workers.all.map((worker) => ({
        pid: worker.pid,
        rss: worker.rss(),
        running: [...worker.running].map(({ id }) => id),
        done: worker.done,
        state: worker.state === "ended" ? "retiring" : worker.state,
      })),
      succeeded,
      failed,
      reincarnations: this.#workers.reincarnations,
      trouble: this.#workers.trouble,
      ...this.#history.told,
      services: { inHand: this.#attempts.size, unsaved, taken: this.#pusher.taken, saved, fired, looked },
    };
  }
}

/** As often as it takes: a cluster that starts waits for its database. */
export async function patiently<T>({ clock }: Client, outage: Outage, work: () => Promise<T>): Promise<T> {
  const loop = "starting";
  const onAway = (error: QuernError): void => outage.met(loop, error, () => undefined);
  const answer = await whileAway(clock, work, { forMs: Number.POSITIVE_INFINITY, onAway });
  outage.over(loop);
  return answer;
}

function several(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}
