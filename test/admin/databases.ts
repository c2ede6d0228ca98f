// A suite of the admin on each engine: in memory, in a file, and on a real server where there is one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe } from "vitest";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";

/** One database, empty at first. */
export interface Database {
  url: string;
  remove(): Promise<void>;
}

export async function onEveryEngine(suite: (open: () => Promise<Database>) => void): Promise<void> {
  describe("in memory", () => suite(async () => ({ url: "memory:", remove: async () => undefined })));
  describe("in an SQLite file", () =>
    suite(async () => {
      const folder = mkdtempSync(join(tmpdir(), "quern-admin-"));
      return {
        url: `sqlite:${join(folder, "quern.db")}`,
        remove: async () => rmSync(folder, { recursive: true }),
      };
    }));
  let count = 0;
  await describeEngine("PostgreSQL", startPostgres, (url) => {
    suite(async () => {
      const schema = `admin_${process.pid}_${++count}`;
      return {
        url: withParameters(url, { schema }),
        async remove() {
          const client = new pg.Client({ connectionString: url });
          await client.connect();
          await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
          await client.end();
        },
      };
    });
  });
}
