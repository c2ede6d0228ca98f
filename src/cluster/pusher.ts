// Queue to workers: claims for idle slots, verifies the signature, sends in batches. Never more than can start at once.
import { encodeError } from "../core/codec.ts";
import { openCall } from "../core/envelope.ts";
import type { Report } from "../core/outcome.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Client, Opened } from "../client/client.ts";
import { unreadable } from "../client/quarantine.ts";
import type { AttemptStart } from "../client/run-attempt.ts";
import type { ClaimRequest } from "../store/broker.ts";
import { type Attempt, type Attempts, handTo, newAttempt } from "./attempts.ts";
import type { Deadlines } from "./deadlines.ts";
import type { SentAttempt } from "./messages.ts";
import type { Monitor } from "./monitor.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import type { Workers } from "./workers.ts";

export interface PusherOptions {
  client: Client;
  opened: Opened;
  /** The cluster's incarnation. */
  owner: string;
  /** The queues to serve; absent: all there are. */
  queues: readonly string[] | undefined;
  attempts: Attempts;
  workers: Workers;
  monitor: Monitor;
  deadlines: Deadlines;
}

export class Pusher {
  readonly #options: PusherOptions;
  #queues: readonly string[];
  #turn = 0;
  #asked = 0;
  #stale = true;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#queues = options.queues ?? [];
  }

  /** There may be tasks in queues that we have not heard of. */
  lookAgain(): void {
    this.#stale = true;
  }

  /** What to ask for: null when no slot is idle. */
  async request(): Promise<ClaimRequest | null> {
    const { workers, opened, owner, client, queues } = this.#options;
    const { slots, isolated } = workers.idle();
    if (slots + isolated === 0) return null;
    if (this.#stale && queues === undefined) await this.#lookForQueues(opened);
    const lanes = this.#lanes(slots + isolated);
    this.#asked = Math.min(
      slots,
      lanes.reduce((sum, lane) => sum + lane.limit, 0),
    );
    return { owner, leaseMs: client.options.leaseMs, lanes, slots, isolated };
  }

  async #lookForQueues({ store }: Opened): Promise<void> {
    this.#stale = false; // Before we look: what comes meanwhile must make us look again.
    try {
      this.#queues = await store.queueNames();
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  /** Sends what was claimed. Answers whether asking again at once may bring more. */
  push(tasks: readonly ClaimedTask[]): boolean {
    const batches = new Map<WorkerHandle, SentAttempt[]>();
    const notAfter = this.#notAfter();
    for (const task of tasks) {
      const attempt = this.#open(task);
      if (attempt === null) continue;
      this.#options.attempts.add(attempt.attempt);
      if (task.isolate) this.#options.workers.forkFor(attempt.attempt, attempt.start);
      else this.#assign(attempt.attempt, attempt.start, notAfter, batches);
    }
    for (const [worker, attempts] of batches) worker.send({ kind: "run", attempts, notAfter });
    // Fewer than asked for: the queues we know are empty for now, but there may be others. None known: the same.
    if (tasks.length < this.#asked || this.#asked === 0) this.#stale = true;
    return tasks.length > 0;
  }

  /** Sends an attempt to the worker that was forked for it. False: it is over, its lease was lost while it waited. */
  pushAlone(attempt: Attempt, start: AttemptStart, worker: WorkerHandle): boolean {
    if (this.#options.attempts.find(attempt.task.id, attempt.task.attempt) !== attempt) return false;
    const notAfter = this.#notAfter();
    worker.send({ kind: "run", attempts: [this.#hand(attempt, start, notAfter, worker)], notAfter });
    return true;
  }

  #notAfter(): number {
    const { clock, options } = this.#options.client;
    return clock.monotonic() + options.leaseMs;
  }

  /** Queues take turns: a different one is first each time, and each gets its share of the idle slots. */
  #lanes(idle: number): { queue: string; limit: number }[] {
    const { attempts, client } = this.#options;
    const open = this.#queues
      .map((queue) => ({
        queue,
        limit:
          (client.options.queues[queue]?.concurrency ?? Number.MAX_SAFE_INTEGER) - attempts.inQueue(queue),
      }))
      .filter((lane) => lane.limit > 0);
    this.#turn += 1;
    const first = open.length === 0 ? 0 : this.#turn % open.length;
    const share = Math.ceil(idle / Math.max(1, open.length));
    return [...open.slice(first), ...open.slice(0, first)].map(({ queue, limit }) => ({
      queue,
      limit: Math.min(limit, share),
    }));
  }

  #open(task: ClaimedTask): { attempt: Attempt; start: AttemptStart } | null {
    const { client, opened, monitor } = this.#options;
    try {
      const { options, input } = openCall(task.envelope, task, opened.keyring);
      const attempt = newAttempt(task, options);
      if (client.registry.find(task.func) === undefined) {
        this.#options.attempts.add(attempt);
        monitor.report(attempt, released(client, { unknown: true }));
        return null;
      }
      const { id, attempt: number, name, func, queue, group, slot } = task;
      return { attempt, start: { id, attempt: number, name, func, queue, group, slot, input } };
    } catch (error) {
      monitor.reportUnsent(task, null, {
        ...unreadable(error, client.clock),
        worker: null,
        log: null,
        progress: null,
      });
      return null;
    }
  }

  #assign(
    attempt: Attempt,
    start: AttemptStart,
    notAfter: number,
    batches: Map<WorkerHandle, SentAttempt[]>,
  ): void {
    const worker = this.#options.workers.leastBusy();
    if (worker === undefined)
      return this.#options.monitor.report(attempt, released(this.#options.client, {}));
    const sent = this.#hand(attempt, start, notAfter, worker);
    const batch = batches.get(worker);
    if (batch === undefined) batches.set(worker, [sent]);
    else batch.push(sent);
  }

  #hand(attempt: Attempt, start: AttemptStart, notAfter: number, worker: WorkerHandle): SentAttempt {
    handTo(worker, attempt, notAfter);
    this.#options.deadlines.watch(attempt);
    return { ...start, line: attempt.line };
  }
}

/** An attempt that goes back without having been used up. */
export function released(
  client: Client,
  { unknown = false, reason }: { unknown?: boolean; reason?: string },
): Omit<Report, "log" | "progress"> {
  return {
    outcome: "released",
    worker: null,
    started: null,
    stopped: client.clock.now(),
    result: null,
    error: reason === undefined ? null : encodeError(new Error(reason)),
    retry: true,
    snoozeMs: null,
    unknown,
  };
}
