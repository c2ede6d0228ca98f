// F11 on PostgreSQL: the disk under its tables is full for a while. Nothing resolves that was not stored, and work goes on by itself.
import { expect, test } from "vitest";
import { isQuernError } from "../../../dist/core/errors.js";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { whyNoSmallDisk } from "../../servers/small-disk.ts";
import { isAlive } from "../processes.ts";
import { databaseRun, now, onRecord } from "./database-run.ts";
import { report } from "../harness.ts";

const leaseMs = 3_000;
const megabytes = 16;
const reason = whyNoSmallDisk();

/** Until not even a row finds room. */
const fill = `DO $$ DECLARE bytes int := 1000000; BEGIN
  CREATE TABLE filler (b text);
  ALTER TABLE filler ALTER b SET STORAGE EXTERNAL;
  WHILE bytes > 10 LOOP
    BEGIN
      INSERT INTO filler SELECT repeat('f', bytes) FROM generate_series(1, 5);
    EXCEPTION WHEN disk_full THEN bytes := bytes / 4;
    END;
  END LOOP;
END $$`;

if (reason === undefined) {
  let server: FailingPostgres;
  await describeEngine(
    "PostgreSQL on a small disk",
    async () => (server = await FailingPostgres.onSmallDisk(megabytes)),
    () => {
      test("a full disk: enqueue rejects and leaves nothing, a cluster holds what it can't save and goes on when there is room", {
        timeout: 60_000,
      }, async () => {
        await databaseRun(server, {}, async (run) => {
          const cluster = await run.start();
          const sizes = (count: number): number[] => Array.from({ length: count }, () => 500);
          await run.enqueueMany("big", sizes(20));
          // Renewed by none of its leases: they have run out when there is room again.
          const { id: long } = await run.enqueue("nap", leaseMs + 3_000);
          const ids = (await run.enqueueMany("big", sizes(2_000), { delay: "1s" })).map(({ id }) => id);
          await run.line("start", long);
          await onRecord(run, "full", async () => {
            await server.ask(fill);
            await run.until("it says so", 15_000, () => run.says(cluster, "QUERN_DATABASE_AWAY"));
            const before = await run.quern.tasks.count({});
            const error = await run.enqueueMany("big", sizes(2_000)).catch((thrown: unknown) => thrown);
            expect(isQuernError(error), String(error)).toBe(true);
            expect(await run.quern.tasks.count({}), "nothing of it is there").toBe(before);
            expect((await run.quern.tasks.list()).tasks.length, "what there is can be read").toBeGreaterThan(
              0,
            );
            await run.line("end", long);
            await server.ask("DROP TABLE filler");
          });
          const room = now();
          for (const id of [...ids, long]) expect((await run.ended(id, 30_000)).success).toBe(true);
          report("F11: ms from room on the disk until all is done", [now() - room]);
          expect(isAlive(cluster.pid)).toBe(true);
          expect(run.lines("start").length, "each of them ran once").toBe(20 + 1 + 2_000);
        });
      });
    },
  );
} else test.skip(`a full disk under PostgreSQL (did not run: ${reason.message})`, () => undefined);
