// quern demo: all of it happens, it ends by itself, and it leaves nothing behind.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { samples } from "../../src/cli/demo-mix.ts";
import { Project } from "./project.ts";

function newProject({ onTestFinished }: TestContext): { project: Project; env: { TMPDIR: string } } {
  const project = new Project();
  onTestFinished(() => project.remove());
  const env = { TMPDIR: join(project.folder, "tmp") };
  mkdirSync(env.TMPDIR);
  return { project, env };
}

const queued = samples.reduce((sum, { number }) => sum + number, 0);

it.concurrent("--once runs every sample, sums up and exits 0", async (context) => {
  const { project, env } = newProject(context);
  const { code, out, err } = await project.start(["demo", "--once"], env).ended;
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/INFO Processed '.*' \([a-z.]+\) in /); // Which of them come first depends on the machine.
  expect(out).toMatch(
    /WARNING Failed '.*' \(mail\.welcome\) attempt [12], again in 1\.0 s: 451 the mail server is busy/,
  );
  expect(out).toMatch(/ERROR Timeout '.*' \(web\.slow-page\)/);
  expect(out).toMatch(/^-- \d+ of \d+ done, /m);
  const [, summary = ""] = out.split(/^Summary, after .*$/m);
  // Beside the mix are the tasks of the schedules, as many as the run was long.
  const checks = out.match(/Created task '.*' \(site\.check\) from schedule \[demo\.check\]/g)?.length ?? 0;
  const syncs = out.match(/Created task '.*' \(stock\.sync\) from schedule \[demo\.sync\]/g)?.length ?? 0;
  expect(Math.min(checks, syncs)).toBeGreaterThanOrEqual(1);
  const figure = (name: string): number => Number(new RegExp(`${name} +(\\d+)`).exec(summary)?.[1] ?? 0);
  // One that is due just when the demo ends may be left in the queue.
  expect(figure("succeeded") + figure("failed") + figure("in queue")).toBe(queued + checks + syncs);
  expect(figure("succeeded")).toBeGreaterThanOrEqual(queued - 2 + checks - 1);
  expect(figure("failed")).toBeGreaterThanOrEqual(2 + syncs - 1);
  expect(summary).toMatch(/card\.charge: the card was declined/);
  expect(summary).toMatch(new RegExp(`demo\\.check +Every 3 seconds, UTC +\\S+ \\S+ +${checks}( +yes)?\\n`));
  expect(summary).toMatch(/demo\.report +Every day at 07:00, Asia\/Tokyo +\S+ \S+ +0\n/);
  expect(summary).toMatch(new RegExp(`demo\\.sync +Every 4 seconds, UTC +\\S+ \\S+ +${syncs}( +no)?\\n`));
  expect(summary).toMatch(/retried +1 {3}2 more attempts/);
  expect(summary).toMatch(/waited +\S+ m?s +\S+ m?s\n +ran +\S+ m?s +\S+ m?s\n/);
  expect(summary).toMatch(/\d+\.\d tasks per second/);
  expect(out).not.toContain("\u001b");
  expect(readdirSync(env.TMPDIR)).toEqual([]);
});

it.concurrent("goes on until it is told to stop, keeps a database that was named, and touches no other queue of it", async (context) => {
  const { project, env } = newProject(context);
  const demo = project.start(["demo", "--database", "sqlite:kept.db"], env);
  await demo.says(/Processed '.*' \(mail\.remind\)/);
  demo.signal("SIGINT");
  demo.signal("SIGINT"); // npm sends it twice.
  const { code, out } = await demo.ended;
  expect(out).toMatch(/Summary, after /);
  expect(out).toMatch(/kept in \/.*kept\.db\n$/);
  expect(code).toBe(0);
  expect(project.files()).toContain("kept.db");
  expect(readdirSync(env.TMPDIR)).toEqual([]);
});
