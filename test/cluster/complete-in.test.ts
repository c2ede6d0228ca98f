// context.completeIn(): effects and end of a task in one transaction, whatever happens meanwhile.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster, Quern, TaskFunction, TaskHandle } from "../../dist/index.js";
import { openStore } from "../../src/store/open.ts";
import { released } from "../../src/testing/store/examples.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { storeOptions } from "../store/store-options.ts";
import { until } from "./memory-quern.ts";

interface Project {
  default: Quern;
  tasks: Record<string, TaskFunction<unknown, unknown>>;
  notes(): Promise<string[]>;
  connect(): Promise<{ run(sql: string): Promise<Record<string, unknown>[]>; close(): unknown }>;
}

const file = new URL("completing.mjs", import.meta.url);
let copies = 0;

function testCompleting(where: string, workers: number, database: string): void {
  describe(where, () => {
    let project: Project;
    let quern: Quern;
    let cluster: Cluster;
    let app: Awaited<ReturnType<Project["connect"]>>;

    beforeAll(async () => {
      process.env.COMPLETING_DATABASE = database;
      process.env.COMPLETING_WORKERS = String(workers);
      project = (await import(`${file.href}?copy=${++copies}`)) as Project;
      quern = project.default;
      await quern.tasks.list();
      app = await project.connect();
      await app.run("CREATE TABLE effects (task text NOT NULL, attempt integer NOT NULL)");
      await app.run("CREATE TABLE notes (what text NOT NULL)");
      cluster = await quern.start(workers === 0 ? {} : { project: fileURLToPath(file) });
    });
    afterAll(async () => {
      await cluster.stop();
      await quern.close();
      await app.close();
    });

    const call = (name: string, input?: unknown): Promise<TaskHandle<unknown>> =>
      quern.enqueue(project.tasks[name] as TaskFunction<unknown, unknown>, input);
    const effectsOf = async ({ id }: { id: string }): Promise<unknown[]> =>
      (await app.run(`SELECT attempt FROM effects WHERE task = '${id}'`)).map(({ attempt }) => attempt);
    const outcomesOf = async ({ id }: { id: string }): Promise<string[]> =>
      (await quern.tasks.attempts(id)).map(({ outcome }) => outcome);
    const noted = async ({ id }: { id: string }, what: string): Promise<void> =>
      until(async () => (await project.notes()).includes(`${id} ${what}`));
    /** Nothing is in hand and nothing is queued: whatever was to come has come. */
    const settled = (): Promise<void> =>
      until(async () => {
        const [row] = await quern.clusters.list();
        return (
          (await quern.queues.list()).length === 0 &&
          row?.workers.every((it) => it.running.length === 0) === true
        );
      });

    test("a commit ends the task with the given result, its hook, its log and its event, once", async () => {
      const handle = await call("commits");
      expect(await handle.result()).toEqual({ attempt: 1 });
      await noted(handle, 'true {"attempt":1}');
      await noted(handle, "told");
      await settled();
      expect(await effectsOf(handle)).toEqual([1]);
      const info = { success: true, attempt: 1, progress: { value: 0.5, note: "half" } };
      expect(await quern.tasks.get(handle.id)).toMatchObject(info);
      const [attempt, ...more] = await quern.tasks.attempts(handle.id);
      expect(more).toEqual([]);
      expect(attempt?.log.map(({ message }) => message)).toEqual(["before"]);
      expect(attempt?.worker).toMatch(workers === 0 ? `${process.pid} (in process)` : /^\d+$/);
      expect((await project.notes()).filter((note) => note.startsWith(handle.id)).length).toBe(2);
    });

    test("a rollback leaves the task as it was, and it is tried again", async () => {
      const handle = await call("rollsBack");
      expect(await handle.result()).toEqual({ attempt: 2 });
      await noted(handle, 'true {"attempt":2}');
      expect(await outcomesOf(handle)).toEqual(["failed", "success"]);
      expect(await effectsOf(handle)).toEqual([2]);
    });

    test("what it returns counts when the transaction was rolled back and nobody minds", async () => {
      const handle = await call("swallows");
      expect(await handle.result()).toBe("what it returns");
      expect(await effectsOf(handle)).toEqual([]);
    });

    test("what it throws after the commit changes nothing", async () => {
      const handle = await call("throwsAfter");
      expect(await handle.result()).toEqual({ attempt: 1 });
      await noted(handle, "told");
      await settled();
      expect(await outcomesOf(handle)).toEqual(["success"]);
      expect(await effectsOf(handle)).toEqual([1]);
    });

    test("a second transaction can't complete it again, so that its effects are rolled back", async () => {
      const handle = await call("twice");
      await noted(handle, "QUERN_ALREADY_COMPLETED");
      expect(await effectsOf(handle)).toEqual([1]);
      expect(await outcomesOf(handle)).toEqual(["success"]);
    });

    test("a result that can't be stored is a success that says so", async () => {
      const handle = await call("odd");
      await expect(handle.result()).rejects.toThrow("QUERN_RESULT_NOT_STORED");
      expect(await effectsOf(handle)).toEqual([1]);
    });

    test("outside a transaction it is refused", async () => {
      const handle = await call("outside");
      await expect(handle.result()).rejects.toMatchObject({ cause: { message: /QUERN_TX_NOT_JOINABLE/ } });
    });

    test("an attempt whose lease was lost can't end the task, and its effects are rolled back", async () => {
      const handle = await call("robbed");
      await noted(handle, "waits");
      const thief = await openStore(database, storeOptions({ clockOffsetMs: () => 60_000 }).options);
      // Not the first look need find it: in the moment in which it is renewed it is passed over, and the next answer comes too late.
      await until(async () => {
        const [task] = (await thief.reclaimable(100)).filter(({ id }) => id === handle.id);
        if (task === undefined) return false;
        const [answer] = await thief.finish([released(task, { lapsed: true, outcome: "lost" })]);
        return answer === "done";
      });
      await thief.close();
      await app.run(`INSERT INTO notes VALUES ('${handle.id} go')`);
      expect(await handle.result()).toEqual({ attempt: 2 });
      await noted(handle, "QUERN_LEASE_LOST");
      await settled();
      expect(await outcomesOf(handle)).toEqual(["lost", "success"]);
      expect(await effectsOf(handle)).toEqual([2]);
    });

    test("a function that goes on after the commit is left alone when leases are renewed", async () => {
      const handle = await call("lingers", 1_000); // Three renewals, and longer than its lease.
      await noted(handle, "was left alone");
      expect(await outcomesOf(handle)).toEqual(["success"]);
    });

    if (workers === 0) return; // There is no process that could die without the others.
    test("a worker that dies before the commit has done nothing", async () => {
      const handle = await call("dies");
      expect(await handle.result()).toEqual({ attempt: 2 });
      expect(await outcomesOf(handle)).toEqual(["crashed", "success"]);
      expect(await effectsOf(handle)).toEqual([2]);
    });

    test("a worker that dies after the commit has done all", async () => {
      const handle = await call("diesAfter");
      expect(await handle.result()).toEqual({ attempt: 1 });
      await settled();
      expect(await outcomesOf(handle)).toEqual(["success"]);
      expect(await effectsOf(handle)).toEqual([1]);
    });
  });
}

describe("on SQLite", () => {
  const folder = mkdtempSync(join(tmpdir(), "quern-completing-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  testCompleting("in this process", 0, `sqlite:${join(folder, "here.db")}`);
  testCompleting("in workers", 1, `sqlite:${join(folder, "workers.db")}`);
});

await describeEngine("PostgreSQL", startPostgres, (url) => {
  testCompleting("in this process", 0, withParameters(url, { schema: "here" }));
  testCompleting("in workers", 1, withParameters(url, { schema: "workers" }));
});
