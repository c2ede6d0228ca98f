// "This cluster is alive": its row in the store, with what its workers are doing.
import { hostname } from "node:os";
import type { ClusterState, ClusterStatus } from "../core/cluster-status.ts";
import type { Client, Opened } from "../client/client.ts";
import { heartbeatMs } from "../client/clusters.ts";
import { addToSeries } from "../client/series.ts";
import { version } from "../client/version.ts";
import type { Outage } from "./outage.ts";
import { Loop } from "./service.ts";

export interface HeartbeatOptions {
  client: Client;
  opened: Opened;
  outage: Outage;
  id: string;
  name: string;
  queues: readonly string[] | undefined;
  state: () => ClusterState;
  status: () => ClusterStatus;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #loop: Loop;
  readonly #started: number;
  /** How many had ended when it was last told. */
  #told = { succeeded: 0, failed: 0 };

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const { outage } = options;
    const { clock, logger } = options.client;
    this.#started = clock.now();
    const pass = async (): Promise<number> => {
      await this.beat();
      return heartbeatMs;
    };
    this.#loop = new Loop({ name: "heartbeat", clock, logger, outage, pass });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** There is something to tell that should not wait for the next one. */
  poke(): void {
    this.#loop.poke();
  }

  /** Now, and not only with the next one. */
  async beat(): Promise<void> {
    const { client, opened, id, name, queues, state } = this.#options;
    const status = this.#options.status();
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
    const { succeeded, failed } = status;
    const ended = { succeeded: succeeded - this.#told.succeeded, failed: failed - this.#told.failed };
    await addToSeries(opened.store, id, client.clock.now(), ended);
    this.#told = { succeeded, failed };
  }
}
