// From one machine to many: clusters on hosts of different names and clocks on one PostgreSQL, and the connections that a process holds.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createAdmin } from "../../../dist/admin/index.js";
import { systemClock } from "../../../dist/core/clock.js";
import { newId } from "../../../dist/core/id.js";
import type { Quern } from "../../../dist/index.js";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { withParameters } from "../../servers/postgres.ts";
import { drained, emptyIn } from "./database-run.ts";
import { FaultRun, faultRun, type Line, now, report, trials } from "../harness.ts";
import { makeQuern, tasks } from "../tasks.mjs";

const leaseMs = 3_000;
const renewMs = 1_000;
const workers = 2;
const path = fileURLToPath(new URL("../../../docs/guides/many-machines.md", import.meta.url));
const guide = readFileSync(path, "utf8");

/** What the guide's table says that it holds at most. */
function connectionsOf(what: string): number {
  const said = new RegExp(`^\\| ${what} \\| (\\d+) \\|`, "m").exec(guide)?.[1];
  if (said === undefined) throw new Error(`the guide does not say how many connections ${what} holds`);
  return Number(said);
}

/** Its processes believe that they are on a host of that name, whose clock is so far from everybody else's. */
function onHost(name: string, clockMs: number): { environment: Record<string, string> } {
  const preload = new URL("../host.mjs", import.meta.url).href;
  const environment = { FAULT_HOST: name, FAULT_CLOCK_MS: String(clockMs) };
  return { environment: { NODE_OPTIONS: `--import ${preload}`, ...environment } };
}

let server: FailingPostgres;
await describeEngine(
  "PostgreSQL that fails",
  async () => (server = await FailingPostgres.start()),
  () => {
    test("a host dies: another takes its tasks over when their leases have run out, and makes one task of each slot, whatever their clocks say", {
      timeout: 180_000,
    }, async () => {
      const { database } = emptyIn(server);
      // Without the checker's verdict: it holds times in rows against those in ledgers, which says something on one host only.
      const run = new FaultRun({ database, lease: leaseMs, renew: renewMs });
      try {
        const heir = await run.start(onHost("right", -300_000));
        const { id: schedule } = await run.quern.schedules.create("fault.slot", undefined, {
          cron: "* * * * * *",
          missed: "all",
          keepRuns: 1_000,
        });
        for (let trial = 0; trial < trials(1, 10); trial++) {
          // A quarter of an hour apart: neither leases nor slots would bear that if a host's clock counted.
          const host = `left-${trial}`;
          const doomed = await run.start(onHost(host, 600_000));
          const hosts = (await run.quern.clusters.list()).map((cluster) => cluster.host);
          expect(hosts).toEqual(expect.arrayContaining([host, "right"]));

          const naps = await run.enqueueMany(
            "nap",
            Array.from({ length: 32 }, () => 2_500),
          );
          // Which attempt it is depends on who had claimed it before and gave it back.
          const startOf = (id: string, behind = 0): Promise<Line> =>
            run.until(`a start of ${id}`, 5 * leaseMs, () =>
              run.lines("start", id).find(({ attempt }) => attempt > behind),
            );
          const starts = await Promise.all(naps.map(({ id }) => startOf(id)));
          const orphans = starts.filter(({ sentinel }) => sentinel === doomed.pid);
          expect(orphans.length, "tasks on the host that dies").toBeGreaterThan(0);
          run.fault("sentinel-kill", doomed.pid, "SIGKILL");
          const killed = now();
          const took: number[] = [];
          for (const { id, attempt } of orphans) {
            const again = await startOf(id, attempt);
            expect(again.sentinel).toBe(heir.pid);
            const lost = (await run.attempts(id)).find((one) => one.attempt === attempt);
            expect(lost?.outcome).toBe("lost");
            took.push(again.at - killed);
          }
          report("ms from the death of a host until its tasks start elsewhere", took);
          expect(Math.min(...took)).toBeGreaterThan(leaseMs - renewMs - 200); // It may just have been renewed.
          expect(Math.max(...took)).toBeLessThan(2 * (leaseMs + 2_000));
          const taken = new Set(orphans.map(({ id }) => id));
          for (const { id } of naps) {
            expect((await run.ended(id)).success).toBe(true);
            expect(run.lines("start", id).length).toBe(taken.has(id) ? 2 : 1);
          }
        }
        await run.quern.schedules.pause(schedule);
        await drained(run);
        const slots = (await run.quern.schedules.history(schedule, { limit: 1_000 })).map((one) =>
          one.slot.getTime(),
        );
        const [newest = 0] = slots;
        expect(slots.length).toBeGreaterThan(leaseMs / 1_000);
        expect(slots, "each second, none twice").toEqual(slots.map((_, back) => newest - back * 1_000));
        expect(await run.quern.tasks.count({ func: "fault.slot" })).toBe(slots.length);
      } finally {
        await run.close();
      }
    });

    test("no process holds more connections than the guide says", { timeout: 60_000 }, async () => {
      const { database } = emptyIn(server);
      const as = (application_name: string): { database: string } => ({
        database: withParameters(database, { application_name }),
      });
      // An idle connection stays for a minute: what is counted after the work is the most there was.
      const held = async (name: string): Promise<number> =>
        (await server.ask(`SELECT 1 FROM pg_stat_activity WHERE application_name = '${name}'`)).length;
      const many = <T>(ask: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 20 }, ask));
      const busy = async (quern: Quern): Promise<unknown> =>
        Promise.all([many(() => quern.tasks.list()), many(() => quern.queues.pause("elsewhere"))]);

      await faultRun({ database, workers }, async (run) => {
        await run.start({ settings: as("cluster") });
        const application = makeQuern(run.folder, as("application"));
        const shown = makeQuern(run.folder, as("admin"));
        try {
          await busy(application);
          expect(await held("application")).toBe(connectionsOf("an application that enqueues"));
          const id = newId(systemClock);
          run.say("intent", id, "nap");
          const handle = await application.enqueue(tasks["nap"] as never, 1_000 as never, { id });
          run.say("acked", id);
          const result = handle.result({ timeout: "20s" });
          await run.line("start", id);
          await busy(application);
          expect(await held("application")).toBe(connectionsOf("… and waits for results"));
          await result;

          const admin = createAdmin(shown, { debug: true });
          const get = (path: string): Promise<Response> =>
            admin(new Request(`http://localhost/api/${path}`, { headers: { host: "localhost" } }), {
              address: "127.0.0.1",
            });
          const stream = await get("stream");
          const answers = await many(() => get("models/success"));
          expect([stream, ...answers].map(({ status }) => status)).toEqual(Array(21).fill(200));
          await busy(shown);
          await run.until("it listens", 10_000, async () => (await held("admin")) > 5);
          expect(await held("admin")).toBe(connectionsOf("the admin"));
          await stream.body?.cancel();
          await application.queues.resume("elsewhere");

          const ofCluster = connectionsOf("a cluster");
          await run.enqueueMany(
            "nap",
            Array.from({ length: 400 }, (_, index) => index % 20),
          );
          await drained(run);
          expect(await held("cluster")).toBeLessThanOrEqual(ofCluster);
          await run.enqueueMany("begets", [20, 20, 20, 20]);
          await drained(run);
          const withWorkers = await held("cluster");
          expect(withWorkers, "workers hold some too").toBeGreaterThan(ofCluster);
          expect(withWorkers).toBeLessThanOrEqual(
            ofCluster + workers * connectionsOf("… and each of its workers whose tasks enqueue"),
          );
        } finally {
          await Promise.all([application.close(), shown.close()]);
        }
      });
    });
  },
);
