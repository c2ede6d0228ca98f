// The workers of a cluster: as many as asked for, replaced when they die or retire, and extra ones for tasks that must be alone.
import { availableParallelism } from "node:os";
import type { Timer } from "../core/clock.ts";
import { decode, errorSummary } from "../core/codec.ts";
import { formatDuration } from "../core/duration.ts";
import { QuernError } from "../core/errors.ts";
import type { Client } from "../client/client.ts";
import type { Attempt } from "./attempts.ts";
import { InProcessWorker } from "./in-process.ts";
import type { FromWorker, SentAttempt } from "./messages.ts";
import { ForkedWorker, type WorkerEnd, type WorkerEvents, type WorkerHandle } from "./worker-handle.ts";

const readyWithinMs = 30_000;
/** One that ends sooner than that, and has done nothing, would end again. */
const settledAfterMs = 5_000;
const shortestRespawnMs = 100;
const longestRespawnMs = 30_000;

export interface WorkersOptions {
  client: Client;
  /** The path of the project module; null with workers: 0. */
  project: string | null;
  count: number;
  /** Slots of each. */
  slots: number;
  /** A worker can take tasks: this one, which has just come up, or others that were held back. */
  onReady: (worker?: WorkerHandle) => void;
  onMessage: (worker: WorkerHandle, message: FromWorker) => void;
  onEnded: (worker: WorkerHandle, end: WorkerEnd) => void;
  /** The worker that was forked for this attempt can have it now. False: the attempt is over, it was not sent. */
  onAlone: (attempt: Attempt, start: SentAttempt, worker: WorkerHandle) => boolean;
  /** This attempt was never sent: the worker that was forked for it did not come up. */
  onUnsent: (attempt: Attempt, reason: string) => void;
}

export function workerCount(client: Client): number {
  return client.options.workers ?? availableParallelism();
}

export class Workers {
  readonly #options: WorkersOptions;
  readonly #all = new Set<WorkerHandle>();
  readonly #loading = new Map<WorkerHandle, Timer>();
  /** They are ready, and have yet to show that they stay. */
  readonly #settling = new Map<WorkerHandle, Timer>();
  readonly #late = new WeakSet<WorkerHandle>();
  readonly #waitingAlone = new Map<WorkerHandle, { attempt: Attempt; start: SentAttempt }>();
  #starting: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #stopping = false;
  #failures = 0;
  #respawn: Timer | undefined;
  /** How many were started to take the place of others. */
  reincarnations = 0;
  /** Why workers do not come up, in a sentence; null when they do. */
  trouble: string | null = null;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** Resolves when all are ready. Rejects, with none left, when one can't load the project module or takes longer than 30 s. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#fill();
    }).finally(() => {
      this.#starting = undefined;
    });
  }

  get all(): readonly WorkerHandle[] {
    return [...this.#all];
  }

  /** Idle slots, how many tasks could have a worker of their own, and all the slots there are. */
  idle(): { slots: number; isolated: number; all: number } {
    const { project, count } = this.#options;
    let slots = 0;
    let all = 0;
    let alone = 0;
    for (const worker of this.#all) {
      if (worker.alone) alone += worker.state === "retiring" ? 0 : 1;
      else if (takesTasks(worker)) {
        slots += Math.max(0, worker.slots - worker.running.size);
        all += worker.slots;
      }
    }
    // Without processes nothing can be alone; such a task runs beside the others.
    if (project === null) return { slots, isolated: Math.min(1, slots), all };
    // While workers do not come up, one forked for a task would not either.
    return { slots, isolated: this.trouble === null ? Math.max(0, count - alone) : 0, all };
  }

  leastBusy(): WorkerHandle | undefined {
    let best: WorkerHandle | undefined;
    for (const worker of this.#all) {
      if (worker.alone || !takesTasks(worker)) continue;
      if (best === undefined || worker.running.size < best.running.size) best = worker;
    }
    return best;
  }

  /** A ready worker whose project module listens to this event. */
  listener(event: string): WorkerHandle | undefined {
    return [...this.#all].find((worker) => worker.state === "ready" && worker.listens.has(event));
  }

  forkFor(attempt: Attempt, start: SentAttempt): void {
    if (this.#options.project !== null) this.#waitingAlone.set(this.#fork(1, true), { attempt, start });
    else this.#sendAlone(attempt, start, this.leastBusy());
  }

  /** Takes no more and ends when it is empty; another takes its place at once. */
  retire(worker: WorkerHandle): void {
    if (worker.state === "retiring" || worker.state === "ended") return;
    worker.state = "retiring";
    worker.send({ kind: "retire" });
    if (worker.alone) return;
    if (forget(this.#settling, worker) && !this.#stopping) this.#leftEarly("it had an uncaught error");
    this.#fill();
  }

  /** It has done something: its module is sound. */
  settle(worker: WorkerHandle): void {
    if (!forget(this.#settling, worker)) return;
    this.#failures = 0;
    this.trouble = null;
  }

  /** Retires workers that have done their share or hold too much memory. */
  recycle(): void {
    const { recycle, maxRssBytes } = this.#options.client.options;
    if (this.#options.project === null) return; // It would be this very process again, with all it holds.
    for (const worker of this.#all) {
      if (worker.state !== "ready") continue;
      const spent = recycle > 0 && worker.done >= recycle;
      const fat = maxRssBytes > 0 && (worker.rss() ?? 0) > maxRssBytes;
      if (spent || fat) this.retire(worker);
    }
  }

  /** From now on none is replaced. */
  hold(): void {
    this.#stopping = true;
    this.#respawn?.cancel();
  }

  /** Ends all; those that do not within `withinMs`, by force. */
  async stop(withinMs: number): Promise<void> {
    this.hold();
    for (const worker of this.#all) {
      if (worker.state === "starting") worker.kill();
      else this.retire(worker);
    }
    const { clock } = this.#options.client;
    const giveUp = clock.monotonic() + withinMs;
    while (this.#all.size > 0 && clock.monotonic() < giveUp) await clock.sleep(5);
    for (const worker of this.#all) worker.kill();
    while ([...this.#all].some((worker) => worker.pid !== process.pid)) await clock.sleep(5);
    this.#all.clear(); // What runs in this process can't be ended, but is no worker of ours any more.
  }

  #fill(): void {
    const { count, slots, project, client } = this.#options;
    if (this.#stopping || this.#respawn !== undefined) return;
    const wanted = project === null ? 1 : count;
    let regular = [...this.#all].filter(
      (worker) => !worker.alone && worker.state !== "retiring" && worker.state !== "ended",
    ).length;
    for (; regular < wanted; regular++) {
      if (project === null) {
        const worker = new InProcessWorker(client, slots, this.#events);
        this.#all.add(worker);
        worker.start();
      } else this.#fork(slots, false);
    }
  }

  #fork(slots: number, alone: boolean): WorkerHandle {
    const { client, project } = this.#options;
    const worker = new ForkedWorker({
      project: project ?? "",
      slots,
      alone,
      execArgv: client.options.execArgv,
      events: this.#events,
      clock: client.clock,
    });
    this.#all.add(worker);
    const late = client.clock.after(readyWithinMs, () => {
      this.#late.add(worker);
      worker.kill();
    });
    this.#loading.set(worker, late);
    return worker;
  }

  readonly #events: WorkerEvents = {
    message: (worker, message) => {
      if (message.kind === "ready") this.#ready(worker, message);
      else this.#options.onMessage(worker, message);
    },
    ended: (worker, end) => this.#ended(worker, end),
  };

  #ready(worker: WorkerHandle, { fingerprint, listens }: Extract<FromWorker, { kind: "ready" }>): void {
    forget(this.#loading, worker);
    if (fingerprint !== this.#options.client.registry.fingerprint()) {
      const reason =
        "its workers load other task functions than this process has; restart the cluster after a change";
      this.#failed(new QuernError("QUERN_BAD_CONFIG", { path: this.#options.project ?? "", reason }));
      worker.kill();
      return;
    }
    worker.listens = new Set(listens);
    worker.state = "ready";
    if (!worker.alone) {
      const settled = this.#options.client.clock.after(settledAfterMs, () => this.settle(worker), {
        background: true,
      });
      this.#settling.set(worker, settled);
    }
    const waiting = this.#waitingAlone.get(worker);
    this.#waitingAlone.delete(worker);
    if (waiting !== undefined) this.#sendAlone(waiting.attempt, waiting.start, worker);
    else this.#options.client.logger.info(`worker ready for work at ${worker.label}`);
    this.#options.onReady(worker);
    if ([...this.#all].every((each) => each.state !== "starting")) this.#starting?.resolve();
  }

  #sendAlone(attempt: Attempt, start: SentAttempt, worker: WorkerHandle | undefined): void {
    if (worker === undefined) this.#options.onUnsent(attempt, "no worker is ready");
    else if (!this.#options.onAlone(attempt, start, worker) && worker.alone) this.retire(worker);
  }

  #ended(worker: WorkerHandle, end: WorkerEnd): void {
    this.#all.delete(worker);
    const neverReady = forget(this.#loading, worker);
    const unsettled = forget(this.#settling, worker) && !end.killed;
    const waiting = this.#waitingAlone.get(worker);
    this.#waitingAlone.delete(worker);
    if (waiting !== undefined)
      this.#options.onUnsent(
        waiting.attempt,
        `the worker forked for it ended before it was ready (${end.reason})`,
      );
    this.#options.onEnded(worker, end);
    if (this.#stopping) return;
    if (neverReady) this.#failed(whyNotReady(end, this.#late.has(worker)));
    if (unsettled) this.#leftEarly(`it ended with ${end.reason}`);
    if (!worker.alone) this.reincarnations += 1;
    this.#fill();
  }

  #leftEarly(why: string): void {
    const reason = `one was ready, and before it had done anything ${why}`;
    const hint = "See in its output what the project module does after it has loaded";
    this.#failed(new QuernError("QUERN_WORKERS_NOT_READY", { reason, hint }), "a worker did not stay");
  }

  #failed(error: QuernError, what = "a worker could not start"): void {
    this.trouble = error.message;
    if (this.#starting !== undefined) {
      this.#stopping = true;
      for (const worker of this.#all) worker.kill();
      this.#starting.reject(error);
      return;
    }
    this.#failures += 1;
    const pause = Math.min(longestRespawnMs, shortestRespawnMs * 2 ** (this.#failures - 1));
    this.#options.client.logger.error(`${what}, trying again in ${formatDuration(pause)}: ${error.message}`);
    this.#respawn ??= this.#options.client.clock.after(pause, () => {
      this.#respawn = undefined;
      this.#fill();
      if ([...this.#all].every((worker) => worker.state === "ready")) this.trouble = null; // It was one forked for a task.
      this.#options.onReady();
    });
  }
}

/** Answers whether it was there. */
function forget(timers: Map<WorkerHandle, Timer>, worker: WorkerHandle): boolean {
  timers.get(worker)?.cancel();
  return timers.delete(worker);
}

function takesTasks({ state, stuck }: WorkerHandle): boolean {
  return state === "ready" && !stuck;
}

function whyNotReady({ unusable, reason }: WorkerEnd, late: boolean): QuernError {
  if (unusable !== null) {
    const said = errorSummary(unusable).message.replace(/\.$/, "");
    return new QuernError("QUERN_WORKERS_NOT_READY", { reason: said }, { cause: decode(unusable) });
  }
  const what = late
    ? `the project module had not loaded after ${formatDuration(readyWithinMs)}`
    : `one ended with ${reason}`;
  return new QuernError("QUERN_WORKERS_NOT_READY", {
    reason: what,
    hint: "Load the project module by itself to see what it does",
  });
}
