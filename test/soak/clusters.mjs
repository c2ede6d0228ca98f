// The clusters of a run: started with the published command, watched to their end, stopped or killed.
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("./project.mjs", import.meta.url));

export class Clusters {
  #folder;
  #dist;
  #database;
  #ledger;
  #running = new Map();

  constructor({ folder, dist, database, ledger }) {
    this.#folder = folder;
    this.#dist = dist;
    this.#database = database;
    this.#ledger = ledger;
  }

  get pids() {
    return [...this.#running.keys()];
  }

  /** Its output goes to a file of the folder. `late` ones know one function more. */
  start({ late = false } = {}) {
    const output = openSync(join(this.#folder, "clusters.log"), "a", 0o600);
    const child = spawn(process.execPath, [join(this.#dist, "cli/bin.js"), "cluster", "--config", project], {
      cwd: this.#folder,
      env: soakEnvironment(this.#folder, this.#dist, this.#database, { SOAK_LATE: late ? "1" : "0" }),
      stdio: ["ignore", output, output],
    });
    if (child.pid === undefined) throw new Error("a cluster could not be started");
    this.#ledger.write("cluster", child.pid);
    const ended = new Promise((resolve) => {
      child.on("exit", (code, signal) => {
        this.#running.delete(child.pid);
        this.#ledger.write("cluster-end", child.pid, code ?? "-", signal ?? "-");
        resolve();
      });
    });
    this.#running.set(child.pid, { child, ended });
    return child.pid;
  }

  /** SIGTERM, and SIGKILL for what then does not end; resolves when it has. */
  async stop(pid, deadlineMs = 15_000) {
    const cluster = this.#running.get(pid);
    if (cluster === undefined) return;
    cluster.child.kill("SIGTERM");
    const timer = setTimeout(() => {
      this.#ledger.write("alive", pid, "cluster-after-SIGTERM");
      cluster.child.kill("SIGKILL");
    }, deadlineMs);
    await cluster.ended;
    clearTimeout(timer);
  }

  async kill(pid) {
    const cluster = this.#running.get(pid);
    cluster?.child.kill("SIGKILL");
    await cluster?.ended;
  }
}

/** What marks every process of a run, and tells it where it belongs. */
export function soakEnvironment(folder, dist, database, more) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(QUERN_|SOAK_|VITEST|NODE_OPTIONS|NODE_V8)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    SOAK_FOLDER: folder,
    SOAK_PACKAGE: dist,
    SOAK_DATABASE: database,
    NO_COLOR: "1",
    ...more,
  };
}
