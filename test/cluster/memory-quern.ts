// A Quern with a cluster inside this process, for behaviour that needs no worker processes.
import { Quern, type QuernOptions } from "../../src/index.ts";
import type { Logger } from "../../src/core/log.ts";

/** The engines that live in one process. */
export const engines = ["memory:", "sqlite::memory:"] as const;

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export async function withQuern(options: QuernOptions, work: (quern: Quern) => Promise<void>): Promise<void> {
  const quern = new Quern({ logger: silent, workers: 0, stopGrace: "1s", killGrace: "200ms", ...options });
  try {
    await work(quern);
  } finally {
    await quern.close();
  }
}

/** The same with its cluster running. */
export async function withCluster(
  options: QuernOptions,
  work: (quern: Quern) => Promise<void>,
): Promise<void> {
  await withQuern(options, async (quern) => {
    const cluster = await quern.start();
    try {
      await work(quern);
    } finally {
      await cluster.stop();
    }
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until it holds; the test's own timeout is the limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}
