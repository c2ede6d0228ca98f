// F9, F10: the wire to the database server is dead without saying so, loses answers, or leads to a server that takes no writes.
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { type Proxy, startProxy } from "../../servers/proxy.ts";
import { databaseRun, drained, moreEnds, onRecord, resumedAfter } from "./database-run.ts";
import { now, report, trials } from "../harness.ts";

// A BEGIN speaks of READ COMMITTED.
const commit = /COMMIT(?!TED)/;
const naps = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

let server: FailingPostgres;
await describeEngine(
  "PostgreSQL that fails",
  async () => (server = await FailingPostgres.start()),
  () => {
    let wire: Proxy;
    beforeAll(async () => {
      wire = await startProxy(server.url);
    });
    afterAll(async () => {
      await wire.stop();
    });

    test("a connection that is dead without a word costs a deadline; nothing is lost, no attempt is charged for it", {
      timeout: 120_000,
    }, async () => {
      await databaseRun(server, {}, async (run, through) => {
        const cluster = await run.start(through(wire.url));
        await run.enqueueMany("nap", naps(400, 20));
        await moreEnds(run, 40);
        await onRecord(run, "frozen", async () => {
          wire.freeze();
          // Longer than a lease, and than a deadline.
          await run.until("it gave a connection up", 20_000, () => run.says(cluster, "QUERN_DATABASE_AWAY"));
          wire.thaw();
        });
        const took = await resumedAfter(run, now(), 20_000);
        report("F9: ms from the thaw of the wire until a task starts", [took]);
        expect(took).toBeLessThan(8_000);
        await drained(run);
        expect(run.lines("start").length, "each of them ran once").toBe(400);
      });
    });

    test("a cluster whose wire is dead can be stopped", { timeout: 60_000 }, async () => {
      const dead = await startProxy(server.url);
      try {
        await databaseRun(server, {}, async (run, through) => {
          const cluster = await run.start({ ...through(dead.url), command: true });
          await onRecord(run, "frozen", async () => {
            dead.freeze();
            await run.stop(cluster, "SIGTERM", 30_000);
          });
        });
      } finally {
        await dead.stop();
      }
    });

    test("answers to commits that are lost: claims nobody knows of go back uncounted, ends are not saved twice", {
      timeout: 300_000,
    }, async () => {
      await databaseRun(server, {}, async (run, through, released) => {
        await Promise.all([run.start(through(wire.url)), run.start(through(wire.url))]);
        const cuts = trials(12, 300);
        const batch = 60;
        for (let cut = 0; cut < cuts; cut++) {
          await run.enqueueMany("nap", naps(batch, cut % 20));
          await onRecord(run, "answer-lost", async () => {
            const lost = wire.cutAnswerTo(commit);
            await run.until("an answer was lost", 10_000, () => lost.done());
          });
        }
        await drained(run);
        expect(await run.quern.tasks.count({ state: ["success"] })).toBe(cuts * batch);
        const given = await released();
        report("F9: attempts given back because the answer to their claim was lost", [given]);
        expect(given, "a claim whose answer was lost").toBeGreaterThan(0);
      });
    });

    test("a server that takes no writes: nothing is claimed, what runs goes on, no attempt is charged for it", {
      timeout: 120_000,
    }, async () => {
      await databaseRun(server, {}, async (run) => {
        const cluster = await run.start();
        await run.enqueueMany("nap", naps(300, 200)); // Some must be left when it takes no writes: it hears of that in its own time.
        const { id } = await run.enqueue("nap", 4_000, { priority: 1 });
        await run.line("start", id);
        await onRecord(run, "read-only", async () => {
          await server.readOnly(true);
          await run.until("it says so", 10_000, () => run.says(cluster, "read-only transaction"));
          await run.line("end", id); // It goes on, and its lease has run out by then.
          await server.readOnly(false);
        });
        const took = await resumedAfter(run, now(), 20_000);
        report("F10: ms from the return of a server that takes writes until a task starts", [took]);
        expect(took).toBeLessThan(4_000);
        await drained(run);
        expect((await run.ended(id)).attempt).toBe(1);
        expect(run.lines("start").length, "each of them ran once").toBe(301);
      });
    });
  },
);
