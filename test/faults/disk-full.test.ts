// F11: the disk is full under a cluster. Its file may not grow any more, by a limit on the process: so it needs neither root nor a disk.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { onPath } from "../servers/server.ts";
import { faultRun, now, report } from "./harness.ts";
import { isAlive } from "./processes.ts";

const leaseMs = 3_000;
const prlimit = onPath("prlimit");

/** Of every file that the process writes, from now on; null: as large as it likes. */
function limitFiles(pid: number, bytes: number | null): void {
  const { status, stderr } = spawnSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes ?? "unlimited"}:`]);
  if (status !== 0) throw new Error(String(stderr));
}

test.skipIf(prlimit === undefined)(
  "a full disk: a cluster holds what it can't save, and goes on by itself when there is room (there is no prlimit here)",
  { timeout: 60_000 },
  async () => {
    await faultRun({}, async (run) => {
      run.say("run", "slack", 3);
      const cluster = await run.start();
      const bytes = (count: number): number[] => Array.from({ length: count }, () => 20_000);
      await run.enqueueMany("big", bytes(20));
      // Renewed by none of its leases: they have run out when there is room again, and nobody else was there to take them.
      const { id: long } = await run.enqueue("nap", leaseMs + 1_000);
      await run.line("start", long);
      run.say("fault", "server-full", 0, "-");
      limitFiles(cluster.pid, statSync(`${run.path}-wal`).size);
      const handles = await run.enqueueMany("big", bytes(40));
      await run.until("it says so", 10_000, () => run.says(cluster, "QUERN_DATABASE_AWAY"));
      const { tasks } = await run.quern.tasks.list();
      expect(tasks.length, "what there is can be read").toBeGreaterThan(0);
      await run.line("end", long);
      limitFiles(cluster.pid, null);
      run.say("fault-end", "server-full", 0);
      const room = now();
      for (const { id } of [...handles, { id: long }]) expect((await run.ended(id)).success).toBe(true);
      report("F11: ms from room on the disk until all is done", [now() - room]);
      expect(isAlive(cluster.pid)).toBe(true);
      expect(run.lines("start").length, "each of them ran once").toBe(61);
      expect(await run.quern.tasks.count({ state: ["success"] })).toBe(61);
    });
  },
);
