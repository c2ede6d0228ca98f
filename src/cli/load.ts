// Finds and loads the project module for a command, and lets go of its database when the command is done.
import { hostname, userInfo } from "node:os";
import { Worker as Thread } from "node:worker_threads";
import { systemClock } from "../core/clock.ts";
import { formatDuration } from "../core/duration.ts";
import { QuernError } from "../core/errors.ts";
import type { Client } from "../client/client.ts";
import { findProject, loadProject } from "../cluster/project.ts";

export interface ProjectOptions {
  /** The path of the project module. */
  config?: string;
}

export interface Project {
  path: string;
  client: Client;
}

const loadWithinMs = 30_000;
/** What the main thread can say by itself it shall say. */
const guardGraceMs = 500;

/**
 * Throws QUERN_NO_CONFIG or QUERN_BAD_CONFIG; a module that waits for something that never comes is the latter too. One that
 * loops ends this process, with the same words.
 */
export async function load({ config }: ProjectOptions, withinMs: number = loadWithinMs): Promise<Project> {
  const path = findProject(process.cwd(), config);
  const tooLate = new QuernError("QUERN_BAD_CONFIG", {
    path,
    reason: `it had not loaded after ${formatDuration(withinMs)}`,
    hint: "Load it by itself to see what it waits for, or whether it loops",
  });
  const guard = new Thread(new URL("./load-guard.js", import.meta.url), {
    workerData: { afterMs: withinMs + guardGraceMs, say: tooLate.message },
    execArgv: [],
  });
  guard.unref();
  const loaded = new AbortController();
  const late = systemClock.sleep(withinMs, loaded.signal).then(() => {
    if (loaded.signal.aborted) return new Promise<never>(() => {});
    throw tooLate;
  });
  try {
    return { path, client: await Promise.race([loadProject(path), late]) };
  } finally {
    loaded.abort();
    void guard.terminate();
  }
}

export async function withProject<T>(
  options: ProjectOptions,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const project = await load(options);
  try {
    return await work(project);
  } finally {
    await project.client.close();
  }
}

/** Who does what a command does, for the audit log. */
export function cliUser(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    return `cli:${process.getuid?.() ?? "unknown"}@${hostname()}`; // A container may run under a number that has no name.
  }
}
