// quern cluster: runs the project's worker cluster until a signal ends it.
import { systemClock } from "../../core/clock.ts";
import { formatDuration } from "../../core/duration.ts";
import type { Client } from "../../client/client.ts";
import { type Cluster, startCluster } from "../../cluster/cluster.ts";
import { load, type Project, type ProjectOptions } from "../load.ts";
import { refuseWindows } from "../refusal.ts";
import { onStop } from "../signals.ts";

export interface ClusterOptions extends ProjectOptions {
  queue?: string[];
  workers?: number;
  concurrency?: number;
  name?: string;
}

/** How long a signal waits for a start that is under way. Nothing is claimed before its end, so nothing is lost by giving it up. */
const startMayTakeMs = 1_000;
/** A stop that takes longer says what it waits for, and by then another signal counts as one of its own. */
const quickStopMs = 1_200;

export async function cluster(options: ClusterOptions): Promise<number> {
  refuseWindows();
  const stop = new AbortController();
  const now = new AbortController();
  onStop(
    () => stop.abort(),
    () => now.abort(),
  );
  const gaveUp = givenUp(stop.signal);
  const project = await Promise.race([load(options), gaveUp]);
  if (project === null) return 0;

  const { client } = project;
  const running = await Promise.race([start(project, options), gaveUp]);
  if (running === null) {
    client.logger.info("Stopped before it had started"); // The workers notice by themselves that this process is gone.
    return 0;
  }
  try {
    await Promise.race([fired(stop.signal), running.ended]);
    await end(running, client, now.signal);
  } finally {
    await client.close();
  }
  return 0;
}

async function start(
  { path, client }: Project,
  { queue: queues, workers, concurrency, name }: ClusterOptions,
): Promise<Cluster> {
  const given = Object.entries({ queues, workers, concurrency, name }).filter(
    ([, value]) => value !== undefined,
  );
  try {
    return await startCluster(client, { project: path, ...Object.fromEntries(given) });
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function end(running: Cluster, { logger, options }: Client, now: AbortSignal): Promise<void> {
  const stopped = running.stop().then(() => "stopped" as const);
  void fired(now).then(() => {
    logger.info("Stopping at once: running tasks go back to the queue");
    return running.stop({ now: true });
  });
  if ((await Promise.race([stopped, systemClock.sleep(quickStopMs)])) !== "stopped" && !now.aborted) {
    const grace = formatDuration(options.stopGraceMs);
    logger.info(
      `Running tasks may take up to ${grace} to end; stop it again to give them back to the queue at once`,
    );
  }
  await stopped;
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function givenUp(stop: AbortSignal): Promise<null> {
  await fired(stop);
  await systemClock.sleep(startMayTakeMs);
  return null;
}
