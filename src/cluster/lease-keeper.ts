// Keeps what is in hand: renews leases by name, passes on what running attempts said, and hears of cancelled tasks.
import type { Client, Opened } from "../client/client.ts";
import { type Attempt, type Attempts, fenceOf, logText } from "./attempts.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Outage } from "./outage.ts";
import { Loop } from "./service.ts";

const lookEveryMs = 1_000;
const namesPerStatement = 500;

export interface LeaseKeeperOptions {
  client: Client;
  opened: Opened;
  outage: Outage;
  owner: string;
  attempts: Attempts;
  deadlines: Deadlines;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #loop: Loop;
  #renewedAt: number;
  /** The last pass failed: who could not renew because the database is away was not late. */
  #failed = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    const { client, outage } = options;
    const { clock, logger } = client;
    this.#renewedAt = clock.monotonic();
    this.#loop = new Loop({ name: "renewing leases", clock, logger, outage, pass: () => this.#pass() });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  async #pass(): Promise<number> {
    const { client, attempts } = this.#options;
    const { renewMs } = client.options;
    const due = this.#renewedAt + renewMs - client.clock.monotonic();
    const lateMs = this.#failed ? 0 : -due;
    this.#failed = true;
    if (attempts.size === 0) this.#renewedAt = client.clock.monotonic();
    else if (due <= 0) await this.#renew(lateMs);
    else await this.#hearCancellations();
    await this.#sendNotes();
    this.#failed = false;
    return Math.min(lookEveryMs, Math.max(1, this.#renewedAt + renewMs - client.clock.monotonic()));
  }

  async #renew(lateMs: number): Promise<void> {
    const { client, opened, attempts, deadlines } = this.#options;
    const { leaseMs, renewMs } = client.options;
    if (lateMs > renewMs / 2) {
      client.logger.warn(
        `leases were renewed ${Math.round(lateMs)} ms late: this process was paused, or its event loop was blocked`,
      );
    }
    const now = client.clock.monotonic();
    // By name, never "all that are mine": a lease that was forgotten must be able to run out.
    const held = [...attempts].map(fenceOf);
    for (let from = 0; from < held.length; from += namesPerStatement) {
      const { lost, cancelled } = await opened.store.extend(
        held.slice(from, from + namesPerStatement),
        leaseMs,
      );
      for (const attempt of lost.flatMap((fence) => attempts.find(fence.id, fence.attempt) ?? [])) {
        if (await this.#hasCompleted(attempt)) continue;
        client.logger.warn(
          `'${attempt.task.name}' (${attempt.task.func}) attempt ${attempt.task.attempt} lost its lease`,
        );
        if (attempt.worker === null) attempts.remove(attempt);
        else deadlines.abort(attempt, "lease-lost");
      }
      for (const attempt of this.#named(cancelled)) deadlines.abort(attempt, "cancelled");
    }
    this.#renewedAt = now;
  }

  /** Ended in a transaction of its function's, which goes on for a while, or saved by us in this very moment: its report will come. */
  async #hasCompleted({ task }: Attempt): Promise<boolean> {
    const records = await this.#options.opened.store.attempts(task.id);
    return records.some(({ attempt, outcome }) => attempt === task.attempt && outcome === "success");
  }

  async #hearCancellations(): Promise<void> {
    const { opened, owner, deadlines } = this.#options;
    for (const attempt of this.#named(await opened.store.cancellations(owner)))
      deadlines.abort(attempt, "cancelled");
  }

  async #sendNotes(): Promise<void> {
    const { opened, attempts } = this.#options;
    const said = [...attempts].filter((attempt) => attempt.noteDue);
    if (said.length === 0) return;
    for (const attempt of said) attempt.noteDue = false;
    await opened.store.note(
      said.map((attempt) => ({ ...fenceOf(attempt), progress: attempt.progress, log: logText(attempt) })),
    );
  }

  #named(ids: readonly string[]): Attempt[] {
    return ids.flatMap((id) => this.#options.attempts.ofTask(id));
  }
}
