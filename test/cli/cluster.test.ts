// quern cluster: starts from the project module, takes its options from the command line, and stops as it is told.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TaskInfo } from "../../src/index.ts";
import { Project, usualConfig } from "./project.ts";

interface InfoAsJson {
  clusters: { name: string; state: string; queues: string; workers: unknown[] }[];
  tasks: Record<string, number>;
}

let project: Project;
beforeEach(() => {
  project = new Project(usualConfig);
});
afterEach(() => project.remove());

const running = /Cluster .* running, \d+ worker/;

it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "an idle cluster ends at %s, with exit code 0",
  async (signal) => {
    const cluster = project.start(["cluster"]);
    await cluster.says(running);
    cluster.signal(signal);
    const { code, out, err } = await cluster.ended;
    expect(out).toMatch(/Cluster .* stopped\n$/);
    expect([code, err]).toEqual([0, ""]);
  },
);

it("a cluster that npm started ends with the shell that npm had put between", async () => {
  const cluster = project.shell("quern cluster --workers 1; true", { npm_command: "exec" });
  await cluster.says(running);
  cluster.signal("SIGTERM");
  const { out, err } = await cluster.ended; // Both ends of its pipes are closed: nobody of it is left.
  expect(out).toMatch(/Cluster .* stopped\n$/);
  expect(err).toBe("");
});

it("signals within a second count as one: the running task ends", async () => {
  await project.script(
    `await quern.enqueue(tasks.sleep, { ms: 2_000 }, { name: "sleeper" }); await quern.enqueue(tasks.add, { a: 1, b: 2 })`,
  );
  const cluster = project.start(["cluster"]);
  await cluster.says(/Processed '.*' \(math\.add\)/);
  for (const signal of ["SIGINT", "SIGTERM", "SIGINT", "SIGHUP", "SIGINT"] as const) cluster.signal(signal);
  const { code, out } = await cluster.ended;
  expect(out).toMatch(/Processed 'sleeper' \(sleep\)/);
  expect(out).not.toContain("Stopping at once");
  expect(code).toBe(0);
});

it("a later signal kills and releases at once: the task is ready again and has used up no attempt", async () => {
  await project.script(
    `await quern.enqueue(tasks.sleep, { ms: 60_000 }, { name: "sleeper" }); await quern.enqueue(tasks.add, { a: 1, b: 2 })`,
  );
  const cluster = project.start(["cluster"]);
  await cluster.says(/Processed '.*' \(math\.add\)/);
  cluster.signal("SIGINT");
  await cluster.says(/Running tasks may take up to 25 s to end; stop it again/); // It says so a second after the first signal.
  const told = performance.now();
  cluster.signal("SIGINT");
  const { code } = await cluster.ended;
  expect(performance.now() - told).toBeLessThan(15_000);
  expect(code).toBe(0);
  const task = await project.json<TaskInfo & { attempts: { outcome: string }[] }>("tasks", "show", "sleeper");
  expect(task).toMatchObject({ state: "ready", attempt: 1, attemptsUsed: 0 });
  expect(task.attempts.map(({ outcome }) => outcome)).toEqual(["released"]);
});

it("a signal while it starts ends it, and its workers with it", async () => {
  project.write(
    "quern.config.mjs",
    `${usualConfig}\nif (process.send) await new Promise((resolve) => setTimeout(resolve, 60_000));`,
  );
  const cluster = project.start(["cluster"]);
  await cluster.says(/Cluster .* starting/);
  cluster.signal("SIGTERM");
  const { code, out } = await cluster.ended;
  expect(out).toContain("Stopped before it had started");
  expect(code).toBe(0);
});

it("workers, concurrency, name and queues come from the command line when they are given there", async () => {
  await project.script(`
    await quern.enqueue(tasks.add, { a: 1, b: 2 }, { queue: "other" });
    await quern.enqueue(tasks.add, { a: 3, b: 4 }, { queue: "mine", name: "sum" });
  `);
  const cluster = project.start([
    "cluster",
    "--queue",
    "mine",
    "more",
    "--workers",
    "2",
    "--concurrency",
    "3",
    "--name",
    "front desk",
  ]);
  await cluster.says(/Cluster front desk running, 2 workers/);
  await cluster.says(/Processed 'sum'/);
  const info = await project.json<InfoAsJson>("info");
  expect(info.clusters).toMatchObject([{ name: "front desk", queues: "mine,more", workers: [{}, {}] }]);
  expect(info.tasks).toMatchObject({ succeeded: 1, ready: 1 });
  cluster.signal("SIGTERM");
  expect((await cluster.ended).code).toBe(0);
});

it("a cluster that is told to stop from elsewhere ends with exit code 0", async () => {
  const cluster = project.start(["cluster", "--workers", "0", "--name", "mill"]);
  await cluster.says(running);
  expect((await project.quern("clusters", "list")).out).toMatch(/^mill +\w+ .*\n {2}worker +ready/m);
  const paused = await project.json<{ done: boolean }[]>("clusters", "pause", "mill");
  expect(paused).toMatchObject([{ cluster: "mill", done: true }]);
  await cluster.says(/Cluster mill paused/);
  expect(await project.quern("clusters", "stop", "mill", "none")).toMatchObject({
    code: 1,
    out: expect.stringMatching(/mill: told to stop\n.*none: no cluster/),
  });
  const { code, out } = await cluster.ended;
  expect([code, out]).toEqual([0, expect.stringMatching(/was told to stop\n[^]*Cluster mill stopped\n$/)]);
});

it("a project module in TypeScript, by --config", async () => {
  project.write(
    "jobs.ts",
    `${usualConfig.replaceAll("{ a, b }", "{ a, b }: { a: number; b: number }")}\nexport const typed: string = "yes";`,
  );
  const cluster = project.start(["cluster", "--config", "jobs.ts", "--workers", "0"]);
  await cluster.says(running);
  cluster.signal("SIGTERM");
  expect((await cluster.ended).code).toBe(0);
});
