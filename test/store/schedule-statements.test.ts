// What schedules cost: how many statements a firing takes, and which rows are read to find those that are due.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Database, Value } from "../../src/store/sql/database.ts";
import { tablesWith } from "../../src/store/sql/dialect.ts";
import { migrate } from "../../src/store/sql/migrate.ts";
import { sqlStore } from "../../src/store/sql/sql-store.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { openSqlite } from "../../src/store/sqlite/sqlite-database.ts";
import { sqliteDialect } from "../../src/store/sqlite/sqlite-dialect.ts";
import type { Store } from "../../src/store/store.ts";
import { claimBy, exampleTasks, succeeded } from "../../src/testing/store/examples.ts";
import { firing, firstSlot, minuteMs, savedSchedule } from "../../src/testing/store/schedule-examples.ts";
import { type Asked, heard } from "./heard.ts";

const everything = { queues: null, funcs: ["mail.welcome"], limit: 100 };

let database: Database;
let store: Store;
let asked: Asked[];

beforeEach(async () => {
  database = await openSqlite({ path: ":memory:", synchronous: "normal" });
  const tables = tablesWith("quern_");
  const migrated = await migrate(database, sqliteDialect, tables, migrations, true);
  asked = [];
  store = sqlStore({
    database: heard(database, (one) => asked.push(one)),
    dialect: sqliteDialect,
    capabilities: { shared: false, notify: true, transactions: false, parallelWrites: false, browse: true },
    tables,
    migrated,
    clockOffsetMs: () => 0,
  });
});
afterEach(() => store.close());

it("schedules are fired with as many statements as one, as many as a statement is handed", async () => {
  const rows = [];
  for (let index = 0; index <= sqliteDialect.rowsAtOnce; index++) rows.push(await savedSchedule(store));
  asked = [];
  await store.fireSchedules(rows.slice(0, 1).map((row) => firing(row)));
  const forOne = asked.length;
  asked = [];
  await store.fireSchedules(rows.slice(1).map((row) => firing(row)));
  expect([asked.length, forOne]).toEqual([forOne, 4]);
});

it("the end of many tasks costs one statement about runs, and one more when some of them came of schedules", async () => {
  const statementsOfFinish = async (): Promise<number> => {
    const { tasks } = await store.claim(claimBy("owner"));
    asked = [];
    await store.finish(tasks.map((task) => succeeded(task)));
    return asked.filter(({ sql }) => sql.includes("quern_slot")).length;
  };
  await store.enqueue(exampleTasks(50));
  expect(await statementsOfFinish()).toBe(1);
  const rows = [await savedSchedule(store), await savedSchedule(store)];
  await store.fireSchedules(rows.map((row) => firing(row)));
  expect(await statementsOfFinish()).toBe(2);
});

it("what is due is found by one statement, through the index of those that wait", async () => {
  const future = (await store.time()) + minuteMs;
  for (let index = 0; index < 20; index++) await savedSchedule(store, { nextRun: firstSlot + index });
  for (let index = 0; index < 50; index++) await savedSchedule(store, { nextRun: future + index });
  for (let index = 0; index < 50; index++) await savedSchedule(store, { repeats: 0, pausedRepeats: 1 });
  asked = [];
  expect((await store.dueSchedules(everything)).schedules.length).toBe(20);
  expect(asked.length).toBe(1);
  const [{ sql, values }] = asked as [{ sql: string; values: readonly Value[] }];
  const plan = (await database.reader.all(`EXPLAIN QUERY PLAN ${sql}`, values)).map(({ detail }) =>
    String(detail),
  );
  expect(plan.filter((step) => step.includes("quern_schedule"))).toEqual([
    "SEARCH s USING INDEX quern_schedule_waits (next_run>? AND next_run<?)",
    "SEARCH s USING INDEX quern_schedule_waits (next_run>? AND next_run<?)",
    "SEARCH s USING INDEX quern_schedule_waits (next_run>?)",
  ]);
  expect(plan.filter((step) => /TEMP B-TREE|SCAN s\b/.test(step))).toEqual([]);
});
