// Takes back leases that ran out: those of clusters that died, by the engine's clock.
import { isAway } from "../core/away.ts";
import { isQuernError } from "../core/errors.ts";
import { longestAwayMs } from "../core/backoff.ts";
import { encodeError } from "../core/codec.ts";
import { openCall } from "../core/envelope.ts";
import type { ResolvedOptions } from "../core/options.ts";
import type { Report } from "../core/outcome.ts";
import type { QueuedTask } from "../core/task.ts";
import type { Client, Opened } from "../client/client.ts";
import { endingOf } from "../client/ending.ts";
import type { Attempts } from "./attempts.ts";
import type { Monitor } from "./round/monitor.ts";
import { releaseUnarrived } from "./round/pusher.ts";
import type { Outage } from "./outage.ts";
import { Loop } from "./service.ts";

const passEveryMs = 1_000;
/** While there is nothing to take back the engine's clock is looked at only so often. */
const lookAtClockEveryMs = 5_000;
const mostInOneStatement = 500;

export interface ReaperOptions {
  client: Client;
  opened: Opened;
  outage: Outage;
  /** The cluster it belongs to, as leases name it. */
  owner: string;
  attempts: Attempts;
  monitor: Monitor;
  /** Something went back to the queue. */
  onReclaimed: () => void;
}

export class Reaper {
  readonly #options: ReaperOptions;
  readonly #loop: Loop;
  /** The two clocks, when they were last compared. */
  #last: { engine: number; monotonic: number } | undefined;
  #passedAt = Number.NEGATIVE_INFINITY;
  #carefulUntil = 0;
  /** At the last pass the database was away, or somebody kept everybody from writing: who could not look was not the only one who could not renew. */
  #wasAway = false;
  /** For so long leases have not been looked for out of care. Of a pause or an outage, in which nobody renewed, hardly anything counts. */
  #heldBackMs = 0;

  constructor(options: ReaperOptions) {
    this.#options = options;
    const { client, outage } = options;
    const { clock, logger } = client;
    this.#loop = new Loop({ name: "reclaiming leases", clock, logger, outage, pass: () => this.#pass() });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #pass(): Promise<number> {
    try {
      const pause = await this.#look();
      this.#wasAway = false;
      return pause;
    } catch (error) {
      this.#wasAway = isAway(error) || isQuernError(error, "QUERN_DATABASE_BUSY");
      if (this.#wasAway) this.#heldBackMs = 0;
      throw error;
    }
  }

  async #look(): Promise<number> {
    const { client, opened, owner, attempts, monitor, onReclaimed } = this.#options;
    const now = client.clock.monotonic();
    const late = this.#wasAway || now - this.#passedAt - passEveryMs > client.options.renewMs / 2;
    const lapsed = await opened.store.reclaimable(mostInOneStatement);
    const isCareful = late || now < this.#carefulUntil;
    if (!isCareful) this.#heldBackMs = 0;
    else if (this.#last !== undefined) this.#heldBackMs += Math.min(now - this.#passedAt, 2 * passEveryMs);
    this.#passedAt = now;
    const compared = this.#last === undefined ? Number.NEGATIVE_INFINITY : this.#last.monotonic;
    if (lapsed.length === 0 && !late && now - compared < lookAtClockEveryMs) return passEveryMs;
    if (await this.#clocksAreOdd(late)) return passEveryMs;
    if (this.#pausedSince(now)) return passEveryMs;
    const leftBehind = lapsed.filter(
      (task) => attempts.find(task.id, task.attempt) === undefined && !monitor.has(task),
    );
    // A claim of ours was carried out after we had given it up, and looked in vain for what it brought.
    const ours = leftBehind.filter((task) => task.owner === owner);
    for (const task of ours) releaseUnarrived(client, monitor, task);
    const lost = leftBehind.filter((task) => task.owner !== owner);
    if (lost.length > 0) {
      // Reading says nothing of whether one can write. If that takes its time, others wait for it with their renewals.
      await opened.store.extend([], client.options.leaseMs);
      if (this.#pausedSince(now)) return passEveryMs;
      await this.#reclaim(lost);
    }
    this.#heldBackMs = 0;
    if (leftBehind.length > 0) onReclaimed();
    return lapsed.length === mostInOneStatement ? 0 : passEveryMs;
  }

  /**
   * After a pause of this machine, a step of the engine's clock or a time in which it could not be asked, owners that live must be
   * able to renew first. So then nothing is reclaimed for a while; nor behind the first pass, for an outage may just have ended
   * that others were in and we were not.
   */
  async #clocksAreOdd(late: boolean): Promise<boolean> {
    const { client, opened } = this.#options;
    const { renewMs } = client.options;
    const now = { engine: await opened.store.time(), monotonic: client.clock.monotonic() };
    const last = this.#last ?? now;
    this.#last = now;
    const elapsed = now.monotonic - last.monotonic;
    const stepped = Math.abs(now.engine - last.engine - elapsed) > renewMs / 5;
    return this.#isTooEarly(late || stepped, now.monotonic);
  }

  #pausedSince(began: number): boolean {
    const { clock, options } = this.#options.client;
    const now = clock.monotonic();
    return this.#isTooEarly(now - began > options.renewMs / 2, now);
  }

  /**
   * Careful, but not for ever: on a machine so loaded that every pass is late, and with a short `renew` that is soon, nobody would
   * ever take back what a dead cluster left. After three leases an owner that lives has had its chance; should it still lose, the
   * fence keeps that harmless.
   */
  #isTooEarly(odd: boolean, now: number): boolean {
    const { renewMs, leaseMs } = this.#options.client.options;
    // Who finds the database back as late as can be then has two renewals' time.
    if (odd) this.#carefulUntil = now + 2 * renewMs + longestAwayMs;
    return now < this.#carefulUntil && this.#heldBackMs < 3 * leaseMs;
  }

  async #reclaim(lost: readonly QueuedTask[]): Promise<void> {
    const { client, opened } = this.#options;
    const ended = lost.map((task) => ({ task, ...this.#end(task, "lost") }));
    const answers = await opened.store.finish(ended.map(({ ending }) => ending));
    for (const [index, answer] of answers.entries()) {
      const one = ended[index];
      if (one === undefined) continue;
      if (answer === "done") this.#options.monitor.tell(one.task, one.report, one.ending);
      if (answer === "cancelled") await opened.store.finish([this.#end(one.task, "cancelled").ending]);
    }
    const count = answers.filter((answer) => answer === "done").length;
    if (count > 0) client.logger.warn(`reclaimed ${count} leases that ran out`);
  }

  #end(
    task: QueuedTask,
    outcome: "lost" | "cancelled",
  ): { report: Report; ending: ReturnType<typeof endingOf> } {
    const { client, opened } = this.#options;
    const reason =
      outcome === "lost" ? "its cluster died or was cut off; the lease ran out" : "The task was cancelled.";
    const report: Report = {
      outcome,
      worker: null,
      started: task.leasedAt,
      stopped: client.clock.now(),
      result: null,
      error: encodeError(new Error(reason)),
      log: task.log,
      progress: task.progress,
      retry: true,
      snoozeMs: null,
      unknown: false,
    };
    return {
      report,
      ending: { ...endingOf(client, opened, task, optionsOf(task, opened), report), lapsed: true },
    };
  }
}

function optionsOf(task: QueuedTask, { keyring }: Opened): ResolvedOptions | null {
  try {
    return openCall(task.envelope, task, keyring).options;
  } catch {
    return null; // It goes back, and whoever claims it next puts it into quarantine.
  }
}
