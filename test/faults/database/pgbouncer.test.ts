// Clusters, applications and transactions through a real PgBouncer, which hands out its connections by the transaction or by the session.
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { newId } from "../../../dist/core/id.js";
import { systemClock } from "../../../dist/core/clock.js";
import { describeEngine } from "../../servers/describe-engine.ts";
import { FailingPostgres } from "../../servers/failing-postgres.ts";
import { startPgbouncer } from "../../servers/pgbouncer.ts";
import { withParameters } from "../../servers/postgres.ts";
import { NotAvailable, type Server } from "../../servers/server.ts";
import { databaseRun, drained } from "./database-run.ts";
import { long, now, report } from "../harness.ts";
import { makeQuern, tasks } from "../tasks.mjs";

/** Or why there is none here. */
async function pooler(server: string, mode: "transaction" | "session"): Promise<Server | string> {
  try {
    return await startPgbouncer(server, mode, { mayFetch: long });
  } catch (error) {
    if (error instanceof NotAvailable) return `no PgBouncer: ${error.message}`;
    throw error;
  }
}

let server: FailingPostgres;
const poolers: Partial<Record<"transaction" | "session", Server | string>> = {};
await describeEngine(
  "PostgreSQL that fails",
  async () => {
    server = await FailingPostgres.start();
    for (const mode of ["transaction", "session"] as const) poolers[mode] = await pooler(server.url, mode);
    return server;
  },
  () => {
    afterAll(async () => {
      for (const one of Object.values(poolers)) if (typeof one === "object") await one.stop();
    });

    for (const mode of ["transaction", "session"] as const) {
      const found = poolers[mode];
      const reason = typeof found === "string" ? found : "";
      const url = typeof found === "object" ? found.url : "";
      test.skipIf(url === "")(
        `all goes through a pooler in ${mode} mode${reason && ` (${reason})`}`,
        {
          timeout: 60_000,
        },
        async () => {
          const pooled = mode === "transaction" ? withParameters(url, { pgbouncer: "true" }) : url;
          await databaseRun(server, {}, async (run, through) => {
            const { settings } = through(pooled);
            if (pooled !== url) {
              const plain = makeQuern(run.folder, through(url).settings);
              await expect(plain.queues.list(), "without pgbouncer=true").rejects.toMatchObject({
                code: "QUERN_DATABASE_UNUSABLE",
                message: expect.stringContaining("Add pgbouncer=true to the URL"),
              });
              await plain.close();
            }
            await Promise.all([run.start({ settings }), run.start({ settings })]);
            const far = makeQuern(run.folder, settings);
            const tx = new pg.Client({ connectionString: url });
            await tx.connect();
            try {
              const began = now();
              await run.enqueueMany(
                "nap",
                Array.from({ length: 200 }, (_, index) => index % 20),
              );
              const ids = Array.from({ length: 20 }, () => newId(systemClock));
              for (const id of ids) run.say("intent", id, "noop");
              const handles = await Promise.all(
                ids.map((id) => far.enqueue(tasks["noop"] as never, undefined as never, { id })),
              );
              for (const id of ids) run.say("acked", id);
              await Promise.all(handles.map((handle) => handle.result({ timeout: "20s" })));

              const [kept, dropped] = [newId(systemClock), newId(systemClock)];
              for (const [id, end] of [
                [kept, "COMMIT"],
                [dropped, "ROLLBACK"],
              ] as const) {
                run.say("intent", id, "noop");
                await tx.query("BEGIN");
                await far.enqueue(tasks["noop"] as never, undefined as never, { id, tx });
                await tx.query(end);
              }
              run.say("acked", kept);
              expect((await run.ended(kept)).success).toBe(true);
              expect(await far.tasks.get(dropped)).toBe(null);
              await drained(run);
              report(`ms for 221 tasks through a pooler in ${mode} mode`, [now() - began]);
              expect(await far.tasks.count({ state: ["success"] })).toBe(221);
            } finally {
              await Promise.all([far.close(), tx.end()]);
            }
          });
        },
      );
    }
  },
);
