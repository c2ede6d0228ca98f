// A run of a cluster with worker processes on the project module beside this file.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Quern, task, type TaskHandle } from "../../dist/index.js";
import { type ClusterProcess, FaultRun } from "../faults/harness.ts";

const module = fileURLToPath(new URL("project.mjs", import.meta.url));
const names = ["where", "nap", "lone", "fails", "starts", "awaits", "enqueues", "large"] as const;

export interface Told {
  /** The process that was told. */
  by: number;
  event: string;
  id?: string;
  func?: string;
  message?: string;
  workerPid?: number;
}

export class ClusterRun extends FaultRun {
  readonly client: Quern = new Quern({
    // Only their names matter here: the functions are the project's, and options travel with the call.
    tasks: names.map((name) => task(name, () => {})),
    database: `sqlite:${this.path}`,
  });

  async cluster(settings: object = {}): Promise<ClusterProcess> {
    return this.start({ settings, module });
  }

  async call(name: (typeof names)[number], input?: unknown, options = {}): Promise<TaskHandle<unknown>> {
    return this.client.enqueue(task(name, () => {}) as never, input as never, options);
  }

  async result(name: (typeof names)[number], input?: unknown): Promise<unknown> {
    return (await this.call(name, input)).result({ timeout: "15s" });
  }

  told(): Told[] {
    const path = join(this.folder, "events.txt");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
    return lines.map((line) => JSON.parse(line) as Told);
  }

  override async close(): Promise<void> {
    await this.client.close();
    await super.close();
  }
}

export async function clusterRun(work: (run: ClusterRun) => Promise<void>): Promise<void> {
  const run = new ClusterRun();
  try {
    await work(run);
  } finally {
    await run.close();
  }
}
