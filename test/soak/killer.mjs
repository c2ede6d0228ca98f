// Carries out the faults of the plan, each at its moment, on victims it finds in the ledgers and among the clusters.
import { setTimeout as sleep } from "node:timers/promises";
import { pidsIn } from "./ledger.mjs";
import { isAlive, parentOf } from "./processes.mjs";

export class Killer {
  #folder;
  #engine;
  #ledger;
  #clusters;
  #progress;
  /** How many of each kind were carried out. */
  done = {};
  /** What is stopped, dying or stopping already: nobody's victim. */
  #spared = new Set();

  constructor({ folder, engine, ledger, clusters, progress }) {
    this.#folder = folder;
    this.#engine = engine;
    this.#ledger = ledger;
    this.#clusters = clusters;
    this.#progress = progress;
  }

  /** Resolves when the last one is over. Rejects when one could not be done, or `signal` fires. */
  async run(faults, signal) {
    const done = faults.map(async (step) => {
      await this.#progress.reached(step.after, signal);
      await this.#faults[step.fault].call(this, step, signal);
      this.done[step.fault] = (this.done[step.fault] ?? 0) + 1;
    });
    await Promise.all(done);
  }

  /** Every cluster is stopped; the ones that take their place know the functions that came late. As in a deployment both are there for a while. */
  async changeOver(count) {
    const { pids } = this.#clusters;
    for (let index = 0; index < count; index++) this.#clusters.start({ late: true });
    await Promise.all(pids.map((pid) => this.#terminate(pid)));
  }

  #faults = {
    "worker-kill": async ({ pick }, signal) => {
      const pid = await this.#victim(pick, () => this.#workers(), signal);
      this.#spared.add(pid);
      this.#signal("worker-kill", pid, "SIGKILL");
    },
    "sentinel-kill": async ({ pick }, signal) => {
      const pid = await this.#victim(pick, () => this.#sentinels(), signal);
      this.#spared.add(pid);
      this.#ledger.write("fault", "sentinel-kill", pid, "SIGKILL");
      await this.#clusters.kill(pid);
      this.#clusters.start();
    },
    "cluster-term": async ({ pick }, signal) => {
      const pid = await this.#victim(pick, () => this.#sentinels(), signal);
      const terminated = this.#terminate(pid);
      this.#clusters.start();
      await terminated;
    },
    "worker-stop": async ({ pick, forMs }, signal) => {
      const pid = await this.#victim(pick, () => this.#workers(), signal);
      await this.#pause("worker-stop", pid, forMs);
    },
    "sentinel-stop": async ({ pick, forMs }, signal) => {
      for (;;) {
        const pid = await this.#victim(pick, () => this.#sentinels(), signal);
        // A process stopped inside a write transaction may block every writer.
        if (await this.#pause("sentinel-stop", pid, forMs, () => this.#engine.isFree())) return;
        await sleep(20);
      }
    },
    lock: async ({ forMs }) => {
      await this.#engine.whileLocked(async () => {
        this.#ledger.write("fault", "lock", process.pid, "-");
        await sleep(forMs);
      });
      this.#ledger.write("fault-end", "lock", process.pid);
    },
    "server-crash": async ({ forMs }) => {
      this.#ledger.write("fault", "server-crash", 0, "-");
      await this.#engine.crash(() => sleep(forMs));
      this.#ledger.write("fault-end", "server-crash", 0);
    },
  };

  async #terminate(pid) {
    this.#spared.add(pid);
    this.#ledger.write("fault", "cluster-term", pid, "SIGTERM");
    await this.#clusters.stop(pid);
  }

  /** Answers false when the process was let go at once, because `isHarmless` said that it must not be stopped where it stands. */
  async #pause(kind, pid, forMs, isHarmless = async () => true) {
    this.#spared.add(pid);
    this.#signal(kind, pid, "SIGSTOP");
    const harmless = await isHarmless();
    if (harmless) await sleep(forMs);
    if (isAlive(pid)) process.kill(pid, "SIGCONT");
    this.#ledger.write("fault-end", kind, pid);
    this.#spared.delete(pid);
    return harmless;
  }

  #signal(kind, pid, signal) {
    this.#ledger.write("fault", kind, pid, signal);
    process.kill(pid, signal);
  }

  /** There may be none just now, as after the death of a cluster; then the next one that comes up. */
  async #victim(pick, candidates, signal) {
    for (;;) {
      const pids = candidates();
      if (pids.length > 0) return pids[Math.floor(pick * pids.length)];
      await sleep(20, undefined, { signal });
    }
  }

  #sentinels() {
    return this.#clusters.pids.filter((pid) => !this.#spared.has(pid) && isAlive(pid));
  }

  // Those that have begun a task: before that they have no ledger.
  #workers() {
    const sentinels = new Set(this.#clusters.pids);
    const mayDie = (pid) => !this.#spared.has(pid) && isAlive(pid) && sentinels.has(parentOf(pid));
    return pidsIn(this.#folder, "worker").filter(mayDie);
  }
}
