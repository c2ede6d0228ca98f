// Finds and loads the project module for a command, and lets go of its database when the command is done.
import { hostname, userInfo } from "node:os";
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

/** Throws QUERN_NO_CONFIG or QUERN_BAD_CONFIG; a module that waits for something that never comes is the latter too. */
export async function load({ config }: ProjectOptions): Promise<Project> {
  const path = findProject(process.cwd(), config);
  const loaded = new AbortController();
  const late = systemClock.sleep(loadWithinMs, loaded.signal).then(() => {
    if (loaded.signal.aborted) return new Promise<never>(() => {});
    throw new QuernError("QUERN_BAD_CONFIG", {
      path,
      reason: `it had not loaded after ${formatDuration(loadWithinMs)}`,
      hint: "Load it by itself to see what it waits for",
    });
  });
  try {
    return { path, client: await Promise.race([loadProject(path), late]) };
  } finally {
    loaded.abort();
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
