// Somebody who has never seen this repository: an empty folder, `npm i` of the tarball, a config of 15 lines, a cluster, a typed result.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const CONFIG = `import { Quern, task } from "quern";

// Not what Node can strip: an enum needs the TypeScript loader on every version of Node.
export enum Greeting { Short = "hi", Long = "good morning" }

export const greet = task("mail.greet", { retry: 2 }, async (input: { to: string; as: Greeting }, { log }) => {
  log(\`greeting \${input.to}\`);
  return { text: \`\${input.as}, \${input.to}\`, letters: BigInt(input.to.length) };
});

export default new Quern({ tasks: [greet], database: "sqlite:quern.db", workers: 1, concurrency: 2 });
`;

const SCRIPT = `import quern, { Greeting, greet } from "./quern.config.ts";

const queued = await quern.enqueue(greet, { to: "Ada", as: Greeting.Long });
const result: { text: string; letters: bigint } = await queued.result({ timeout: "30s" });
console.log(\`\${result.text} (\${result.letters})\`);
await quern.close();

// @ts-expect-error the input is checked by its type
export const wrongInput = () => quern.enqueue(greet, { to: 7, as: Greeting.Long });
// @ts-expect-error so is the result
export const wrongResult = async (): Promise<number> => (await queued.result()).text;
`;

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: "NodeNext",
    target: "ES2022",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
  },
});

const root = fileURLToPath(new URL("..", import.meta.url));
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(QUERN_|npm_|NODE_|VITEST|VITE_|INIT_CWD)/.test(name)),
);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quern-stranger-"));
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), '{ "name": "stranger", "private": true, "type": "module" }\n');
  writeFileSync(join(folder, "quern.config.ts"), CONFIG);
  writeFileSync(join(folder, "send.ts"), SCRIPT);
  writeFileSync(join(folder, "tsconfig.json"), TSCONFIG);
  const install = [
    "i",
    `./${filename}`,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=5",
  ];
  execFileSync("npm", install, { cwd: folder, env: environment, stdio: "pipe" });
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the config is 15 lines at most", () => {
  expect(CONFIG.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
});

it("the types hold, without skipLibCheck, and catch wrong uses", () => {
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", "."], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
});

it("npx quern cluster runs what a script queues, and ends when it is told to", async () => {
  // A process group of its own, so that the signal reaches npx and what it starts, as it does from a terminal.
  const cluster = spawn("npx", ["--no-install", "quern", "cluster"], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => cluster.once("close", resolve));
  let said = "";
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (/ready/i.test(said)) resolve();
    };
    cluster.stdout.on("data", hear);
    cluster.stderr.on("data", hear);
    void ended.then(() => reject(new Error(`the cluster ended before it was ready:\n${said}`)));
  });
  try {
    await ready;
    const { stdout, stderr, status } = spawnSync(join(folder, "node_modules/.bin/jiti"), ["send.ts"], {
      cwd: folder,
      env: environment,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(stdout.trim(), stderr + said).toBe("good morning, Ada (3)");
    expect(status).toBe(0);
    signalGroup("SIGINT");
    await ended; // npx itself dies of the signal, so its exit code says nothing; `close` waits for the cluster too
    expect(said).toMatch(/stopped\s*$/);
  } finally {
    signalGroup("SIGKILL");
  }

  function signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-(cluster.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}, 120_000);
