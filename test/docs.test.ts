// The docs tell the truth: code blocks type-check and run, commands exist, links lead somewhere, made pages are fresh.
//
// A ```ts block whose first line is a comment such as `// quern.config.ts` is that file. The others of a section, from one heading to
// the next, are one module: what imports or exports stands at its top level, the rest in a scope of its own. The modules of a page
// lie in one folder; those with a ```ts run block are executed there, and those with a ```ts run postgres block with a DATABASE_URL.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSqlite } from "../src/store/sqlite/sqlite-driver.ts";
import { describeEngine } from "./servers/describe-engine.ts";
import { startPostgres } from "./servers/postgres.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const pages = ["README.md", "CONTRIBUTING.md", "docs/transactions.md", ...markdownIn("docs/guides")];
const linking = [
  ...new Set([...pages, ...markdownIn("."), ...markdownIn("docs"), ...markdownIn("docs/decisions")]),
];

function markdownIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { encoding: "utf8" });
  return names.filter((name) => name.endsWith(".md")).map((name) => join(folder, name));
}

interface Block {
  /** What stands behind the opening fence: "ts", "ts run", "ts run postgres", "sh". */
  info: string;
  /** The line of the opening fence, counted from 0. */
  at: number;
  lines: string[];
  /** Whether it is the first one under its heading. */
  opensSection: boolean;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let opensSection = true;
  for (const [at, line] of text.split("\n").entries()) {
    if (open === undefined && /^#+ /.test(line)) opensSection = true;
    if (!line.startsWith("```")) open?.lines.push(line);
    else if (open !== undefined) {
      blocks.push(open);
      open = undefined;
    } else {
      open = { info: line.slice(3).trim(), at, lines: [], opensSection };
      opensSection = false;
    }
  }
  return blocks;
}

interface Module {
  file: string;
  run: "" | "alone" | "postgres";
  lines: string[];
}

// Every line stands where it stands in the page, so tsc's line numbers are the page's.
function modulesOf(text: string): Module[] {
  const modules: Module[] = [];
  let section: Module | undefined;
  for (const { info, at, lines, opensSection } of blocksOf(text)) {
    if (opensSection) section = undefined;
    if (!/^ts\b/.test(info)) continue;
    const name = /^\/\/ ([\w./[\]-]+\.m?ts)$/.exec(lines[0] ?? "")?.[1];
    const target = (name === undefined && section) || {
      file: name ?? `line-${at + 1}.ts`,
      run: "",
      lines: ["export {};"],
    };
    if (!modules.includes(target)) modules.push(target);
    if (name === undefined) section = target;

    const scoped = !lines.some((line) => /^(import|export) /.test(line));
    while (target.lines.length <= at) target.lines.push("");
    if (scoped) target.lines[at] = "{";
    target.lines.push(...lines, scoped ? "}" : "");
    if (info.startsWith("ts run")) target.run = info.endsWith(" postgres") ? "postgres" : "alone";
  }
  return modules;
}

const libraries = [
  "@nestjs",
  "@types",
  "@standard-schema",
  "@photostructure",
  "@prisma",
  "drizzle-orm",
  "hono",
  "knex",
  "kysely",
  "pg",
  "typeorm",
  "zod",
];
const prismaClient = join(root, "test/transactions/prisma/generated");
const slug = (page: string): string => page.replace(/[/.]/g, "-");
let folder: string;

/** As the pages say: what stands there for Node 20 is Node's own where Quern uses that. */
async function onThisNode(text: string): Promise<string> {
  const fallback = await import("@photostructure/sqlite");
  const { DatabaseSync } = await loadSqlite();
  return DatabaseSync === (fallback.DatabaseSync as unknown)
    ? text
    : text.replaceAll('"@photostructure/sqlite"', '"node:sqlite"');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quern-docs-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/quern"));
  for (const name of libraries) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  for (const page of pages) {
    mkdirSync(join(folder, slug(page), "generated"), { recursive: true });
    writeFileSync(join(folder, slug(page), "package.json"), '{ "type": "module" }');
    symlinkSync(prismaClient, join(folder, slug(page), "generated/prisma"));
    for (const { file, lines } of modulesOf(read(page))) {
      const path = join(folder, slug(page), file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await onThisNode(lines.join("\n")));
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runs(runOn: Module["run"], more: NodeJS.ProcessEnv): void {
  const runnable = pages.flatMap((page) =>
    modulesOf(read(page)).flatMap(({ file, run }) => (run === runOn ? [{ page, file }] : [])),
  );
  it.for(runnable)("$page: $file runs", ({ page, file }) => {
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(QUERN_|VITEST|DATABASE_URL)/.test(name)),
    );
    const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/jiti"), [file], {
      cwd: join(folder, slug(page)),
      env: { ...environment, ...more },
      encoding: "utf8",
      timeout: 25_000,
    });
    expect(status, stdout + stderr).toBe(0);
  });
}

describe("code blocks", () => {
  let typeErrors: string[];

  beforeAll(() => {
    const compilerOptions = {
      module: "NodeNext",
      target: "ES2022",
      lib: ["ES2023", "ESNext.Disposable"],
      types: ["node"],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", ".", "--pretty", "false"], {
      cwd: folder,
      encoding: "utf8",
    });
    typeErrors = tsc.stdout.split("\n").filter((line) => line.includes("error TS"));
  });

  it.each(pages)("%s: the ts blocks type-check", (page) => {
    expect(typeErrors.filter((line) => line.startsWith(slug(page)))).toEqual([]);
  });

  runs("alone", {});
});

await describeEngine("PostgreSQL", startPostgres, (url) => {
  const ask = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  beforeAll(() => ask("CREATE TABLE IF NOT EXISTS orders (title text)"));
  afterAll(() => ask("DROP TABLE orders"));
  runs("postgres", { DATABASE_URL: url });
});

describe("commands", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const helps = new Map<string, string>();

  function helpOf(command: string): string {
    const known = helps.get(command);
    if (known !== undefined) return known;
    const args = ["dist/cli/bin.js", ...command.split(" ").filter(Boolean), "--help"];
    const help = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" }).stdout;
    helps.set(command, help);
    return help;
  }

  // What is wrong with one command, or undefined.
  function complaint(line: string): string | undefined {
    const words = line.replace(/^(?:[A-Z_]+=\S+\s+)+/, "").split(/\s+/);
    const [first = "", second = "", third = ""] = words;
    if (first === "npx" || first === "quern") {
      const [command = "", ...rest] = words.slice(first === "npx" ? 2 : 1);
      if (first === "npx" && second !== "quern") return `npx ${second} is not ours`;
      if (command.startsWith("-"))
        return helpOf("").includes(command) ? undefined : `quern has no option ${command}`;
      if (!new RegExp(`^  ${command}\\b`, "m").test(helpOf(""))) return `quern has no command "${command}"`;
      // Of a command with commands of its own, such as tasks, it is theirs that count.
      const [sub = ""] = rest;
      const known = / \[command\]/.test(helpOf(command).split("\n")[0] ?? "");
      if (known && !new RegExp(`^  ${sub}\\b`, "m").test(helpOf(command)))
        return `quern ${command} has no command "${sub}"`;
      const whole = known ? `${command} ${sub}` : command;
      const option = rest
        .filter((word) => word.startsWith("--"))
        .find((word) => !helpOf(whole).includes(word.split("=")[0] as string));
      return option && `quern ${whole} has no option ${option}`;
    }
    if (first === "npm" && second === "run")
      return third in scripts ? undefined : `there is no script "${third}"`;
    if (first === "npm")
      return ["ci", "i", "install", "test"].includes(second) ? undefined : `npm ${second} is not for readers`;
    if (/^\.?\/|^\.ci\//.test(first))
      return existsSync(join(root, first)) ? undefined : `${first} does not exist`;
    return ["cd", "docker", "git", "mkdir", "node", "export", "sqlite3"].includes(first)
      ? undefined
      : `"${first}" is no command this test knows`;
  }

  it.each(pages)("%s: the commands exist", (page) => {
    const linesOf = (info: string): string[] =>
      blocksOf(read(page)).flatMap((block) => (block.info === info ? block.lines : []));
    // What a unit or an image starts, without its path and, in an image, without the marks of a list.
    const started = [...linesOf("ini"), ...linesOf("dockerfile")].flatMap((line) => {
      const [, command] = /^(?:ExecStart=|CMD )\S*\.bin\/(.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [command.replace(/["\],]/g, "")];
    });
    const typed = linesOf("sh")
      .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/&&|\|\||;/))
      .map((line) => line.trim());
    const lines = [...typed, ...started].filter((line) => line !== "");
    expect(lines.map(complaint).filter((it) => it !== undefined)).toEqual([]);
  });
});

it.each(linking)("%s: its links lead to files", (page) => {
  const targets = Array.from(
    read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g),
    ([, target]) => target as string,
  );
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

it("docs/options.md, errors.md and events.md are as `npm run docs` writes them", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/docs.mjs", "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
});

it("CONTRIBUTING quotes what the build server runs", () => {
  expect(read(".ci/run")).toMatch(/npm ci .*\n[^]*npm test/);
  expect(read("CONTRIBUTING.md")).toMatch(/npm ci\nnpm test/);
});
