// Where an engine takes two writes at once, what has ended does not wait for the claim of what comes next.
import pg from "pg";
import { expect, test } from "vitest";
import { task } from "../../src/index.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { until, withCluster } from "./memory-quern.ts";

await describeEngine("PostgreSQL", startPostgres, (url) => {
  test("a task is saved while a claim waits, and the claim goes on when it can", async () => {
    let end = (): void => {};
    const mayEnd = new Promise<void>((resolve) => {
      end = resolve;
    });
    const held = task("held", () => mayEnd);
    const next = task("next", () => "ran");
    const schema = "saved_beside";
    const database = withParameters(url, { schema });
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await withCluster({ tasks: [held, next], database, concurrency: 4 }, async (quern) => {
      const first = await quern.enqueue(held);
      await until(async () => (await quern.tasks.get(first.id))?.state === "leased");
      await other.query(`BEGIN; LOCK TABLE ${schema}.quern_meta IN ACCESS EXCLUSIVE MODE`); // Where a claim asks for pauses.
      const second = await quern.enqueue(next);
      await until(async () => {
        const { rows } = await other.query("SELECT 1 FROM pg_locks WHERE NOT granted");
        return rows.length > 0;
      });
      end();
      await until(async () => (await quern.tasks.get(first.id))?.state === "success");
      expect((await quern.tasks.get(second.id))?.state).toBe("ready");
      await other.query("COMMIT");
      expect(await second.result({ timeout: "20s" })).toBe("ran");
    });
    await other.end();
  });
});
