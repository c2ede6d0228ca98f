// quern.clusters: who runs, as their heartbeats tell it.
import type { ClusterState, ClusterStatus, UncaughtError } from "../core/cluster-status.ts";
import type { Client } from "./client.ts";

export interface ClusterInfo extends Omit<ClusterStatus, "uncaught"> {
  id: string;
  name: string;
  host: string;
  pid: number;
  version: string;
  /** `lost`: it did not say that it stopped, and its heartbeat is overdue. */
  state: ClusterState | "lost";
  queues: string;
  started: Date;
  heartbeat: Date;
  /** The newest errors in workers that no task could be blamed for, the newest first. */
  uncaught: readonly (Omit<UncaughtError, "at"> & { at: Date })[];
}

/** A heartbeat comes at least so often; after three of them missed the cluster counts as lost. */
export const heartbeatMs = 5_000;

export class Clusters {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async list(): Promise<ClusterInfo[]> {
    const { store } = await this.#client.open();
    const [rows, now] = await Promise.all([store.clusters(), store.time()]);
    return rows.map(({ status, started, heartbeat, state, ...row }) => ({
      ...row,
      ...statusOf(status),
      state: state !== "stopped" && now - heartbeat > 3 * heartbeatMs ? "lost" : (state as ClusterState),
      started: new Date(started),
      heartbeat: new Date(heartbeat),
    }));
  }
}

/** A cluster of an earlier version says less. */
type WrittenStatus = Omit<ClusterStatus, "uncaught"> & Partial<Pick<ClusterStatus, "uncaught">>;

function statusOf(text: string): Omit<ClusterStatus, "uncaught"> & Pick<ClusterInfo, "uncaught"> {
  const { uncaught = [], ...status } = JSON.parse(text) as WrittenStatus;
  return { ...status, uncaught: uncaught.map((error) => ({ ...error, at: new Date(error.at) })) };
}
