// quern info, migrate and doctor: how it stands, and what is wrong.
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { Project, usualConfig } from "./project.ts";

interface Finding {
  check: string;
  status: string;
  found: string;
}

let project: Project;
afterEach(() => project.remove());

it("info tells of database, queues, clusters and totals", async () => {
  project = new Project(usualConfig);
  await project.script(`
    await quern.enqueue(tasks.add, { a: 1, b: 2 });
    await quern.enqueue(tasks.sleep, { ms: 1 }, { queue: "night", delay: "1h" });
    await quern.queues.pause("night");
  `);
  const cluster = project.start(["cluster"]);
  await cluster.says(/Processed/);
  const info = await project.json("info");
  expect(info).toMatchObject({
    database: { location: join(project.folder, "quern.db"), engine: "sqlite" },
    functions: ["bad", "math.add", "sleep"],
    queues: [{ queue: "night", waiting: 1, ready: 0, leased: 0, paused: true }],
    clusters: [{ workers: [{}] }],
    tasks: { succeeded: 1, failed: 0, waiting: 1 },
    day: { ended: 1 },
  });
  const { out } = await project.quern("info");
  expect(out).toMatch(/night +0 +1 +0 +paused/);
  expect(out).toMatch(/succeeded +1\n/);
  cluster.signal("SIGTERM");
  await cluster.ended;
});

it("info tells of errors in workers that no task can be blamed for", async () => {
  const stray = `task("stray", () => queueMicrotask(() => { throw new RangeError("from\\u001b[2J nowhere"); }))`;
  project = new Project(
    usualConfig
      .replace("export {", `const stray = ${stray}; export { stray,`)
      .replace("[add,", "[stray, add,"),
  );
  await project.script("await quern.enqueue(tasks.stray)");
  const cluster = project.start(["cluster"]);
  await cluster.says(/is replaced/);
  await expect
    .poll(async () => (await project.quern("info")).out, { timeout: 20_000 })
    .toMatch(
      /: an uncaught RangeError that no task can be blamed for: from {1,2}\[2J nowhere \(\d{4}-.* in worker \d+, running /,
    );
  cluster.signal("SIGTERM");
  await cluster.ended;
});

it("info --config shows each option and where it was given, and no secret", async () => {
  project = new Project(usualConfig);
  const env = { QUERN_SECRET: "a secret of sufficient length", QUERN_STOP_GRACE: "7s" };
  const { out } = await project.start(["info", "--config"], env).ended;
  expect(out).toMatch(/secret +environment +\*{8}\n/);
  expect(out).toMatch(/stopGrace +environment +7\.0 s\n/);
  expect(out).toMatch(/workers +code +1\n/);
  expect(out).toMatch(/lease +default +15 s\n/);
  expect(out).not.toContain("sufficient");
  const { options } = await project.json<{ options: object }>(
    "info",
    "--config",
    "quern.config.mjs",
    "--options",
  );
  expect(options).toMatchObject({
    concurrency: { value: 5, source: "code" },
    retry: { value: { attempts: 5 }, source: "default" },
  });
});

it("info --config never shows the password of a database", async () => {
  project = new Project(
    usualConfig.replace('"sqlite:quern.db"', '"postgres://me:hidden@localhost/x?sslpassword=hidden2"'),
  );
  const { out } = await project.quern("info", "--config");
  expect(out).toContain("postgres://me:********@localhost/x");
  expect(out).not.toContain("hidden");
});

it("migrate says from which version to which, once", async () => {
  project = new Project(usualConfig.replace("tasks:", "migrate: false, tasks:"));
  const refused = await project.quern("info");
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(/version 0, this Quern needs \d+\. Run: npx quern migrate/),
  });
  expect(await project.quern("migrate")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/quern\.db: from version 0 to \d+\n/),
  });
  expect(await project.quern("migrate")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/at version \d+ already\n/),
  });
  expect(await project.quern("info")).toMatchObject({ code: 0 });
});

it("doctor finds all well beside a running cluster", async () => {
  project = new Project(usualConfig);
  const cluster = project.start(["cluster"]);
  await cluster.says(/running/);
  const { code, out } = await project.quern("doctor");
  expect(out).toMatch(/All is well\.\n$/);
  expect(code).toBe(0);
  cluster.signal("SIGTERM");
  await cluster.ended;
});

it("doctor changes nothing where nothing is yet", async () => {
  project = new Project(usualConfig);
  const before = project.files();
  expect(await project.quern("doctor")).toMatchObject({
    code: 0,
    out: expect.stringContaining("is not there yet"),
  });
  expect(project.files()).toEqual(before);
});

it("doctor warns of what will not run: no cluster, a paused queue, a func nobody knows, a readable file", async () => {
  project = new Project(usualConfig);
  await project.script(`await quern.enqueue(tasks.add, { a: 1, b: 2 }); await quern.queues.pause("default")`);
  project.write("quern.config.mjs", usualConfig.replace('"math.add"', '"math.sum"'));
  chmodSync(join(project.folder, "quern.db"), 0o644);
  const findings = await project.json<Finding[]>("doctor");
  const warned = findings
    .filter(({ status }) => status === "warn")
    .map(({ check, found }) => `${check}: ${found}`);
  expect(warned).toEqual([
    expect.stringMatching(/^file: .*mode 0644: others may read/),
    "clusters: none is running",
    'queues: "default" is paused, with 1 task',
    "functions: unknown here: math.add (1 task; is it math.sum now?)",
  ]);
});

it("doctor fails, with exit code 1, where it can't work", async () => {
  project = new Project(usualConfig);
  mkdirSync(join(project.folder, "quern.db"));
  const { code, out } = await project.quern("doctor");
  expect(out).toMatch(/fail {2}file +\/.*quern\.db is a directory\n +Set database/);
  expect(out).toMatch(/1 check failed\.\n$/);
  expect(code).toBe(1);
  project.write("quern.config.mjs", "export default 1;");
  expect(await project.quern("doctor")).toMatchObject({
    code: 1,
    out: expect.stringMatching(/fail {2}project/),
  });
});
