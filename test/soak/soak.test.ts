// The soak's smallest profile on every run: 20,000 tasks under ten kills, nothing lost, no attempt started twice.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { describeEngine } from "../servers/describe-engine.ts";
import { FailingPostgres } from "../servers/failing-postgres.ts";
import { sabotaged, sabotages } from "./sabotage.mjs";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const main = fileURLToPath(new URL("./main.mjs", import.meta.url));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Its temporary folder lies in `folder`. Whatever becomes of the test, it is asked to end, and then ends all it started. */
function soak(
  folder: string,
  ...args: string[]
): { ended: Promise<Ended>; hear: (text: string) => Promise<void>; end: () => void } {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += chunk));
  child.stderr.on("data", (chunk) => (output.stderr += chunk));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...output })));
  const end = (): void => void child.kill("SIGTERM");
  const hear = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      child.stderr.on("data", () => output.stderr.includes(text) && resolve());
      void ended.then(({ stderr }) => reject(new Error(`it ended before it said ${text}: ${stderr}`)));
    });
  onTestFinished(async () => {
    end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  return { ended, hear, end };
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), "quern-soak-test-"));

it("20,000 tasks under ten kills: none is lost, no attempt starts twice, every repeat has its reason", async () => {
  const { code, stdout, stderr } = await soak(newFolder(), "--profile", "test", "--seed", "1").ended;
  expect(code, stderr + stdout).toBeLessThan(2);
  const verdict: Record<string, unknown> = JSON.parse(stdout);
  expect(verdict).toMatchObject({
    verdict: "green",
    violations: [],
    tasks: 20_000,
    lost: 0,
    doubleStarts: 0,
    unexplained: 0,
  });
  expect(verdict.explainedDuplicates, "a kill that interrupts nothing proves nothing").toBeGreaterThan(0);
}, 120_000);

await describeEngine("PostgreSQL that fails", FailingPostgres.start, () => {
  it("5,000 tasks on a server that crashes twice: none is lost, none pays for it", async () => {
    const args = ["--engine", "postgres", "--profile", "crash", "--seed", "1"];
    const folder = newFolder();
    chmodSync(folder, 0o755); // The server runs as another user.
    const { code, stdout, stderr } = await soak(folder, ...args).ended;
    expect(code, stderr + stdout).toBeLessThan(2);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "green",
      violations: [],
      engine: "postgres",
      lost: 0,
      faults: { "server-crash": 2, "worker-kill": 3 },
    });
  }, 120_000);
});

it.each(Object.keys(sabotages))("the sabotage %s still finds what it breaks", (name) => {
  sabotaged(dist, name).remove();
});

it("a soak that is interrupted ends all it started and leaves nothing behind", async () => {
  const folder = newFolder();
  const { ended, hear, end } = soak(folder, "--profile", "test", "--seed", "2");
  await hear("tasks ended");
  end();
  const { code, stdout } = await ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(readdirSync(folder)).toEqual([]);
}, 30_000);
