// `npm test`: build, then types, lint and format side by side, then every test. All of it runs even when a check failed, except after a failed build.
// Words after `npm test --` go to vitest: npm test -- test/core/codec.test.ts
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules/.bin");
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const failures = [];

const long = process.argv.includes("--long");
const forVitest = process.argv.slice(2).filter((word) => word !== "--long");
const environment = {
  ...process.env,
  ...(long && { QUERN_TEST_LONG: "1" }),
  ...(colour && { FORCE_COLOR: "1" }),
};

if (await step("build", process.execPath, ["scripts/build.mjs"])) {
  await Promise.all([
    step("types", `${bin}/tsc`, ["--noEmit"]),
    step("web types", `${bin}/tsc`, ["--noEmit", "-p", "web"]),
    step("lint", `${bin}/oxlint`, ["--type-aware", "--deny-warnings"]),
    step("format", `${bin}/biome`, ["format", "--reporter=summary"]),
  ]);
  await tests();
}

for (const failure of failures) console.log(paint(31, `FAILED ${failure}`));
process.exitCode = failures.length === 0 ? 0 : 1;

// A check: its output is shown only when it failed.
async function step(name, command, args) {
  const { code, output, seconds } = await run(command, args, "pipe");
  console.log(`${code === 0 ? paint(32, "ok    ") : paint(31, "FAILED")} ${name.padEnd(8)} ${seconds} s`);
  if (code === 0) return true;
  console.log(output.trimEnd());
  failures.push(`${name}: ${[command.split("/").pop(), ...args].join(" ")}`);
  return false;
}

// The tests speak for themselves; their figures are read back for the last line.
async function tests() {
  const folder = mkdtempSync(join(tmpdir(), "quern-test-"));
  const report = join(folder, "report.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...forVitest];
  const { code, seconds } = await run(`${bin}/vitest`, args, "inherit");
  if (code !== 0) failures.push("test: vitest run");
  console.log(`${code === 0 ? paint(32, "ok    ") : paint(31, "FAILED")} ${"test".padEnd(8)} ${seconds} s`);
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const notRun = testResults
      .flatMap((file) => file.assertionResults)
      .filter((test) => test.status !== "passed" && test.status !== "failed");
    for (const [reason, count] of countBy(notRun, reasonOf)) console.log(`did not run: ${count} × ${reason}`);
    const rest = notRun.length === 0 ? "" : `, ${notRun.length} did not run`;
    console.log(`${numPassedTests} passed, ${numFailedTests} failed${rest}`);
  } catch {
    console.log("vitest left no report: 0 passed, 0 failed");
  }
  rmSync(folder, { recursive: true, force: true });
}

// A skipped test may end with its reason in brackets; one without stands there with its whole name.
function reasonOf({ fullName }) {
  return /\(([^()]+)\)$/.exec(fullName)?.[1] ?? fullName;
}

function countBy(items, keyOf) {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

function run(command, args, stdio) {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: environment, stdio: ["ignore", stdio, stdio] });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => (output += `${error.message}\n`));
    child.on("close", (code) => {
      resolve({ code: code ?? 1, output, seconds: ((performance.now() - began) / 1000).toFixed(1) });
    });
  });
}
