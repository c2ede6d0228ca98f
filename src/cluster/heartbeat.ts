// "This cluster is alive": its row in the store, with what its workers are doing; and what it is told to do, read from there.
import { hostname } from "node:os";
import type { ClusterState, ClusterStatus } from "../core/cluster-status.ts";
import type { Client, Opened } from "../client/client.ts";
import { heartbeatMs } from "../client/clusters.ts";
import { addToSeries } from "../client/series.ts";
import { version } from "../client/version.ts";
import type { ClusterOrder } from "../store/store.ts";
import type { Outage } from "./outage.ts";
import type { Timer } from "../core/clock.ts";
import { Loop } from "./service.ts";

export interface HeartbeatOptions {
  client: Client;
  opened: Opened;
  outage: Outage;
  id: string;
  name: string;
  queues: readonly string[] | undefined;
  state: () => ClusterState;
  status: () => Omit<ClusterStatus, "clockOffMs">;
  /** Another order stands than before. */
  onOrder: (order: ClusterOrder | null) => void;
}

/** So often, at most, it looks for an order when something was written; with each heartbeat it looks anyway. */
const listenMs = 1_000;

/** An answer that took longer says nothing of the time at which it was given. */
const promptMs = 500;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #loop: Loop;
  readonly #started: number;
  /** How many had ended when it was last told. */
  #told = { succeeded: 0, failed: 0 };
  #toldAt = Number.NEGATIVE_INFINITY;
  #urgent = false;
  #order: ClusterOrder | null = null;
  #listenedAt = Number.NEGATIVE_INFINITY;
  #listen: Timer | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const { outage } = options;
    const { clock, logger } = options.client;
    this.#started = clock.now();
    this.#loop = new Loop({ name: "heartbeat", clock, logger, outage, pass: () => this.#pass() });
  }

  start(): void {
    this.#urgent = true; // Its workers are there now.
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#listen?.cancel();
    await this.#loop.stop();
  }

  /** Something was written, which may be an order. */
  wake(): void {
    const { clock } = this.#options.client;
    this.#listen ??= clock.after(Math.max(0, this.#listenedAt + listenMs - clock.monotonic()), () => {
      this.#listen = undefined;
      this.#loop.poke();
    });
  }

  /** There is something to tell that should not wait for the next one. */
  poke(): void {
    this.#urgent = true;
    this.#loop.poke();
  }

  /** Now, and not only with the next one. */
  async beat(): Promise<void> {
    const { client, opened, id, name, queues, state } = this.#options;
    this.#urgent = false;
    const clockOffMs = await this.#clockOff();
    const status: ClusterStatus = { ...this.#options.status(), clockOffMs };
    await opened.store.saveCluster({
      id,
      name,
      host: hostname(),
      pid: process.pid,
      version,
      state: state(),
      queues: queues?.join(",") ?? "*",
      started: this.#started,
      status: JSON.stringify(status),
    });
    this.#toldAt = client.clock.monotonic();
    const { succeeded, failed } = status;
    const ended = { succeeded: succeeded - this.#told.succeeded, failed: failed - this.#told.failed };
    await addToSeries(opened.store, id, client.clock.now(), ended);
    this.#told = { succeeded, failed };
  }

  async #pass(): Promise<number> {
    const { client, opened, id, onOrder } = this.#options;
    this.#listenedAt = client.clock.monotonic();
    const order = await opened.store.clusterOrder(id);
    if (order !== this.#order) {
      this.#order = order;
      onOrder(order);
      this.#urgent = true;
    }
    const due = (): number => this.#toldAt + heartbeatMs - client.clock.monotonic();
    if (this.#urgent || due() <= 0) await this.beat();
    return Math.max(1, due());
  }

  async #clockOff(): Promise<number | null> {
    const { client, opened } = this.#options;
    const began = client.clock.monotonic();
    const theirs = await opened.store.time();
    const took = client.clock.monotonic() - began;
    return took > promptMs ? null : Math.round(theirs - client.clock.now() + took / 2);
  }
}
