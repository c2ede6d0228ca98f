// What start() returns: a running cluster, how to stop it, and a promise for its end.
import { isShared } from "../store/open.ts";
import { anyText, between, checkKeys, text, textList } from "../core/check.ts";
import { QuernError } from "../core/errors.ts";
import type { Client } from "../client/client.ts";
import { inWorker } from "../client/current-attempt.ts";
import { findProject } from "./project.ts";
import { Outage } from "./outage.ts";
import { patiently, Sentinel } from "./sentinel.ts";
import { workerCount } from "./workers.ts";

export interface StartOptions {
  /** The module that exports your Quern, for the workers to load. @default quern.config.* or quern.* from the working directory upwards */
  project?: URL | string;
  /** The queues to serve. @default all */
  queues?: readonly string[];
  /** Instead of the `workers` of `new Quern`. */
  workers?: number;
  /** Instead of the `concurrency` of `new Quern`. */
  concurrency?: number;
  /** Instead of the `name` of `new Quern`. */
  name?: string;
}

export interface Cluster {
  readonly id: string;
  readonly name: string;
  /**
   * Takes no more tasks, lets running ones end for up to `stopGrace`, then aborts them and gives the rest back to the queue.
   * With `now`, or called again with it, kills and gives back at once. Resolves when no worker is left.
   */
  stop(options?: { now?: boolean }): Promise<void>;
  /** Resolves when it has stopped; rejects when it did so because its database refused it for good, as one with another password does. */
  readonly ended: Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startCluster(client: Client, options: StartOptions): Promise<Cluster> {
  if (inWorker()) throw new QuernError("QUERN_START_IN_WORKER", {});
  checkStartOptions(options);
  const {
    project,
    queues,
    workers = workerCount(client),
    concurrency = client.options.concurrency,
    name = client.options.name,
  } = options;
  const processes = workers > 0;
  if (processes && !isShared(client.options.database)) {
    throw new QuernError("QUERN_MEMORY_NEEDS_ONE_PROCESS", { database: client.options.database });
  }
  const path = processes ? projectFor(project) : null;
  let refusal: QuernError | undefined;
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const outage = new Outage({
    clock: client.clock,
    logger: client.logger,
    onRefused: (error) => {
      client.logger.error(`${error.message} The cluster stops`);
      refusal = error;
      begin();
    },
  });
  const sentinel = new Sentinel({
    client,
    opened: await patiently(client, outage, () => client.open()),
    outage,
    project: path,
    queues,
    workers,
    concurrency,
    name,
    onStopOrder: () => begin(),
  });
  await sentinel.start();

  const stopped = begun.then(() => sentinel.stop());
  const ended = stopped.then(() => {
    if (refusal !== undefined) throw refusal;
  });
  ended.catch(() => undefined); // The log has it, for those who don't wait for the end.
  const stop = (options?: { now?: boolean }): Promise<void> => {
    if (options?.now === true) sentinel.hurry();
    begin();
    return stopped;
  };
  return { id: sentinel.id, name: sentinel.name, stop, ended, [Symbol.asyncDispose]: stop };
}

function checkStartOptions(options: StartOptions): void {
  const place = "start({ * })";
  checkKeys(options, ["project", "queues", "workers", "concurrency", "name"], "start()");
  const { project, queues, workers, concurrency, name } = options;
  if (project !== undefined && !(project instanceof URL)) anyText(project, "project", place);
  if (queues !== undefined)
    for (const queue of textList(queues, "queues", place)) text(queue, "queues", place);
  if (workers !== undefined) between(0, 1_000)(workers, "workers", place);
  if (concurrency !== undefined) between(1, 10_000)(concurrency, "concurrency", place);
  if (name !== undefined) text(name, "name", place);
}

function projectFor(given: URL | string | undefined): string {
  try {
    return findProject(process.cwd(), given);
  } catch (error) {
    if (given !== undefined) throw error;
    throw new QuernError("QUERN_NO_PROJECT", {}, { cause: error });
  }
}
