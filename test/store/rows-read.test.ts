// No list reads more than a page plus its step, in whatever order and by whatever filter that an index carries; asked of the engines.
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { encodeError } from "../../src/core/codec.ts";
import {
  type BrowsePage,
  type BrowseRequest,
  headNames,
  type ListName,
  listOrders,
} from "../../src/store/browse.ts";
import type { Database, Value } from "../../src/store/sql/database.ts";
import { tablesWith } from "../../src/store/sql/dialect.ts";
import { migrate } from "../../src/store/sql/migrate.ts";
import { sqlStore } from "../../src/store/sql/sql-store.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { migrations as postgresMigrations } from "../../src/store/postgres/migrations.ts";
import { openPostgres } from "../../src/store/postgres/postgres-database.ts";
import { postgresDialect } from "../../src/store/postgres/postgres-dialect.ts";
import { openSqlite } from "../../src/store/sqlite/sqlite-database.ts";
import { sqliteDialect } from "../../src/store/sqlite/sqlite-dialect.ts";
import type { Store } from "../../src/store/store.ts";
import { claimBy, exampleTasks, failed, succeeded } from "../../src/testing/store/examples.ts";
import { exampleSchedule } from "../../src/testing/store/schedule-examples.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres } from "../servers/postgres.ts";
import { type Asked, heard } from "./heard.ts";

const page = 20;
const step = 100;
const many = 4_000;

/** What is asked of each list beside nothing at all, and finds its rows by an index or within a step. */
const filters: { [L in ListName]: BrowseRequest<ListName>["where"][] } = {
  ended: [
    [{ field: "state", is: "in", values: ["success"] }],
    [
      { field: "state", is: "in", values: ["failure"] },
      { field: "errorClass", is: "in", values: ["RangeError"] },
    ],
    [{ field: "outcome", is: "in", values: ["lost", "timeout"] }],
    [
      { field: "state", is: "in", values: ["success"] },
      { field: "group", is: "in", values: ["g7"] },
    ],
    [
      { field: "state", is: "in", values: ["success"] },
      { field: "func", is: "in", values: ["report"] },
    ],
    [{ field: "name", is: "contains", text: "nowhere" }],
    [{ field: "queue", is: "in", values: ["nowhere"] }],
  ] as never,
  queued: [
    [{ field: "state", is: "in", values: ["leased"] }],
    [{ field: "state", is: "in", values: ["ready"] }],
    [{ field: "unknown", is: "between", from: 1 }],
    [{ field: "group", is: "in", values: ["g7"] }],
    [{ field: "name", is: "contains", text: "nowhere" }],
  ] as never,
  schedules: [[{ field: "type", is: "in", values: ["weekly"] }]] as never,
  audit: [
    [{ field: "object", is: "in", values: ["x7"] }],
    [{ field: "who", is: "in", values: ["nobody"] }],
  ] as never,
};

/** Every list, in each order that an index carries: its first page, the one behind, and the last. */
async function browseAll(store: Store, seen: (what: string) => Promise<void>): Promise<void> {
  for (const [list, orders] of Object.entries(listOrders) as [ListName, object][])
    for (const by of Object.keys(orders))
      for (const where of [[], ...filters[list]]) {
        const request = { where, order: { by, descending: true }, limit: page, step } as never;
        const what = `${list} by ${by}, ${JSON.stringify(where)}`;
        const first: BrowsePage<ListName> = await store.browse(list, request);
        await seen(`${what}, first page`);
        if (first.after !== null) {
          await store.browse(list, { ...(request as object), after: first.after } as never);
          await seen(`${what}, second page`);
        }
        await store.browse(list, { ...(request as object), last: true } as never);
        await seen(`${what}, last page`);
        await store.countList(list, where as never, step);
        await seen(`${what}, count`);
        const part = await store.countOn(list, where as never, { step });
        await seen(`${what}, step of a count`);
        if (part.after === null) continue;
        await store.countOn(list, where as never, { step, after: part.after });
        await seen(`${what}, next step of a count`);
      }
}

async function fill(store: Store): Promise<void> {
  const tasks = exampleTasks(many).map((task, index) => ({
    ...task,
    group: index % 3 === 0 ? null : `g${index % 50}`,
    func: index % 2 === 0 ? "mail.welcome" : "report",
  }));
  for (let from = 0; from < many; from += 500) await store.enqueue(tasks.slice(from, from + 500));
  const result = encodeError(new RangeError("x"));
  for (let left = many / 2; left > 0; left -= 500) {
    const lanes = [{ queue: "default", limit: 500 }];
    const { tasks: running } = await store.claim(claimBy("owner", { lanes, slots: 500 }));
    // All failures are newer than all successes: who looks for some of them anywhere in the table reads the others first.
    await store.finish(running.map((task) => (left > 1_000 ? succeeded(task) : failed(task, { result }))));
  }
  await store.claim(claimBy("owner", { lanes: [{ queue: "default", limit: 500 }], slots: 500 }));
  for (let index = 0; index < 400; index++) {
    await store.saveSchedule(exampleSchedule({ type: index % 2 === 0 ? "daily" : "weekly" }), null);
    await store.audit({ who: "ann", action: "task.cancel", object: `x${index % 40}` });
  }
}

describe("on SQLite", () => {
  it("every list is walked along an index, and nothing is sorted but what a few rows came to", async () => {
    const database = await openSqlite({ path: ":memory:", synchronous: "normal" });
    const tables = tablesWith("quern_");
    const migrated = await migrate(database, sqliteDialect, tables, migrations, true);
    let asked: Asked[] = [];
    const store = storeOn(
      heard(database, (one) => asked.push(one)),
      sqliteDialect,
      tables,
      migrated,
    );
    onTestFinished(() => store.close());
    await fill(store);
    asked = [];
    const wrong: string[] = [];
    // The audit is walked along its key, which SQLite calls a scan.
    await browseAll(store, async (what) => {
      for (const { sql, values } of asked.splice(0).filter(isBounded)) {
        if (what.endsWith("count")) continue; // It may begin anywhere, and is told how far to go.
        const plan = await database.reader.all(`EXPLAIN QUERY PLAN ${sql}`, values);
        for (const { detail } of plan)
          if (
            /TEMP B-TREE FOR ORDER BY|SCAN quern_(?!audit)\w+$/.test(String(detail)) ||
            (/by stopped.*"outcome"/.test(what) && String(detail).includes("quern_task_stopped"))
          )
            wrong.push(`${what}: ${detail}`);
      }
    });
    expect(wrong).toEqual([]);
    asked = [];
    await store.glance(page);
    expect(asked.length).toBe(1);
    const plan = await database.reader.all(`EXPLAIN QUERY PLAN ${asked[0]!.sql}`, asked[0]!.values);
    // Clusters are a handful, and have no index.
    const scanned = plan.map(({ detail }) => String(detail)).filter((one) => /SCAN quern_\w+$/.test(one));
    expect(scanned.sort()).toEqual(["SCAN quern_audit", "SCAN quern_cluster"]);
  });
});

await describeEngine("PostgreSQL", startPostgres, (url) => {
  it("no statement of a list reads more rows than its page and its step", async () => {
    const schema = `rows_read_${process.pid}`;
    const database = await openPostgres({
      url,
      settings: "",
      schema,
      pooled: false,
      notifies: true,
      channel: schema,
    });
    const tables = tablesWith(`"${schema}".quern_`);
    const migrated = await migrate(database, postgresDialect, tables, postgresMigrations("quern_"), true);
    let asked: Asked[] = [];
    const store = storeOn(
      heard(database, (one) => asked.push(one)),
      postgresDialect,
      tables,
      migrated,
    );
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    onTestFinished(async () => {
      await store.close();
      await other.query(`DROP SCHEMA "${schema}" CASCADE`);
      await other.end();
    });
    await fill(store);
    await other.query("VACUUM ANALYZE");
    asked = [];
    const wrong: string[] = [];
    const rowsReadBy = async (sql: string, values: readonly Value[]): Promise<number> => {
      const [row] = await database.reader.all(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values);
      const told: unknown = Object.values(row ?? {})[0];
      const [{ Plan: plan }] = (typeof told === "string" ? JSON.parse(told) : told) as [{ Plan: Plan }];
      return rowsRead(plan);
    };
    await browseAll(store, async (what) => {
      for (const { sql, values } of asked.splice(0).filter(isBounded)) {
        const read = await rowsReadBy(sql, values);
        if (read > mostRead) wrong.push(`${what}: ${read} rows by ${sql}`);
      }
    });
    expect(wrong).toEqual([]);
    asked = [];
    await store.glance(page);
    expect(asked.length).toBe(1);
    const { sql, values } = asked[0]!;
    const running = 500;
    expect(await rowsReadBy(sql, values)).toBeLessThanOrEqual(headNames.length * page + running);
    asked = [];
    await store.cancellations("owner");
    expect(asked.length).toBe(1);
    // Its leases are not gone through each second for those that are to stop.
    expect(await rowsReadBy(asked[0]!.sql, asked[0]!.values)).toBe(0);
  });
});

/**
 * Not asked of: running tasks, which are as many as there are slots and sorted, as an index of their order would cost each claim; and
 * the names of the queues, hopped from one to the next.
 */
const isBounded = ({ sql }: Asked): boolean => !/state = 'leased'|RECURSIVE/.test(sql);

/** The step twice, as one more row of it says how far it came, and a page of ids looked up, in each of two states. */
const mostRead = 2 * (2 * step + page + 1);

interface Plan {
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Plan[];
}

function rowsRead(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, one) => sum + rowsRead(one), 0);
  if (plan["Relation Name"] === undefined) return below;
  return below + (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)) * plan["Actual Loops"];
}

function storeOn(
  database: Database,
  dialect: typeof sqliteDialect,
  tables: ReturnType<typeof tablesWith>,
  migrated: { from: number; to: number },
): Store {
  const capabilities = {
    shared: false,
    notify: true,
    transactions: false,
    parallelWrites: false,
    browse: true,
  };
  return sqlStore({ database, dialect, capabilities, tables, migrated, clockOffsetMs: () => 0 });
}
