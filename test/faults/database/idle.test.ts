// What a cluster asks of a database server while there is nothing to do.
import { expect, test } from "vitest";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { startProxy } from "../../servers/proxy.ts";
import { databaseRun } from "./database-run.ts";
import { type FaultRun, now, report } from "../harness.ts";

let server: FailingPostgres;

async function heartbeatAfter(statements: readonly string[], from: number, run: FaultRun): Promise<number> {
  const beats = (): number =>
    statements.slice(from).filter((text) => /^INSERT INTO .*_cluster /.test(text)).length;
  await run.until("two heartbeats have passed", 20_000, () => beats() >= 2);
  return statements.length;
}

await describeEngine(
  "PostgreSQL that fails",
  async () => (server = await FailingPostgres.start()),
  () => {
    test("an idle cluster asks less than five times a second", { timeout: 60_000 }, async () => {
      const wire = await startProxy(server.url);
      try {
        await databaseRun(server, {}, async (run, through) => {
          await run.start({ settings: { ...through(wire.url).settings, lease: "15s", renew: "5s" } });
          // What a start leaves to do is no idling: it is over when the heartbeats come by themselves.
          const from = await heartbeatAfter(wire.statements, wire.statements.length, run);
          const began = now();
          await run.until("ten seconds have passed", 12_000, () => now() - began > 10_000);
          const seen = wire.statements.slice(from);
          const perSecond = seen.length / ((now() - began) / 1_000);
          report("statements a second of an idle cluster", [perSecond]);
          expect(perSecond).toBeLessThan(5);
        });
      } finally {
        await wire.stop();
      }
    });
  },
);
