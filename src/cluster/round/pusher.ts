// Queue to workers: claims for idle slots and those that are about to be, verifies the signature, sends in batches into free slots.
import { addDeeds, type Deeds } from "../../core/cluster-status.ts";
import { encodeError } from "../../core/codec.ts";
import { openCall } from "../../core/envelope.ts";
import type { Report } from "../../core/outcome.ts";
import type { ClaimedTask } from "../../core/task.ts";
import type { Client, Opened } from "../../client/client.ts";
import { unreadable } from "../../client/quarantine.ts";
import type { ClaimRequest } from "../../store/broker.ts";
import { type Attempt, type Attempts, handTo, newAttempt } from "../attempts.ts";
import type { Deadlines } from "../deadlines.ts";
import type { SentAttempt } from "../messages.ts";
import type { Monitor } from "./monitor.ts";
import { Marks } from "./marks.ts";
import { Reserve } from "./reserve.ts";
import type { WorkerHandle } from "../worker-handle.ts";
import type { Workers } from "../workers.ts";

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

/** While no slot is idle, tasks that need a worker of their own are looked for so often. */
export const lookForIsolatedMs = 100;

/** After so many the cluster is idle, where a guess costs more than a look. */
const mostInVain = 2;

/** Queues that we have not heard of are looked for so often while there is work. */
const lookForQueuesMs = 20;

export class Pusher {
  readonly #options: PusherOptions;
  #queues: readonly string[];
  /** The last ones in which there was something. */
  #servedLast: readonly string[] = [];
  /** Somebody has told us, since the last request, that there is something. */
  #told = false;
  /** The last request was made without a look at which queues have something. */
  #guessed = false;
  /** So many guesses in a row have brought nothing. */
  #vain = 0;
  readonly #reserve = new Reserve();
  readonly #marks = new Marks();
  /** What each queue was asked for. */
  #lanesAsked: readonly { queue: string; limit: number }[] = [];
  #lookTookMs = 0;
  #turn = 0;
  #asked = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #stale = true;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The queues we know had as much as was asked for, the last time. */
  #fed = false;
  /** What was taken from queues since the start. */
  readonly taken: Deeds = { count: 0, at: null };
  /** Why nothing is held for later any more; null: things are. */
  #closed: string | null = null;

  constructor(options: PusherOptions) {
    this.#options = options;
    this.#queues = options.queues ?? [];
  }

  /** There may be tasks in queues that we have not heard of. */
  lookAgain(): void {
    this.#stale = true;
    this.#told = true;
  }

  /** What to ask for, when so many tasks have ended since the last time: null when nothing more could start. */
  async request(ended: number): Promise<ClaimRequest | null> {
    const { workers, opened, owner, client } = this.#options;
    const now = client.clock.monotonic();
    const { slots: idle, isolated, all } = workers.idle();
    const slots = Math.max(0, idle - this.#reserve.size) + this.#reserve.wants(all, now);
    // A cluster that is busy is woken by each of its own commits, and must not answer each by a transaction that finds nothing.
    const justAsked = slots === 0 && ended === 0 && now - this.#askedAt < lookForIsolatedMs;
    if (slots + isolated === 0 || justAsked) return null;
    this.#askedAt = now;
    const looksLater = this.#fed && now - this.#lookedAt < Math.max(lookForQueuesMs, 10 * this.#lookTookMs);
    // What we are told of is mostly in a queue that we know. It does not wait for the names of others, which the next request asks for.
    this.#guessed = this.#told && !this.#guessed && this.#servedLast.length > 0;
    this.#told = false;
    if (this.#stale && !looksLater && !this.#guessed) await this.#lookForQueues(opened, now);
    const queues = this.#guessed && this.#queues.length === 0 ? this.#servedLast : this.#queues;
    const lanes = this.#lanes(queues, slots + isolated).map((lane) => ({
      ...lane,
      after: this.#marks.of(lane.queue, now),
    }));
    this.#lanesAsked = lanes;
    this.#asked = Math.min(
      slots,
      lanes.reduce((sum, lane) => sum + lane.limit, 0),
    );
    return { owner, leaseMs: client.options.leaseMs, lanes, slots, isolated };
  }

  async #lookForQueues({ store }: Opened, now: number): Promise<void> {
    this.#stale = false; // Before we look: what comes meanwhile must make us look again.
    this.#lookedAt = now;
    try {
      const names = await store.queueNames();
      this.#lookTookMs = this.#options.client.clock.monotonic() - now;
      this.#queues = this.#options.queues?.filter((queue) => names.includes(queue)) ?? names;
      if (this.#queues.length === 0) return;
      this.#servedLast = this.#queues;
      this.#vain = 0;
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  /** Sends what was claimed. Answers whether asking again at once may bring more. */
  push(tasks: readonly ClaimedTask[]): boolean {
    const claimedAt = this.#options.client.clock.monotonic();
    const notAfter = this.#notAfter();
    if (tasks.length > 0) addDeeds(this.taken, tasks.length, this.#options.client.clock);
    for (const { queue, limit } of this.#lanesAsked)
      this.#marks.set(queue, tasks, Math.min(limit, this.#asked), claimedAt);
    for (const task of tasks) {
      const opened = this.#open(task);
      if (opened === null) continue;
      this.#options.attempts.add(opened.attempt);
      if (task.isolate) this.#options.workers.forkFor(opened.attempt, opened.start);
      else this.#reserve.add({ attempt: opened.attempt, start: opened.start, claimedAt, notAfter });
    }
    this.fill();
    if (this.#closed !== null) this.close(this.#closed);
    // Fewer than asked for: the queues we know are empty for now, but there may be others. None known: the same.
    const wasFed = this.#fed;
    this.#fed = this.#asked > 0 && tasks.length >= this.#asked;
    if (!this.#fed) this.#stale = true;
    if (this.#guessed) this.#vain = tasks.length > 0 ? 0 : this.#vain + 1;
    if (this.#vain >= mostInVain) this.#servedLast = [];
    return tasks.length > 0 || wasFed || this.#guessed;
  }

  /** A task has run for so long. */
  ended(ms: number): void {
    this.#reserve.ended(ms, this.#options.client.clock.monotonic());
  }

  /** Sends from the reserve into the slots that are free. */
  fill(): void {
    const batches = new Map<WorkerHandle, { attempts: SentAttempt[]; notAfter: number }>();
    while (this.#reserve.size > 0) {
      const worker = this.#options.workers.leastBusy();
      if (worker === undefined || worker.running.size >= worker.slots) break;
      const reserved = this.#reserve.next();
      if (reserved === undefined || !this.#isInHand(reserved.attempt)) continue;
      const { attempt, start, notAfter } = reserved;
      const sent = this.#hand(attempt, start, notAfter, worker);
      const batch = batches.get(worker);
      if (batch === undefined) batches.set(worker, { attempts: [sent], notAfter });
      else batch.attempts.push(sent); // The first one was claimed first: what holds for it holds for all.
    }
    for (const [worker, batch] of batches) worker.send({ kind: "run", ...batch });
  }

  /** Gives back what has waited for a slot for too long. */
  giveBack(): void {
    for (const { attempt } of this.#reserve.takeStale(this.#options.client.clock.monotonic()))
      this.#release(attempt, "no slot came free for it");
  }

  /** Nothing is held for later any more, also not of a claim on its way. */
  close(why: string): void {
    this.#closed = why;
    for (const { attempt } of this.#reserve.takeAll()) this.#release(attempt, why);
  }

  open(): void {
    this.#closed = null;
    this.#stale = true;
  }

  #release(attempt: Attempt, reason: string): void {
    const { monitor, client } = this.#options;
    if (this.#isInHand(attempt)) monitor.report(attempt, released(client, { reason }), null);
  }

  /** False: it is over, its lease was lost while it waited. */
  #isInHand(attempt: Attempt): boolean {
    return this.#options.attempts.find(attempt.task.id, attempt.task.attempt) === attempt;
  }

  /** Sends an attempt to the worker that was forked for it. False: it is over, its lease was lost while it waited. */
  pushAlone(attempt: Attempt, start: SentAttempt, worker: WorkerHandle): boolean {
    if (!this.#isInHand(attempt)) return false;
    const notAfter = this.#notAfter();
    worker.send({ kind: "run", attempts: [this.#hand(attempt, start, notAfter, worker)], notAfter });
    return true;
  }

  #notAfter(): number {
    const { clock, options } = this.#options.client;
    return clock.monotonic() + options.leaseMs;
  }

  /** Queues take turns: a different one is first each time, and each gets its share of the idle slots. */
  #lanes(queues: readonly string[], idle: number): { queue: string; limit: number }[] {
    const { attempts, client } = this.#options;
    const open = queues
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

  #open(task: ClaimedTask): { attempt: Attempt; start: SentAttempt } | null {
    const { client, opened, monitor } = this.#options;
    try {
      const { options, input } = openCall(task.envelope, task, opened.keyring);
      const attempt = newAttempt(task, options);
      if (client.registry.find(task.func) === undefined) {
        this.#options.attempts.add(attempt);
        monitor.report(attempt, released(client, { unknown: true }), null);
        return null;
      }
      const { id, attempt: number, name, func, queue, group, slot } = task;
      return { attempt, start: { id, attempt: number, name, func, queue, group, slot, input, line: null } };
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

  #hand(attempt: Attempt, start: SentAttempt, notAfter: number, worker: WorkerHandle): SentAttempt {
    handTo(worker, attempt, notAfter);
    this.#options.deadlines.watch(attempt);
    start.line = attempt.line;
    return start;
  }
}

/** Gives back what was claimed for us and never arrived, because the answer was lost: nobody here has begun it. */
export function releaseUnarrived(client: Client, monitor: Monitor, task: ClaimedTask): void {
  const report = released(client, { reason: "the answer to its claim was lost" });
  monitor.reportUnsent(task, null, { ...report, log: null, progress: null });
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
