// The round between store and workers: "these are done, give me more". In one commit where writers take turns; where they do not,
// as two rounds beside each other, so that tasks are fetched while the disk is waited for.
import { turn } from "../../core/clock.ts";
import type { Client, Opened } from "../../client/client.ts";
import type { Attempts } from "../attempts.ts";
import type { Monitor } from "./monitor.ts";
import { lookForIsolatedMs, type Pusher, releaseUnarrived } from "./pusher.ts";
import type { Outage } from "../outage.ts";
import { Loop } from "../service.ts";

/** The longest that a report waits for others, which keep coming. */
const gatherMs = 10;
/** With so many, what a commit costs by itself is little beside them. */
const gathered = 250;

/** The net beneath the wakes of the store, which have one of their own. */
const lookEveryMs = 3_000;

/** Where saving does not hold up claiming: with so many ends unsaved nothing more is begun. */
const mostUnsaved = 1_000;

export interface ExchangeOptions {
  client: Client;
  opened: Opened;
  outage: Outage;
  owner: string;
  attempts: Attempts;
  pusher: Pusher;
  monitor: Monitor;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  /** The one that saves; it claims as well where there is no other. */
  readonly #saving: Loop;
  readonly #claimingToo: Loop | null;
  #claiming = true;
  #paused = false;
  /** The pass that runs, if it may bring tasks. */
  #claim: Promise<unknown> = Promise.resolve();
  /** A call failed whose outcome we do not know: leases may be ours that nobody here has. */
  #doubtful = false;
  /** So many attempts had ended when tasks were asked for, the last time. */
  #endedBefore = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { client, outage } = options;
    const { clock, logger } = client;
    const loop = (name: string, pass: () => Promise<number>): Loop =>
      new Loop({ name, clock, logger, outage, pass });
    const bringing = (pass: () => Promise<number>) => (): Promise<number> => {
      const passing = pass();
      this.#claim = passing.catch(() => undefined);
      return passing;
    };
    if (options.opened.store.capabilities.parallelWrites) {
      const claimingPass = bringing(() => this.#claimingPass());
      this.#saving = loop("saving in the store", () => this.#savingPass());
      this.#claimingToo = loop("claiming from the store", claimingPass);
    } else {
      const pass = bringing(() => this.#pass());
      this.#saving = loop("exchange with the store", pass);
      this.#claimingToo = null;
    }
  }

  start(): void {
    this.#saving.start();
    this.#claimingToo?.start();
  }

  poke(): void {
    this.#saving.poke();
    this.#claimingToo?.poke();
  }

  /** Takes no more until that is taken back; what waits here for a slot goes back to the queue. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) this.#options.pusher.close("the cluster was paused");
    else this.#options.pusher.open();
    this.poke();
  }

  /** From now on it only saves. Resolves when the tasks of a claim on its way have arrived. */
  async stopClaiming(): Promise<void> {
    this.#claiming = false;
    this.#options.pusher.close("the cluster stopped");
    this.poke();
    await this.#claim;
  }

  /** What has come in since the last pass is saved, if the store is there. */
  async stop(): Promise<void> {
    await Promise.all([this.#saving.stop(), this.#claimingToo?.stop()]);
    await this.#options.monitor.recall({ atOnce: true }).catch(() => undefined);
    if (this.#options.monitor.size > 0) await this.#saving.once();
  }

  get #mayClaim(): boolean {
    return this.#claiming && !this.#paused;
  }

  async #pass(): Promise<number> {
    const { opened, monitor, pusher } = this.#options;
    await this.#gather();
    await monitor.recall();
    if (this.#doubtful) await this.#releaseUnknown();
    pusher.fill();
    pusher.giveBack();
    const endings = monitor.take();
    const request = this.#mayClaim ? await pusher.request(endings.length) : null;
    if (request === null && endings.length === 0) return lookForIsolatedMs;

    let claim = null;
    try {
      if (request === null) monitor.settle(await opened.store.finish(endings));
      else if (endings.length === 0) claim = await opened.store.claim(request);
      else {
        const done = await opened.store.finishAndClaim(endings, request);
        claim = done.claim;
        monitor.settle(done.answers);
      }
    } catch (error) {
      this.#doubtful = true;
      if (endings.length === 0) throw error;
      await monitor.saveDivided(error);
      return 0;
    }
    const more = claim !== null && pusher.push(claim.tasks);
    if (more || monitor.size > 0) return 0;
    return Math.min(lookEveryMs, claim?.nextDueMs ?? lookEveryMs);
  }

  async #savingPass(): Promise<number> {
    const { opened, monitor } = this.#options;
    await this.#gather();
    await monitor.recall();
    const endings = monitor.take();
    if (endings.length === 0) return lookEveryMs;
    try {
      monitor.settle(await opened.store.finish(endings));
    } catch (error) {
      await monitor.saveDivided(error);
    }
    if (!opened.store.capabilities.notify) this.#claimingToo?.poke(); // Else we hear of our own commit.
    return monitor.size > 0 ? 0 : lookEveryMs;
  }

  async #claimingPass(): Promise<number> {
    const { attempts, monitor } = this.#options;
    if (attempts.size > 0) await turn();
    try {
      return await this.#claimMore();
    } finally {
      if (monitor.size > 0) this.#saving.poke(); // What was given back, or could not be sent.
    }
  }

  async #claimMore(): Promise<number> {
    const { opened, monitor, pusher } = this.#options;
    if (this.#doubtful) await this.#releaseUnknown();
    pusher.fill();
    pusher.giveBack();
    if (monitor.size >= mostUnsaved || !this.#mayClaim) return lookForIsolatedMs;
    const ended = monitor.ended - this.#endedBefore;
    const request = await pusher.request(ended);
    if (request === null) return lookForIsolatedMs;
    this.#endedBefore += ended;
    let claim;
    try {
      claim = await opened.store.claim(request);
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
    if (pusher.push(claim.tasks)) return 0;
    return Math.min(lookEveryMs, claim.nextDueMs ?? lookEveryMs);
  }

  /**
   * What the workers have sent by now is read first; and while reports keep coming, a little is waited for more. One commit for
   * a hundred costs hardly more than one for fifty, and a slow task that ends alone is held up by a millisecond.
   */
  async #gather(): Promise<void> {
    const { client, attempts, monitor } = this.#options;
    if (attempts.size > 0) await turn();
    for (
      let waited = 0, seen = 0;
      waited < gatherMs && monitor.size < gathered && monitor.size > seen && monitor.size < attempts.size;
      waited += 1
    ) {
      seen = monitor.size;
      await client.clock.sleep(1);
    }
  }

  async #releaseUnknown(): Promise<void> {
    const { client, opened, owner, attempts, monitor } = this.#options;
    for (const task of await opened.store.leasesOf(owner)) {
      if (attempts.find(task.id, task.attempt) !== undefined || monitor.has(task)) continue;
      releaseUnarrived(client, monitor, task);
    }
    this.#doubtful = false;
  }
}
