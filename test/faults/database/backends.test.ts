// F9: the server's own processes behind our connections: all of them ended at once, and one that stands still with what it has locked.
import pg from "pg";
import { expect, test } from "vitest";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { withParameters } from "../../servers/postgres.ts";
import { databaseRun, drained, moreEnds, onRecord, resumedAfter } from "./database-run.ts";
import { now, report, trials } from "../harness.ts";

const naps = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

let server: FailingPostgres;
await describeEngine(
  "PostgreSQL that fails",
  async () => (server = await FailingPostgres.start()),
  () => {
    const ofCluster = (name: string): string => `FROM pg_stat_activity WHERE application_name = '${name}'`;

    test("every connection of a cluster is ended by an administrator: work goes on at once, nothing is lost or charged", {
      timeout: 120_000,
    }, async () => {
      await databaseRun(server, {}, async (run, through) => {
        const name = "ended";
        const { database = "" } = through(server.url).settings;
        await run.start({ settings: { database: withParameters(database, { application_name: name }) } });
        const times = trials(2, 30);
        const took: number[] = [];
        for (let trial = 0; trial < times; trial++) {
          await run.enqueueMany("nap", naps(300, 40));
          await moreEnds(run, 40);
          await onRecord(run, "ended", async () => {
            const ended = await server.ask(`SELECT pg_terminate_backend(pid) ${ofCluster(name)}`);
            expect(ended.length, "connections").toBeGreaterThan(1);
          });
          took.push(await resumedAfter(run, now(), 10_000));
          await drained(run);
        }
        report("F9: ms from the end of all connections until a task starts", took);
        expect(Math.max(...took)).toBeLessThan(4_000);
        expect(await run.quern.tasks.count({ state: ["success"] })).toBe(300 * times);
      });
    });

    test("rows that a transaction holds which does not end: all others are saved without them, and these when it has ended", {
      timeout: 120_000,
    }, async () => {
      await databaseRun(server, { concurrency: 4 }, async (run, through) => {
        await run.start();
        const schema = new URL(through(server.url).settings.database ?? "").searchParams.get("schema");
        const held = await run.enqueueMany("slowFirst", naps(3, 2_000));
        for (const { id } of held) await run.line("start", id);
        const holder = new pg.Client({ connectionString: server.url });
        await holder.connect();
        try {
          await holder.query(`BEGIN; SELECT id FROM ${schema}.quern_queue WHERE state = 'leased' FOR UPDATE`);
          for (const { id } of held) await run.line("end", id);
          const ids = (await run.enqueueMany("nap", naps(200, 10))).map(({ id }) => id);
          const began = now();
          // The first who waits for such a row gives up after four seconds; from then on nobody does.
          await run.until("all others are saved", 20_000, async () => {
            return (await run.quern.tasks.count({ state: ["success"] })) === ids.length;
          });
          report("F9: ms until all others are saved", [now() - began]);
          const more = await run.enqueue("noop");
          expect((await run.ended(more.id, 3_000)).success, "later ones are not kept waiting").toBe(true);
          await holder.query("ROLLBACK");
        } finally {
          await holder.end();
        }
        for (const { id } of held) {
          expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1, result: 1 });
          expect(await run.outcomes(id)).toEqual(["success"]);
        }
      });
    });

    test("nobody can write for longer than a lease: owners that live keep what they run, whoever gets the lock first", {
      timeout: 120_000,
    }, async () => {
      await databaseRun(server, {}, async (run, through) => {
        await Promise.all([run.start(), run.start()]);
        const schema = new URL(through(server.url).settings.database ?? "").searchParams.get("schema");
        const handles = await run.enqueueMany("nap", naps(30, 12_000));
        for (const { id } of handles) await run.line("start", id);
        // As CREATE INDEX does, for so long: reading goes on.
        const ran = `SELECT count(*)::int AS n FROM ${schema}.quern_queue WHERE leased_until < extract(epoch FROM now()) * 1000`;
        await onRecord(run, "locked", async () => {
          const holder = new pg.Client({ connectionString: server.url });
          await holder.connect();
          await holder.query(`BEGIN; LOCK TABLE ${schema}.quern_queue IN SHARE MODE`);
          await run.until(
            "all leases have run out",
            20_000,
            async () => (await server.ask(ran))[0]?.n === 30,
          );
          await run.until("all wait for it", 10_000, async () => {
            const [row] = await server.ask("SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted");
            return Number(row?.n) > 0;
          });
          await holder.end();
        });
        for (const { id } of handles) {
          expect(await run.ended(id)).toMatchObject({ success: true, attempt: 1 });
          expect(await run.outcomes(id)).toEqual(["success"]);
        }
      });
    });

    test("one server process stands still: its connection is given up, and when it goes on nothing is lost or charged", {
      timeout: 120_000,
    }, async () => {
      await databaseRun(server, {}, async (run, through) => {
        const name = "frozen";
        const { database = "" } = through(server.url).settings;
        await run.start({ settings: { database: withParameters(database, { application_name: name }) } });
        await run.enqueueMany("nap", naps(600, 20));
        await moreEnds(run, 40);
        // The one that has just been at work: it is the next to be used.
        const [busiest] = await server.ask(
          `SELECT pid ${ofCluster(name)} AND query !~ '^LISTEN' ORDER BY state_change DESC LIMIT 1`,
        );
        const pid = Number(busiest?.pid);
        await onRecord(run, "frozen", async () => {
          process.kill(pid, "SIGSTOP");
          const began = now();
          try {
            // Past every deadline. What it has locked, if it was stopped in a transaction, nobody else can have meanwhile.
            const empty = async (): Promise<boolean> => (await run.quern.queues.list()).length === 0;
            await run.until(
              "deadlines have passed",
              20_000,
              async () => now() - began > 6_000 || (await empty()),
            );
          } finally {
            process.kill(pid, "SIGCONT");
          }
        });
        const woken = now();
        await drained(run);
        report("F9: ms from the moment it goes on until all is done", [now() - woken]);
        expect(await run.quern.tasks.count({ state: ["success"] })).toBe(600);
        expect(run.lines("start").length, "each of them ran once").toBe(600);
      });
    });
  },
);
