// What no repeating helps: a database that refuses a cluster stops it, with one clear error and an exit code that is not 0.
import { expect, test } from "vitest";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { withParameters } from "../../servers/postgres.ts";
import { linesOf } from "./database-run.ts";
import { type ClusterProcess, FaultRun } from "../harness.ts";

/** How it ended, and what it said of the database. */
async function endOf(cluster: ClusterProcess): Promise<{ code: number | string; said: string[] }> {
  const code = await cluster.ended;
  return { code, said: linesOf(cluster).filter((line) => /QUERN_/.test(line)) };
}

let server: FailingPostgres;
await describeEngine(
  "PostgreSQL that fails",
  async () => (server = await FailingPostgres.start()),
  () => {
    async function refused(database: string): Promise<{ code: number | string; said: string[] }> {
      const run = new FaultRun({ database });
      try {
        return await endOf(run.launch({ command: true }));
      } finally {
        await run.close();
      }
    }

    test("a wrong password ends the start of a cluster", async () => {
      const url = new URL(await server.password("guarded", "right"));
      url.password = "wrong";
      const { code, said } = await refused(url.href);
      expect(code).toBe(1);
      expect(said).toEqual([expect.stringMatching(/QUERN_DATABASE_UNUSABLE: .*the password is wrong/)]);
      expect(said[0]).not.toContain("guarded:wrong");
    });

    test("a database that is missing ends the start of a cluster", async () => {
      const { code, said } = await refused(server.url.replace(/\/postgres$/, "/elsewhere"));
      expect([code, said]).toEqual([
        1,
        [expect.stringMatching(/QUERN_DATABASE_UNUSABLE: .*no such database/)],
      ]);
    });

    test("tables of a newer Quern end the start of a cluster", async () => {
      const schema = "newer";
      const database = withParameters(server.url, { schema });
      const run = new FaultRun({ database });
      await run.quern.queues.list();
      await server.ask(`UPDATE ${schema}.quern_meta SET value = '999' WHERE key = 'schema'`);
      await run.close();
      const { code, said } = await refused(database);
      expect([code, said]).toEqual([1, [expect.stringContaining("QUERN_SCHEMA_TOO_NEW")]]);
    });

    test("a password that is changed stops a cluster when its connections are lost, with one error", {
      timeout: 60_000,
    }, async () => {
      const database = withParameters(await server.password("changed", "old"), { schema: "changed" });
      const run = new FaultRun({ database });
      try {
        const cluster = await run.start({ command: true });
        await server.password("changed", "new");
        await server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'changed'");
        const { code, said } = await endOf(cluster);
        expect(code).toBe(1);
        const refusals = said.filter((line) => line.includes("QUERN_DATABASE_UNUSABLE"));
        // One line of its log, and one of the command that ends by it.
        expect(refusals).toEqual([
          expect.stringMatching(/ERROR .*the password is wrong.*The cluster stops/),
          expect.stringMatching(/^quern: .*the password is wrong/),
        ]);
      } finally {
        await run.close();
      }
    });
  },
);
