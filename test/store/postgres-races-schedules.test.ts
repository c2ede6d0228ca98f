// What transactions on schedules may do to each other on PostgreSQL: firing, saving, deleting, and the ends of their runs.
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore } from "../../src/store/open.ts";
import type { ScheduleRow } from "../../src/store/schedules.ts";
import type { Store } from "../../src/store/store.ts";
import { claimBy, exampleTask, succeeded } from "../../src/testing/store/examples.ts";
import {
  changedSchedule,
  claimedTask,
  exampleSchedule,
  fired,
  firing,
  firstSlot,
  readSchedule,
  savedSchedule,
  slotOf,
} from "../../src/testing/store/schedule-examples.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { afterWaiting as afterWaitingFor } from "./after-waiting.ts";

await describeEngine("PostgreSQL", startPostgres, (url) => {
  let schema: string;
  let store: Store;
  let other: pg.Client;
  let count = 0;
  const opened: Store[] = [];

  const open = async (): Promise<Store> => {
    const made = await openStore(withParameters(url, { schema, application_name: schema }), {
      synchronous: "full",
      tablePrefix: "quern_",
      migrate: true,
      clockOffsetMs: () => 0,
    });
    opened.push(made);
    return made;
  };
  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await other.query(sql)).rows as Record<string, unknown>[];
  /** A connection tells of its deadlocks now and then, and at the latest when it is closed. */
  const deadlocks = async (): Promise<unknown> => {
    for (const each of opened.splice(0)) await each.close();
    const [row] = await rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    store = await open();
    return row?.deadlocks;
  };
  const afterWaiting = <T>(late: () => Promise<T>): Promise<T> =>
    afterWaitingFor({ url, application: schema, holder: other }, late);

  beforeEach(async () => {
    schema = `schedules_${process.pid}_${++count}`;
    store = await open();
    other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query(`SET search_path = ${schema}`);
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
    await other.query("ROLLBACK");
    await other.query(`DROP SCHEMA ${schema} CASCADE`);
    await other.end();
  });

  const nothingFired = async (): Promise<void> => {
    expect(await rows("SELECT id FROM quern_queue")).toEqual([]);
    expect(await rows("SELECT slot FROM quern_slot")).toEqual([]);
  };

  it("a firing that waited for another step, a save or the deletion of its schedule does nothing", async () => {
    for (const change of [
      "UPDATE quern_schedule SET repeats = repeats - 1, next_run = next_run + 60000",
      "UPDATE quern_schedule SET version = version + 1",
      "UPDATE quern_schedule SET held = 1",
      "DELETE FROM quern_schedule",
    ]) {
      const row = await savedSchedule(store);
      await other.query("BEGIN");
      await other.query(change);
      expect(await afterWaiting(() => store.fireSchedules([firing(row)]))).toEqual([null]);
      await nothingFired();
    }
  });

  it("a run that somebody asked for and that waited for the deletion of its schedule is not added", async () => {
    const { id } = await savedSchedule(store);
    await other.query("BEGIN");
    await other.query("DELETE FROM quern_schedule");
    expect(await afterWaiting(() => store.runSchedule(id, exampleTask()))).toBe(null);
    await nothingFired();
  });

  it("a save that waited for a firing is stale", async () => {
    const row = await savedSchedule(store);
    await other.query("BEGIN");
    await other.query("UPDATE quern_schedule SET repeats = repeats - 1");
    expect(await afterWaiting(() => store.saveSchedule({ ...row, version: 2 }, row))).toBe("stale");
    expect(await readSchedule(store, row.id)).toEqual({ ...row, repeats: row.repeats - 1 });
  });

  it("a save that waited for another one of its new name finds it taken", async () => {
    const row = await savedSchedule(store, { name: "a" });
    const { version, repeats, nextRun } = row;
    for (const name of ["b", "c"]) {
      await other.query("BEGIN");
      await other.query("SELECT key FROM quern_meta WHERE key = 'schema' FOR UPDATE");
      const holder = exampleSchedule({ name });
      await other.query(
        `INSERT INTO quern_schedule (id, name, version, revision, func, queue, definition, repeats, created, changed)
         VALUES ($1, $2, 1, 1, 'f', 'q', '{}', -1, 0, 0)`,
        [holder.id, name],
      );
      const read = { version, repeats, nextRun };
      const save = (): Promise<string> =>
        name === "b"
          ? store.saveSchedule({ ...row, version: 2, name }, read)
          : store.saveSchedule(exampleSchedule({ name }), null);
      expect(await afterWaiting(save)).toBe("taken");
    }
    expect(await readSchedule(store, row.id)).toEqual(row);
  });

  it("names that savers take from each other in a circle make no deadlock", async () => {
    const before = await deadlocks();
    const second = await open();
    const [a, b] = [await savedSchedule(store, { name: "a" }), await savedSchedule(store, { name: "b" })];
    const rename = async (by: Store, id: string, name: string): Promise<string> => {
      const read = await readSchedule(by, id);
      return by.saveSchedule({ ...read, version: read.version + 1, name }, read);
    };
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all([rename(store, a.id, "b"), rename(second, b.id, "a")]);
      expect(answers).toEqual(["taken", "taken"]);
    }
    expect(await deadlocks()).toBe(before);
  });

  it("a firing does not wait for the end of a run that it would drop, and leaves it for another time", async () => {
    const { id } = await savedSchedule(store, { keepRuns: 1 });
    await fired(store, id);
    const task = await claimedTask(store);
    await other.query("BEGIN");
    await store.finishIn(other, succeeded(task));
    await fired(store, id);
    expect((await store.scheduleRuns(id, 10)).length).toBe(2);
    await other.query("COMMIT");
    expect((await store.scheduleRuns(id, 10)).map(({ outcome }) => outcome)).toEqual([null, "success"]);
    await fired(store, id);
    expect((await store.scheduleRuns(id, 10)).length).toBe(1);
  });

  it("an end whose run is deleted at the same moment is carried out", async () => {
    const { id } = await savedSchedule(store);
    await fired(store, id);
    const task = await claimedTask(store);
    await other.query("BEGIN");
    await other.query("DELETE FROM quern_slot");
    expect(await afterWaiting(() => store.finish([succeeded(task)]))).toEqual(["done"]);
    expect(await store.scheduleRuns(id, 10)).toEqual([]);
  });

  it("firing, ending, saving, running and deleting at once make no deadlock, no error and no second task of a slot", async () => {
    const before = await deadlocks();
    const stores = [store, await open(), await open(), await open()];
    const ids: string[] = [];
    for (let index = 0; index < 12; index++) {
      ids.push((await savedSchedule(store, { name: `n${index}`, keepRuns: 2, revision: 1 })).id);
    }
    const present = async (by: Store): Promise<ScheduleRow[]> =>
      (await by.schedules({}, { limit: 100 })).schedules;
    const unique = { key: "shared" };
    const rounds = 15;
    const fire = async (by: Store, mayRemove: boolean): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const found = await present(by);
        const steps = found.map((row, index) =>
          firing(row, {
            slots: [slotOf(row, row.nextRun ?? firstSlot, index % 4 === 0 ? { unique } : {})],
            remove: mayRemove && round === rounds - 1 && index % 2 === 0,
          }),
        );
        await by.fireSchedules(mayRemove ? steps : steps.toReversed());
      }
    };
    const end = async (by: Store, owner: string): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const { tasks } = await by.claim(claimBy(owner, { slots: 40 }));
        const followUps = [exampleTask({ unique })];
        await by.finish(
          tasks.toReversed().map((task, index) => succeeded(task, index === 0 ? { followUps } : {})),
        );
      }
    };
    const edit = async (by: Store): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const [row, last] = [(await present(by))[round % 5], (await present(by)).at(-1)];
        if (row !== undefined)
          await by.saveSchedule({ ...row, version: row.version + 1, name: `n${round}` }, row);
        if (row !== undefined) await by.runSchedule(row.id, exampleTask({ schedule: row.id }));
        if (last !== undefined && round % 5 === 4) await by.deleteSchedule(last.id);
      }
    };
    await Promise.all([
      fire(stores[0]!, true),
      fire(stores[1]!, false),
      end(stores[2]!, "a"),
      end(stores[3]!, "b"),
      edit(stores[1]!),
      edit(stores[3]!),
    ]);
    expect(await deadlocks()).toBe(before);
    const twice = `SELECT schedule, slot FROM (
        SELECT schedule, slot FROM quern_queue UNION ALL SELECT schedule, slot FROM quern_task) t
      WHERE slot IS NOT NULL GROUP BY schedule, slot HAVING count(*) > 1`;
    expect(await rows(twice)).toEqual([]);
    expect(
      await rows("SELECT schedule FROM quern_slot WHERE schedule NOT IN (SELECT id FROM quern_schedule)"),
    ).toEqual([]);
  });

  it("tables of the version before schedules were fired are brought to this one, once, and go on", async () => {
    const { to: newest } = store.migrated;
    await other.query(
      "ALTER TABLE quern_schedule DROP COLUMN held, DROP COLUMN keep_runs, DROP COLUMN note, DROP COLUMN type",
    );
    await other.query("ALTER TABLE quern_audit DROP COLUMN outcome, DROP COLUMN role, DROP COLUMN reason");
    await other.query("ALTER TABLE quern_cluster DROP COLUMN ordered");
    await other.query("ALTER TABLE quern_task DROP COLUMN error_class, DROP COLUMN error_text");
    await other.query(
      "DROP INDEX quern_task_func, quern_slot_newest, quern_schedule_over, quern_task_outcome, quern_queue_unknown, quern_queue_cancelled",
    );
    await other.query("UPDATE quern_meta SET value = '1' WHERE key = 'schema'");
    const definition = '{"type":"cron","minutes":null}';
    await other.query(
      `INSERT INTO quern_schedule (id, version, revision, func, queue, definition, repeats, created, changed)
       VALUES ('old', 1, 1, 'f', 'q', $1, -1, 0, 0), ('odd', 1, 1, 'f', 'q', 'no JSON', -1, 0, 0)`,
      [definition],
    );
    const stores = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect([await store.schedule("old"), await store.schedule("odd")]).toMatchObject([
      { type: "cron", note: null },
      { type: null },
    ]);
    expect(stores.map((each) => each.migrated.from).sort()).toEqual([1, ...Array(7).fill(newest)]);
    const { id } = await savedSchedule(store);
    await changedSchedule(store, id, { held: true });
    expect(await store.dueSchedules({ queues: null, funcs: [], limit: 1 })).toMatchObject({ unknown: [] });
  });
});
