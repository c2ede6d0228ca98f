// quern copy between real databases: everything arrives, in order and signed; killed in the middle it goes on; it says what it refuses.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/store.ts";
import { fill } from "../../src/testing/store/copying.ts";
import { claimBy, exampleTask, exampleTasks } from "../../src/testing/store/examples.ts";
import { type Contents, contentsOf } from "../client/copied.ts";
import { describeEngine } from "../servers/describe-engine.ts";
import { startPostgres, withParameters } from "../servers/postgres.ts";
import { storeOptions } from "../store/store-options.ts";
import { Project, usualConfig } from "./project.ts";

const trials = process.env.QUERN_TEST_LONG === "1" ? 20 : 2;

interface CopyAsJson {
  continued: string;
  late: number;
  missing: number;
  secret: string;
  obstacles: string[];
  tables: Record<string, { source: number; read: number; added: number; target: number }>;
}

let project: Project;
let file: string;
beforeEach(() => {
  project = new Project(usualConfig);
  file = `sqlite:${join(project.folder, "quern.db")}`;
});
afterEach(() => project.remove());

async function on<T>(url: string, work: (store: Store) => Promise<T>, moved = 0): Promise<T> {
  const store = await openStore(url, storeOptions({ clockOffsetMs: () => moved }).options);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const added = ({ tables }: CopyAsJson): number =>
  Object.values(tables).reduce((sum, one) => sum + one.added, 0);

/** Something of everything, an hour ago: its leases have run out. */
const fillOld = (url: string): Promise<void> => on(url, fill, -3_600_000);

async function claimed(url: string): Promise<string[]> {
  const claim = await on(url, (store) => store.claim(claimBy("somebody")));
  return claim.tasks.map(({ id, attempt }) => `${id} ${attempt}`);
}

describe("from one file to another", () => {
  it("says table by table how the two compare, and adds nothing when it is run again", async () => {
    await fillOld(file);
    const { code, out, err } = await project.quern("copy", "--to", "sqlite:new.db");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/\nqueued tasks: 6 of 6\n/);
    expect(out).toMatch(/\nqueued tasks +6 +6 +6\n/);
    expect(out).toMatch(/\nAll of it is there: \d+ rows copied in /);
    const again = await project.json<CopyAsJson>("copy", "--to", "sqlite:new.db");
    expect(added(again)).toBe(0);
    expect(again).toMatchObject({ continued: "finished", late: 0, missing: 0 });
  });

  it("a dry run counts, makes no file, and tells with exit code 1 what would be refused", async () => {
    const cluster = project.start(["cluster"]);
    await cluster.says(/running/);
    const before = project.files();
    const { code, out } = await project.quern("copy", "--to", "sqlite:new.db", "--dry-run");
    expect(out).toMatch(/to +sqlite:new\.db, whose tables would be made\n/);
    expect(out).toMatch(/it would be refused: QUERN_COPY_REFUSED: .*there is cluster/);
    expect(code).toBe(1);
    expect(project.files()).toEqual(before);

    const refused = await project.quern("copy", "--to", "sqlite:new.db");
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/there is cluster .* Stop the clusters; --wait/),
    });
    const waiting = project.start(["copy", "--to", "sqlite:new.db", "--wait", "20s"]);
    await waiting.says(/waiting for cluster .* on .*quern\.db/);
    cluster.signal("SIGTERM");
    expect(await waiting.ended).toMatchObject({
      code: 0,
      out: expect.stringContaining("All of it is there"),
    });
  });

  it("the doctor tells of the old one that it was copied", async () => {
    await project.script("await quern.enqueue(tasks.add, { a: 1, b: 2 })");
    await project.quern("copy", "--to", "sqlite:new.db");
    const { out } = await project.quern("doctor");
    expect(out).toMatch(/warn {2}copied +to .*new\.db, on \d{4}-.*\n +.*QUERN_DATABASE/);
  });
});

it.each<[string, RegExp]>([
  ["", /required option '--to <url>' not specified/],
  ["--to sqlte:new.db", /expected --to to be a URL .*Did you mean sqlite:\?/],
  ["--to memory:", /--to is memory:, which lives in one process/],
  ["--to sqlite:quern.db", /--from and --to are the same/],
  [
    "--from sqlite:qern.db --to sqlite:new.db",
    /there is no .*qern\.db to copy from\. Did you mean quern\.db\?/,
  ],
  ["--to sqlite:new.db --wait soon", /'soon' is invalid\. Expected a duration/],
  ["--to sqlite:new.db --drry-run", /unknown option '--drry-run'\. Did you mean --dry-run\?/],
])("quern copy %s is asked in the wrong way", async (words, sentence) => {
  await on(file, async () => {});
  const databases = (): string[] => project.files().filter((name) => name.endsWith(".db"));
  const { code, err } = await project.quern("copy", ...words.split(" ").filter(Boolean));
  expect(err).toMatch(sentence);
  expect(code).toBe(2);
  expect(databases()).toEqual(["quern.db"]);
});

await describeEngine("PostgreSQL", startPostgres, (server) => {
  let count = 0;
  let schema: string;
  let url: string;
  let client: pg.Client;

  beforeEach(async () => {
    schema = `copy_${process.pid}_${++count}`;
    url = withParameters(server, { schema });
    client = new pg.Client({ connectionString: server });
    await client.connect();
  });
  afterEach(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  });

  it("says which of the two can't be used, and what to do about it", async () => {
    await on(file, async () => {});
    await on(url, async () => {});
    await client.query(`UPDATE ${schema}.quern_meta SET value = '999' WHERE key = 'schema'`);
    writeFileSync(
      join(project.folder, "notes.db"),
      "a text that is long enough to be taken for one ".repeat(100),
    );
    const elsewhere = new URL(url);
    elsewhere.pathname = "/elsewhere";
    const empty = withParameters(server, { schema: `${schema}_empty` });
    for (const [from, to, sentence] of [
      [
        file,
        elsewhere.href,
        /^quern: --to: .*there is no such database .*Create it, or correct its name in the URL/,
      ],
      [elsewhere.href, "sqlite:new.db", /^quern: --from: .*there is no such database/],
      [empty, "sqlite:new.db", /^quern: --from: there are no tables of Quern in .*schema=copy_\d+_\d+_empty/],
      [file, url, /^quern: --to: .*at version 999.*Upgrade Quern here/],
      [
        file,
        "sqlite:notes.db",
        /^quern: --to: .*it is not an SQLite database\. Set --to to the path of a file/,
      ],
      [
        file,
        withParameters(server, { schema: "" }),
        /^quern: --to: .*expected schema= .*the name of a schema, got ""/,
      ],
      [file, `${server}?shema=x`, /^quern: --to: .*no option "shema"\. Did you mean "schema"\?/],
      [file, `${server}?pgbouncer=yes`, /^quern: --to: .*expected pgbouncer= .*true or false, got "yes"/],
    ] as const) {
      const { code, err } = await project.quern("copy", "--from", from, "--to", to);
      expect(err).toMatch(sentence);
      expect(err.trim().split("\n").length, "one sentence, no stack").toBe(1);
      expect(code).toBe(1);
    }
  });

  const copy = (from: string, to: string): Promise<CopyAsJson> =>
    project.json<CopyAsJson>("copy", "--from", from, "--to", to);

  it("and back again everything is as it was", async () => {
    await fillOld(file);
    const before = await on(file, contentsOf);
    expect(await copy(file, url)).toMatchObject({ late: 0, missing: 0 });
    expect(await on(url, contentsOf)).toEqual(before);
    expect(await copy(url, "sqlite:back.db")).toMatchObject({ late: 0, missing: 0 });
    expect(await on(file.replace("quern.db", "back.db"), contentsOf)).toEqual(before);
  });

  it("tasks are claimed in the order in which they would have been", async () => {
    const priorities = [0, 5, -1, 9, 0, 5];
    const tasks = exampleTasks(60).map((task, index) => ({ ...task, priority: priorities[index % 6] ?? 0 }));
    await on(file, (store) => store.enqueue(tasks));
    await copy(file, url);
    const order = await claimed(url);
    expect(order.length).toBe(60);
    expect(order).toEqual(await claimed(file));
  });

  it("what was signed by the generated secret runs there, schedules go on, and unique keys are held", async () => {
    await project.script(`
      await quern.enqueueMany(tasks.add, [{ a: 1, b: 2 }, { a: 3, b: 4 }]);
      await quern.enqueue(tasks.add, { a: 5, b: 6 }, { name: "the one", unique: { key: "k", within: "1h" } });
      await quern.schedule("yearly", tasks.add, { a: 0, b: 0 }, { type: "yearly", firstRun: new Date(Date.now() + 1e9), repeats: 7 });
      await quern.schedules.runNow("yearly");
    `);
    expect(await copy(file, url)).toMatchObject({ secret: "carried" });
    project.write("quern.config.mjs", usualConfig.replace('"sqlite:quern.db"', JSON.stringify(url)));
    const cluster = project.start(["cluster"]);
    const said = await project.script(`
      const ended = async () => (await quern.tasks.list({ state: ["success", "failure"] })).tasks;
      while ((await ended()).length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
      const again = await quern.enqueue(tasks.add, { a: 7, b: 8 }, { unique: { key: "k" } });
      const { repeats, status } = await quern.schedules.get("yearly");
      const [run] = await quern.schedules.history("yearly");
      console.log(JSON.stringify({
        ends: (await ended()).map(({ state, result }) => [state, result]).sort(),
        again: [again.name, again.deduplicated], repeats, status, outcome: run.outcome,
      }));
    `);
    cluster.signal("SIGTERM");
    await cluster.ended;
    expect(JSON.parse(said)).toEqual({
      ends: [0, 11, 3, 7].map((result) => ["success", result]),
      again: ["the one", true],
      repeats: 7,
      status: "active",
      outcome: "success",
    });
  });

  it("killed within a step, which then never happened, it goes on and nothing is missing or double", async () => {
    const tasks = exampleTasks(3_000);
    await on(file, (store) => store.enqueue(tasks));
    await on(url, async () => {});
    // The server itself holds the second step, in the middle, until this test lets go: the copy is killed within it.
    const inTheMiddle = tasks[1_500]?.id ?? "";
    await client.query(`CREATE FUNCTION ${schema}.hold() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(4711, 1); RETURN NEW; END $$`);
    await client.query(`CREATE TRIGGER hold BEFORE INSERT ON ${schema}.quern_queue FOR EACH ROW
      WHEN (NEW.id = '${inTheMiddle}') EXECUTE FUNCTION ${schema}.hold()`);
    await client.query("SELECT pg_advisory_lock(4711, 1)");
    const killed = project.start(["copy", "--from", file, "--to", url]);
    await expect.poll(waiting, { timeout: 20_000, interval: 10 }).toBe(1);
    killed.signal("SIGKILL");
    expect(await killed.ended).toMatchObject({ code: null });
    await client.query("SELECT pg_advisory_unlock(4711, 1)");
    await expect.poll(waiting, { timeout: 20_000, interval: 10 }).toBe(0);
    expect(await on(url, (store) => store.rowCount("queued"))).toBe(1_000);

    const report = await copy(file, url);
    expect(report).toMatchObject({ continued: "unfinished", late: 0, missing: 0 });
    expect(report.tables["queued"]).toEqual({ source: 3_000, read: 3_000, added: 2_000, target: 3_000 });
    expect(await on(url, contentsOf)).toEqual(await on(file, contentsOf));
  });

  async function waiting(): Promise<number> {
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711 AND NOT granted`,
    );
    return rows[0]?.n ?? -1;
  }

  it("killed again and again, at any moment, it comes to its end", async () => {
    await fillOld(file);
    await on(file, (store) =>
      store.enqueue([...exampleTasks(5_000), exampleTask({ envelope: "x".repeat(900_000) })]),
    );
    const before: Contents = await on(file, contentsOf);
    for (let trial = 1; trial <= trials; trial++) {
      const killed = project.start(["copy", "--from", file, "--to", url]);
      await killed.says(/^to /m);
      await Promise.race([killed.ended, new Promise((resolve) => setTimeout(resolve, (trial * 997) % 400))]);
      killed.signal("SIGKILL");
      await killed.ended;
    }
    expect(await copy(file, url)).toMatchObject({ late: 0, missing: 0 });
    expect(await on(url, contentsOf)).toEqual(before);
  });

  it("a second copy beside the first is refused or finds nothing left to do", async () => {
    await on(file, (store) => store.enqueue(exampleTasks(4_000)));
    const both = await Promise.all([1, 2].map(() => project.quern("copy", "--from", file, "--to", url)));
    for (const { code, err } of both) {
      if (code === 0) continue;
      expect(err).toMatch(/the only copy at work/);
    }
    expect(both.some(({ code }) => code === 0)).toBe(true);
    expect(await on(url, (store) => store.rowCount("queued"))).toBe(4_000);
  });
});
