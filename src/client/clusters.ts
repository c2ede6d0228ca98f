// quern.clusters: who runs, as their heartbeats tell it, and what they are told to do.
import { anyText } from "../core/check.ts";
import type {
  ClusterState,
  ClusterStatus,
  Deeds,
  ServicesStatus,
  UncaughtError,
  WorkerDeath,
  WorkerStart,
} from "../core/cluster-status.ts";
import type { ClusterOrder } from "../store/store.ts";
import type { Client } from "./client.ts";
import { auditEntry, type By } from "./tasks.ts";

/** What is told with moments. */
type Told = "uncaught" | "starts" | "deaths" | "services";
type Dated<T> = Omit<T, "at"> & { at: Date };

export interface ClusterInfo extends Omit<ClusterStatus, Told> {
  id: string;
  name: string;
  host: string;
  pid: number;
  version: string;
  /** `lost`: it did not say that it stopped, and its heartbeat is overdue. */
  state: ClusterState | "lost";
  /** What it was told to do; null: nothing, or it was taken back. */
  order: ClusterOrder | null;
  queues: string;
  started: Date;
  heartbeat: Date;
  /** The newest errors in workers that no task could be blamed for, the newest first. */
  uncaught: readonly Dated<UncaughtError>[];
  /** The last workers that were started, and those that died and were not told to end; the newest first. */
  starts: readonly Dated<WorkerStart>[];
  deaths: readonly Dated<WorkerDeath>[];
  /** What the services beside the workers have in hand and did; null: a cluster of an earlier version, which does not say it. */
  services: ServicesStatus<Date> | null;
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

  /**
   * Tells a cluster, by its id, or all of that name, to take no more tasks until it is resumed; running ones go on, schedules are fired.
   * It hears of it within a second or two. False: none of them runs, or they were paused already.
   */
  async pause(idOrName: string, options?: By): Promise<boolean> {
    return this.#order(idOrName, "pause", "cluster.pause", options);
  }

  /** Takes back a pause. False: none of them was paused. */
  async resume(idOrName: string, options?: By): Promise<boolean> {
    return this.#order(idOrName, null, "cluster.resume", options);
  }

  /**
   * Tells it to stop as at a first signal: running tasks may end within `stopGrace`. It can't be taken back. What restarts processes,
   * such as systemd, may start a new one. False: none of them runs, or they were told so already.
   */
  async stop(idOrName: string, options?: By): Promise<boolean> {
    return this.#order(idOrName, "stop", "cluster.stop", options);
  }

  async #order(
    idOrName: string,
    order: ClusterOrder | null,
    action: string,
    options: By | undefined,
  ): Promise<boolean> {
    anyText(idOrName, "the cluster", `quern.clusters.${order ?? "resume"}(idOrName)`);
    const { store } = await this.#client.open();
    const rows = await store.clusters();
    const meant = rows.some(({ id }) => id === idOrName)
      ? [idOrName]
      : rows.filter(({ name }) => name === idOrName).map(({ id }) => id);
    let changed = false;
    for (const id of meant)
      if (await store.orderCluster(id, order, auditEntry(options, action, id))) changed = true;
    return changed;
  }
}

/** A cluster of an earlier version says less. */
type WrittenStatus = Omit<ClusterStatus, Told | "clockOffMs"> &
  Partial<Pick<ClusterStatus, Told | "clockOffMs">>;

function statusOf(text: string): Omit<ClusterStatus, Told> & Pick<ClusterInfo, Told> {
  const written = JSON.parse(text) as WrittenStatus;
  const { uncaught = [], starts = [], deaths = [], services = null, clockOffMs = null, ...status } = written;
  return {
    ...status,
    clockOffMs,
    uncaught: uncaught.map(dated),
    starts: starts.map(dated),
    deaths: deaths.map(dated),
    services: services === null ? null : datedServices(services),
  };
}

const dated = <T extends { at: number }>(one: T): Dated<T> => ({ ...one, at: new Date(one.at) });

function datedServices({ taken, saved, fired, looked, ...services }: ServicesStatus): ServicesStatus<Date> {
  const date = (at: number | null): Date | null => (at === null ? null : new Date(at));
  const deeds = ({ count, at }: Deeds): Deeds<Date> => ({ count, at: date(at) });
  return { ...services, taken: deeds(taken), saved: deeds(saved), fired: deeds(fired), looked: date(looked) };
}
